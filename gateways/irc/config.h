/*
 * The operator's keys of an IRC gateway, and what they say about
 * one network. The core reads type, jid, secret and register_required itself.
 */
#ifndef IRC_CONFIG_H
#define IRC_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "net/tls.h"

struct irc_flood_config {
	double burst, rate; /* -1 in a network: as the gateway says */
};

/* How fast users connect, all together. */
struct irc_connects_config {
	int burst; /* 0: no limit; -1 in a network: as the gateway says */
	double rate;
};

/* A network that the operator listed. Texts not given are NULL or empty. */
struct irc_network_config {
	char *host;    /* names it in addresses and in TLS certificates */
	char *name;    /* for people; empty: host */
	char *address; /* connect here; empty: to host */
	int port;      /* 0: the usual one */
	int tls;       /* enum tls_mode */
	char *ca_file; /* empty: as the gateway says */
	bool verify;
	struct secret *server_password;
	char *encoding; /* empty: as the gateway says */
	struct irc_flood_config flood;
	struct irc_connects_config connects;
	char *nickserv; /* whom passwords are told; empty: nobody */
};

enum irc_long_message { IRC_LONG_SPLIT, IRC_LONG_REFUSE };

struct irc_config {
	bool any_network;
	struct cfg_list networks; /* of struct irc_network_config * */
	struct irc_flood_config flood;
	struct irc_connects_config connects;
	char *encoding;
	int long_message; /* enum irc_long_message */
	int long_lines;   /* more than this is long */
	char *realname;
	char *ca_file;
	bool verify;
	struct cfg_place place;
};

extern const struct cfg_group irc_config_group;

/* Everything about reaching one network, listed or free. Strings belong to
 * the configuration (or to `host` of the call). */
struct irc_network {
	const char *host;
	const char *title;
	const char *address; /* NULL: host */
	uint16_t port;
	enum tls_mode tls;
	const char *ca_file; /* NULL: the system's */
	bool verify;
	bool is_listed; /* by the operator */
	const struct secret *server_password;
	enum charset charset;
	double burst, rate;
	int connects; /* at once; 0: no limit */
	double connect_rate;
	const char *nickserv; /* NULL: nobody is told a password */
};

/* The network `host`, which irc_canonical_account() returned. */
void irc_network_get(const struct irc_config *config, const char *host,
	struct irc_network *network_r);

/* The entry of a listed network, or NULL. */
const struct irc_network_config *irc_network_find(
	const struct irc_config *config, const char *host);

/* Is it a host (resolve_is_host()) in the form that addresses use: in lower
 * case, without a final dot or a hyphen in front, and no IPv6? */
bool irc_is_host(const char *host);

#endif
