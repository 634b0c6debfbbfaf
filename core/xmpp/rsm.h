/*
 * Result set management (XEP-0059).
 */
#ifndef XMPP_RSM_H
#define XMPP_RSM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/macros.h"
#include "xmpp/xml.h"

struct rsm {
	bool present;
	long max;           /* -1: not given */
	const char *after;  /* NULL: not given */
	const char *before; /* "" for the last page */
	long index;         /* -1: not given */
};

/* Read the <set/> inside `parent`; -1 when a number is malformed. */
int rsm_read(
	struct rsm *rsm, const struct xml *parent, struct arena *a) MUST_CHECK;

struct rsm_page {
	const char *first, *last; /* NULL: an empty page */
	long first_index;         /* -1: unknown */
	long count;               /* -1: unknown */
};
/* Write the <set/> of an answer. */
void rsm_put(struct xml_writer *w, const struct rsm_page *page);

#endif
