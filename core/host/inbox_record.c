/*
 * Durable messages of rooms, and those the user sent by another way: they are
 * there when they are in the archive. First it is asked whether they are known,
 * then they are shown and archived, then noted as known.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "host/handlers.h"
#include "host/inbox_private.h"
#include "host/kept.h"
#include "host/letter.h"
#include "host/room.h"

/* How long it is known that a message was there. */
#define KNOWN_MS (INT64_C(30) * 86400000)

struct recording {
	struct gateway *gateway;
	char *user, *account;
	struct inbox_key key;
	struct str data;
	struct letter letter; /* lies in `data` */
};

static struct store_owner owner_of(const struct recording *r)
{
	return (struct store_owner){ r->gateway->options->jid, r->user,
		r->account };
}

static void end(struct recording *r, bool ok)
{
	const struct store_owner owner = owner_of(r);
	inbox_settled(r->gateway, &owner, r->letter.m.network_id, ok);
	letter_finish(&r->letter);
	str_finish(&r->data);
	xfree(r->user);
	xfree(r->account);
	xfree(r);
}

static void noted(int status, enum inbox_state before, void *arg)
{
	(void)before;
	end(arg, status == 0);
}

static void archived(int status, void *arg)
{
	struct recording *r = arg;
	const struct store_incoming_new row = {
		.owner = owner_of(r),
		.key = r->key,
		.run = r->gateway->host->run,
		.expires_ms = clock_wall_ms() + KNOWN_MS,
	};
	if (status == 0)
		store_inbox_put(r->gateway->host->store, &row, noted, r);
	else
		end(r, false);
}

/* False: nobody is there to hear it. */
static bool show(const struct recording *r)
{
	const struct store_owner owner = owner_of(r);
	struct account *a = inbox_account(r->gateway, &owner);
	const struct letter *l = &r->letter;
	struct room *room = NULL;
	if (a != NULL && l->room == NULL) {
		message_send(a, &l->m, true);
		return true;
	}
	if (a != NULL)
		room = room_find(a, l->room);
	if (room == NULL || !room->known)
		return false;
	room_deliver(room, &l->m);
	return true;
}

static void asked(int status, enum inbox_state before, void *arg)
{
	struct recording *r = arg;
	bool works = status == 0 && !r->gateway->stopping;
	if (works && before == INBOX_NONE && show(r))
		store_barrier(r->gateway->host->store, archived, r);
	else
		end(r, works && before != INBOX_NONE);
}

void inbox_take_record(
	struct account *a, const char *room, const struct gw_message *m)
{
	struct gateway *g = account_gateway(a);
	struct recording *r = xalloc(sizeof(*r));
	r->gateway = g;
	r->user = xstrdup(a->user->jid);
	r->account = xstrdup(a->key);
	r->data.max = LIMIT_LETTER;
	letter_pack(m, room, clock_wall_ms(), &r->data);
	if (letter_unpack(&r->letter, str_slice(&r->data)) != 0)
		fatal("bug: a message is not as it was packed");
	inbox_key_of(room != NULL ? GW_ROOM : GW_PERSON,
		room != NULL ? room : "", m->network_id, &r->key);
	const struct store_owner owner = owner_of(r);
	store_inbox_find(g->host->store, &owner, &r->key, asked, r);
}

void inbox_take_room(struct room *room, const struct gw_message *m)
{
	inbox_take_record(room->account, room->name, m);
}
