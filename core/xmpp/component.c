/*
 * The stream of a component: connecting, authenticating, noticing its end.
 *
 *	STOPPED -> CONNECTING -> OPENING -> HANDSHAKE -> READY -> CLOSING
 *	   ^           ^  |         |           |         |          |
 *	   |           |  v         v           v         v          |
 *	   |         WAITING <-------------------------------        |
 *	   '-------------- component_stop() from anywhere -----------'
 *
 * Every way a stream can end passes a verdict first (component_fail), which
 * conclude() then carries out where nothing of the stream is in use. The
 * timer is the deadline of the state; the table below says what it means.
 */
#include "xmpp/component_private.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/magic.h"
#include "xmpp/jid.h"
#include "xmpp/ns.h"

/* Between two attempts, XEP-0114 has no rule; full jitter in between. */
#define RETRY_MIN_MS 1000
#define RETRY_MAX_MS 60000

/* What somebody has to mend first, or a fight for the address, is not
 * helped by hurry. */
#define RETRY_SLOW_MS 30000

/* A stream that lived this long was a success. */
#define HEALTHY_MS 60000

/* Nothing read: ask; nothing read for as long again: dead. */
#define SILENCE_MS 30000

#define HEADER_MS    20000
#define HANDSHAKE_MS 20000
#define CLOSING_MS   5000

/* For the error that explains a header without an id. */
#define NO_ID_MS 2000

/* For the last words of a stream that failed. */
#define FAREWELL_MS 5000

#define STREAM_END "</stream:stream>"

static const struct conn_limits limits = {
	.input_max = 1 * MIB,
	.output_max = LIMIT_STREAM_QUEUE_MAX + MIB,
	.output_low = 256 * KIB,
};

/* --- States -------------------------------------------------------------- */

static void connect_now(struct component *c);
static void header_missing(struct component *c);
static void handshake_missing(struct component *c);
static void check_silence(struct component *c);
static void finish_stop(struct component *c);

#define BIT(state) (1u << (state))

static const struct {
	const char *name;
	unsigned next;      /* states it can change to */
	int64_t timeout_ms; /* 0: none, or set by who enters it */
	void (*expired)(struct component *c);
} states[] = {
	[COMPONENT_STOPPED] = { "stopped", BIT(COMPONENT_CONNECTING), 0, NULL },
	[COMPONENT_WAITING] = { "waiting",
		BIT(COMPONENT_CONNECTING) | BIT(COMPONENT_STOPPED), 0,
		connect_now },
	[COMPONENT_CONNECTING] = { "connecting",
		BIT(COMPONENT_OPENING) | BIT(COMPONENT_WAITING) |
			BIT(COMPONENT_STOPPED),
		0, NULL },
	[COMPONENT_OPENING] = { "opening",
		BIT(COMPONENT_HANDSHAKE) | BIT(COMPONENT_WAITING) |
			BIT(COMPONENT_STOPPED),
		HEADER_MS, header_missing },
	[COMPONENT_HANDSHAKE] = { "handshake",
		BIT(COMPONENT_READY) | BIT(COMPONENT_WAITING) |
			BIT(COMPONENT_STOPPED),
		HANDSHAKE_MS, handshake_missing },
	[COMPONENT_READY] = { "ready",
		BIT(COMPONENT_WAITING) | BIT(COMPONENT_CLOSING) |
			BIT(COMPONENT_STOPPED),
		SILENCE_MS, check_silence },
	[COMPONENT_CLOSING] = { "closing", BIT(COMPONENT_STOPPED), CLOSING_MS,
		finish_stop },
};

static void set_state(
	struct component *c, enum component_state state, const char *why)
{
	assert(states[c->state].next & BIT(state));
	log_debug("xmpp", "[%s] %s -> %s: %s", c->jid, states[c->state].name,
		states[state].name, why);
	c->state = state;
	timer_stop(&c->timer);
	if (states[state].timeout_ms > 0)
		timer_start(&c->timer, states[state].timeout_ms);
}

static void conclude(struct component *c);

static void on_timer(void *arg)
{
	struct component *c = arg;

	MAGIC_CHECK(c, COMPONENT_MAGIC);
	states[c->state].expired(c);
	conclude(c);
}

/* --- Ends ---------------------------------------------------------------- */

void component_fail(struct component *c, enum stream_error_class class,
	const char *condition, const char *fmt, ...)
{
	struct verdict *v = &c->verdict;
	va_list args;

	if (v->is_passed)
		return;
	v->is_passed = true;
	v->class = class;
	v->condition = condition;
	va_start(args, fmt);
	vsnprintf(v->reason, sizeof(v->reason), fmt, args);
	va_end(args);
	/* In case nobody concludes after this callback. */
	deferred_start(&c->flush);
}

