/*
 * A message of the network as it is stored.
 */
#ifndef HOST_LETTER_H
#define HOST_LETTER_H

#include "api/types.h"
#include "base/limits.h"
#include "base/slice.h"
#include "base/str.h"

struct letter {
	struct gw_message m; /* wall_ms is set */
	struct gw_file file; /* what m.file points to, or unused */
	struct gw_span *spans;
	const char *room; /* its name; NULL: private */
	struct gw_receiver receivers[LIMIT_RECEIVERS]; /* of `m`, or unused */
};

/* As bytes; `out` is made. `now_ms` is its time if it has none. */
void letter_pack(const struct gw_message *m, const char *room, int64_t now_ms,
	struct str *out);
/* The texts lie in `data`, and `l` must not move. -1: damaged; else
 * letter_finish() has to follow. */
int letter_unpack(struct letter *l, struct slice data);
void letter_finish(struct letter *l);

#endif
