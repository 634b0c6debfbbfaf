/*
 * What is asked of a network about one of its people (ops->lookup), on behalf
 * of a stanza, and the facts that come as the answer.
 */
#ifndef HOST_LOOKUP_H
#define HOST_LOOKUP_H

#include "base/slice.h"
#include "host/request.h"
#include "host/target.h"
#include "xmpp/stanza.h"

/* `done` gets the outcome, or `s` an error at once. `arg` becomes that of the
 * request, which frees it by xfree(), as happens when there is none; or NULL.
 */
void lookup_start(struct user *u, const struct target *t,
	const struct stanza *s, enum gw_lookup what, request_fn done,
	void *arg);

/* Answer a look-up that failed; false: it did not. */
bool lookup_failed(struct request *r, const struct gw_result *result);

/* Cut one fact off the front of what was collected, which is
 * str_slice(&r->lines) at first. False at the end. */
bool lookup_next(struct slice *rest, struct slice *key, struct slice *value,
	long *number);

/* The first fact with this key (NULL: with any), its value cut to fit `size`.
 * False: there is none. */
bool lookup_find(const struct request *r, const char *key, char *value_r,
	size_t size, long *number_r);

/* The end of an answer that request_result_begin() began. */
void lookup_end(struct request *r);

#endif