/* RFC 6120 section 4.9.1: an error of the stream is said, and ends it. */
static void close_connection(struct component *c)
{
	struct str last;

	dial_cancel(&c->dial);
	if (c->conn == NULL)
		return;
	if (conn_reason(c->conn)[0] != '\0') {
		conn_close(&c->conn);
		return;
	}
	str_init(&last, KIB);
	if (c->verdict.condition != NULL)
		str_addf(&last,
			"<stream:error><%s xmlns='" NS_STREAM_ERRORS
			"'/></stream:error>",
			c->verdict.condition);
	str_add(&last, STREAM_END);
	if (conn_write(c->conn, str_slice(&last)) == 0)
		conn_close_gracefully(&c->conn, FAREWELL_MS);
	else
		conn_close(&c->conn);
	str_finish(&last);
}

static int64_t retry_delay_ms(struct component *c, bool was_ready)
{
	enum stream_error_class class = c->verdict.class;

	if (was_ready && loop_now_ms(c->loop) - c->ready_ms >= HEALTHY_MS)
		backoff_reset(&c->backoff);
	int64_t delay = backoff_next_ms(&c->backoff);
	/* A conflict before we were in is a dead connection of ours that the
	 * server has not noticed, more often than not. */
	if (class == STREAM_ERROR_CONFIG ||
		(class == STREAM_ERROR_CONFLICT && was_ready))
		return RETRY_SLOW_MS + delay / 4;
	return delay;
}

/* The same reason again and again is news only once. */
static void log_loss(struct component *c, int64_t delay_ms)
{
	static const char fmt[] = "[%s] %s; next attempt in %.1f s";
	double delay = (double)delay_ms / 1000;
	const char *reason = c->verdict.reason;

	if (strcmp(reason, c->last_reason) == 0 ||
		c->verdict.class == STREAM_ERROR_SHUTDOWN)
		log_info("xmpp", fmt, c->jid, reason, delay);
	else if (c->verdict.class == STREAM_ERROR_CONFIG)
		log_error("xmpp", fmt, c->jid, reason, delay);
	else
		log_warning("xmpp", fmt, c->jid, reason, delay);
	text_copy(c->last_reason, sizeof(c->last_reason), reason);
}

/* Carry out what was decided, if anything; outside of the parser only. */
static void conclude(struct component *c)
{
	bool was_ready = c->state == COMPONENT_READY;
	char reason[REASON_MAX];

	if (!c->verdict.is_passed || c->state == COMPONENT_STOPPED)
		return;
	if (c->state == COMPONENT_CLOSING) {
		finish_stop(c);
		return;
	}
	close_connection(c);
	int64_t delay = retry_delay_ms(c, was_ready);
	log_loss(c, delay);
	text_copy(reason, sizeof(reason), c->verdict.reason);
	set_state(c, COMPONENT_WAITING, reason);
	timer_start(&c->timer, delay);
	c->verdict.is_passed = false;
	if (!was_ready)
		return;
	gate_reset(c);
	iq_fail_all(&c->iqs);
	c->events->state(c, false, reason, c->arg);
}

static void finish_stop(struct component *c)
{
	bool was_ready =
		c->state == COMPONENT_READY || c->state == COMPONENT_CLOSING;
	void (*stopped)(void *arg) = c->stopped;

	dial_cancel(&c->dial);
	conn_close(&c->conn);
	c->verdict.is_passed = false;
	c->stopped = NULL;
	if (c->state != COMPONENT_STOPPED) {
		set_state(c, COMPONENT_STOPPED, "stop");
		log_info("xmpp", "[%s] stopped", c->jid);
	}
	gate_reset(c);
	iq_fail_all(&c->iqs);
	if (was_ready)
		c->events->state(c, false, "stopped", c->arg);
	if (stopped != NULL)
		stopped(c->stopped_arg);
}

/* --- Deadlines ----------------------------------------------------------- */

static void header_missing(struct component *c)
{
	component_fail(c, STREAM_ERROR_OTHER, "connection-timeout",
		"the XMPP server sent no stream header with an id");
}

static void handshake_missing(struct component *c)
{
	component_fail(c, STREAM_ERROR_OTHER, "connection-timeout",
		"the XMPP server did not answer the handshake");
}

