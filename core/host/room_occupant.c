/*
 * Who is in a room: the map of occupants by nick, the resources that stand
 * for nicks in JIDs (spelling.h), and the ids of XEP-0421.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/intern.h"
#include "host/room_private.h"
#include "host/spelling.h"

/* --- Texts --------------------------------------------------------------- */

static void drop_texts(struct occupant *o)
{
	for (int i = 0; o->texts != NULL && i < OCCUPANT_TEXTS; i++)
		intern_drop(&o->texts[i]);
	xfree(o->texts);
	o->texts = NULL;
}

static bool has_texts(const struct occupant *o)
{
	for (int i = 0; i < OCCUPANT_TEXTS; i++)
		if (o->texts[i] != NULL)
			return true;
	return false;
}

bool occupant_set_text(
	struct occupant *o, enum occupant_text which, const char *text)
{
	if (o->texts == NULL && text == NULL)
		return false;
	if (o->texts == NULL)
		o->texts = xcalloc(OCCUPANT_TEXTS, sizeof(o->texts[0]));
	bool changed = intern_set(&o->texts[which], text);
	if (!has_texts(o))
		drop_texts(o);
	return changed;
}

/* --- Resources ----------------------------------------------------------- */

static bool is_plain(const char *nick)
{
	size_t len = 0;
	for (; nick[len] != '\0'; len++)
		if (nick[len] < 0x20 || nick[len] > 0x7e || nick[len] == '\\')
			return false;
	return len > 0 && len < OCCUPANT_RESOURCE_SIZE;
}

/* For a nick that is too long: he is shown, but cannot be addressed. */
static void substitute(const char *nick, char out[OCCUPANT_RESOURCE_SIZE])
{
	unsigned char digest[SHA256_SIZE];
	struct str hex = { .max = 2 * SHA256_SIZE + 1 };
	crypto_sha256(slice_of(nick), digest);
	hex_encode(&hex, slice_make((const char *)digest, 6));
	text_format(out, OCCUPANT_RESOURCE_SIZE, "nick-%s", str_text(&hex));
	str_finish(&hex);
}

const char *nick_resource(const char *nick, char out[OCCUPANT_RESOURCE_SIZE])
{
	if (is_plain(nick))
		return nick;
	struct str spelled = { .max = OCCUPANT_RESOURCE_SIZE };
	if (spell_resource(&spelled, slice_of(nick)) != 0 ||
		!text_copy(out, OCCUPANT_RESOURCE_SIZE, str_text(&spelled)))
		substitute(nick, out);
	str_finish(&spelled);
	return strcmp(out, nick) == 0 ? nick : out;
}

static void set_resource(struct occupant *o)
{
	char space[OCCUPANT_RESOURCE_SIZE];
	const char *resource = nick_resource(o->nick, space);
	(void)occupant_set_text(
		o, OCCUPANT_RESOURCE, resource != o->nick ? resource : NULL);
}

bool room_occupant_jid(const struct room *room, const char *resource,
	char out[GATEWAY_JID_SIZE])
{
	size_t bare = strlen(room->jid);
	size_t len = resource != NULL ? strlen(resource) : 0;
	if (bare + 1 + len >= GATEWAY_JID_SIZE)
		return false;
	memcpy(out, room->jid, bare + 1);
	if (resource == NULL)
		return true;
	out[bare] = '/';
	memcpy(out + bare + 1, resource, len + 1);
	return true;
}

/* --- What ids are made from ----------------------------------------------- */

/*
 * Everybody has a claim: what the network says is stable, if nobody here has
 * claimed it, or his nick, or else something made up. He keeps it until he
 * leaves. A claim to one's present nick is not written down anywhere.
 */

/* Claims in rooms up to this size are searched for; larger ones have a map. */
#define CLAIMS_SEARCHED 32

/* A claim to a nick, which is no text of the network with this mark. */
static void nick_claim(struct str *out, const char *nick)
{
	out->max = strlen(nick) + 8;
	str_addf(out, "\n%s", nick);
}

/* NULL: it is his present nick. */
static const char *claim_of(const struct occupant *o)
{
	return o->is_host_stable ? o->host : occupant_text(o, OCCUPANT_STABLE);
}

static bool is_claimed(const struct room *room, const char *claim)
{
	if (room->has_claims)
		return map_get_text(&room->claims, claim) != NULL;
	size_t pos = 0;
	const struct occupant *o;
	while ((o = map_next(&room->occupants, &pos)) != NULL)
		if (text_equals(claim_of(o), claim))
			return true;
	return false;
}

