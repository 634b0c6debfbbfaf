/*
 * Time zones by the names that calendars use for them: IANA's and those of
 * Windows. Loaded before the sandbox closes, as they come from disk.
 */
#ifndef EMAIL_WORKER_ZONES_H
#define EMAIL_WORKER_ZONES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

void zones_preload(void);

/* The offset east of UTC, in seconds, of this local time (seconds since 1970,
 * read as if it were UTC). False when the zone is not known. */
bool zones_offset(struct slice name, int64_t local, int64_t *offset_r);

#endif