static void check_silence(struct component *c)
{
	int64_t quiet = loop_now_ms(c->loop) - c->read_ms;

	if (c->is_pinged) {
		component_fail(c, STREAM_ERROR_OTHER, "connection-timeout",
			"the XMPP server has been silent for %lld s",
			(long long)(quiet / 1000));
		return;
	}
	if (quiet < SILENCE_MS) {
		timer_start(&c->timer, SILENCE_MS - quiet);
		return;
	}
	gate_trim(c);
	gate_ping(c);
	c->is_pinged = true;
	timer_start(&c->timer, SILENCE_MS);
}

/* --- Authentication ------------------------------------------------------ */

/* XEP-0114 section 3, with the id as it is after unescaping. */
static void send_handshake(struct component *c, const char *id)
{
	struct slice secret = secret_reveal(c->secret);
	unsigned char digest[SHA1_SIZE];
	struct str text;

	/* All the room at once, so that no copy of the secret stays behind
	 * where the string has grown out of. */
	str_init(&text, LIMIT_TAG + secret.len + 2);
	(void)str_reserve(&text, strlen(id) + secret.len);
	str_add(&text, id);
	str_add_slice(&text, secret);
	crypto_sha1(str_slice(&text), digest);
	crypto_wipe(text.data, text.cap);
	str_reset(&text);
	str_add(&text, "<handshake>");
	hex_encode(&text, slice_make((const char *)digest, sizeof(digest)));
	str_add(&text, "</handshake>");
	if (conn_write(c->conn, str_slice(&text)) == 0)
		set_state(c, COMPONENT_HANDSHAKE, "stream header received");
	else
		component_fail(c, STREAM_ERROR_OTHER, NULL, "%s",
			conn_reason(c->conn));
	str_finish(&text);
}

static void on_opened(
	const char *ns, const char *id, const char *from, void *arg)
{
	struct component *c = arg;

	(void)from;
	if (c->state != COMPONENT_OPENING)
		return;
	if (strcmp(ns, NS_COMPONENT) != 0) {
		component_fail(c, STREAM_ERROR_CONFIG, "invalid-namespace",
			"the XMPP server speaks \"%.100s\" here; %s", ns,
			stream_error_by_name("invalid-namespace")->advice);
		parser_stop(c->parser);
		return;
	}
	/* Prosody sends an empty id before it says host-unknown. */
	if (id == NULL || id[0] == '\0')
		timer_start(&c->timer, NO_ID_MS);
	else
		send_handshake(c, id);
}

static void become_ready(struct component *c)
{
	set_state(c, COMPONENT_READY, "handshake accepted");
	log_info("xmpp", "[%s] attached to the XMPP server at %s port %u",
		c->jid, c->host, c->port);
	c->ready_ms = loop_now_ms(c->loop);
	c->is_pinged = false;
	c->last_reason[0] = '\0';
	c->stats.connects++;
	deferred_start(&c->flush);
	c->events->state(c, true, "handshake accepted", c->arg);
}

/* --- Input --------------------------------------------------------------- */

static void on_stream_error(
	struct component *c, const struct xml *xml, struct arena *arena)
{
	struct str words;

	str_init(&words, REASON_MAX / 2);
	const struct stream_error *e = stream_error_read(xml, arena, &words);
	component_fail(c, e->class, NULL, "stream error %s%s%s",
		str_text(&words), e->advice ? "; " : "",
		e->advice ? e->advice : "");
	str_finish(&words);
	parser_stop(c->parser);
}

/* With some configurations ejabberd hands the stanzas for one component to
 * another; they can't be answered from here. */
static bool is_for_us(const struct component *c, const struct stanza *s)
{
	if (s->to.domain == NULL || strcmp(s->to.domain, c->jid) == 0)
		return true;
	log_debug("xmpp", "[%s] ignored a stanza for %s", c->jid, s->to.domain);
	return false;
}

static void dispatch(
	struct component *c, const struct xml *xml, struct arena *arena)
{
	struct stanza s;
	enum stanza_error error = stanza_read(&s, xml, arena);

	c->stats.stanzas_in++;
	if (error == ERR_UNDEFINED_CONDITION) {
		log_debug("xmpp", "[%s] ignored <%s/> without a sender", c->jid,
			xml->name);
		return;
	}
	if (!is_for_us(c, &s))
		return;
	if (error != ERR_NONE) {
		c->stats.refused_in++;
		stanza_reply_error(c, &s, error, NULL);
	} else if (s.kind == STANZA_IQ &&
		   (s.type == TYPE_RESULT || s.type == TYPE_ERROR)) {
		if (!iq_answer(&c->iqs, &s))
			log_debug("xmpp", "[%s] ignored an answer to nothing",
				c->jid);
	} else {
		c->events->stanza(c, &s, c->arg);
	}
}

