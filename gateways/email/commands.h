/*
 * What users run from a form or by chat, and ask about a person.
 */
#ifndef EMAIL_COMMANDS_H
#define EMAIL_COMMANDS_H

#include "email/email.h"

extern const struct gw_command email_commands[];

/* ops->command. */
void email_command(struct gw_session *gw, gw_request request, size_t index,
	const char *const *values);

/* ops->lookup: what is known of who wrote. */
void email_lookup(struct gw_session *gw, gw_request request,
	enum gw_lookup what, const char *person);

/* What is under way of this session; when it closes. */
void commands_stop_all(struct email_session *s);

#endif
