#include "irc/irc_server.h"

#include <arpa/inet.h>
#include <fnmatch.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/str.h"
#include "net/conn.h"

#define LINES_MAX 4096

extern const struct gateway_ops gateway_irc;

struct irc_server {
	struct fake_core *core;
	int fd;
	unsigned port;
	struct watch *watch;
	struct conn *conn;
	unsigned accepted;
	bool has_ended;
	char *lines[LINES_MAX];
	size_t count, seen;
};

static _Noreturn void __attribute__((format(printf, 2, 3)))
broken(const struct irc_server *server, const char *fmt, ...)
{
	va_list args;

	fputs("irc server: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputs("\n  heard and not looked at:\n", stderr);
	for (size_t i = server->seen; i < server->count; i++)
		fprintf(stderr, "\t%s\n", server->lines[i]);
	abort();
}

/* --- The connection ------------------------------------------------------ */

/* More than any test looks at: those of storms. */
static void forget(struct irc_server *server)
{
	for (size_t i = 0; i < server->count; i++)
		xfree(server->lines[i]);
	server->count = 0;
	server->seen = 0;
}

static void add_line(struct irc_server *server, struct slice line)
{
	if (line.len > 0 && line.data[line.len - 1] == '\r')
		line.len--;
	if (memchr(line.data, '\r', line.len) != NULL ||
		memchr(line.data, '\0', line.len) != NULL)
		broken(server, "CR or NUL inside a line");
	if (line.len > 510 && line.data[0] != '@')
		broken(server, "a line of %zu bytes", line.len);
	if (server->count == LINES_MAX)
		forget(server);
	server->lines[server->count++] = xstrndup(line.data, line.len);
}

static void on_conn(struct conn *c, enum conn_event event, void *arg)
{
	struct irc_server *server = arg;

	if (event == CONN_DATA) {
		struct slice input = conn_input(c);
		const char *end;
		size_t used = 0;

		while ((end = memchr(input.data + used, '\n',
				input.len - used)) != NULL) {
			size_t at = (size_t)(end - input.data);

			add_line(server,
				slice_make(input.data + used, at - used));
			used = at + 1;
		}
		conn_consume(c, used);
	} else if (event == CONN_EOF || event == CONN_ERROR) {
		server->has_ended = true;
	}
}

static void on_accept(int fd, void *arg)
{
	static const struct conn_limits limits = {
		.input_max = 1 << 20,
		.output_max = 64 << 20,
		.output_low = 1 << 20,
	};
	struct irc_server *server = arg;
	int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (peer < 0)
		return;
	conn_close(&server->conn);
	server->conn = conn_new(fake_core_loop(server->core), peer,
		"irc server", &limits, on_conn, server);
	server->accepted++;
	server->has_ended = false;
}

static struct irc_server *server_new(void)
{
	struct irc_server *server = xalloc(sizeof(*server));
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);

	server->fd =
		socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (bind(server->fd, (struct sockaddr *)&address, sizeof(address)) !=
			0 ||
		listen(server->fd, 64) != 0 ||
		getsockname(server->fd, (struct sockaddr *)&address, &len) != 0)
		broken(server, "cannot listen");
	server->port = ntohs(address.sin_port);
	return server;
}

struct fake_core *irc_core_new(
	struct irc_server **server_r, const char *extra, const char *config)
{
	struct irc_server *server = server_new();
	struct str text;

	str_init(&text, 8192);
	str_addf(&text,
		"networks = ( { host = \"irc.test\"; name = \"Test\"; "
		"address = \"127.0.0.1\"; port = %u; %s %s } );\n%s",
		server->port,
		strstr(extra, "tls") == NULL ? "tls = \"none\";" : "", extra,
		strstr(config, "flood") == NULL
			? "flood = { burst = 0; rate = 1.0; };\n"
			: "");
	str_add(&text, config);
	server->core = fake_core_new(&gateway_irc, str_text(&text));
	server->watch = watch_read(fake_core_loop(server->core), "irc server",
		server->fd, on_accept, server);
	str_finish(&text);
	*server_r = server;
	return server->core;
}

void irc_server_free(struct irc_server **slot)
{
	struct irc_server *server = *slot;

	*slot = NULL;
	conn_close(&server->conn);
	watch_free(&server->watch);
	close(server->fd);
	forget(server);
	xfree(server);
}

unsigned irc_server_port(const struct irc_server *server)
{
	return server->port;
}

unsigned irc_server_count(const struct irc_server *server)
{
	return server->accepted;
}

void irc_server_start_tls(struct irc_server *server, struct tls_server *tls)
{
	if (conn_accept_tls(server->conn, tls) != 0)
		broken(server, "no TLS");
}

