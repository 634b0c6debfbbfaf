/*
 * For the files of the carrier itself alone: one backend at work.
 */
#ifndef SMS_HTTP_HTTP_PRIVATE_H
#define SMS_HTTP_HTTP_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bucket.h"
#include "base/list.h"
#include "base/log.h"
#include "base/str.h"
#include "net/backoff.h"
#include "net/http_client.h"
#include "net/loop.h"
#include "net/tls.h"
#include "sms_carrier/carrier.h"
#include "sms_http/config.h"
#include "sms_http/provider.h"
#include "sms_http/template.h"

/* Counted since the start, for operators. */
struct http_counts {
	uint64_t accepted, rejected, lost, incoming, reports, unverified;
};

struct http_carrier {
	struct carrier carrier;
	unsigned magic;
	struct carrier_setup setup;
	const struct http_config *config;
	struct provider *provider;
	struct tls_client *tls;        /* NULL: the client's own */
	struct template_values values; /* of the backend */
	struct str path, callback_url; /* of callbacks; empty: none come */
	struct http_counts counts;

	/* Sending: submit.c. */
	struct list waiting, running; /* struct job */
	size_t waiting_count, running_count;
	struct bucket pace;
	enum carrier_state state, told; /* `told` to the gateway */
	bool is_told;
	bool is_draining;
	struct backoff gone, refused, busy;
	int64_t pause_until_ms;
	struct timer wake;
	struct timer drain;
	struct deferred turn;
	char why[200];

	/* Callbacks: hook.c. */
	struct list hooks;
	size_t hook_count;
	uint64_t last_ticket;
	bool is_stalled;
	struct log_pause complaint;
};

/* --- submit.c ------------------------------------------------------------ */

void http_submit_init(struct http_carrier *c);
/* Ends what is under way, without an event. */
void http_submit_finish(struct http_carrier *c);
size_t http_submit_room(const struct http_carrier *c);
void http_submit(struct http_carrier *c, const struct carrier_submit *s);
void http_submit_drain(struct http_carrier *c);
/* Whatever it waits for, it waits no longer. */
void http_submit_reconnect(struct http_carrier *c);

/* --- hook.c -------------------------------------------------------------- */

void http_hook_init(struct http_carrier *c);
/* Answers what waits: it is to come again. */
void http_hook_finish(struct http_carrier *c);
void http_hook_settle(struct http_carrier *c, uint64_t ticket, bool ok);
/* For carrier_ops.replay; without an http_server. */
int http_hook_replay(struct http_carrier *c, struct slice saved,
	struct str *out, const char **reason_r);

#endif
