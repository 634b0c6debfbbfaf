/*
 * What administrators ask and do: the links, the queues, and who wants no texts.
 */
#ifndef SMS_ADMIN_H
#define SMS_ADMIN_H

#include "api/gateway.h"

extern const struct gw_command sms_admin_commands[];

/* ops->administer. */
int sms_administer(struct gw *gw, size_t index, const char *const *values,
	struct str *out);

#endif
