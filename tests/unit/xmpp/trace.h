/*
 * What a parser said, as text: one line per event, so that runs over the
 * same bytes in other pieces can be compared.
 */
#ifndef UNIT_XMPP_TRACE_H
#define UNIT_XMPP_TRACE_H

#include "base/limits.h"
#include "base/str.h"
#include "xmpp/ns.h"
#include "xmpp/parser.h"
#include "xmpp/xml.h"

#define HEADER                                                     \
	"<?xml version='1.0'?><stream:stream xmlns='" NS_COMPONENT \
	"' xmlns:stream='" NS_STREAM "' from='gw.test' id='i1'>"
#define OPENED "opened " NS_COMPONENT " i1 gw.test\n"

struct trace {
	struct parser *parser;
	struct str text;
	unsigned stanzas;
	const char *stop_at; /* stop after a stanza of this name */
};

static inline void trace_tree(struct trace *t, const struct xml *node)
{
	struct xml_writer w;

	xml_writer_init(&w, &t->text, NS_COMPONENT);
	xml_put_tree(&w, node);
	str_add_char(&t->text, '\n');
}

static inline void trace_opened(
	const char *ns, const char *id, const char *from, void *arg)
{
	struct trace *t = arg;

	str_addf(&t->text, "opened %s %s %s\n", ns, id ? id : "-",
		from ? from : "-");
}

static inline void trace_stanza(
	const struct xml *stanza, struct arena *arena, void *arg)
{
	struct trace *t = arg;

	(void)arena;
	t->stanzas++;
	trace_tree(t, stanza);
	if (t->stop_at != NULL && xml_is(stanza, t->stop_at, NULL))
		parser_stop(t->parser);
}

static inline void trace_refused(
	const struct xml *stanza, const char *reason, void *arg)
{
	struct trace *t = arg;

	str_addf(&t->text, "refused, %s: ", reason);
	trace_tree(t, stanza);
}

static inline void trace_closed(void *arg)
{
	struct trace *t = arg;

	str_add(&t->text, "closed\n");
}

static const struct parser_events trace_events = {
	.opened = trace_opened,
	.stanza = trace_stanza,
	.refused = trace_refused,
	.closed = trace_closed,
};

static inline void trace_init(struct trace *t)
{
	*t = (struct trace){ 0 };
	str_init(&t->text, 64 * MIB);
	t->parser = parser_new(&trace_events, t);
}

static inline void trace_finish(struct trace *t)
{
	parser_free(&t->parser);
	str_finish(&t->text);
}

/* Returns false, with the condition in the trace, when the stream is over. */
static inline bool trace_feed(struct trace *t, struct slice data)
{
	const char *condition = "none";

	if (parser_feed(t->parser, data, &condition) == 0)
		return true;
	str_addf(&t->text, "error %s\n", condition);
	return false;
}

static inline bool trace_feed_text(struct trace *t, const char *text)
{
	return trace_feed(t, slice_of(text));
}

#endif
