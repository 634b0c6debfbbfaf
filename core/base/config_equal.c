/*
 * Do two structs that were read by the same rows say the same?
 */
#include <string.h>

#include "base/config.h"

static const void *slot_of(const struct cfg_item *item, const void *data)
{
	return (const char *)data + item->offset;
}

static bool texts_equal(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool items_equal(
	const struct cfg_item *item, const void *a, const void *b)
{
	if (item->type == CFG_GROUP_LIST)
		return cfg_equal(a, b, item->group);
	if (item->type == CFG_INT_LIST)
		return *(const int *)a == *(const int *)b;
	return texts_equal(a, b);
}

static bool lists_equal(const struct cfg_item *item, const struct cfg_list *a,
	const struct cfg_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!items_equal(item, a->items[i], b->items[i]))
			return false;
	return true;
}

static bool values_equal(
	const struct cfg_item *item, const void *a, const void *b)
{
	switch (item->type) {
	case CFG_STRING:
		return texts_equal(*(char *const *)a, *(char *const *)b);
	case CFG_SECRET:
		return secret_equals(
			*(struct secret *const *)a, *(struct secret *const *)b);
	case CFG_BOOL:
		return *(const bool *)a == *(const bool *)b;
	case CFG_INT:
	case CFG_CHOICE:
		return *(const int *)a == *(const int *)b;
	case CFG_REAL:
		return *(const double *)a - *(const double *)b == 0;
	case CFG_STRING_LIST:
	case CFG_INT_LIST:
	case CFG_GROUP_LIST:
		return lists_equal(item, a, b);
	case CFG_GROUP:
		return cfg_equal(a, b, item->group);
	}
	return false;
}

static const void *extension_of(const struct cfg_group *group, const void *data)
{
	return *(void *const *)(const void *)((const char *)data +
					      group->extension_offset);
}

static bool extensions_equal(
	const void *a, const void *b, const struct cfg_group *group)
{
	const char *reason;
	const struct cfg_group *of_a = group->extend(a, &reason);
	if (of_a != group->extend(b, &reason))
		return false;
	return of_a == NULL ||
	       cfg_equal(extension_of(group, a), extension_of(group, b), of_a);
}

bool cfg_equal(const void *a, const void *b, const struct cfg_group *group)
{
	for (const struct cfg_item *i = group->items; i->name != NULL; i++)
		if (!values_equal(i, slot_of(i, a), slot_of(i, b)))
			return false;
	return group->extend == NULL || extensions_equal(a, b, group);
}
