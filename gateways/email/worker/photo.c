#include "email_worker/photo.h"

#include <string.h>
#include <strings.h>

#include "base/encoding.h"
#include "base/macros.h"
#include "email_worker/chars.h"
#include "email_worker/chat.h"
#include "email_worker/header.h"
#include "email_worker/tree.h"

static unsigned byte_at(struct slice s, size_t i)
{
	return (unsigned char)s.data[i];
}

static unsigned short_at(struct slice s, size_t i)
{
	return byte_at(s, i) << 8 | byte_at(s, i + 1);
}

/* RFC 2083 sections 3.1 and 4.1.1: the size stands in the first chunk. */
static bool look_at_png(struct slice s, struct photo_facts *out)
{
	static const char magic[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
	size_t len = sizeof(magic) - 1;

	if (s.len < len + 8 || memcmp(s.data, magic, len) != 0 ||
		short_at(s, len) != 0 || short_at(s, len + 4) != 0)
		return false;
	*out = (struct photo_facts){ "image/png", short_at(s, len + 2),
		short_at(s, len + 6) };
	return true;
}

/* ITU T.81 annex B: segments with a length each, until the one of the frame,
 * which has the size. */
static bool look_at_jpeg(struct slice s, struct photo_facts *out)
{
	size_t at = 2;

	if (s.len < 4 || byte_at(s, 0) != 0xff || byte_at(s, 1) != 0xd8)
		return false;
	while (at + 9 <= s.len && byte_at(s, at) == 0xff) {
		unsigned marker = byte_at(s, at + 1);
		unsigned len = short_at(s, at + 2);

		if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 &&
			marker != 0xc8 && marker != 0xcc) {
			*out = (struct photo_facts){ "image/jpeg",
				short_at(s, at + 7), short_at(s, at + 5) };
			return true;
		}
		if (len < 2)
			return false;
		at += 2 + (size_t)len;
	}
	return false;
}

/* GIF89a section 18: the size of the screen, little-endian. */
static bool look_at_gif(struct slice s, struct photo_facts *out)
{
	if (s.len < 13 || (memcmp(s.data, "GIF87a", 6) != 0 &&
				  memcmp(s.data, "GIF89a", 6) != 0))
		return false;
	*out = (struct photo_facts){ "image/gif",
		byte_at(s, 7) << 8 | byte_at(s, 6),
		byte_at(s, 9) << 8 | byte_at(s, 8) };
	return true;
}

bool photo_look(struct slice bytes, struct photo_facts *out)
{
	static bool (*const looks[])(
		struct slice s, struct photo_facts * out) = { look_at_png,
		look_at_jpeg, look_at_gif };

	for (size_t i = 0; bytes.len <= PHOTO_MAX && i < COUNT(looks); i++)
		if (looks[i](bytes, out))
			return out->width > 0 && out->height > 0 &&
			       out->width <= PHOTO_PIXELS &&
			       out->height <= PHOTO_PIXELS;
	return false;
}

/* These bytes are the picture, if they are one; `base64` are the same. */
static bool accept(struct slice bytes, struct slice base64, struct arena *arena,
	struct mail *m)
{
	struct photo_facts facts;

	if (!photo_look(bytes, &facts))
		return false;
	m->photo = arena_copy(arena, base64);
	if (m->photo == NULL)
		return false;
	m->photo_type = facts.type;
	m->photo_width = facts.width;
	m->photo_height = facts.height;
	return true;
}

/* Headers are folded: white space says nothing. */
static bool take_header(const char *value, struct arena *arena, struct mail *m)
{
	struct str text, bytes;
	bool good = false;

	str_init(&text, PHOTO_MAX / 3 * 4 + 8);
	str_init(&bytes, PHOTO_MAX + 8);
	for (; *value != '\0' && !text.overflow; value++)
		if (!char_is_in(*value, " \t\r\n"))
			str_add_bytes(&text, value, 1);
	if (!text.overflow && base64_decode(&bytes, str_slice(&text)) == 0)
		good = accept(str_slice(&bytes), str_slice(&text), arena, m);
	str_finish(&text);
	str_finish(&bytes);
	return good;
}

static bool take_part(
	const struct tree_part *p, struct arena *arena, struct mail *m)
{
	struct str text, bytes;
	bool good = false;

	str_init(&text, PHOTO_MAX / 3 * 4 + 8);
	str_init(&bytes, PHOTO_MAX);
	if (tree_read(p, &bytes)) {
		base64_encode(&text, str_slice(&bytes));
		good = !text.overflow &&
		       accept(str_slice(&bytes), str_slice(&text), arena, m);
	}
	str_finish(&text);
	str_finish(&bytes);
	return good;
}

/* The file of this name. */
static int find_part(const struct tree *t, struct slice name)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct tree_part *p = &t->parts[i];
		const char *file =
			p->is_multipart || p->object == NULL
				? NULL
				: g_mime_object_get_content_disposition_parameter(
					  p->object, "filename");

		if (file != NULL && name.len > 0 && slice_equals(name, file))
			return (int)i;
	}
	return -1;
}

int photo_read(const struct tree *t, struct arena *arena, struct mail *m)
{
	static const char mark[] = "base64:";
	const char *face = header_raw(t, "Face");
	struct slice avatar = { NULL, 0 };

	if (m->is_chat)
		avatar = slice_trim(
			slice_of(chat_header(t, "Chat-User-Avatar")));
	m->is_photo_gone = slice_equals(avatar, "0");
	if (avatar.len > strlen(mark) &&
		strncasecmp(avatar.data, mark, strlen(mark)) == 0) {
		if (take_header(avatar.data + strlen(mark), arena, m))
			return -1;
	} else if (avatar.len > 0 && !m->is_photo_gone) {
		int part = find_part(t, avatar);

		if (part >= 0 && take_part(&t->parts[part], arena, m))
			return part;
	}
	if (face != NULL && !m->is_photo_gone)
		(void)take_header(face, arena, m);
	return -1;
}
