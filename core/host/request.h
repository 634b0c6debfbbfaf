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

/* `result` lives for the call. After GW_FAILED, or anything else when the
 * request is then not (or no longer) `lasting`, it is gone when this returns.
 */
typedef void (*request_fn)(struct request *r, const struct gw_result *result);
typedef void (*request_item_fn)(struct request *r, const struct gw_item *item);

struct request {
	struct list link; /* account->requests, ->accepted or ->awaited, oldest
			     first */
	unsigned *count;  /* of that list */
	struct account *account;
	gw_request id;
	int64_t deadline_ms;
	bool lasting; /* kept for a while after it was accepted */
	bool awaited; /* likewise, and until the session is closed: the network
			 tells later what became of it */
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

/* A new request on behalf of `s` (NULL: of nobody). The deadline is 60 s, and
 * the account's delay; then it fails with GW_UNREACHABLE. NULL when too many
 * wait (LIMIT_REQUESTS). */
struct request *request_new(
	struct account *a, const struct stanza *s, request_fn done) MUST_CHECK;

/* An op borrows texts of the request's `arg`: it is kept until it returned,
 * also when the gateway answers meanwhile. What request_hold() gave goes to
 * request_release(), which returns the request; NULL: it is over. */
void *request_hold(struct request *r);
struct request *request_release(struct account *a, gw_request id, void *arg);

/* NULL: it is over. */
struct request *request_find(struct account *a, gw_request id);

/* Fail every request of the account that waits for an answer. */
void request_fail_all(
	struct account *a, enum gw_reason reason, const char *text);

/* The session is closed: nothing more is told of what was accepted. */
void request_await_none(struct account *a);

/* It will be online later than usual (account_delay_ms()): what waits for it
 * does so longer. */
void request_all_delayed(struct account *a);

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
