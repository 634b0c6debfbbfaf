/*
 * What the files of the room engine share (room.h is for everybody else).
 */
#ifndef HOST_ROOM_PRIVATE_H
#define HOST_ROOM_PRIVATE_H

#include "host/history.h"
#include "host/request.h"
#include "host/room.h"
#include "xmpp/component.h"

/* Words to people that more than one file says. */
#define TEXT_NOT_HERE "You are not in this room. Join it first."
#define TEXT_AWAY                                                        \
	"The connection to the network was lost and is being restored. " \
	"Try again in a moment."
#define TEXT_BUSY "Too much at once. Try again in a moment."

static inline struct component *room_stream(const struct room *room)
{
	return account_gateway(room->account)->component;
}

static inline const struct gateway_ops *room_ops(const struct room *room)
{
	return account_ops(room->account);
}

/* --- Life: room.c -------------------------------------------------------- */

/* A room in state JOINING that nobody sits in yet. */
struct room *room_new(struct account *a, const char *name, const char *jid);

/* Ask the network to enter it. The room may be gone afterwards. */
void room_enter_network(struct room *room);

/* When nobody sits in it and it is not listed: leave the network's room with
 * `text` as parting words, free it. True when that happened. */
bool room_release(struct room *room, const char *text);

/* Joining failed: a presence error to every waiting seat, then free. */
void room_fail(struct room *room, enum gw_reason reason, const char *text);

/* Forget the strings. */
void room_info_drop(struct gw_room_info *info);

/* Free the room and see whether its account is still needed. */
void room_end(struct room *room);

/* Every change of state; deadlines follow it. */
void room_set_state(struct room *room, enum room_state state);

/* A stanza of type error came back from a client: it may be gone, and is
 * forgotten then. */
void room_bounced(struct user *u, const struct stanza *s);

/* The room a stanza is about; NULL when there is none. */
struct room *room_of_target(const struct user *u, const struct target *t);

/* --- Occupants: room_occupant.c ------------------------------------------ */

/* By nick; NULL: not here. */
struct occupant *occupant_find(const struct room *room, const char *nick);
/* By the resource of his occupant JID. */
struct occupant *occupant_by_resource(
	const struct room *room, const char *resource);
/* The one whose person has this name; NULL: none. */
struct occupant *occupant_by_person(
	const struct room *room, const char *person);
/* The nick must be new; the rest, but for the host, as of one nothing is known
 * of. from->stable is what his id is made from as long as he is here, unless
 * somebody has it already. */
struct occupant *occupant_add(
	struct room *room, const struct gw_occupant *from);
/* Take him out and free him; tells nobody. */
void occupant_remove(struct room *room, struct occupant *o);
/* Likewise, all. */
void occupant_remove_all(struct room *room);
/* Likewise; nobody may have the new nick. */
void occupant_rename(struct room *room, struct occupant *o, const char *nick);
/* Take over what the network said; true when anything is new. */
bool occupant_update(
	struct room *room, struct occupant *o, const struct gw_occupant *from);

/* What few occupants have. */
enum occupant_text {
	OCCUPANT_PERSON,   /* NULL: the same as nick */
	OCCUPANT_STABLE,   /* NULL: is_host_stable, or it is his nick */
	OCCUPANT_STATUS,   /* NULL: none */
	OCCUPANT_RESOURCE, /* of his occupant JID; NULL: the nick */
	OCCUPANT_TEXTS,
};

static inline const char *occupant_text(
	const struct occupant *o, enum occupant_text which)
{
	return o->texts != NULL ? o->texts[which] : NULL;
}

/* Set or (NULL) forget one of them; true when that is new. */
bool occupant_set_text(
	struct occupant *o, enum occupant_text which, const char *text);

static inline const char *occupant_resource(const struct occupant *o)
{
	const char *resource = occupant_text(o, OCCUPANT_RESOURCE);
	return resource != NULL ? resource : o->nick;
}

static inline const char *occupant_person(const struct occupant *o)
{
	const char *person = occupant_text(o, OCCUPANT_PERSON);
	return person != NULL ? person : o->nick;
}

/* The person behind the occupant JID `t`. False: nobody of that nick is in. */
bool occupant_target(
	const struct room *room, const struct target *t, struct target *out);

/* The user himself; NULL until joined. */
struct occupant *room_self(const struct room *room);

/* All of them sorted by nick; `*count_r` entries, free with xfree(). */
struct occupant **occupant_sorted(const struct room *room, size_t *count_r);

/* XEP-0421 id: never that of another one here, the same until he leaves, and
 * the same when he comes back if what it is made from is (and the gateway's
 * secret). The first form keeps it for the next time, the second makes it in
 * `out`. */
