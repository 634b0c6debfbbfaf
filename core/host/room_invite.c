/*
 * Invitations (XEP-0045 section 7.8, XEP-0249): the user invites people of
 * the network or other XMPP users, people of the network invite the user.
 */
#include <string.h>

#include "base/crypto.h"
#include "base/limits.h"
#include "host/room_private.h"
#include "xmpp/ns.h"

/* In one message; each may become a message to somebody else. */
#define INVITES_MAX 10

/* --- To the user --------------------------------------------------------- */

static void put_body(struct xml_writer *w, const char *who, const char *room,
	const char *reason)
{
	struct str words = { .max = 4 * KIB };
	str_addf(&words, "%s invites you to %s", who, room);
	if (reason != NULL && reason[0] != '\0')
		str_addf(&words, ": %s", reason);
	xml_put(w, "body", NULL, str_text(&words));
	str_finish(&words);
}

/* What an invitation says; NULL: nothing of it. */
struct invitation {
	const char *inviter, *room; /* JIDs */
	const char *reason, *password;
	bool continues; /* a chat of two (XEP-0045 section 7.9) */
	const char *thread;
};

static void put_invite(struct xml_writer *w, const struct invitation *i)
{
	xml_open(w, "x", NS_MUC_USER);
	xml_open(w, "invite", NULL);
	xml_put_attr(w, "from", i->inviter);
	if (i->reason != NULL)
		xml_put(w, "reason", NULL, i->reason);
	if (i->continues) {
		xml_open(w, "continue", NULL);
		xml_put_attr(w, "thread", i->thread);
		xml_close(w);
	}
	xml_close(w);
	if (i->password != NULL)
		xml_put(w, "password", NULL, i->password);
	xml_close(w);
}

static void put_conference(struct xml_writer *w, const struct invitation *i)
{
	xml_open(w, "x", NS_CONFERENCE);
	xml_put_attr(w, "jid", i->room);
	xml_put_attr(w, "password", i->password);
	xml_put_attr(w, "reason", i->reason);
	xml_put_attr(w, "continue", i->continues ? "true" : NULL);
	xml_put_attr(w, "thread", i->thread);
	xml_close(w);
}

/* The person, or NULL the network, or the gateway: never the room itself, at
 * which Gajim stumbles. What people call it. */
static const char *name_inviter(
	const struct account *a, const char *person, char jid[GATEWAY_JID_SIZE])
{
	const struct gateway *g = account_gateway(a);
	if (person != NULL && gateway_jid(g, GW_PERSON, a->key, person, jid))
		return person;
	if (gateway_jid(g, GW_NETWORK, a->key, "", jid))
		return person != NULL ? person : a->key;
	gateway_address_jid(g, NULL, jid);
	return person != NULL ? person : account_ops(a)->title;
}

void gw_invited(struct gw_session *s, const char *room_name,
	const char *inviter, const char *reason)
{
	struct account *a = account_of(s);
	const struct gateway *g = account_gateway(a);
	char room[GATEWAY_JID_SIZE], from[GATEWAY_JID_SIZE];
	if (!gateway_jid(g, GW_ROOM, a->key, room_name, room))
		return;
	const char *who = name_inviter(a, inviter, from);
	char id[CRYPTO_ID_SIZE];
	crypto_random_id(id);
	const struct stanza_head head = {
		.from = room, .to = a->user->jid, .id = id
	};
	struct xml_writer *w =
		stanza_begin(g->component, STANZA_MESSAGE, &head);
	put_body(w, who, room_name, reason);
	const struct invitation i = {
		.inviter = from,
		.room = room,
		.reason = reason,
	};
	put_invite(w, &i);
	put_conference(w, &i);
	(void)stanza_end(g->component);
}

/* --- From the user ------------------------------------------------------- */

static void invite_answered(struct request *r, const struct gw_result *result)
{
	if (result->stage == GW_FAILED)
		request_reply_error(r, result->reason, result->text);
}

static void invite_person(struct user *u, struct room *room,
	const struct stanza *s, const char *person, const char *reason)
{
	if (room_ops(room)->invite == NULL) {
		user_refuse(u, s, ERR_FEATURE_NOT_IMPLEMENTED,
			"Nobody can be invited on this network.");
		return;
	}
	struct request *r = request_new(room->account, s, invite_answered);
	if (r == NULL)
		user_refuse(u, s, ERR_RESOURCE_CONSTRAINT, TEXT_BUSY);
	else
		room_ops(room)->invite(&room->room, r->id, person, reason);
}

/* Another XMPP user, who will have to reach the network himself. */
static void invite_user(const struct room *room, const struct stanza *s,
	const char *to, const struct xml *invite)
{
	const struct xml *continued = xml_child(invite, "continue", NULL);
	const struct invitation i = {
		.inviter = s->from.bare,
		.room = room->jid,
		.reason = xml_child_text(invite, "reason", NULL, s->arena),
		.password = room->info.password,
		.continues = continued != NULL,
		.thread = xml_attr(continued, "thread"),
	};
	struct component *c = room_stream(room);
	const struct stanza_head head = {
		.from = room->jid, .to = to, .id = s->id
	};
	struct xml_writer *w = stanza_begin(c, STANZA_MESSAGE, &head);
	put_body(w, i.inviter, room->name, i.reason);
	put_invite(w, &i);
	put_conference(w, &i);
	(void)stanza_end(c);
}

