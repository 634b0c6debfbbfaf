/*
 * Addresses as the core knows them: ops->parse_address and its like.
 */
#ifndef SMS_NAMES_H
#define SMS_NAMES_H

#include "api/gateway.h"

/* People have one name for all accounts of a user (GW_CAP_SHARED_NAMES). */
int sms_parse_address(const struct gw *gw, const char *local,
	struct gw_address *out, const char **reason_r);
int sms_format_address(const struct gw *gw, const struct gw_address *a,
	char *out, size_t size);
int sms_read_input(const struct gw *gw, const char *text,
	struct gw_address *out, const char **reason_r);
/* An account is one's own number. */
int sms_canonical_account(const struct gw *gw, const char *text, char *out,
	size_t size, const char **reason_r);

#endif
