/*
 * Times as providers write them.
 */
#ifndef SMS_HTTP_STAMP_H
#define SMS_HTTP_STAMP_H

#include <stdint.h>

#include "base/slice.h"

/* ISO 8601 ("2026-11-22T10:00:00Z"), "2026-11-22 10:00:00" (UTC), seconds or
 * milliseconds since 1970. 0: it is none of them. */
int64_t stamp_read(struct slice text);

#endif
