/*
 * Durable messages of rooms, and those the user sent by another way: they are
 * there when they are in the archive. First it is asked whether they are known,
 * then they are shown and archived, then noted as known.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "host/inbox_private.h"
#include "host/kept.h"
#include "host/letter.h"
#include "host/message.h"
#include "host/room.h"

/* How long it is known that a message was there. */
#define KNOWN_MS (INT64_C(30) * 86400000)

struct recording {
	struct gateway *gateway;
	char *user, *account;
	struct inbox_key key;
	struct str data;
	struct letter letter; /* lies in `data` */
	uint64_t number;      /* in the archive, or 0 */
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
		.wall_ms = clock_wall_ms(),
		.expires_ms = clock_wall_ms() + KNOWN_MS,
		.archived = r->number,
	};
	if (status == 0)
		store_inbox_put(r->gateway->host->store, &row, noted, r);
	else
		end(r, false);
}

/* False: nobody is there to hear it. */
static bool show(struct recording *r, uint64_t about)
{
	const struct store_owner owner = owner_of(r);
	struct account *a = inbox_account(r->gateway, &owner);
	const struct letter *l = &r->letter;
	struct room *room = NULL;
	if (a != NULL && l->room == NULL) {
		message_send(a, &l->m, true, NULL);
		return true;
	}
	if (a != NULL)
		room = room_find(a, l->room);
	if (room == NULL || !room->known)
		return false;
	r->number = room_deliver(room, &l->m, about);
	return true;
}

static void asked(
	int status, enum inbox_state before, uint64_t about, void *arg)
{
	struct recording *r = arg;
	bool works = status == 0 && !r->gateway->stopping;
	if (works && before == INBOX_NONE && show(r, about))
		store_barrier(r->gateway->host->store, archived, r);
	else
		end(r, works && before != INBOX_NONE);
}

static void key_of(
	const char *room, const char *network_id, struct inbox_key *out)
{
	inbox_key_of(room != NULL ? GW_ROOM : GW_PERSON,
		room != NULL ? room : "", network_id, out);
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
	struct inbox_name name = { .owner = owner_of(r) };
	struct inbox_key about;
	const char *ref = message_about(m);
	key_of(room, m->network_id, &name.key);
	key_of(room, ref != NULL ? ref : "", &about);
	r->key = name.key;
	store_inbox_find(g->host->store, &name, ref, &about, asked, r);
}

void inbox_take_room(struct room *room, const struct gw_message *m)
{
	inbox_take_record(room->account, room->name, m);
}
