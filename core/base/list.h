/*
 * An intrusive doubly linked ring. Embed `struct list` in the element and
 * in the owner; CONTAINER() leads from the link to the element.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "macros.h"

struct list {
	struct list *prev, *next;
};

static inline void list_init(struct list *l)
{
	l->prev = l->next = l;
}

/* True for an empty ring, and for an element that is in no ring. */
static inline bool list_is_empty(const struct list *l)
{
	return l->next == l || l->next == NULL;
}

/* Insert `item` after `where`. */
static inline void list_insert(struct list *where, struct list *item)
{
	item->prev = where;
	item->next = where->next;
	where->next->prev = item;
	where->next = item;
}

static inline void list_append(struct list *ring, struct list *item)
{
	list_insert(ring->prev, item);
}

/* Take `item` out of its ring; harmless when it is in none. */
static inline void list_remove(struct list *item)
{
	if (item->next == NULL)
		return;
	item->prev->next = item->next;
	item->next->prev = item->prev;
	item->prev = item->next = item;
}

/* The body must not change the ring; the _safe form lets it remove `it`. */
#define list_for_each(it, ring) \
	for (struct list *it = (ring)->next; it != (ring); it = it->next)
#define list_for_each_safe(it, ring)                                \
	for (struct list *it = (ring)->next, *it##_next = it->next; \
		it != (ring); it = it##_next, it##_next = it->next)

#endif
