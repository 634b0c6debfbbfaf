/*
 * The text of a configuration file with its @include lines replaced by what
 * they name, and the way back from a line of that text to a line of a file.
 * Knows strings, comments and numbers of the syntax, and nothing else of it.
 */
#ifndef BASE_CONFIG_SOURCE_H
#define BASE_CONFIG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/config.h"
#include "base/str.h"

/* Files of one configuration, and how deep they may include each other. */
#define CFG_SOURCE_FILES 64u
#define CFG_SOURCE_DEPTH 8u

struct cfg_file {
	const char *name; /* interned */
	bool is_public;   /* everybody on this machine can read it */
	bool warned;
};

/* From `first` on, lines of the text are those of `file` from `line` on. */
struct cfg_segment {
	int first;
	const char *file;
	int line;
};

struct cfg_source {
	struct str text;
	struct cfg_file files[CFG_SOURCE_FILES];
	size_t file_count;
	struct cfg_segment *segments;
	size_t segment_count;
	int line; /* of `text`, the next to be added */
};

/* Read `path` and what it includes. Returns -1 with a message in `error`;
 * release with cfg_source_finish() in either case. */
int cfg_source_load(
	struct cfg_source *s, const char *path, struct str *error) MUST_CHECK;

/* The same with the text of the first file given. */
int cfg_source_parse(struct cfg_source *s, const char *text, const char *name,
	struct str *error) MUST_CHECK;

/* Places that were given out stay valid: file names are interned. */
void cfg_source_finish(struct cfg_source *s);

/* Where line `line` (from 1) of the text comes from. */
struct cfg_place cfg_source_place(const struct cfg_source *s, int line);

/* The entry of an interned file name of this source. */
struct cfg_file *cfg_source_file(struct cfg_source *s, const char *name);

/* Append a path as written in `file`: relative ones start in its folder. */
void cfg_source_path(struct str *out, const char *file, struct slice path);

/* Append the whole of a regular file that holds at most `max` bytes. Returns
 * NULL, or the reason why not; what was appended by then stays. */
const char *cfg_read_file(const char *path, size_t max, struct str *out,
	bool *is_public_r) MUST_CHECK;

/* Set `error` to "FILE:LINE: text" ("FILE: text" when line is 0), shortened
 * to what it may hold. Returns -1. */
int cfg_error(struct str *error, struct cfg_place place, const char *fmt, ...)
	PRINTF(3, 4);

#endif
