/*
 * What a backend would make of a request of its network that was saved, for
 * causeway --replay.
 */
#ifndef SMS_REPLAY_H
#define SMS_REPLAY_H

#include <stddef.h>

#include "api/gateway.h"

/* As ops->replay; `name` is that of a backend. */
int sms_replay(const struct gw *gw, const char *name, const char *saved,
	size_t len, struct str *out, const char **reason_r);

#endif
