/*
 * What a gateway calls: the core's services (rules: gateway.h). None of them
 * calls an op before it returns; arguments are borrowed for the call.
 */
#ifndef API_SERVICES_H
#define API_SERVICES_H

#include "api/gateway.h"

/* --- The gateway itself -------------------------------------------------- */

/* The XMPP server does not take what comes: read nothing from the network
 * until ops->resume, with which what was left unread follows in its order. To
 * be asked before each unit that was read (a line, a frame), and not by a
 * gateway without ops->resume. */
bool gw_must_wait(struct gw *gw);

/* What ops->drain waited for is over, and all that comes of it is stored. */
void gw_drained(struct gw *gw);

/* --- The session --------------------------------------------------------- */

/* A setting of the account (ops->settings), its default, or "". The text
 * lives until the next turn of the loop; secrets are wiped then. */
const char *gw_setting(const struct gw_session *s, const char *name);

/* open() goes on in about `delay_ms`: others connect to the same network
 * first. Rooms and requests wait as much longer, and a user who is there is
 * told when it is long. */
void gw_delayed(struct gw_session *s, int64_t delay_ms);

/* Connected and logged in under this name; again when the name changed. */
void gw_online(struct gw_session *s, const char *own_name);

/* The link failed or ended; rooms are over for the gateway and requests are
 * failed by the core, but for messages that were accepted: the gateway knows
 * whether they may have gone down with the link, and fails them before. open()
 * follows, depending on `retry`. */
void gw_closed(struct gw_session *s, enum gw_reason reason, const char *text,
	enum gw_retry retry);

/* Before gw_closed(): it is for want of this setting (its name) that he is not
 * let in. A user who registers in a chat is asked for it, with the words of
 * gw_closed(), and comes back; others are told to register once more. */
void gw_want(struct gw_session *s, const char *setting);

/* How the account fares, besides being online or not, as the user's contact
 * list shows it with the gateway: GW_AVAILABLE, GW_AWAY, or GW_XA, with which
 * nobody of the network is there; `text` NULL: nothing to say. Of a session
 * that is being opened or online, until the next call, or until it is closed.
 * To be called when that changed, and not oftener than people look. */
void gw_status(struct gw_session *s, enum gw_show show, const char *text);

/* The outcome of a request. */
void gw_result(struct gw_session *s, gw_request request,
	const struct gw_result *result);

/* Shorthands for the usual two. */
void gw_done(struct gw_session *s, gw_request request, const char *text);
/* `text`: the network's own words, or NULL. */
void gw_fail(struct gw_session *s, gw_request request, enum gw_reason reason,
	const char *text);

/* One element of the answer to a request, before its result. */
void gw_item(
	struct gw_session *s, gw_request request, const struct gw_item *item);

/* A message; `room` NULL: from a person, or with m->from NULL from the
 * network itself. */
void gw_message(
	struct gw_session *s, struct gw_room *room, const struct gw_message *m);

/* What the user calls himself in public, for networks to which he gave no name:
 * one line, "" when there is none or it is not known yet. His server is asked
 * for it when this is first called, and again after he has logged in anew: to
 * be called some time before it is needed. Until the next turn. */
const char *gw_user_name(struct gw_session *s);

/* Is this domain served by this process, by `gw` or another of its gateways?
 * Whoever is written to there would be answered by us: networks that carry
 * addresses refuse those. Letter case does not matter. */
bool gw_is_own_domain(const struct gw *gw, const char *domain);

/* Does a service stand between the gateway and this user (as Cheogram does)? He
 * is in no rooms and cannot answer questions; what went to several people is
 * shown to him with gw_message.receivers. */
bool gw_is_relayed(const struct gw_session *s);

/* Are the user's own messages (gw_message.own) shown to him, outside of rooms?
 * Only where his server lets the gateway speak in his name; else they are just
 * archived. */
bool gw_shows_own(struct gw_session *s);

/* With another client of the network the user has seen the message from this
 * person that was shown with this network_id, and all before it: his clients
 * are told (XEP-0333), where gw_shows_own(); else nothing happens. Only for
 * gateways with ops->displayed, which is not called because of it. */
void gw_displayed_elsewhere(
	struct gw_session *s, const char *person, const char *network_id);

/* The same of a room of this session, by its name: with the newest message of
 * the room that was shown (XEP-0490), where his server lets the gateway write
 * that down in his account. */
void gw_room_displayed_elsewhere(
	struct gw_session *s, const char *room, const char *network_id);

/* Has either of the two any effect? */
bool gw_shares_displayed(struct gw_session *s);

