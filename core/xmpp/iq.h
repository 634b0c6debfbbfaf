/*
 * Our own iq requests that wait for an answer. Part of a component
 * (component.h), which offers them as iq_track() and iq_forget().
 */
#ifndef XMPP_IQ_H
#define XMPP_IQ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/list.h"
#include "base/macros.h"
#include "base/map.h"
#include "net/loop.h"
#include "xmpp/component.h"
#include "xmpp/stanza.h"

#define IQ_ID_SIZE 32

/* After this time a request that can't be answered fails: not at once, so
 * that an owner who tries again and again does not keep the loop busy. */
#define IQ_FAIL_MS 100

struct iq_table {
	struct loop *loop;
	struct map by_id;
	struct map peers;    /* struct iq_peer by bare address */
	struct list pending; /* oldest first */
	struct arena scratch;
	char prefix[9]; /* not to be guessed by others */
	uint64_t counter;
	char id[IQ_ID_SIZE]; /* the newest */
};

/* Zero bytes are not enough: ids begin with random text. */
void iq_init(struct iq_table *t, struct loop *l);

/* Forget everything; no callback is called. */
void iq_finish(struct iq_table *t);

/* A new id that nobody waits for; valid until the next one. */
const char *iq_new_id(struct iq_table *t);

/* Wait for an answer from `to`: `fn` gets it, or NULL after `timeout_ms`, or
 * NULL soon when `to` is no address or too many requests wait, in all or
 * for this user. Returns the
 * id, valid until the next one. */
const char *iq_add(struct iq_table *t, const char *to, int64_t timeout_ms,
	iq_fn fn, void *arg) MUST_CHECK;

/* Hand a result or error to the request it answers; false when there is
 * none. */
bool iq_answer(struct iq_table *t, const struct stanza *s);

/* Every request that waits now gets NULL. */
void iq_fail_all(struct iq_table *t);

/* Drop the requests with this argument without calling them. */
void iq_drop(struct iq_table *t, const void *arg);

#endif
