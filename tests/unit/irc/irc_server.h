/*
 * A scripted IRC server on a loopback port, in the loop of the fake core. A
 * test says what the server says and which lines it has to receive.
 */
#ifndef TESTS_IRC_SERVER_H
#define TESTS_IRC_SERVER_H

#include "gateways/kit/fake_core.h"
#include "net/tls.h"

struct irc_server;

/* Before the core, in whose loop it lives. */
void irc_server_free(struct irc_server **server);
unsigned irc_server_port(const struct irc_server *server);

/* A core with the IRC gateway and this server as network "irc.test", without
 * TLS. `extra` is added to the network's group, `config` to the gateway's. */
struct fake_core *irc_core_new(
	struct irc_server **server_r, const char *extra, const char *config);

/* Say one line (CR LF is added); printf. */
void irc_say(struct irc_server *server, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Say bytes as they are. */
void irc_say_bytes(struct irc_server *server, const void *data, size_t len);

/* The next line received matches `pattern` (fnmatch); returns it. Lines in
 * between are a failure, but for `PING` when `pattern` is not one. */
const char *irc_hear(struct irc_server *server, const char *pattern);

/* Lines that match are skipped until one does. */
const char *irc_hear_later(struct irc_server *server, const char *pattern);

/* Nothing more was received, after `ms`. */
void irc_hear_nothing(struct irc_server *server, int64_t ms);

/* The gateway closed the connection. */
void irc_hear_end(struct irc_server *server);

/* Close the connection. */
void irc_hang_up(struct irc_server *server);

/* From now on connections speak TLS with the certificate of tests/unit/data;
 * irc_server_start_tls() turns it on in the present one. */
void irc_server_start_tls(struct irc_server *server, struct tls_server *tls);

/* Connections that came in so far. */
unsigned irc_server_count(const struct irc_server *server);

/* --- Whole conversations ------------------------------------------------- */

/* Log in: the session is online as "alice". `isupport` may be NULL. */
struct gw_session *irc_log_in(struct fake_core *core, struct irc_server *server,
	const char *isupport);

/* The server's side of a login that has just begun, with no capabilities. */
void irc_welcome(
	struct irc_server *server, const char *nick, const char *isupport);

/* Join a channel with these NAMES ("@bob carol") besides alice. */
struct gw_room *irc_enter(struct fake_core *core, struct irc_server *server,
	struct gw_session *s, const char *name, const char *names);

/* PONG to the PING behind a change. */
void irc_answer_ping(struct irc_server *server);

#endif