/* The string stays while he has the claim: it is interned. */
static void put_claim(struct room *room, struct occupant *o)
{
	if (room->has_claims && claim_of(o) != NULL)
		map_put_text(&room->claims, claim_of(o), o);
}

static void drop_claim(struct room *room, struct occupant *o)
{
	const char *claim = claim_of(o);
	if (claim != NULL && room->has_claims &&
		map_get_text(&room->claims, claim) == o)
		map_remove_text(&room->claims, claim);
	(void)occupant_set_text(o, OCCUPANT_STABLE, NULL);
	o->is_host_stable = false;
	intern_drop(&o->id);
}

static void map_claims(struct room *room)
{
	if (room->has_claims || room->occupants.count < CLAIMS_SEARCHED)
		return;
	room->has_claims = true;
	size_t pos = 0;
	struct occupant *o;
	while ((o = map_next(&room->occupants, &pos)) != NULL)
		put_claim(room, o);
}

static bool is_nick_claimed(const struct room *room, const char *nick)
{
	if (room->has_claims && room->claims.count == 0)
		return false;
	struct str claim = { .max = 0 };
	nick_claim(&claim, nick);
	bool claimed = is_claimed(room, str_text(&claim));
	str_finish(&claim);
	return claimed;
}

/* He has none: a new one, or one that was dropped. His host is known, and not
 * kept twice. */
static void make_claim(
	struct room *room, struct occupant *o, const char *stable)
{
	char made_up[CRYPTO_ID_SIZE];
	if (stable != NULL && is_claimed(room, stable))
		stable = NULL;
	if (stable == NULL && is_nick_claimed(room, o->nick)) {
		crypto_random_id(made_up);
		stable = made_up;
	}
	o->is_host_stable = stable != NULL && text_equals(o->host, stable);
	(void)occupant_set_text(
		o, OCCUPANT_STABLE, o->is_host_stable ? NULL : stable);
	put_claim(room, o);
}

/* He gets another nick: what was claimed stays. */
static void keep_nick_claim(struct room *room, struct occupant *o)
{
	struct str nick = { .max = 0 };
	if (claim_of(o) != NULL)
		return;
	nick_claim(&nick, o->nick);
	(void)occupant_set_text(o, OCCUPANT_STABLE, str_text(&nick));
	str_finish(&nick);
	put_claim(room, o);
}

/* His host changes: what was claimed stays. A host is not kept twice. */
static bool set_host(struct occupant *o, const char *host)
{
	const char *claim = intern_ref(claim_of(o));
	bool changed = intern_set(&o->host, host);
	o->is_host_stable = claim != NULL && o->host == claim;
	(void)occupant_set_text(
		o, OCCUPANT_STABLE, o->is_host_stable ? NULL : claim);
	intern_drop(&claim);
	return changed;
}

/* --- The map ------------------------------------------------------------- */

struct occupant *occupant_find(const struct room *room, const char *nick)
{
	return map_get_text(&room->occupants, nick);
}

bool occupant_target(
	const struct room *room, const struct target *t, struct target *out)
{
	const struct occupant *o = occupant_find(room, t->nick);
	*out = *t;
	out->kind = TARGET_PERSON;
	out->nick = NULL;
	out->address.kind = GW_PERSON;
	return o != NULL &&
	       text_copy(out->address.name, sizeof(out->address.name),
		       occupant_person(o));
}

struct occupant *occupant_by_resource(
	const struct room *room, const char *resource)
{
	struct str nick = { .max = OCCUPANT_RESOURCE_SIZE };
	if (strchr(resource, '\\') == NULL)
		return occupant_find(room, resource);
	spell_read_resource(&nick, slice_of(resource));
	struct occupant *o = occupant_find(room, str_text(&nick));
	str_finish(&nick);
	return o;
}

struct occupant *occupant_by_person(const struct room *room, const char *person)
{
	struct occupant *o = occupant_find(room, person);
	if (o != NULL && strcmp(occupant_person(o), person) == 0)
		return o;
	size_t pos = 0;
	while ((o = map_next(&room->occupants, &pos)) != NULL)
		if (text_equals(occupant_text(o, OCCUPANT_PERSON), person))
			return o;
	return NULL;
}

struct occupant *room_self(const struct room *room)
{
	return room->nick != NULL ? occupant_find(room, room->nick) : NULL;
}

struct occupant *occupant_add(struct room *room, const struct gw_occupant *from)
{
	map_claims(room);
	struct occupant *o = xalloc(sizeof(*o));
	o->nick = intern(from->nick);
	o->host = from->host != NULL ? intern(from->host) : NULL;
	o->role = GW_PARTICIPANT;
	o->affiliation = GW_NONE;
	o->show = GW_AVAILABLE;
	set_resource(o);
	make_claim(room, o, from->stable);
	map_put(&room->occupants, slice_make(o->nick, intern_len(o->nick)), o);
	return o;
}

