#include "email/photos.h"

#include <string.h>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "base/macros.h"
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

const char *photos_type(struct slice type)
{
	static const char *const types[] = { "image/png", "image/jpeg",
		"image/gif" };

	for (size_t i = 0; i < COUNT(types); i++)
		if (slice_equals(type, types[i]))
			return types[i];
	return NULL;
}

/* What is to be known of the picture in this mail. */
static bool look(const struct mail *m, struct gw_photo *out)
{
	unsigned char digest[SHA1_SIZE];
	struct str bytes = { .max = ITEM_MAX }, hex = { .max = 64 };
	bool good = base64_decode(&bytes, slice_of(m->photo)) == 0;

	*out = (struct gw_photo){ .type = photos_type(slice_of(m->photo_type)),
		.bytes = (uint32_t)bytes.len,
		.width = m->photo_width,
		.height = m->photo_height };
	if (good) {
		crypto_sha1(str_slice(&bytes), digest);
		hex_encode(
			&hex, slice_make((const char *)digest, sizeof(digest)));
		text_copy(out->sha1, sizeof(out->sha1), str_text(&hex));
	}
	str_finish(&bytes);
	str_finish(&hex);
	return good && out->type != NULL;
}

/* `item` NULL: forget the picture. */
static void set(struct email_session *s, const char *name,
	const struct gw_photo *photo, const struct str *item)
{
	char kept[MEMORY_NAME_SIZE];

	photos_kept_name(name, kept);
	const struct gw_kept one = { .name = kept,
		.data = item != NULL ? item->data : NULL,
		.len = item != NULL ? item->len : 0,
		.days = PHOTO_DAYS };

	memory_keep(s->memory, &one, 1, NULL, NULL);
	peers_set_photo(s->peers, name, photo);
}

void photos_note(
	struct email_session *s, const char *name, const struct mail *m)
{
	const char *known = peers_photo(s->peers, name)->sha1;
	struct str item = { .max = ITEM_MAX };
	struct gw_photo photo = { .sha1 = "" };

	if ((m->warnings & MAIL_NOT_AUTHENTIC) != 0)
		return;
	if (m->is_photo_gone && known[0] != '\0')
		set(s, name, &photo, NULL);
	if (m->photo == NULL || m->photo_type == NULL || !look(m, &photo) ||
		strcmp(photo.sha1, known) == 0)
		return;
	str_addf(&item, "%s;%s", m->photo_type, m->photo);
	if (!item.overflow)
		set(s, name, &photo, &item);
	str_finish(&item);
}

const char *photos_item(struct slice data, struct arena *arena)
{
	return data.len > 0 && data.len <= ITEM_MAX && utf8_is_valid(data)
		       ? arena_copy(arena, data)
		       : NULL;
}

void email_photo_of(
	struct gw_session *s, const char *person, struct gw_photo *out)
{
	const struct email_session *e = s->impl;

	if (e != NULL)
		*out = *peers_photo(e->peers, person);
}
