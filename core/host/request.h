/*
 * Requests to a network that wait for gw_result(): who asked, and what to do
 * with the answer.
 */
#ifndef HOST_REQUEST_H
#define HOST_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "api/types.h"
#include "base/list.h"
#include "base/str.h"
#include "host/account.h"
#include "xmpp/stanza.h"

struct request;

/* `result` lives for the call. After GW_FAILED, or GW_ACCEPTED of a request
 * that is not `lasting`, the request is gone when this returns. */
typedef void (*request_fn)(struct request *r, const struct gw_result *result);
typedef void (*request_item_fn)(struct request *r, const struct gw_item *item);

struct request {
	struct list link; /* account->requests or ->accepted, oldest first */
	struct account *account;
	gw_request id;
	int64_t deadline_ms;
	bool lasting; /* kept for a while after it was accepted */
	bool accepted;
	request_fn done;
	request_item_fn item; /* or NULL */
	void *arg;            /* the caller's; freed by xfree() if owned */
	bool owns_arg;
	struct str lines; /* scratch for collected items; owned */
	size_t items;
	/* The stanza that asked, to answer it: addresses as they were; NULL
	 * when nobody did. They live with the request. */
	const char *from, *to, *stanza_id;
	enum stanza_kind kind;
	enum stanza_type type;
};

/* A new request on behalf of `s` (NULL: of nobody). The deadline is 60 s; then
 * it fails with GW_UNREACHABLE. NULL when too many wait (LIMIT_REQUESTS). */
struct request *request_new(
	struct account *a, const struct stanza *s, request_fn done) MUST_CHECK;

/* Fail every request of the account. */
void request_fail_all(
	struct account *a, enum gw_reason reason, const char *text);

/* The link broke: what was accepted just before may have gone down with it,
 * and its sender must know. */
void request_doubt(struct account *a);

/* Fail what is past its deadline; forget what was accepted long ago. */
void request_sweep(struct account *a, int64_t now_ms);

/* Answers to the stanza that asked. */
struct xml_writer *request_result_begin(struct request *r);
/* The same without a payload. */
void request_reply_result(struct request *r);
/* `text` NULL: the condition alone. */
void request_reply_error(
	struct request *r, enum gw_reason reason, const char *text);

#endif