static void occupant_free(struct occupant *o)
{
	intern_drop(&o->nick);
	intern_drop(&o->host);
	intern_drop(&o->id);
	drop_texts(o);
	xfree(o);
}

void occupant_remove(struct room *room, struct occupant *o)
{
	roster_forget(room, o);
	drop_claim(room, o);
	map_remove_text(&room->occupants, o->nick);
	occupant_free(o);
}

void occupant_remove_all(struct room *room)
{
	size_t pos = 0;
	struct occupant *o;
	while ((o = map_next(&room->occupants, &pos)) != NULL)
		occupant_free(o);
	map_finish(&room->occupants);
	map_finish(&room->claims);
	room->has_claims = false;
}

void occupant_rename(struct room *room, struct occupant *o, const char *nick)
{
	map_remove_text(&room->occupants, o->nick);
	keep_nick_claim(room, o);
	intern_drop(&o->nick);
	o->nick = intern(nick);
	set_resource(o);
	map_put(&room->occupants, slice_make(o->nick, intern_len(o->nick)), o);
}

static int by_nick(const void *a, const void *b)
{
	const struct occupant *const *left = a, *const *right = b;
	return strcmp((*left)->nick, (*right)->nick);
}

struct occupant **occupant_sorted(const struct room *room, size_t *count_r)
{
	struct occupant **all =
		xcalloc(room->occupants.count + 1, sizeof(void *));
	size_t pos = 0, count = 0;
	while ((all[count] = map_next(&room->occupants, &pos)) != NULL)
		count++;
	qsort(all, count, sizeof(void *), by_nick);
	*count_r = count;
	return all;
}

/* --- What the network says ----------------------------------------------- */

static bool replace_byte(unsigned char *slot, unsigned value)
{
	bool changed = *slot != value;
	*slot = (unsigned char)value;
	return changed;
}

bool occupant_update(
	struct room *room, struct occupant *o, const struct gw_occupant *from)
{
	/* After a short break the first list of names often knows less than
	 * was known before; what it leaves out has not changed. Who has the
	 * nick on another host now may be somebody else. */
	bool partial = room->state == ROOM_REJOINING;
	bool is_other = partial && from->host != NULL && o->host != NULL &&
			strcmp(from->host, o->host) != 0;
	bool changed = is_other;
	if (is_other) {
		drop_claim(room, o);
		(void)intern_set(&o->host, from->host);
		make_claim(room, o, from->stable);
	}
	if (from->host != NULL || !partial)
		changed |= set_host(o, from->host);
	changed |= occupant_set_text(o, OCCUPANT_PERSON, from->person);
	changed |= occupant_set_text(o, OCCUPANT_STATUS, from->status);
	changed |= replace_byte(&o->role, from->role);
	changed |= replace_byte(&o->affiliation, from->affiliation);
	changed |= replace_byte(&o->show, from->show);
	changed |= o->hats != from->hats;
	o->hats = from->hats;
	return changed;
}

/* --- XEP-0421 ------------------------------------------------------------ */

static void make_id(
	const struct room *room, const char *claim, char out[OCCUPANT_ID_SIZE])
{
	struct archive_channel_id channel;
	channel_of_room(room, &channel);
	struct str seal = { .max = OCCUPANT_ID_SIZE };
	channel_seal(account_gateway(room->account), "occupant-id", &channel,
		claim, SHA256_SIZE, &seal);
	text_copy(out, OCCUPANT_ID_SIZE, str_text(&seal));
	str_finish(&seal);
}

/* Not the id of one who is here, whatever he was called before. */
void room_stranger_id(
	const struct room *room, const char *nick, char out[OCCUPANT_ID_SIZE])
{
	struct str claim = { .max = strlen(nick) + 8 };
	str_addf(&claim, "\n\n%s", nick);
	make_id(room, str_text(&claim), out);
	str_finish(&claim);
}

const char *occupant_make_id(const struct room *room, const struct occupant *o,
	char out[OCCUPANT_ID_SIZE])
{
	if (o->id != NULL)
		return o->id;
	struct str nick = { .max = 0 };
	const char *claim = claim_of(o);
	if (claim == NULL) {
		nick_claim(&nick, o->nick);
		claim = str_text(&nick);
	}
	make_id(room, claim, out);
	str_finish(&nick);
	return out;
}

const char *occupant_id(const struct room *room, struct occupant *o)
{
	char id[OCCUPANT_ID_SIZE];
	if (o->id == NULL)
		o->id = intern(occupant_make_id(room, o, id));
	return o->id;
}
