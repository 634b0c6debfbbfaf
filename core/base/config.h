/*
 * Configuration files (libconfig syntax) read through tables. A table row
 * names a key, its type, range, default and help; the same rows read the
 * file into a struct, reject what is not allowed with FILE:LINE, and print
 * the manual page and the list of keys. Nothing falls back silently: an
 * unknown key, a wrong type or a number out of range is an error.
 *
 * An empty string and no string are the same thing: NULL. Strings hold no
 * control characters. A required string, secret or list is not empty.
 * For the loop's thread only.
 */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "macros.h"
#include "secret.h"
#include "str.h"

enum cfg_type {
	CFG_STRING,      /* char *, NULL when empty */
	CFG_SECRET,      /* struct secret *; a second key NAME_file reads it
			    from a file, without the newline at its end;
			    relative paths start in the folder of the file
			    that says so */
	CFG_BOOL,        /* bool */
	CFG_INT,         /* int */
	CFG_REAL,        /* double; whole numbers are accepted */
	CFG_CHOICE,      /* int: index into `choices` */
	CFG_STRING_LIST, /* struct cfg_list of char * */
	CFG_INT_LIST,    /* struct cfg_list of int * */
	CFG_GROUP,       /* a struct at `offset`, described by `group`; when
			    it is missing, its rows get their defaults and
			    nothing in it is required or checked */
	CFG_GROUP_LIST,  /* struct cfg_list of structs described by `group` */
};

enum cfg_flag {
	CFG_REQUIRED = 1,
	CFG_RELOADABLE = 2, /* SIGHUP applies it */
};

struct cfg_list {
	void **items;
	size_t count;
};

/* Where a value came from, for errors found later than by the table. */
struct cfg_place {
	const char *file; /* interned, lives as long as the struct */
	int line;
};

struct cfg_group;

struct cfg_item {
	const char *name; /* NULL ends the table */
	enum cfg_type type;
	size_t offset;   /* of the value in the struct */
	const char *def; /* default as text, lists separated by commas;
			    NULL: empty, 0, false or the first choice */
	double min, max; /* of CFG_INT and CFG_REAL; both 0: no limits */
	const char *const *choices; /* NULL-terminated */
	const struct cfg_group *group;
	unsigned flags;
	const char *unit;
	const char *help; /* one sentence, for the manual page */
};

struct cfg_group {
	const struct cfg_item *items;
	size_t size; /* of the struct the rows describe */

	/* Further rows that depend on a value already read (the settings of
	 * one gateway type): called after `items` were read, returns the group
	 * that describes the remaining keys; NULL with *reason_r on an unknown
	 * type, NULL without a reason when there are no further keys. The
	 * first row of `items` is the one blamed. The struct is allocated and
	 * stored at `extension_offset`. cfg_free() calls it again. */
	const struct cfg_group *(*extend)(
		const void *data, const char **reason_r);
	size_t extension_offset;
	/* MAY. All groups that extend() returns, by index, with the word that
	 * stands for each; NULL at the end. For cfg_document() and
	 * cfg_each_key(), which otherwise do not know them. */
	const struct cfg_group *(*variant)(size_t index, const char **word_r);

	/* Checks that no single row can express; -1 with a reason (static
	 * text or text in the struct) and the key it is about. */
	int (*check)(
		const void *data, const char **key_r, const char **reason_r);

	/* Where the struct keeps its struct cfg_place; 0: nowhere. */
	size_t place_offset;
};

/* Read `path` into a new struct described by `root`. On failure returns NULL
 * with "FILE:LINE: what is wrong and what is allowed" in `error`. The result
 * is released with cfg_free(). */
void *cfg_load(const char *path, const struct cfg_group *root,
	struct str *error) MUST_CHECK;

/* The same from memory; `name` stands for the file in messages. */
void *cfg_parse(const char *text, const char *name,
	const struct cfg_group *root, struct str *error) MUST_CHECK;

/* Release a struct and all it holds; takes NULL, also as an item of a list of
 * groups. */
void cfg_free(void *data, const struct cfg_group *root);

/* Do two structs of the same rows say the same, wherever it was written? */
bool cfg_equal(const void *a, const void *b, const struct cfg_group *group);

/* Append one manual-page entry per key, in troff, depth first. Those of a
 * variant are "path(word).key"; without `variant` an extension is documented by
 * a call with its own group. */
void cfg_document(const struct cfg_group *root, struct str *out);

/* Call `fn` with the dotted name of every key, groups before their keys; for
 * the tests that hold the example configuration and the manual against the
 * tables. */
void cfg_each_key(const struct cfg_group *root,
	void (*fn)(const char *dotted, const struct cfg_item *item, void *arg),
	void *arg);

#endif
