/*
 * What a gateway would make of a request of its network that was saved in a
 * file: for operators who try out how it is read.
 */
#ifndef HOST_REPLAY_H
#define HOST_REPLAY_H

#include "base/macros.h"
#include "base/str.h"
#include "host/options.h"

/* `where` is "JID/PART": a configured gateway, and what of it. Nothing is
 * started. Appends lines; -1 with a reason. */
int replay_file(const struct options *o, const char *where, const char *path,
	struct str *out, const char **reason_r) MUST_CHECK;

#endif
