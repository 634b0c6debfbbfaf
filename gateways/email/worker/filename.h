/*
 * Names of attached files, as a person and a file system can take them.
 */
#ifndef EMAIL_WORKER_FILENAME_H
#define EMAIL_WORKER_FILENAME_H

#include "base/str.h"

#define FILENAME_MAX_BYTES 120

/* Append a clean name: no path, no control or direction marks, no leading
 * dots, at most FILENAME_MAX_BYTES with its extension kept, never empty. What
 * is missing is made from the type ("image.png" of "image/png"). */
void filename_clean(struct str *out, const char *name, const char *type);

/* The type that a name promises by its extension; static. */
const char *filename_type(const char *name);

#endif
