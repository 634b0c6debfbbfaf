/*
 * The inside of a component, shared by its two halves: component.c has the
 * stream, gate.c what is sent on it.
 */
#ifndef XMPP_COMPONENT_PRIVATE_H
#define XMPP_COMPONENT_PRIVATE_H

#include "base/log.h"
#include "base/str.h"
#include "net/backoff.h"
#include "net/conn.h"
#include "net/dial.h"
#include "xmpp/component.h"
#include "xmpp/iq.h"
#include "xmpp/parser.h"
#include "xmpp/stream_error.h"

#define COMPONENT_MAGIC 0x636f6d70u

/* Longest text about the end of a stream. */
#define REASON_MAX 512

/* Why the stream must end, found where it can't be ended at once: inside the
 * parser's events or while the host is sending. */
struct verdict {
	bool is_passed;
	enum stream_error_class class;
	const char *condition; /* of ours, NULL: it is not our error */
	char reason[REASON_MAX];
};

struct component {
	unsigned magic;
	struct loop *loop;
	struct resolver *resolver;
	char *host;
	uint16_t port;
	char *jid;
	const char *server; /* the domain above, inside `jid` */
	struct secret *secret;
	const struct component_events *events;
	void *arg;

	enum component_state state;
	struct timer timer; /* the deadline of the state */
	struct dial *dial;
	struct conn *conn;
	struct parser *parser;
	struct backoff backoff;
	struct verdict verdict;
	char last_reason[REASON_MAX]; /* what the log knows already */
	int64_t ready_ms;             /* since when */
	int64_t read_ms;              /* last sign of life */
	bool is_pinged;
	bool was_stopped;
	bool was_warned; /* of eavesdroppers */
	void (*stopped)(void *arg);
	void *stopped_arg;
	struct deferred stop_later;

	/* The gate. */
	struct xml_writer writer;
	struct str stanza; /* being written */
	enum stanza_kind kind;
	bool is_writing;
	const char *fault; /* why it will not be sent; NULL: it will */
	struct log_pause bug_pause, fault_pause;
	struct str out; /* whole stanzas, in order */
	size_t sent;    /* bytes of `out` that conn has */
	bool is_stalled;
	struct deferred flush;
	struct iq_table iqs;
	struct component_stats stats;
};

/* component.c: the stream is to end; takes effect after the current
 * callback. The first reason counts. */
void component_fail(struct component *c, enum stream_error_class class,
	const char *condition, const char *fmt, ...) PRINTF(4, 5);

/* gate.c: what a loss of the stream leaves behind is dropped. */
void gate_init(struct component *c);
/* Requests that wait are forgotten, not called. */
void gate_finish(struct component *c);
/* The stream is lost: drop what was queued for it. */
void gate_reset(struct component *c);

/* Nothing was sent for a while: give memory back. */
void gate_trim(struct component *c);

/* The connection has room again: go on, and say so where it was awaited. */
void gate_drained(struct component *c);

/* Give bytes to the connection: until much waits there, or all of them. */
void gate_flush(struct component *c, bool all);

/* XEP-0199 to the server; the answer interests nobody. */
void gate_ping(struct component *c);

#endif
