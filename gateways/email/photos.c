#include "email/photos.h"

#include <string.h>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "email/peers.h"

#define PHOTO_DAYS 400
/* Of the item: type and base64. */
#define ITEM_MAX   ((size_t)100 * 1024)

void photos_kept_name(const char *name, char out[MEMORY_NAME_SIZE])
{
	char id[MEMORY_ID_SIZE];

	memory_id(name, id);
	text_format(out, MEMORY_NAME_SIZE, "v/%s", id);
}

static bool hash_of(const char *base64, char out[PEER_PHOTO_SIZE])
{
	unsigned char digest[SHA1_SIZE];
	struct str bytes = { .max = ITEM_MAX }, hex = { .max = 64 };
	bool good = base64_decode(&bytes, slice_of(base64)) == 0;

	if (good) {
		crypto_sha1(str_slice(&bytes), digest);
		hex_encode(
			&hex, slice_make((const char *)digest, sizeof(digest)));
		text_copy(out, PEER_PHOTO_SIZE, str_text(&hex));
	}
	str_finish(&bytes);
	str_finish(&hex);
	return good;
}

void photos_note(
	struct email_session *s, const char *name, const struct mail *m)
{
	struct str item = { .max = ITEM_MAX };
	char hash[PEER_PHOTO_SIZE], kept[MEMORY_NAME_SIZE];

	if (m->photo == NULL || m->photo_type == NULL ||
		(m->warnings & MAIL_NOT_AUTHENTIC) != 0 ||
		!hash_of(m->photo, hash) ||
		strcmp(hash, peers_photo(s->peers, name)) == 0)
		return;
	str_addf(&item, "%s;%s", m->photo_type, m->photo);
	photos_kept_name(name, kept);
	const struct gw_kept one = { kept, item.data, item.len, PHOTO_DAYS };

	if (!item.overflow) {
		memory_keep(s->memory, &one, 1, NULL, NULL);
		peers_set_photo(s->peers, name, hash);
	}
	str_finish(&item);
}

const char *photos_item(struct slice data, struct arena *arena)
{
	return data.len > 0 && data.len <= ITEM_MAX && utf8_is_valid(data)
		       ? arena_copy(arena, data)
		       : NULL;
}

const char *email_photo_of(struct gw_session *s, const char *person)
{
	const struct email_session *e = s->impl;

	return e != NULL ? peers_photo(e->peers, person) : "";
}
