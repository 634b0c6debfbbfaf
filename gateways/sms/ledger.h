/*
 * What the gateway keeps over restarts (gw_own_keep()): what was put in during
 * one turn of the loop goes to disk together, and whoever waits is called when
 * it is there.
 *
 *	o/<request>	a message that is being sent (outbound.h)
 *	i/<id>		a text for a user, until his server has it (inbound.h)
 *	k/, n/, u/	numbers that were proven, who knows whom, quotas
 *	a/<hash>	an account that a user brought (brought.h)
 *	p/<n>		a part of a long text that is not complete
 *	c/<hash>	who writes with somebody from a shared number (sharing.h)
 *	h/key		the key of these hashes
 *
 * Data is encrypted on disk, names are not: numbers and users are in them as
 * hashes with a key of this gateway.
 */
#ifndef SMS_LEDGER_H
#define SMS_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "api/services.h"
#include "base/slice.h"

struct ledger;

#define LEDGER_NAME_SIZE 200

/* Takes NULL inside, sets NULL; nobody is called any more. */
struct ledger *ledger_new(struct gw *gw);
void ledger_free(struct ledger **slot);

#define LEDGER_KEY_NAME  "h/key"
#define LEDGER_HASH_SIZE 33

/* The key, as it was kept; then, once, when all was read: one is made where
 * there is none. */
void ledger_load(struct ledger *l, struct slice data);
void ledger_loaded(struct ledger *l);
/* For names of records: hexadecimal digits that stand for this text. Not
 * before ledger_loaded(). */
void ledger_hash(
	const struct ledger *l, const char *text, char out[LEDGER_HASH_SIZE]);

/* It is on disk, or (not `ok`) the store failed and nothing of it is. */
typedef void (*ledger_fn)(bool ok, void *arg);

/* Keep this under this name, in place of what was there; `days` as in struct
 * gw_kept. Copied. In the order of the calls. `fn` NULL: nobody waits, and what
 * the store refuses is put in once more, with what is put in next or after a
 * while, until it takes it or something else gets this name. */
void ledger_put(struct ledger *l, const char *name, struct slice data, int days,
	ledger_fn fn, void *arg);
/* Keep it no longer. Together with what else is put or dropped in this turn:
 * all of it is done, or nothing. ledger_put() of NULL does the same, and tells
 * `fn`. */
void ledger_drop(struct ledger *l, const char *name);
/* Call when all that was put in so far is on disk, or is known not to be: what
 * nobody waits for, too. */
void ledger_wait(struct ledger *l, ledger_fn fn, void *arg);
/* Just before what was put in during a turn goes to disk: `fn` may put in more,
 * which goes with it. NULL: no longer. */
typedef void (*ledger_fill_fn)(void *arg);
void ledger_fill(struct ledger *l, ledger_fill_fn fn, void *arg);
/* There is something to fill in, if nothing else was put in. */
void ledger_due(struct ledger *l);
/* Nobody with this argument waits any longer. */
void ledger_forget(struct ledger *l, const void *arg);

/* One thing kept; `name` NULL: that was all (`ok`), or the store failed. */
typedef void (*ledger_each_fn)(
	const char *name, struct slice data, bool ok, void *arg);
/* All that has a name beginning with `prefix`, in the order of the names. */
void ledger_read(
	struct ledger *l, const char *prefix, ledger_each_fn fn, void *arg);

/* ops->own_kept and own_recalled. */
void ledger_kept(struct ledger *l, uint64_t token, bool ok);
void ledger_recalled(struct ledger *l, uint64_t token, const char *name,
	const void *data, size_t len, bool ok);

/* Of records, which may be damaged: can the core be given this text? NULL
 * cannot. */
bool ledger_is_clean(const char *text);
/* May this be a number, or a room of a group? What is damaged may still be none, but
 * it is not empty. */
bool ledger_is_number(const char *text);
/* The next text of a record; NULL: there is none, or it is not clean. */
struct unpack;
const char *ledger_unpack_text(struct unpack *u);

#endif
