/*
 * What users run from a form or by chat.
 */
#ifndef SMS_COMMANDS_H
#define SMS_COMMANDS_H

#include "api/gateway.h"

extern const struct gw_command sms_commands[];

/* ops->command. */
void sms_command(struct gw_session *session, gw_request request, size_t index,
	const char *const *values);

#endif
