/*
 * When a rule for callbacks holds: "PATH=VALUE", "PATH" (there is something
 * that is not empty), "!PATH" (there is not).
 */
#ifndef SMS_HTTP_CONDITION_H
#define SMS_HTTP_CONDITION_H

#include <stdbool.h>

#include "base/arena.h"
#include "sms_http/json.h"

/* False with a reason. */
bool condition_is_good(const char *text, const char **reason_r);

/* Only for a good one. */
bool condition_holds(
	const char *text, const struct json *event, struct arena *a);

#endif