#define OCCUPANT_ID_SIZE 45
const char *occupant_id(const struct room *room, struct occupant *o);
const char *occupant_make_id(const struct room *room, const struct occupant *o,
	char out[OCCUPANT_ID_SIZE]);
/* The id of somebody who speaks and is not in the list. */
void room_stranger_id(
	const struct room *room, const char *nick, char out[OCCUPANT_ID_SIZE]);

/* The resource that stands for a nick, in `out` when it is not the nick. */
#define OCCUPANT_RESOURCE_SIZE 1024
const char *nick_resource(const char *nick, char out[OCCUPANT_RESOURCE_SIZE]);

/* Room JID, "/" and resource; false when it is too long. NULL resource: the
 * room JID alone. */
bool room_occupant_jid(const struct room *room, const char *resource,
	char out[GATEWAY_JID_SIZE]);

/* --- Presence: room_presence.c ------------------------------------------- */

#define PRESENCE_CODES 6

/* What makes one presence special; zeroed: nothing. */
struct presence_note {
	bool gone;  /* unavailable */
	bool moved; /* ... under this nick only: keeps role and affiliation */
	bool banned;
	int codes[PRESENCE_CODES]; /* without 110; 0 ends */
	const char *id;
	const char *new_nick, *actor, *reason, *status;
};

/* One presence of an occupant, with 110 when he is the user himself. */
void room_put_presence(struct room *room, const struct seat *seat,
	struct occupant *o, const struct presence_note *note);
/* To every seat that has entered. */
void room_broadcast_presence(struct room *room, struct occupant *o,
	const struct presence_note *note);

/* "You were removed" to a seat that has entered; a presence error to one that
 * waits. `code` 0: none. */
void room_dismiss(
	struct room *room, struct seat *seat, int code, const char *reason);
/* An error for the join presence; nothing for a seat that has entered. */
void room_put_join_error(struct room *room, const struct seat *seat,
	enum stanza_error error, const char *text);

/* Names of XEP-0045 for the enums, and back (-1: none). */
const char *role_name(enum gw_role role);
/* -1: none. */
int role_by_name(const char *name);
/* As role_name(). */
const char *affiliation_name(enum gw_affiliation affiliation);
/* -1: none. */
int affiliation_by_name(const char *name);

/* The JID of an occupant's person, with his host as resource when `full`;
 * false when he has none. */
bool occupant_real_jid(const struct room *room, const struct occupant *o,
	bool full, char out[GATEWAY_JID_SIZE]);

/* --- Seats: room_seat.c -------------------------------------------------- */

/* What is asked for by a join, kept until the seat is live. */
struct seat_join {
	char *id;   /* of the join presence, or NULL */
	char *nick; /* wanted: the resource it was asked with */
	/* History asked for; -1 and 0: not given. */
	long max_stanzas, max_chars, seconds;
	int64_t since_ms;
	unsigned held_from; /* first of room->held it has to get */
	bool created;       /* this join made the room */
};

/* NULL: this client has none. */
struct seat *seat_find(const struct room *room, const char *full_jid);
/* Clients of the user in this room, those that wait included. */
size_t seat_count(const struct room *room);
/* One that waits; seat_read_join() has to follow. */
struct seat *seat_add(struct room *room, const char *full_jid);
/* Take what the join presence asks for (XEP-0045 section 7.2). */
void seat_read_join(struct seat *seat, const struct stanza *s);
/* Tells nobody; room_release() has to follow. */
void seat_free(struct room *room, struct seat *seat);

/* The room is joined: everything of XEP-0045 section 7.2 for this seat. */
void seat_enter(struct room *room, struct seat *seat);
/* It was told of all others: now of the user himself, and so on. */
void seat_roster_told(struct room *room, struct seat *seat);
/* History was sent: the subject, what was held, and it is live. */
void seat_go_live(struct room *room, struct seat *seat);

/* Presence of the user himself in this room was announced to the seat, so
 * that a crash can be repaired; or was withdrawn. */
void seat_announced(const struct room *room, const struct seat *seat, bool on);
/* ... for every seat that has entered. */
void room_announce_seats(const struct room *room, bool on);

/* --- Who is there, towards one seat: room_roster.c ------------------------ */

/* Presences of all others, over as many turns as it takes; then
 * seat_roster_told(). */
void roster_start(struct room *room, struct seat *seat);
void roster_stop(struct seat *seat);
/* Will this occupant's presence still come? */
bool roster_is_pending(const struct seat *seat, const struct occupant *o);
/* He is about to be freed. */
void roster_forget(const struct room *room, const struct occupant *o);

