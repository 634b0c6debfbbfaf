/*
 * Texts that are kept, of which the network does not know that: it gives them
 * again, and networks without ids of their own (SMPP) do not say that it is the
 * same text. An earlier process that kept one a moment ago may have ended before
 * the network heard of it; or the link was gone before we could answer.
 */
#ifndef SMS_INHERITED_H
#define SMS_INHERITED_H

#include <stdbool.h>
#include <stdint.h>

struct inherited;

struct inherited *inherited_new(void);
/* Takes NULL inside, sets NULL. */
void inherited_free(struct inherited **slot);

/* This one was kept; `came_ms` is wall time. */
void inherited_add(struct inherited *all, const char *from, const char *to,
	const char *body, int64_t came_ms);

/* Is that one given again? Only once, and not long after it came: people do
 * say the same twice. */
bool inherited_take(struct inherited *all, const char *from, const char *to,
	const char *body);

#endif
