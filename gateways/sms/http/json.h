/*
 * What providers say in JSON, or as a form, and what they are told in JSON:
 * values found and set by paths. The only file that knows jansson.
 *
 * A path is names, each behind a ".": `data.payload.text`. A name may have an
 * index behind it, from the end if it is negative: `to[0].number`, `to[-1]`;
 * `to[*]` is every element. `[*].id` begins with the elements of a list. A
 * name that ends with "#" stands for name0, name1 and so on, which forms have
 * instead of lists. The empty path is the whole.
 */
#ifndef SMS_HTTP_JSON_H
#define SMS_HTTP_JSON_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"

struct json;

/* NULL: that is no JSON, or it is nested too deep. */
struct json *json_parse(struct slice text) MUST_CHECK;
/* An object without members. */
struct json *json_new(void) MUST_CHECK;
/* Takes NULL inside, sets NULL. */
void json_free(struct json **slot);

/* Append it decoded: percent signs, and "+" for spaces. */
void form_decode(struct str *out, struct slice in);

/* Add what stands in "a=b&c=d" (application/x-www-form-urlencoded, values of
 * any bytes) to an object; what is there already stays. At most 1000. */
void json_add_form(struct json *root, struct slice pairs);

/* False with a reason. */
bool json_path_is_good(const char *path, const char **reason_r);

/* The first value there as text; numbers and booleans as JSON writes them.
 * data NULL: there is none, or it is a list or an object. Ends with a NUL,
 * lives as long as both. */
struct slice json_get(
	const struct json *root, const char *path, struct arena *a);

/* Every value there, of any kind, until `fn` returns false. */
typedef bool (*json_fn)(const struct json *value, void *arg);
void json_each(
	const struct json *root, const char *path, json_fn fn, void *arg);

/* Every member of an object that is a text, a number or a boolean, in no
 * order; of what is none, nothing. */
typedef void (*json_member_fn)(const char *name, struct slice value, void *arg);
void json_members(
	const struct json *root, struct arena *a, json_member_fn fn, void *arg);

/* Set a member of an object, and those above it; `name[]` adds an element to
 * a list. The text is a string, or (`is_json`) JSON itself; what is neither
 * clean UTF-8 nor JSON, then, is left out. */
void json_set(
	struct json *root, const char *path, struct slice text, bool is_json);

/* Append it without spaces. */
void json_write(const struct json *root, struct str *out);

#endif