/* --- Messages to the seats: room_text.c ---------------------------------- */

/* One groupchat message. */
struct room_text {
	const char *from; /* resource; NULL: the room itself */
	const char *body; /* NULL: none */
	/* What it says where `extras` are missing; NULL: the same. */
	const char *record;
	const char *subject, *thread;
	const char *id;        /* of the stanza; NULL: made from `number` */
	const char *origin_id; /* XEP-0359, of the sender; or NULL */
	const char *occupant;  /* id, or NULL */
	uint64_t number;       /* in the archive; 0: not there */
	int64_t delay_ms;      /* wall clock; 0: it is live */
	const struct gw_message *rich; /* for XHTML-IM, or NULL */
	const struct extras *extras;   /* or NULL; not kept for later */
	bool markable; /* the network wants to know when it is displayed */
};

/* The id by which clients know what has this number in the archive; NULL for
 * 0. */
const char *room_archive_id(
	const struct room *room, uint64_t number, char out[ARCHIVE_ID_SIZE]);
/* --- room_marker.c: what the user has displayed (XEP-0333) ---------------- */

/* Is there somebody to be told that this message was displayed? `own_id`: the
 * id of the user's own stanza, or NULL. */
bool room_is_markable(const struct gateway_ops *ops, const char *network_id,
	const char *own_id);
/* The marker of a message to the room, if there is one. */
void room_displayed(struct room *room, const struct stanza *s);
/* The room is about to go. */
void room_forget_marker(struct room *room);

/* To every seat; kept for those not live yet. */
void room_send(struct room *room, const struct room_text *text);
/* To one seat, whatever its state. */
void room_send_to(struct room *room, const struct seat *seat,
	const struct room_text *text);
/* The elements inside the message, for the archive's answers too;
 * `archive_id` NULL: it is not in the archive. */
void room_put_text(struct xml_writer *w, const char *room_jid,
	const struct room_text *text, const char *archive_id);
/* Characters of the whole stanza, for XEP-0045 section 7.2.14. */
size_t room_text_size(const struct room *room, const struct seat *seat,
	const struct room_text *text);
/* Words of the network to those in the room; `seat` NULL: to all. Not
 * archived. They come from an occupant's address with the network's name, as
 * there are clients that show nothing that comes from the room's own. */
void room_notice(struct room *room, const struct seat *seat, const char *words);
/* What was held for this seat; then forget what nobody waits for. */
void room_release_held(struct room *room, const struct seat *seat);
/* Forget all that is held. */
void room_drop_held(struct room *room);
/* Number of the first message held for this seat; 0: none. */
uint64_t room_first_held(const struct room *room, const struct seat *seat);
/* The current subject, as at the end of joining (seat) or changed (NULL). */
void room_send_subject(
	struct room *room, const struct seat *seat, const char *id);

/* --- Requests of occupants ----------------------------------------------- */

/* The room and seat of a sender; NULL, and `s` was answered with an error,
 * when he has none or the room cannot work now. */
struct seat *room_need_seat(
	struct user *u, const struct target *t, const struct stanza *s);

/* The same for what only members may ask: to others it is forbidden. */
struct seat *room_need_member(
	struct user *u, const struct target *t, const struct stanza *s);

/* The same without an answer. */
struct seat *seat_of_target(
	const struct user *u, const struct target *t, const struct stanza *s);

/* Handlers of requests to a room: room_admin.c and room_owner.c. */
void room_admin_iq(
	struct user *u, const struct target *t, const struct stanza *s);
/* XEP-0045 section 10.2: the form, for whoever is in the room. */
void room_owner_iq(
	struct user *u, const struct target *t, const struct stanza *s);

/* room_invite.c: true when the message was an invitation or a decline. */
bool room_invitation(
	struct user *u, const struct target *t, const struct stanza *s);

/* --- Rooms that are there to stay: room_open.c ---------------------------- */

/* A client of the user entered, or left and may have been the last. */
void room_seat_taken(struct room *room);
void room_seat_left(struct room *room);
/* Something worth his attention was said. */
void room_has_news(struct room *room);

/* --- The user's choices for a room: room_owner.c -------------------------- */

#define CHOICE_HISTORY  "causeway#history"
#define CHOICE_AUTOJOIN "causeway#autojoin"
#define CHOICE_PLACE    "causeway#place" /* room_open.c; in no form */
#define HISTORY_DEFAULT 20
#define HISTORY_MAX     500

/* Messages to send on joining. */
long room_history_choice(const struct room *room);

#endif
