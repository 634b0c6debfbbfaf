/*
 * Addresses of IRC inside JIDs: `#chan%host`, `nick%host` and
 * `host`. The text is what XEP-0106 decoding left; `\25` in it stands for a
 * '%' that belongs to a channel or nick, and `\5c` for a backslash that would
 * otherwise look like the start of such a sequence. Pure functions.
 */
#ifndef IRC_ADDRESS_H
#define IRC_ADDRESS_H

#include "api/gateway.h"
#include "base/macros.h"

/* Channels start with one of these as long as no server says otherwise
 * (RFC 2811 section 2.1); in JIDs always, since one must tell without a
 * server what an address stands for. */
#define IRC_CHANNEL_STARTS "#&+!"

/* The ops of gateway.h with these names. */
int irc_parse_address(const struct gw *gw, const char *local,
	struct gw_address *out, const char **reason_r) MUST_CHECK;
int irc_format_address(const struct gw *gw, const struct gw_address *a,
	char *out, size_t size) MUST_CHECK;
int irc_read_input(const struct gw *gw, const char *text,
	struct gw_address *out, const char **reason_r) MUST_CHECK;
int irc_canonical_account(const struct gw *gw, const char *text, char *out,
	size_t size, const char **reason_r) MUST_CHECK;
bool irc_known_account(const struct gw *gw, size_t index,
	const char **account_r, const char **title_r);

/* Is it a service that takes passwords: the network's NickServ as configured,
 * or one of the usual names (any that ends in "Serv"; Q, X, and
 * name@server)? */
bool irc_is_service(
	const struct gw *gw, const char *account, const char *person);

#endif
