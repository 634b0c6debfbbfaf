/*
 * The operator's configuration as structs, read by
 * the tables in options.c.
 */
#ifndef HOST_OPTIONS_H
#define HOST_OPTIONS_H

#include <stdbool.h>

#include "api/gateway.h"
#include "base/config.h"
#include "base/secret.h"

struct gateway_options {
	char *type;
	struct cfg_place place;
	char *jid;
	struct secret *secret;
	bool register_required;
	int max_accounts;       /* of one user */
	int max_rooms;          /* of one account */
	int sends_per_minute;   /* messages of one user; 0: no limit */
	struct cfg_list relays; /* domains: host_is_relayed() */
	void *own;              /* the struct of ops->config, or NULL */
};

struct options {
	struct {
		char *host;
		int port;
	} xmpp;
	char *storage;
	struct {
		char *key_file;
	} secrets;
	struct cfg_list admins; /* bare JIDs */
	struct {
		struct cfg_list allow; /* key "register" */
		struct cfg_list deny;
	} access;
	struct {
		int level; /* enum log_level */
	} log;
	struct {
		char *listen;
		int port;
	} http;
	struct {
		struct cfg_list allow; /* CIDR ranges */
		struct cfg_list ports; /* further ports */
		char *nameserver;      /* NULL: the system's */
		char *ca_file;         /* likewise */
	} network;
	struct {
		char *service;
	} upload;
	struct {
		bool enabled;
		int days; /* 0: for ever */
	} archive;
	struct {
		struct cfg_list abuse, admin, support; /* URIs, XEP-0157 */
	} contact;
	struct cfg_list gateways; /* struct gateway_options */
};

extern const struct cfg_group options_group;

/* cfg_load() with this program's tables and the checks between keys. */
struct options *options_load(const char *path, struct str *error) MUST_CHECK;
/* Secrets are wiped. Takes NULL inside, sets NULL. */
void options_free(struct options **o);

/* The table of a gateway type; NULL when this program has no such type. */
const struct gateway_ops *options_ops(const struct gateway_options *g);

#endif
