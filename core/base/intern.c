/*
 * One map of all interned strings. The text follows its counter in memory,
 * so a string leads to its record without a search.
 */
#include "base/intern.h"

#include <assert.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/macros.h"
#include "base/map.h"
#include "base/str.h"

struct interned {
	uint32_t len;
	uint32_t refs;
	char text[];
};

static struct map strings;

/* Users see their string as constant; here the record around it is not. */
static struct interned *record_of(const char *text)
{
	union {
		const char *shown;
		char *own;
	} at = { text };

	return CONTAINER(at.own, struct interned, text);
}

const char *intern(const char *text)
{
	return intern_slice(slice_of(text));
}

const char *intern_slice(struct slice text)
{
	struct interned *it = map_get(&strings, text);

	if (it == NULL) {
		it = xalloc(sizeof(*it) + text.len + 1);
		it->len = (uint32_t)text.len;
		if (text.len > 0)
			memcpy(it->text, text.data, text.len);
		map_put(&strings, slice_make(it->text, it->len), it);
	}
	assert(it->refs < UINT32_MAX);
	it->refs++;
	return it->text;
}

const char *intern_ref(const char *interned)
{
	if (interned != NULL)
		record_of(interned)->refs++;
	return interned;
}

void intern_drop(const char **slot)
{
	if (*slot == NULL)
		return;
	struct interned *it = record_of(*slot);
	*slot = NULL;
	assert(it->refs > 0);
	if (--it->refs > 0)
		return;
	map_remove(&strings, slice_make(it->text, it->len));
	if (strings.count == 0)
		map_finish(&strings);
	xfree(it);
}

bool intern_set(const char **slot, const char *text)
{
	const char *before = *slot;

	if (text_equals(before, text))
		return false;
	/* `text` may be part of what is dropped. */
	*slot = text != NULL ? intern(text) : NULL;
	intern_drop(&before);
	return true;
}

size_t intern_len(const char *interned)
{
	return record_of(interned)->len;
}

size_t intern_count(void)
{
	return strings.count;
}
