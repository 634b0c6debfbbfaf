#include "email/peers.h"

#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "base/str.h"
#include "email/names.h"
#include "email/photos.h"
#include "email_wire/address.h"
#include "email_wire/record.h"

/* Of one session; the one that was changed longest ago is forgotten first. */
#define PEERS_MAX  2000u
#define PEERS_DAYS 400

struct peer {
	struct list link; /* peers->list, the last one changed at the end */
	char *name;
	unsigned flags;
	struct gw_photo photo;
};

struct peers {
	struct email_session *session;
	struct map map;
	struct list list;
};

/* Kept: never give a number another meaning. */
enum {
	PEER_NAME = 1,
	PEER_FLAGS,
	PEER_PHOTO,
	PEER_PHOTO_TYPE,
	PEER_PHOTO_BYTES,
	PEER_PHOTO_WIDTH,
	PEER_PHOTO_HEIGHT,
};

static bool is_special(const struct peer *peer)
{
	return peer->flags != 0 || peer->photo.sha1[0] != '\0';
}

static void drop(struct peers *p, struct peer *peer)
{
	map_remove_text(&p->map, peer->name);
	list_remove(&peer->link);
	xfree(peer->name);
	xfree(peer);
}

static struct peer *get(struct peers *p, const char *name)
{
	struct peer *peer = map_get_text(&p->map, name);

	if (peer != NULL) {
		list_remove(&peer->link);
		list_append(&p->list, &peer->link);
		return peer;
	}
	if (p->map.count >= PEERS_MAX)
		drop(p, CONTAINER(p->list.next, struct peer, link));
	peer = xalloc(sizeof(*peer));
	peer->name = xstrdup(name);
	list_append(&p->list, &peer->link);
	map_put_text(&p->map, peer->name, peer);
	return peer;
}

static void keep(const struct peers *p, const struct peer *peer)
{
	struct str data = { .max = GW_NAME_SIZE + 64 };
	char id[MEMORY_ID_SIZE], name[MEMORY_NAME_SIZE];

	record_put_text(&data, PEER_NAME, peer->name);
	record_put_number(&data, PEER_FLAGS, peer->flags);
	record_put_text(&data, PEER_PHOTO, peer->photo.sha1);
	record_put_text(&data, PEER_PHOTO_TYPE, peer->photo.type);
	record_put_number(&data, PEER_PHOTO_BYTES, peer->photo.bytes);
	record_put_number(&data, PEER_PHOTO_WIDTH, peer->photo.width);
	record_put_number(&data, PEER_PHOTO_HEIGHT, peer->photo.height);
	memory_id(peer->name, id);
	text_format(name, sizeof(name), PEERS_KEPT "%s", id);
	const struct gw_kept item = { .name = name,
		.data = is_special(peer) ? data.data : NULL,
		.len = is_special(peer) ? data.len : 0,
		.days = PEERS_DAYS };

	memory_keep(p->session->memory, &item, 1, NULL, NULL);
	str_finish(&data);
}

static void load_photo(
	struct gw_photo *photo, uint8_t field, struct slice value)
{
	int64_t number = 0;

	if (field == PEER_PHOTO)
		text_format(photo->sha1, sizeof(photo->sha1), "%.*s",
			(int)value.len, value.data);
	else if (field == PEER_PHOTO_TYPE)
		photo->type = photos_type(value);
	else if (record_number(value, &number) != 0 || number < 0 ||
		 number > UINT32_MAX)
		return;
	else if (field == PEER_PHOTO_BYTES)
		photo->bytes = (uint32_t)number;
	else if (field == PEER_PHOTO_WIDTH)
		photo->width = (uint32_t)number;
	else if (field == PEER_PHOTO_HEIGHT)
		photo->height = (uint32_t)number;
}

void peers_load(struct peers *p, struct slice data)
{
	uint8_t field;
	struct slice value;
	int64_t flags = 0;
	char name[GW_NAME_SIZE] = "";
	struct gw_photo photo = { .sha1 = "" };

	while (record_next(&data, &field, &value)) {
		if (field == PEER_NAME)
			text_format(name, sizeof(name), "%.*s", (int)value.len,
				value.data);
		else if (field == PEER_FLAGS)
			(void)record_number(value, &flags);
		else
			load_photo(&photo, field, value);
	}
	if (name[0] == '\0' || flags < 0)
		return;
	struct peer *peer = get(p, name);

	peer->flags = (unsigned)flags;
	/* Older records do not say what picture it is: the next mail does. */
	if (photo.type != NULL && photo.bytes > 0)
		peer->photo = photo;
}

const struct gw_photo *peers_photo(const struct peers *p, const char *name)
{
	static const struct gw_photo none = { .sha1 = "" };
	const struct peer *peer = map_get_text(&p->map, name);

	return peer != NULL ? &peer->photo : &none;
}

void peers_set_photo(
	struct peers *p, const char *name, const struct gw_photo *photo)
{
	struct peer *peer = get(p, name);

	peer->photo = *photo;
	keep(p, peer);
	gw_person_changed(p->session->session, name);
	if (!is_special(peer))
		drop(p, peer);
}

unsigned peers_get(const struct peers *p, const char *name)
{
	const struct peer *peer = map_get_text(&p->map, name);

	return peer != NULL ? peer->flags : 0;
}

unsigned peers_get_address(const struct peers *p, const char *address)
{
	char name[ADDRESS_MAX + 1];

	return email_person_name(address, name, sizeof(name))
		       ? peers_get(p, name)
		       : 0;
}

void peers_set(struct peers *p, const char *name, unsigned mask, unsigned flags)
{
	unsigned old = peers_get(p, name);
	unsigned now = (old & ~mask) | flags;

	if (now == old)
		return;
	struct peer *peer = get(p, name);

	peer->flags = now;
	keep(p, peer);
	if (peers_react(old) != peers_react(now))
		gw_person_changed(p->session->session, name);
	if (!is_special(peer))
		drop(p, peer);
}

struct peers *peers_new(struct email_session *s)
{
	struct peers *p = xalloc(sizeof(*p));

	p->session = s;
	list_init(&p->list);
	return p;
}

void peers_free(struct peers **slot)
{
	struct peers *p = *slot;

	if (p == NULL)
		return;
	*slot = NULL;
	while (!list_is_empty(&p->list))
		drop(p, CONTAINER(p->list.next, struct peer, link));
	map_finish(&p->map);
	xfree(p);
}
