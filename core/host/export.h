/*
 * The command "export": everything stored about a user, in plain text. His
 * settings and contacts are the answer; his messages come before it, as
 * messages of the gateway, as many as a chat can bear. What is left out is
 * named, with the way to get it.
 */
#ifndef HOST_EXPORT_H
#define HOST_EXPORT_H

#include "host/command.h"

/* Whose messages, and since when. */
extern const struct gw_setting export_rows[];

void export_run(
	struct command_call *call, const struct settings_values *values);

#endif
