/*
 * Requests to rooms and occupants. What is asked of an occupant is asked of
 * the person he is on the network; no request is relayed to other users.
 */
#include <string.h>

#include "host/handlers.h"
#include "host/room_private.h"
#include "xmpp/ns.h"

/* --- Ping ---------------------------------------------------------------- */

static void pinged(struct request *r, const struct gw_result *result)
{
	if (result->stage == GW_FAILED)
		request_reply_error(r, result->reason, result->text);
	else if (result->stage == GW_ACCEPTED)
		request_reply_result(r);
}

/* XEP-0410 section 3.3: only whether this client is in the room counts. A
 * link that is being restored is no reason to leave. */
static void occupant_ping(
	struct user *u, const struct target *t, const struct stanza *s)
{
	struct component *c = u->gateway->component;
	struct seat *seat = seat_of_target(u, t, s);
	if (seat == NULL || seat->room->state == ROOM_JOINING) {
		user_refuse(u, s, ERR_NOT_ACCEPTABLE, TEXT_NOT_HERE);
		return;
	}
	const struct room *room = seat->room;
	const struct occupant *o = occupant_find(room, t->nick);
	if (o == NULL) {
		user_refuse(u, s, ERR_ITEM_NOT_FOUND,
			"Nobody in this room has that name.");
		return;
	}
	if (o == room_self(room)) {
		iq_result(c, s);
		return;
	}
	if (room_need_seat(u, t, s) == NULL)
		return;
	if (room_ops(room)->lookup == NULL) {
		user_refuse(u, s, ERR_FEATURE_NOT_IMPLEMENTED, NULL);
		return;
	}
	struct request *r = request_new(room->account, s, pinged);
	if (r == NULL)
		user_refuse(u, s, ERR_RESOURCE_CONSTRAINT, TEXT_BUSY);
	else
		room_ops(room)->lookup(&room->account->session, r->id, GW_PING,
			occupant_person(o));
}

static void room_ping(
	struct user *u, const struct target *t, const struct stanza *s)
{
	(void)t;
	iq_result(u->gateway->component, s);
}

/* --- Persons ------------------------------------------------------------- */

/* Let the handler for persons answer about the one behind the occupant. */
static void ask_person(struct user *u, const struct target *t,
	const struct stanza *s, iq_handler_fn handler)
{
	struct seat *seat = room_need_seat(u, t, s);
	if (seat == NULL)
		return;
	struct target person;
	if (!occupant_target(seat->room, t, &person)) {
		user_refuse(u, s, ERR_ITEM_NOT_FOUND,
			"Nobody in this room has that name.");
		return;
	}
	handler(u, &person, s);
}

static void occupant_version(
	struct user *u, const struct target *t, const struct stanza *s)
{
	ask_person(u, t, s, version_iq);
}

static void occupant_last(
	struct user *u, const struct target *t, const struct stanza *s)
{
	ask_person(u, t, s, last_iq);
}

static void occupant_time(
	struct user *u, const struct target *t, const struct stanza *s)
{
	ask_person(u, t, s, time_iq);
}

static void occupant_vcard(
	struct user *u, const struct target *t, const struct stanza *s)
{
	ask_person(u, t, s, vcard_iq);
}

static void occupant_vcard4(
	struct user *u, const struct target *t, const struct stanza *s)
{
	ask_person(u, t, s, vcard4_iq);
}

/* --- Entry ---------------------------------------------------------------- */

enum { BY_GET = 1, BY_SET = 2 };

struct iq_row {
	enum target_kind where;
	unsigned by;
	const char *ns, *name;
	iq_handler_fn handler;
};

static const struct iq_row rows[] = {
	{ TARGET_ROOM, BY_GET, NS_DISCO_INFO, "query", room_disco_info },
	{ TARGET_ROOM, BY_GET, NS_DISCO_ITEMS, "query", room_disco_items },
	{ TARGET_ROOM, BY_GET, NS_PING, "ping", room_ping },
	{ TARGET_ROOM, BY_GET | BY_SET, NS_MUC_ADMIN, "query", room_admin_iq },
	{ TARGET_ROOM, BY_GET | BY_SET, NS_MUC_OWNER, "query", room_owner_iq },
	{ TARGET_ROOM, BY_GET | BY_SET, NS_MAM, "query", mam_iq },
	{ TARGET_ROOM, BY_GET, NS_MAM, "metadata", mam_iq },
	{ TARGET_OCCUPANT, BY_GET, NS_DISCO_INFO, "query", room_disco_info },
	{ TARGET_OCCUPANT, BY_GET, NS_DISCO_ITEMS, "query", room_disco_items },
	{ TARGET_OCCUPANT, BY_GET, NS_PING, "ping", occupant_ping },
	{ TARGET_OCCUPANT, BY_GET, NS_VERSION, "query", occupant_version },
	{ TARGET_OCCUPANT, BY_GET, NS_LAST, "query", occupant_last },
	{ TARGET_OCCUPANT, BY_GET, NS_TIME, "time", occupant_time },
	{ TARGET_OCCUPANT, BY_GET, NS_VCARD, "vCard", occupant_vcard },
	{ TARGET_OCCUPANT, BY_GET, NS_VCARD4, "vcard", occupant_vcard4 },
};

static bool is_offered(const struct user *u, const struct iq_row *row)
{
	return strcmp(row->ns, NS_MAM) != 0 ||
	       history_archive(u->gateway) != NULL;
}

void room_iq(struct user *u, const struct target *t, const struct stanza *s)
{
	if (s->type != TYPE_GET && s->type != TYPE_SET)
		return;
	const struct xml *payload = xml_child(s->xml, NULL, NULL);
	unsigned by = s->type == TYPE_GET ? BY_GET : BY_SET;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct iq_row *row = &rows[i];
		if (row->where != t->kind ||
			!xml_is(payload, row->name, row->ns) ||
			!is_offered(u, row))
			continue;
		if ((row->by & by) != 0)
			row->handler(u, t, s);
		else
			user_refuse(u, s, ERR_NOT_ALLOWED,
				"This cannot be changed here.");
		return;
	}
	/* Nobody but an occupant may learn what occupants can do. */
	if (t->kind == TARGET_OCCUPANT && seat_of_target(u, t, s) == NULL)
		user_refuse(u, s, ERR_NOT_ACCEPTABLE, TEXT_NOT_HERE);
	else
		user_refuse(u, s, ERR_SERVICE_UNAVAILABLE, NULL);
}
