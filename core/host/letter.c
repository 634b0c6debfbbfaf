#include "host/letter.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/macros.h"
#include "base/pack.h"
#include "host/receivers.h"

/* The first number in what is stored. Each version has texts that those before
 * have not. */
#define VERSION 3

/* What goes into a stanza is less; all together stay below LIMIT_LETTER. */
#define TEXT_MAX  LIMIT_STANZA_OUT
#define SPANS_MAX 10000

static const size_t texts[] = {
	offsetof(struct letter, m.from),
	offsetof(struct letter, m.text),
	offsetof(struct letter, m.network_id),
	offsetof(struct letter, m.subject),
	offsetof(struct letter, m.thread),
	offsetof(struct letter, m.to),
	offsetof(struct letter, m.reply_to),
	offsetof(struct letter, file.url),
	offsetof(struct letter, file.name),
	offsetof(struct letter, file.type),
	offsetof(struct letter, file.sha256),
	offsetof(struct letter, room),
	offsetof(struct letter, m.replaces),
	offsetof(struct letter, m.retracts),
	offsetof(struct letter, m.name),
};

/* How many of them, by version. */
static const size_t text_counts[VERSION + 1] = { 0, 12, 14, COUNT(texts) };

static void pack_span(struct str *out, const struct gw_span *s)
{
	pack_number(out, (int64_t)s->start);
	pack_number(out, (int64_t)s->end);
	pack_number(out, s->style);
	pack_number(out, s->fg);
	pack_number(out, s->bg);
}

void letter_pack(const struct gw_message *m, const char *room, int64_t now_ms,
	struct str *out)
{
	struct letter l = { .m = *m,
		.file = m->file != NULL ? *m->file
					: (struct gw_file){ .size = -1 },
		.room = room };
	const int64_t numbers[] = { VERSION, m->kind,
		m->wall_ms != 0 ? m->wall_ms : now_ms, m->own, m->quiet,
		l.file.size };
	for (size_t i = 0; i < COUNT(numbers); i++)
		pack_number(out, numbers[i]);
	for (size_t i = 0; i < COUNT(texts); i++) {
		const char *text;
		memcpy(&text, (const char *)&l + texts[i], sizeof(text));
		pack_text_max(out, text, TEXT_MAX);
	}
	/* Formatting of a text that was cut, or too much of it, is left out. */
	bool fits = m->span_count <= SPANS_MAX && strlen(m->text) <= TEXT_MAX;
	pack_number(out, fits ? (int64_t)m->span_count : 0);
	for (size_t i = 0; fits && i < m->span_count; i++)
		pack_span(out, &m->spans[i]);
	receivers_pack(out, m->receivers, m->receiver_count);
}

static void unpack_spans(struct letter *l, struct unpack *u)
{
	int64_t count = unpack_number(u);
	if (count < 0 || (uint64_t)count > u->rest.len / 8)
		u->is_broken = true;
	if (u->is_broken || count == 0)
		return;
	l->spans = xcalloc((size_t)count, sizeof(l->spans[0]));
	for (int64_t i = 0; i < count; i++) {
		struct gw_span *s = &l->spans[i];
		s->start = (size_t)unpack_number(u);
		s->end = (size_t)unpack_number(u);
		s->style = (unsigned)unpack_number(u);
		s->fg = (int)unpack_number(u);
		s->bg = (int)unpack_number(u);
	}
	l->m.spans = l->spans;
	l->m.span_count = (size_t)count;
}

int letter_unpack(struct letter *l, struct slice data)
{
	struct unpack u = { .rest = data };
	memset(l, 0, sizeof(*l));
	int64_t version = unpack_number(&u);
	if (version < 1 || version > VERSION)
		return -1;
	l->m.kind = (enum gw_message_kind)unpack_number(&u);
	l->m.wall_ms = unpack_number(&u);
	l->m.own = unpack_number(&u) != 0;
	l->m.quiet = unpack_number(&u) != 0;
	l->file.size = unpack_number(&u);
	for (size_t i = 0; i < text_counts[version]; i++) {
		const char *text = unpack_text(&u);
		memcpy((char *)l + texts[i], &text, sizeof(text));
	}
	unpack_spans(l, &u);
	l->m.receiver_count = receivers_unpack(&u, l->receivers);
	l->m.receivers = l->receivers;
	if (l->file.url != NULL)
		l->m.file = &l->file;
	l->m.durable = true;
	if (!u.is_broken && l->m.text != NULL && l->m.network_id != NULL)
		return 0;
	letter_finish(l);
	return -1;
}

void letter_finish(struct letter *l)
{
	xfree(l->spans);
	l->spans = NULL;
}