static bool is_ours(const struct user *u, const struct jid *jid)
{
	return strcmp(jid->domain, u->gateway->options->jid) == 0;
}

/* The name of the person of this account that a JID stands for, or NULL. */
static const char *person_of(const struct user *u, const struct room *room,
	const struct jid *jid, struct target *t)
{
	const char *reason;
	if (target_of(u, jid, t, &reason) != 0 ||
		strcmp(t->address.account, room->account->key) != 0)
		return NULL;
	if (t->kind == TARGET_PERSON)
		return t->address.name;
	if (t->kind != TARGET_OCCUPANT ||
		strcmp(t->address.name, room->name) != 0)
		return NULL;
	const struct occupant *o = occupant_find(room, t->nick);
	return o != NULL ? occupant_person(o) : NULL;
}

static bool invite(struct user *u, struct room *room, const struct stanza *s,
	const struct xml *invite)
{
	const char *to = xml_attr(invite, "to");
	const char *reason = xml_child_text(invite, "reason", NULL, s->arena);
	struct jid jid;
	struct target t;
	if (to == NULL || jid_parse(&jid, slice_of(to), s->arena) != 0) {
		user_refuse(u, s, ERR_JID_MALFORMED, "Whom do you invite?");
		return false;
	}
	if (!bucket_take(&u->sends, 1)) {
		user_refuse(u, s, ERR_RESOURCE_CONSTRAINT, TEXT_BUSY);
		return false;
	}
	if (!is_ours(u, &jid)) {
		invite_user(room, s, jid.full, invite);
		return true;
	}
	const char *person = person_of(u, room, &jid, &t);
	if (person == NULL) {
		user_refuse(u, s, ERR_ITEM_NOT_FOUND,
			"That is nobody of this network.");
		return false;
	}
	invite_person(u, room, s, person, reason);
	return true;
}

static void invite_all(struct user *u, const struct target *t,
	const struct stanza *s, const struct xml *x)
{
	const struct seat *seat = room_need_seat(u, t, s);
	if (seat == NULL)
		return;
	char name[GW_NAME_SIZE];
	text_copy(name, sizeof(name), seat->room->name);
	struct account *a = seat->room->account;
	const struct xml *it = xml_child(x, "invite", NULL);
	for (int i = 0; it != NULL && i < INVITES_MAX; i++) {
		/* Each may have ended the room. */
		struct room *room = room_find(a, name);
		if (room == NULL || !invite(u, room, s, it))
			return;
		it = xml_next(it, "invite", NULL);
	}
}

/* To the user who invited, if he is in this room; people of the network
 * cannot be told. */
static void decline(struct user *u, const struct target *t,
	const struct stanza *s, const struct xml *declined)
{
	const char *to = xml_attr(declined, "to");
	struct jid jid;
	if (to == NULL || jid_parse(&jid, slice_of(to), s->arena) != 0)
		return;
	const struct user *inviter = user_find(u->gateway, jid.bare);
	const struct room *room =
		inviter != NULL ? room_of_target(inviter, t) : NULL;
	if (room == NULL || list_is_empty(&room->seats) ||
		!bucket_take(&u->sends, 1))
		return;
	struct component *c = u->gateway->component;
	const struct stanza_head head = {
		.from = room->jid, .to = jid.full, .id = s->id
	};
	struct xml_writer *w = stanza_begin(c, STANZA_MESSAGE, &head);
	xml_open(w, "x", NS_MUC_USER);
	xml_open(w, "decline", NULL);
	xml_put_attr(w, "from", s->from.bare);
	const char *reason = xml_child_text(declined, "reason", NULL, s->arena);
	if (reason != NULL)
		xml_put(w, "reason", NULL, reason);
	xml_close(w);
	xml_close(w);
	(void)stanza_end(c);
}

bool room_invitation(
	struct user *u, const struct target *t, const struct stanza *s)
{
	const struct xml *x = xml_child(s->xml, "x", NS_MUC_USER);
	const struct xml *declined = xml_child(x, "decline", NULL);
	if (xml_child(x, "invite", NULL) != NULL)
		invite_all(u, t, s, x);
	else if (declined != NULL)
		decline(u, t, s, declined);
	else
		return false;
	return true;
}

bool room_direct_invite(
	struct user *u, const struct target *person, const struct stanza *s)
{
	const struct xml *x = xml_child(s->xml, "x", NS_CONFERENCE);
	const char *to = xml_attr(x, "jid"), *reason;
	struct jid jid;
	struct target t;
	if (to == NULL || person->kind != TARGET_PERSON ||
		jid_parse(&jid, slice_of(to), s->arena) != 0 ||
		!is_ours(u, &jid) || target_of(u, &jid, &t, &reason) != 0 ||
		t.kind != TARGET_ROOM)
		return false;
	const struct seat *seat = seat_of_target(u, &t, s);
	if (strcmp(t.address.account, person->address.account) != 0)
		user_refuse(u, s, ERR_ITEM_NOT_FOUND,
			"That room is on another network.");
	else if (seat == NULL || seat->room->state != ROOM_JOINED)
		user_refuse(u, s, ERR_NOT_ACCEPTABLE, TEXT_NOT_HERE);
	else
		invite_person(u, seat->room, s, person->address.name,
			xml_attr(x, "reason"));
	return true;
}