/* A person's presence; also GW_OFFLINE. */
void gw_presence(struct gw_session *s, const char *person, enum gw_show show,
	const char *status);

/* There is another answer about this person (ops->caps_of, photo_of): who sees
 * his presence is told. */
void gw_person_changed(struct gw_session *s, const char *person);

/* A person types, in a room or privately. */
void gw_typing(struct gw_session *s, struct gw_room *room, const char *person,
	bool on);

/* Somebody invites the user into a room he is not in (or the network put
 * him there without asking). */
void gw_invited(struct gw_session *s, const char *room_name,
	const char *inviter, const char *reason);

/* Words to the user that he must get, whether he is there now or not: what he
 * has to do about his account. From the gateway, as gw_ask(). */
void gw_tell(struct gw_session *s, const char *text);

/* Ask the user for values (a code, a consent); answer() follows with the
 * number returned. Several questions wait for each other. None outlives the
 * session: whoever still needs the answer after a restart asks again. */
uint32_t gw_ask(struct gw_session *s, const char *text,
	const struct gw_setting *fields);
/* That question is void: if it is still open, it is asked no more. */
void gw_unask(struct gw_session *s, uint32_t question);

/* --- What must not get lost ---------------------------------------------- */

/* Something of this account to be kept over restarts; goes with the account.
 * A name is up to 200 bytes of printable ASCII, data up to LIMIT_KEPT bytes. */
struct gw_kept {
	const char *name;
	const void *data; /* NULL: keep it no longer */
	size_t len;
	int days; /* forget it after so many; 0: never */
};

/* Keep or change these, all or none; with a `token` other than 0 kept()
 * follows. In the order of the calls, before anything later that is durable
 * is stored. */
void gw_keep(struct gw_session *s, const struct gw_kept *items, size_t count,
	uint64_t token);

/* Read what was kept under names that begin with `prefix`: recalled() for
 * each, and once more at the end. */
void gw_recall(struct gw_session *s, const char *prefix, uint64_t token);

/* Keep nothing any longer of what has a name that begins so. */
void gw_forget(struct gw_session *s, const char *prefix);

/* The same for what belongs to the gateway and to no account: answered by
 * ops->own_kept and ops->own_recalled. From ops->start on. */
void gw_own_keep(struct gw *gw, const struct gw_kept *items, size_t count,
	uint64_t token);
void gw_own_recall(struct gw *gw, const char *prefix, uint64_t token);

/* A file for the user, by his server's upload service (XEP-0363), as a stream:
 * upload_more() asks for it, uploaded() ends it. 0: the session has too many
 * under way; LIMIT_UPLOADS are possible. */
uint32_t gw_upload(
	struct gw_session *s, const char *name, const char *type, int64_t size);
/* At most as much as was asked for. */
void gw_upload_data(
	struct gw_session *s, uint32_t upload, const void *data, size_t len);
/* Give it up; uploaded() does not follow. */
void gw_upload_cancel(struct gw_session *s, uint32_t upload);
/* The largest file that can be uploaded, in bytes; 0: none at all, -1: not
 * known yet. */
int64_t gw_upload_limit(struct gw_session *s);

/* --- Rooms --------------------------------------------------------------- */

/* The room of this session with this name that the user has entered (or is
 * entering), compared byte by byte; NULL: none. */
struct gw_room *gw_room_find(struct gw_session *s, const char *name);

/* The room of this name is there to stay, as the network's own doing: it is
 * entered (join() follows unless it is) without waiting for the user, keeps
 * what is said in its history, and he is invited into it once, with these
 * words. */
void gw_room_open(struct gw_session *s, const char *name, const char *words);

/* Somebody is in the room, or something about him changed. */
void gw_room_occupant(struct gw_room *r, const struct gw_occupant *o);

/* The list of occupants is complete; the user's own nick is `nick`. */
void gw_room_joined(struct gw_room *r, const char *nick);

/* Joining failed; the room is over. */
void gw_room_failed(struct gw_room *r, enum gw_reason reason, const char *text);

/* Somebody left. If it is the user himself, the room is over. */
void gw_room_gone(struct gw_room *r, const struct gw_gone *gone);

/* An occupant, or the user himself, has another nick now. */
void gw_room_renamed(
	struct gw_room *r, const char *old_nick, const char *new_nick);

/* `setter` is a nick or NULL; `wall_ms` when it was set, 0: now. */
void gw_room_subject(struct gw_room *r, const char *text, const char *setter,
	int64_t wall_ms);

/* What is known of the room's configuration: before gw_room_joined() where
 * the network tells it then, afterwards as soon as it is known, and on
 * changes. */
void gw_room_info(struct gw_room *r, const struct gw_room_info *info);

#endif
