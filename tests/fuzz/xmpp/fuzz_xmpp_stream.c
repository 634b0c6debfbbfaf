/*
 * Hostile bytes after a good stream header. However they are cut, the parser
 * must say the same, and every tree it delivers must be one that it reads
 * back from what the writer makes of it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../unit/xmpp/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed_all(struct trace *t, struct slice rest, unsigned seed)
{
	if (!trace_feed_text(t, HEADER))
		abort();
	while (rest.len > 0) {
		struct slice piece = rest;
		/* Seed 0: all at once. */
		if (seed != 0 && piece.len > 1) {
			seed = seed * 1103515245u + 12345u;
			size_t len = 1 + (seed >> 16) % 40;
			if (piece.len > len)
				piece.len = len;
		}
		if (!trace_feed(t, piece))
			return;
		rest.data += piece.len;
		rest.len -= piece.len;
	}
	/* Faults in a long tag may be found only at its end. */
	trace_feed_text(t, ">");
}

/* Of two faults in one run of text, expat finds the second one first when it
 * sees both. */
static void drop_condition(struct trace *t)
{
	char *error = t->text.len > 0 ? strstr(t->text.data, "\nerror ") : NULL;

	if (error != NULL)
		str_truncate(&t->text, (size_t)(error - t->text.data) + 6);
}

/* Without the lines about other things than stanzas. */
static void check_again(const struct trace *first)
{
	struct trace t;
	const char *stanzas = str_text(&first->text) + sizeof(OPENED) - 1;

	if (first->stanzas == 0 || strstr(stanzas, "refused") != NULL ||
		strstr(stanzas, "error") != NULL ||
		strstr(stanzas, "closed") != NULL)
		return;
	trace_init(&t);
	bool is_alive =
		trace_feed_text(&t, HEADER) && trace_feed_text(&t, stanzas);
	if (!is_alive || t.stanzas != first->stanzas ||
		strcmp(str_text(&t.text), str_text(&first->text)) != 0) {
		fprintf(stderr, "first:\n%s\nagain:\n%s\n",
			str_text(&first->text), str_text(&t.text));
		abort();
	}
	trace_finish(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trace whole, cut;

	if (size < 1)
		return 0;
	struct slice bytes = slice_make((const char *)data + 1, size - 1);
	trace_init(&whole);
	trace_init(&cut);
	feed_all(&whole, bytes, 0);
	feed_all(&cut, bytes, 1u + data[0]);
	drop_condition(&whole);
	drop_condition(&cut);
	if (strcmp(str_text(&whole.text), str_text(&cut.text)) != 0) {
		fprintf(stderr, "whole:\n%s\ncut:\n%s\n", str_text(&whole.text),
			str_text(&cut.text));
		abort();
	}
	check_again(&whole);
	trace_finish(&cut);
	trace_finish(&whole);
	return 0;
}
