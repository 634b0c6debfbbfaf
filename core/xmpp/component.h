/*
 * One component stream (XEP-0114): connect, handshake, reconnect for ever,
 * and the one gate through which every stanza leaves.
 *
 * The gate makes it impossible to send what would cost the stream: bytes are
 * clean UTF-8 and XML characters, elements are balanced, `from` is on the
 * component's own domain, `to` is present, and a stanza over LIMIT_STANZA_OUT
 * is taken back. Stanzas leave at the end of the loop's turn, in order.
 */
#ifndef XMPP_COMPONENT_H
#define XMPP_COMPONENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/secret.h"
#include "net/loop.h"
#include "net/resolve.h"
#include "xmpp/stanza.h"
#include "xmpp/xml.h"

struct component;

enum component_state {
	COMPONENT_STOPPED,
	COMPONENT_WAITING,    /* for the next attempt */
	COMPONENT_CONNECTING, /* TCP */
	COMPONENT_OPENING,    /* stream header sent */
	COMPONENT_HANDSHAKE,  /* handshake sent */
	COMPONENT_READY,
	COMPONENT_CLOSING,
};

struct component_config {
	const char *host; /* of the XMPP server */
	uint16_t port;
	const char *jid; /* a domain; our address */
	const struct secret *secret;
};

struct component_events {
	/* READY was reached or left; `reason` is for the log. After
	 * component_stop() it is left when the stream has ended. */
	void (*state)(
		struct component *c, bool ready, const char *reason, void *arg);
	/* One stanza; it and its arena live until this returns. Stanzas that
	 * stanza_read() refused were answered already; answers to our own
	 * iq_track() requests went to their callbacks. */
	void (*stanza)(struct component *c, const struct stanza *s, void *arg);
	/* MAY. component_is_stalled() is over because the server has read; it
	 * also ends with the stream, of which `state` tells. */
	void (*drained)(struct component *c, void *arg);
};

/* Everything in `config` is copied. */
struct component *component_new(struct loop *l, struct resolver *r,
	const struct component_config *config,
	const struct component_events *events, void *arg) MUST_CHECK;

/* Connect, and again for ever; does nothing when it runs. */
void component_start(struct component *c);

/* Close in order (RFC 6120 section 4.4): what is queued leaves, then the
 * stream ends; `done` is called when it has, at most 5 s later and never
 * before this returns. Nothing can be sent or is received meanwhile. */
void component_stop(struct component *c, void (*done)(void *arg), void *arg);

/* Not from inside an event or a callback of the component. Ends the stream
 * at once and calls nobody. Takes NULL inside, sets NULL. */
void component_free(struct component **c);

/* For the log and for tests; `state` of the events tells what matters. */
enum component_state component_state(const struct component *c);

/* True while so much waits for the XMPP server that new work should be
 * refused with resource-constraint. */
bool component_is_congested(const struct component *c);

/* True from when LIMIT_STREAM_QUEUE_HIGH bytes wait on a stream that is there
 * until they are down to LIMIT_STREAM_QUEUE_LOW: what can be held back
 * elsewhere must not be sent meanwhile. */
bool component_is_stalled(const struct component *c);

/* --- The gate ------------------------------------------------------------ */

struct stanza_head {
	const char *from; /* must be on the component's domain */
	const char *to;
	const char *type; /* NULL: none */
	const char *id;   /* NULL: none */
	const char *lang;
};

/* Start a stanza; write its children with the writer, then end it. Only one
 * is open at a time. stanza_end() fails for a `from` or `to` that does not fit
 * LIMIT_JID, a `from` with an empty part, and, with "bug:" in the log, for a
 * `from` on another domain or no `to`. */
struct xml_writer *stanza_begin(struct component *c, enum stanza_kind kind,
	const struct stanza_head *head) MUST_CHECK;

/* Finish and queue. -1: it was too big (or the queue is full) and nothing of
 * it was queued. While the stream is not ready, messages are kept for it up
 * to LIMIT_STREAM_QUEUE_HIGH and everything else is dropped: presence is
 * announced anew by the host when the stream is back. */
int stanza_end(struct component *c);

/* Give up the stanza that was begun. */
void stanza_abort(struct component *c);

/* The result of an iq, with the payload still to be written. */
struct xml_writer *iq_result_begin(
	struct component *c, const struct stanza *request) MUST_CHECK;
/* An empty result. */
void iq_result(struct component *c, const struct stanza *request);

/* Answer any stanza with an error. Errors and results are never answered
 * (RFC 6120 section 8.3.1); the call does nothing then. */
void stanza_reply_error(struct component *c, const struct stanza *request,
	enum stanza_error error, const char *text);
/* The same with an application-specific condition. */
void stanza_reply_error_detail(struct component *c,
	const struct stanza *request, const struct stanza_error_detail *d);

/* --- Our own requests ---------------------------------------------------- */

/* The answer, or NULL after the timeout or when the stream was lost. */
typedef void (*iq_fn)(const struct stanza *answer, void *arg);

/* Register a request that is about to be sent to `to` and get its id (valid
 * until the next call). An answer counts only when it comes from `to`. When
 * too many are pending `fn` gets NULL later and the id is unusable by
 * accident of the peer; callers need not care. */
const char *iq_track(struct component *c, const char *to, int64_t timeout_ms,
	iq_fn fn, void *arg) MUST_CHECK;

/* Ask our own server for a sign of life (XEP-0199). Its answer, an error too,
 * comes when it has taken over all that was sent before. */
void component_ping(
	struct component *c, int64_t timeout_ms, iq_fn fn, void *arg);

/* Forget all requests with this callback argument. */
void iq_forget(struct component *c, void *arg);

/* Stanzas and streams, for metrics; `unsent` are those stanza_end() refused. */
struct component_stats {
	uint64_t stanzas_in, stanzas_out, refused_in, unsent, connects;
};
/* Since component_new(). */
void component_stats(const struct component *c, struct component_stats *out);

#endif
