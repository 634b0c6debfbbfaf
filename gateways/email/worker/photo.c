#include "email_worker/photo.h"

#include <string.h>
#include <strings.h>

#include "base/encoding.h"
#include "email_worker/chars.h"
#include "email_worker/chat.h"
#include "email_worker/header.h"

static unsigned byte_at(struct slice s, size_t i)
{
	return (unsigned char)s.data[i];
}

static unsigned short_at(struct slice s, size_t i)
{
	return byte_at(s, i) << 8 | byte_at(s, i + 1);
}

static bool is_sane(unsigned width, unsigned height)
{
	return width > 0 && height > 0 && width <= PHOTO_PIXELS &&
	       height <= PHOTO_PIXELS;
}

/* RFC 2083 sections 3.1 and 4.1.1: the size stands in the first chunk. */
static bool is_png(struct slice s)
{
	static const char magic[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
	size_t len = sizeof(magic) - 1;

	if (s.len < len + 8 || memcmp(s.data, magic, len) != 0 ||
		short_at(s, len) != 0 || short_at(s, len + 4) != 0)
		return false;
	return is_sane(short_at(s, len + 2), short_at(s, len + 6));
}

/* ITU T.81 annex B: segments with a length each, until the one of the frame,
 * which has the size. */
static bool is_jpeg(struct slice s)
{
	size_t at = 2;

	if (s.len < 4 || byte_at(s, 0) != 0xff || byte_at(s, 1) != 0xd8)
		return false;
	while (at + 9 <= s.len && byte_at(s, at) == 0xff) {
		unsigned marker = byte_at(s, at + 1);
		unsigned len = short_at(s, at + 2);

		if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 &&
			marker != 0xc8 && marker != 0xcc)
			return is_sane(
				short_at(s, at + 7), short_at(s, at + 5));
		if (len < 2)
			return false;
		at += 2 + (size_t)len;
	}
	return false;
}

const char *photo_type(struct slice bytes)
{
	if (bytes.len == 0 || bytes.len > PHOTO_MAX)
		return NULL;
	if (is_png(bytes))
		return "image/png";
	return is_jpeg(bytes) ? "image/jpeg" : NULL;
}

/* Headers are folded: white space says nothing. */
static bool take(const char *value, struct arena *arena, struct mail *m)
{
	size_t max = PHOTO_MAX / 3 * 4 + 8;
	struct str text, bytes;

	str_init(&text, max);
	str_init(&bytes, PHOTO_MAX + 8);
	for (; *value != '\0' && !text.overflow; value++)
		if (!char_is_in(*value, " \t\r\n"))
			str_add_bytes(&text, value, 1);
	if (!text.overflow && base64_decode(&bytes, str_slice(&text)) == 0)
		m->photo_type = photo_type(str_slice(&bytes));
	if (m->photo_type != NULL)
		m->photo = arena_copy(arena, str_slice(&text));
	if (m->photo == NULL)
		m->photo_type = NULL;
	str_finish(&text);
	str_finish(&bytes);
	return m->photo != NULL;
}

void photo_read(const struct tree *t, struct arena *arena, struct mail *m)
{
	static const char mark[] = "base64:";
	const char *avatar = chat_header(t, "Chat-User-Avatar");
	const char *face = header_raw(t, "Face");

	if (avatar != NULL)
		avatar += strspn(avatar, " \t\r\n");
	if (avatar != NULL && strncasecmp(avatar, mark, strlen(mark)) == 0 &&
		take(avatar + strlen(mark), arena, m))
		return;
	if (face != NULL)
		(void)take(face, arena, m);
}
