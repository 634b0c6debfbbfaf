/*
 * Who is in a room: the map of occupants by nick, the resources that stand
 * for nicks in JIDs (spelling.h), and the ids of XEP-0421.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/intern.h"
#include "base/limits.h"
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

/* What he keeps when he changes his nick; NULL: not known. */
static const char *stable_of(const struct occupant *o)
{
	return o->is_host_stable ? o->host : occupant_text(o, OCCUPANT_STABLE);
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

struct occupant *occupant_add(struct room *room, const char *nick)
{
	struct occupant *o = xalloc(sizeof(*o));
	o->nick = intern(nick);
	o->role = GW_PARTICIPANT;
	o->affiliation = GW_NONE;
	o->show = GW_AVAILABLE;
	set_resource(o);
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
}

void occupant_rename(struct room *room, struct occupant *o, const char *nick)
{
	map_remove_text(&room->occupants, o->nick);
	if (stable_of(o) == NULL)
		intern_drop(&o->id);
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

static bool replace_identity(
	struct occupant *o, const char *host, const char *stable)
{
	const char *before = intern_ref(stable_of(o));
	bool is_other = !text_equals(before, stable);
	bool changed = intern_set(&o->host, host) || is_other;
	o->is_host_stable = stable != NULL && text_equals(o->host, stable);
	(void)occupant_set_text(
		o, OCCUPANT_STABLE, o->is_host_stable ? NULL : stable);
	if (is_other)
		intern_drop(&o->id);
	intern_drop(&before);
	return changed;
}

bool occupant_update(
	struct room *room, struct occupant *o, const struct gw_occupant *from)
{
	/* After a short break the first list of names often knows less than
	 * was known before; what it leaves out has not changed. */
	bool partial = room->state == ROOM_REJOINING;
	bool keeps_host = from->host == NULL && partial;
	bool keeps_stable = from->stable == NULL && partial;
	bool changed = replace_identity(o, keeps_host ? o->host : from->host,
		keeps_stable ? stable_of(o) : from->stable);
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

void room_occupant_id(
	const struct room *room, const char *stable, char out[OCCUPANT_ID_SIZE])
{
	const struct gateway *g = account_gateway(room->account);
	struct archive_channel_id channel;
	channel_of_room(room, &channel);
	struct str in = { .max = GW_NAME_SIZE + 64 };
	str_add_bytes(&in, "occupant-id", sizeof("occupant-id"));
	str_add_bytes(&in, channel.bytes, sizeof(channel.bytes));
	str_add(&in, stable);
	unsigned char digest[SHA256_SIZE];
	crypto_hmac_sha256(
		secret_reveal(g->options->secret), str_slice(&in), digest);
	str_reset(&in);
	base64_encode(&in, slice_make((const char *)digest, sizeof(digest)));
	text_copy(out, OCCUPANT_ID_SIZE, str_text(&in));
	str_finish(&in);
}

const char *occupant_make_id(const struct room *room, const struct occupant *o,
	char out[OCCUPANT_ID_SIZE])
{
	if (o->id != NULL)
		return o->id;
	const char *stable = stable_of(o);
	room_occupant_id(room, stable != NULL ? stable : o->nick, out);
	return out;
}

const char *occupant_id(const struct room *room, struct occupant *o)
{
	char id[OCCUPANT_ID_SIZE];
	if (o->id == NULL)
		o->id = intern(occupant_make_id(room, o, id));
	return o->id;
}
