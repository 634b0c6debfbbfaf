/*
 * winmail.dat: the text and the files that Outlook packs into one part.
 */
#ifndef EMAIL_WORKER_TNEF_H
#define EMAIL_WORKER_TNEF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

#define TNEF_FILES_MAX 50
#define TNEF_SIZE_MAX  ((size_t)16 * 1024 * 1024)

struct tnef_file {
	const char *name; /* as it was given, in whatever charset; or NULL */
	struct slice bytes;
};

struct tnef {
	void *library; /* what the rest is borrowed from */
	struct slice text;
	struct tnef_file files[TNEF_FILES_MAX];
	size_t file_count;
};

/* False when it is none; then there is nothing to close. */
bool tnef_open(struct tnef *t, struct slice bytes);
void tnef_close(struct tnef *t);

#endif