/* --- Saying and hearing -------------------------------------------------- */

void irc_say_bytes(struct irc_server *server, const void *data, size_t len)
{
	if (server->conn == NULL ||
		conn_write(server->conn, slice_make(data, len)) != 0)
		broken(server, "nobody to say anything to");
}

void irc_say(struct irc_server *server, const char *fmt, ...)
{
	struct str line;
	va_list args;

	str_init(&line, 1 << 20);
	va_start(args, fmt);
	str_addv(&line, fmt, args);
	va_end(args);
	str_add(&line, "\r\n");
	irc_say_bytes(server, line.data, line.len);
	str_finish(&line);
}

static const char *hear(
	struct irc_server *server, const char *pattern, bool later)
{
	for (int turn = 0; turn < 600; turn++) {
		while (server->seen < server->count) {
			const char *line = server->lines[server->seen];

			if (fnmatch(pattern, line, 0) == 0) {
				server->seen++;
				return line;
			}
			if (!later)
				broken(server, "'%s' expected", pattern);
			server->seen++;
		}
		fake_run(server->core, turn < 4 ? 0 : 50);
	}
	broken(server, "'%s' expected, nothing heard", pattern);
}

const char *irc_hear(struct irc_server *server, const char *pattern)
{
	return hear(server, pattern, false);
}

const char *irc_hear_later(struct irc_server *server, const char *pattern)
{
	return hear(server, pattern, true);
}

void irc_hear_nothing(struct irc_server *server, int64_t ms)
{
	fake_run(server->core, ms);
	if (server->seen < server->count)
		broken(server, "nothing expected");
}

void irc_hear_end(struct irc_server *server)
{
	for (int turn = 0; turn < 400 && !server->has_ended; turn++)
		fake_run(server->core, turn < 4 ? 0 : 50);
	if (!server->has_ended)
		broken(server, "the connection is still there");
}

void irc_hang_up(struct irc_server *server)
{
	conn_close_gracefully(&server->conn, 1000);
}

/* --- Whole conversations ------------------------------------------------- */

void irc_welcome(
	struct irc_server *server, const char *nick, const char *isupport)
{
	irc_say(server, ":irc.test CAP * LS :");
	irc_say(server, ":irc.test 001 %s :Welcome", nick);
	irc_say(server, ":irc.test 005 %s %s :are supported", nick,
		isupport != NULL ? isupport
				 : "CASEMAPPING=rfc1459 PREFIX=(qaohv)~&@%+ "
				   "CHANMODES=beI,k,l,imnpst CHANTYPES=#& "
				   "NETWORK=Test MODES=4 STATUSMSG=~&@%+");
	irc_say(server, ":irc.test 376 %s :End of MOTD", nick);
}

struct gw_session *irc_log_in(
	struct fake_core *core, struct irc_server *server, const char *isupport)
{
	struct gw_session *s = fake_session(core, "irc.test");

	fake_set(s, "nick", "alice");
	fake_open(s);
	irc_hear(server, "CAP LS 302");
	irc_hear(server, "NICK alice");
	irc_hear(server, "USER alice 0 \\* :alice");
	irc_welcome(server, "alice", isupport);
	fake_expect(core, "online alice");
	irc_hear(server, "CAP END");
	return s;
}

/* `before`, `name` as it is, `behind`. */
static const char *pattern_of(
	const char *before, const char *name, const char *behind)
{
	static char pattern[512];
	struct str out = { .max = sizeof(pattern) };

	str_add(&out, before);
	for (; *name != '\0'; name++) {
		if (strchr("*?[]\\", *name) != NULL)
			str_add_char(&out, '\\');
		str_add_char(&out, *name);
	}
	str_add(&out, behind);
	(void)text_copy(pattern, sizeof(pattern), str_text(&out));
	str_finish(&out);
	return pattern;
}

struct gw_room *irc_enter(struct fake_core *core, struct irc_server *server,
	struct gw_session *s, const char *name, const char *names)
{
	struct gw_room *room = fake_join(s, name, NULL, NULL);

	irc_hear(server, pattern_of("JOIN ", name, ""));
	irc_say(server, ":alice!alice@home.test JOIN %s", name);
	irc_say(server, ":irc.test 353 alice = %s :alice %s", name, names);
	irc_say(server, ":irc.test 366 alice %s :End", name);
	fake_expect(core, pattern_of("", name, ": joined alice"));
	irc_hear(server, pattern_of("MODE ", name, ""));
	return room;
}

void irc_answer_ping(struct irc_server *server)
{
	const char *line = irc_hear(server, "PING *");
	const char *token = line + strlen("PING ");

	if (*token == ':')
		token++;
	irc_say(server, ":irc.test PONG irc.test :%s", token);
}
