/*
 * Whether a text may go to a number, and what it costs. All is closed that the
 * operator did not open: other countries, premium numbers, satellites and short
 * codes. Pure: configuration and number in, verdict out.
 */
#ifndef SMS_POLICY_H
#define SMS_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"

struct sms_price_config {
	char *prefix; /* "+1", "+4915", "12345" */
	double price; /* of a segment, in the operator's currency */
	struct cfg_place place;
};

/* Where texts may go: a group of the gateway's configuration. */
struct sms_policy_config {
	struct cfg_list countries; /* ISO 3166, or "*"; empty: the gateway's */
	struct cfg_list allow, deny; /* prefixes */
	bool short_codes;
	double price;           /* where no prefix fits */
	struct cfg_list prices; /* of struct sms_price_config * */
	struct cfg_place place;
};

extern const struct cfg_group sms_policy_group;

#define SMS_POLICY_WORDS 200

struct sms_verdict {
	bool is_allowed;
	int64_t price; /* of a segment, millionths of the currency */
	char words[SMS_POLICY_WORDS]; /* why not, for the user; or "" */
};

/* `country` is the gateway's (NULL: none), `number` in the form of number.h.
 * Of prefixes the longest counts, and `deny` before `allow`. Premium numbers
 * and those of no country need one in `allow` that says so much. */
void sms_policy_check(const struct sms_policy_config *config,
	const char *country, const char *number, struct sms_verdict *out);

#endif
