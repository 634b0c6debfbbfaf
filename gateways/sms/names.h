/*
 * Addresses as the core knows them: ops->parse_address and its like.
 */
#ifndef SMS_NAMES_H
#define SMS_NAMES_H

#include "api/gateway.h"
#include "sms_data/number.h"

/* The user's setting. */
#define SMS_COUNTRY_SETTING "country"

/* People have one name for all accounts of a user (GW_CAP_SHARED_NAMES). */
int sms_parse_address(const struct gw *gw, const char *local,
	struct gw_address *out, const char **reason_r);
int sms_format_address(const struct gw *gw, const struct gw_address *a,
	char *out, size_t size);
int sms_read_input(const struct gw *gw, const char *text,
	struct gw_address *out, const char **reason_r);
/* Where numbers are read that this user types: the country of his settings, or
 * the operator's. */
struct number_place sms_place_of(const struct gw_session *session);
/* ... as what they are everywhere. */
int sms_spell_out(const struct gw_session *session, const char *text, char *out,
	size_t size, const char **reason_r);
/* Of the setting: why it is no country, or NULL. */
const char *sms_check_country(const char *value);
/* ops->in_use: what is used where it is empty. */
bool sms_country_in_use(const struct gw_session *session, const char *setting,
	char *out, size_t size);

/* An account is one's own number. */
int sms_canonical_account(const struct gw *gw, const char *text, char *out,
	size_t size, const char **reason_r);

#endif
