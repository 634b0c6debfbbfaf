/*
 * A component attached to a played server, in virtual time.
 */
#ifndef UNIT_XMPP_FIXTURE_H
#define UNIT_XMPP_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/macros.h"
#include "xmpp/component.h"
#include "xmpp/ns.h"
#include "xmpp/server.h"

#define SECOND 1000
#define HEADER_OF(id)                                                  \
	"<?xml version='1.0'?><stream:stream xmlns:stream='" NS_STREAM \
	"' xmlns='" NS_COMPONENT "' from='irc.example.org' id='" id "'>"
#define STREAM_ERROR(name, text)                                 \
	"<stream:error><" name " xmlns='" NS_STREAM_ERRORS "'/>" \
	"<text xmlns='" NS_STREAM_ERRORS "'>" text "</text>"     \
	"</stream:error></stream:stream>"

static struct loop *loop;
static struct resolver *resolver;
static struct server server;
static struct component *component;

/* What the component told us, and the log. */
static struct str said;
static unsigned ready_count, lost_count;
static struct str logged;
static unsigned error_lines;

static inline void on_state(
	struct component *c, bool ready, const char *reason, void *arg)
{
	assert_ptr_equal(arg, &said);
	assert_int_equal(ready, component_state(c) == COMPONENT_READY);
	str_addf(&said, "%s: %s\n", ready ? "ready" : "lost", reason);
	if (ready)
		ready_count++;
	else
		lost_count++;
}

static inline void on_stanza(
	struct component *c, const struct stanza *s, void *arg)
{
	const char *body =
		xml_child_text(s->xml, "body", NS_COMPONENT, s->arena);

	(void)arg;
	str_addf(&said, "%s %s from %s to %s%s%s\n", s->xml->name,
		stanza_type_name(s->type) ? stanza_type_name(s->type) : "-",
		s->from.full, s->to.full, body ? ": " : "", body ? body : "");
	if (s->type == TYPE_GET)
		iq_result(c, s);
	if (s->type == TYPE_SET)
		stanza_reply_error(c, s, ERR_FORBIDDEN, "no");
}

static inline void on_drained(struct component *c, void *arg)
{
	(void)arg;
	assert_false(component_is_stalled(c));
	str_add(&said, "drained\n");
}

static const struct component_events events = {
	.state = on_state,
	.stanza = on_stanza,
	.drained = on_drained,
};

static inline void on_log(enum log_level level, const char *line, void *arg)
{
	(void)arg;
	str_add(&logged, line);
	str_add_char(&logged, '\n');
	if (level == LOG_ERROR)
		error_lines++;
}

static inline void settle(int64_t ms)
{
	loop_settle(loop, ms, NULL);
}

static inline void forget(void)
{
	str_reset(&said);
	str_reset(&logged);
	server_forget(&server);
	error_lines = 0;
}

static inline void start_component(const char *secret_text)
{
	struct secret *secret = secret_new(slice_of(secret_text));
	struct component_config config = {
		.host = "127.0.0.1",
		.port = server.port,
		.jid = "IRC.example.org",
		.secret = secret,
	};

	component = component_new(loop, resolver, &config, &events, &said);
	secret_free(&secret);
	assert_int_equal(component_state(component), COMPONENT_STOPPED);
}

static inline int set_up(void **state)
{
	(void)state;
	clock_use_virtual(1700000000000);
	log_set_sink(on_log, NULL);
	log_set_level(LOG_DEBUG);
	str_init(&said, 64 * MIB);
	str_init(&logged, 64 * MIB);
	ready_count = lost_count = error_lines = 0;
	loop = loop_new();
	resolver = resolver_new(loop, NULL);
	server_start(&server, loop, 0);
	start_component("test");
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	component_free(&component);
	server_stop(&server);
	resolver_free(&resolver);
	loop_free(&loop);
	log_set_sink(NULL, NULL);
	log_set_level(LOG_INFO);
	str_finish(&said);
	str_finish(&logged);
	clock_use_real();
	return 0;
}

/* From the start, or after a loss, to READY. */
static inline void attach(void)
{
	if (component_state(component) == COMPONENT_STOPPED)
		component_start(component);
	unsigned before = server.accepted;
	for (int i = 0; i < 600 && server.accepted == before; i++)
		settle(SECOND / 10);
	settle(10);
	assert_int_equal(component_state(component), COMPONENT_OPENING);
	server_say(&server, HEADER_OF("1"));
	settle(10);
	assert_int_equal(component_state(component), COMPONENT_HANDSHAKE);
	server_say(&server, "<handshake/>");
	settle(10);
	assert_int_equal(component_state(component), COMPONENT_READY);
	forget();
}

static inline void check_heard(const char *expected)
{
	settle(10);
	assert_string_equal(str_text(&server.heard), expected);
	server_forget(&server);
}

static inline void check_said(const char *expected)
{
	assert_string_equal(str_text(&said), expected);
	str_reset(&said);
}

static inline bool has_logged(const char *text)
{
	return strstr(str_text(&logged), text) != NULL;
}

/* How long until the component comes back, in steps of a tenth. */
static inline int64_t time_to_return(int64_t at_most_ms)
{
	unsigned before = server.accepted;
	int64_t waited = 0;

	while (server.accepted == before && waited < at_most_ms) {
		settle(100);
		waited += 100;
	}
	return waited;
}

static inline void send_message(const char *body)
{
	const struct stanza_head head = {
		.from = "a@irc.example.org",
		.to = "b@example.org",
	};
	struct xml_writer *w = stanza_begin(component, STANZA_MESSAGE, &head);

	xml_put(w, "body", NULL, body);
	assert_int_equal(stanza_end(component), 0);
}

static inline void send_presence(void)
{
	const struct stanza_head head = {
		.from = "irc.example.org",
		.to = "b@example.org",
	};

	xml_close_to(stanza_begin(component, STANZA_PRESENCE, &head), 0);
	assert_int_equal(stanza_end(component), 0);
}

#define MESSAGE(body)                                                      \
	"<message from='a@irc.example.org' to='b@example.org'><body>" body \
	"</body></message>"

#endif