static void on_element(const struct xml *xml, struct arena *arena, void *arg)
{
	struct component *c = arg;

	if (xml_is(xml, "error", NS_STREAM))
		on_stream_error(c, xml, arena);
	else if (c->state == COMPONENT_READY)
		dispatch(c, xml, arena);
	else if (c->state == COMPONENT_HANDSHAKE &&
		 xml_is(xml, "handshake", NS_COMPONENT))
		become_ready(c);
	else
		log_info("xmpp", "[%s] ignored <%.100s/> while %s", c->jid,
			xml->name, states[c->state].name);
}

static void on_refused(const struct xml *xml, const char *reason, void *arg)
{
	struct component *c = arg;
	struct arena arena;
	struct stanza s;
	char text[200];

	if (c->state != COMPONENT_READY)
		return;
	c->stats.stanzas_in++;
	c->stats.refused_in++;
	arena_init(&arena, 4 * LIMIT_JID + KIB);
	enum stanza_error error = stanza_read(&s, xml, &arena);
	log_info("xmpp", "[%s] refused a stanza from %s: %s", c->jid,
		s.from.full ? s.from.full : "nobody", reason);
	text_format(text, sizeof(text), "The stanza was refused: %s.", reason);
	if (error != ERR_UNDEFINED_CONDITION && error != ERR_JID_MALFORMED &&
		is_for_us(c, &s))
		stanza_reply_error(c, &s, ERR_NOT_ACCEPTABLE, text);
	arena_finish(&arena);
}

static void on_closed(void *arg)
{
	component_fail(arg, STREAM_ERROR_SHUTDOWN, NULL,
		"the XMPP server ended the stream");
}

static const struct parser_events parser_events = {
	.opened = on_opened,
	.stanza = on_element,
	.refused = on_refused,
	.closed = on_closed,
};

static void on_data(struct component *c)
{
	struct slice input = conn_input(c->conn);
	const char *condition;

	c->read_ms = loop_now_ms(c->loop);
	c->is_pinged = false;
	if (parser_feed(c->parser, input, &condition) != 0)
		component_fail(c, STREAM_ERROR_OTHER, condition,
			"what the XMPP server sent is no XML stream (%s)",
			condition);
	conn_consume(c->conn, input.len);
}

/* --- The connection ------------------------------------------------------ */

static void on_conn(struct conn *conn, enum conn_event event, void *arg)
{
	struct component *c = arg;

	MAGIC_CHECK(c, COMPONENT_MAGIC);
	if (event == CONN_DATA)
		on_data(c);
	else if (event == CONN_DRAINED && c->state == COMPONENT_READY)
		gate_drained(c);
	else if (event == CONN_EOF)
		/* How Prosody and ejabberd end when they are stopped. */
		component_fail(c, STREAM_ERROR_SHUTDOWN, NULL,
			"the XMPP server closed the connection");
	else if (event == CONN_ERROR)
		component_fail(
			c, STREAM_ERROR_OTHER, NULL, "%s", conn_reason(conn));
	conclude(c);
}

static void open_stream(struct component *c)
{
	struct str header;

	str_init(&header, LIMIT_TAG);
	/* XEP-0114 section 3: `to` is our own address. */
	str_addf(&header,
		"<?xml version='1.0'?><stream:stream xmlns='" NS_COMPONENT
		"' xmlns:stream='" NS_STREAM "' to='%s'>",
		c->jid);
	parser_reset(c->parser);
	if (conn_write(c->conn, str_slice(&header)) != 0)
		component_fail(c, STREAM_ERROR_OTHER, NULL, "%s",
			conn_reason(c->conn));
	str_finish(&header);
	set_state(c, COMPONENT_OPENING, conn_peer(c->conn));
}

/* XEP-0114 has no encryption: the secret's digest and every message can be
 * read by whoever is between the two machines. */
static void warn_of_eavesdroppers(struct component *c)
{
	const char *peer = strstr(conn_peer(c->conn), " -> ");

	if (c->was_warned || peer == NULL ||
		strncmp(peer + 4, "127.", 4) == 0 ||
		strncmp(peer + 4, "[::1]", 5) == 0 ||
		strncmp(peer + 4, "[::ffff:127.", 12) == 0)
		return;
	c->was_warned = true;
	log_warning("xmpp",
		"[%s] the XMPP server at %s is on another machine and the "
		"stream is not encrypted; use a tunnel",
		c->jid, peer + 4);
}

static void on_dial(
	struct conn *conn, enum dial_error error, const char *reason, void *arg)
{
	struct component *c = arg;

	MAGIC_CHECK(c, COMPONENT_MAGIC);
	c->dial = NULL;
	c->conn = conn;
	if (error != DIAL_OK) {
		component_fail(c, STREAM_ERROR_OTHER, NULL,
			"can't reach the XMPP server at %s port %u: %s",
			c->host, c->port, reason);
	} else {
		conn_set_owner(conn, on_conn, c);
		warn_of_eavesdroppers(c);
		open_stream(c);
	}
	conclude(c);
}

static void connect_now(struct component *c)
{
	const struct dial_target target = {
		.host = c->host,
		.port = c->port,
		.tls = TLS_NONE,
		.limits = limits,
		.is_vital = true,
	};

	set_state(c, COMPONENT_CONNECTING, c->host);
	c->dial = dial_start(c->loop, c->resolver, &target, on_dial, c);
}

/* The end of a turn in which something was sent or decided. */
static void on_flush(void *arg)
{
	struct component *c = arg;

	MAGIC_CHECK(c, COMPONENT_MAGIC);
	if (c->state == COMPONENT_READY && !c->verdict.is_passed)
		gate_flush(c, false);
	conclude(c);
}

/* --- Life ---------------------------------------------------------------- */

static void on_stop_later(void *arg)
{
	finish_stop(arg);
}

static void set_address(struct component *c, const char *jid)
{
	struct str domain;

	str_init(&domain, LIMIT_JID_PART + 1);
	if (jid_prepare_domain(&domain, slice_of(jid)) != 0)
		fatal("the gateway's jid \"%s\" is not a domain", jid);
	c->jid = xstrdup(str_text(&domain));
	str_finish(&domain);
	const char *dot = strchr(c->jid, '.');
	c->server = dot ? dot + 1 : c->jid;
}

struct component *component_new(struct loop *l, struct resolver *r,
	const struct component_config *config,
	const struct component_events *events, void *arg)
{
	struct component *c = xalloc(sizeof(*c));

	c->magic = COMPONENT_MAGIC;
	c->loop = l;
	c->resolver = r;
	c->host = xstrdup(config->host);
	c->port = config->port;
	set_address(c, config->jid);
	c->secret = secret_dup(config->secret);
	c->events = events;
	c->arg = arg;
	c->state = COMPONENT_STOPPED;
	c->parser = parser_new(&parser_events, c);
	backoff_init(&c->backoff, RETRY_MIN_MS, RETRY_MAX_MS);
	timer_init(&c->timer, l, "component", on_timer, c);
	deferred_init(&c->flush, l, "component flush", on_flush, c);
	deferred_init(&c->stop_later, l, "component stop", on_stop_later, c);
	gate_init(c);
	return c;
}

void component_start(struct component *c)
{
	MAGIC_CHECK(c, COMPONENT_MAGIC);
	c->was_stopped = false;
	if (c->state == COMPONENT_STOPPED)
		connect_now(c);
}

void component_stop(struct component *c, void (*done)(void *arg), void *arg)
{
	MAGIC_CHECK(c, COMPONENT_MAGIC);
	c->was_stopped = true;
	c->stopped = done;
	c->stopped_arg = arg;
	if (c->state == COMPONENT_CLOSING)
		return;
	if (c->state != COMPONENT_READY) {
		deferred_start(&c->stop_later);
		return;
	}
	gate_flush(c, true);
	set_state(c, COMPONENT_CLOSING, "stop");
	if (conn_write(c->conn, slice_of(STREAM_END)) != 0)
		component_fail(c, STREAM_ERROR_OTHER, NULL, "stop");
}

void component_free(struct component **c)
{
	struct component *old = *c;

	if (old == NULL)
		return;
	MAGIC_CHECK(old, COMPONENT_MAGIC);
	timer_stop(&old->timer);
	deferred_stop(&old->flush);
	deferred_stop(&old->stop_later);
	dial_cancel(&old->dial);
	conn_close(&old->conn);
	parser_free(&old->parser);
	gate_finish(old);
	secret_free(&old->secret);
	xfree(old->host);
	xfree(old->jid);
	old->magic = 0;
	xfree(old);
	*c = NULL;
}

enum component_state component_state(const struct component *c)
{
	return c->state;
}
