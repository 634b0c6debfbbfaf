#include "sms_data/media.h"

#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "base/str.h"

#define UNKNOWN "application/octet-stream"

/* --- Types --------------------------------------------------------------- */

/* What a file begins with, from octet `at` on (its format's own description). */
static const struct {
	size_t at;
	const char *octets;
	size_t len;
	const char *type;
} beginnings[] = {
	{ 0, "\x89PNG\r\n\x1a\n", 8, "image/png" },
	{ 0, "\xff\xd8\xff", 3, "image/jpeg" },
	{ 0, "GIF8", 4, "image/gif" },
	{ 8, "WEBP", 4, "image/webp" },
	{ 4, "ftyp3g", 6, "video/3gpp" },
	{ 4, "ftyphei", 7, "image/heic" },
	{ 4, "ftypM4A", 7, "audio/mp4" },
	{ 4, "ftyp", 4, "video/mp4" },
	{ 0, "#!AMR", 5, "audio/amr" },
	{ 0, "OggS", 4, "audio/ogg" },
	{ 0, "ID3", 3, "audio/mpeg" },
	{ 0, "\xff\xfb", 2, "audio/mpeg" },
	{ 0, "%PDF-", 5, "application/pdf" },
	{ 0, "BEGIN:VCARD", 11, "text/vcard" },
	{ 0, "BEGIN:VCALENDAR", 15, "text/calendar" },
};

static const struct {
	const char *type, *ending;
} endings[] = {
	{ "image/jpeg", "jpg" },
	{ "image/jpg", "jpg" },
	{ "image/png", "png" },
	{ "image/gif", "gif" },
	{ "image/webp", "webp" },
	{ "image/heic", "heic" },
	{ "image/bmp", "bmp" },
	{ "video/mp4", "mp4" },
	{ "video/3gpp", "3gp" },
	{ "video/3gpp2", "3g2" },
	{ "video/quicktime", "mov" },
	{ "video/webm", "webm" },
	{ "audio/amr", "amr" },
	{ "audio/mpeg", "mp3" },
	{ "audio/mp4", "m4a" },
	{ "audio/ogg", "ogg" },
	{ "audio/wav", "wav" },
	{ "text/vcard", "vcf" },
	{ "text/x-vcard", "vcf" },
	{ "text/calendar", "ics" },
	{ "text/plain", "txt" },
	{ "application/pdf", "pdf" },
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

/* "Type/Sub; parameters": without those. False: it is none. */
static bool read_said(const char *said, char out[MEDIA_TYPE_SIZE])
{
	size_t len = said != NULL ? strcspn(said, "; \t\r\n") : 0;
	size_t slashes = 0;
	if (len < 3 || len >= MEDIA_TYPE_SIZE)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = said[i];
		slashes += c == '/';
		if (!is_letter(c) && strchr("/.+-_", c) == NULL)
			return false;
		out[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
	out[len] = '\0';
	return slashes == 1 && out[0] != '/' && out[len - 1] != '/';
}

void media_type(const char *said, struct slice start, char out[MEDIA_TYPE_SIZE])
{
	if (read_said(said, out) && strcmp(out, UNKNOWN) != 0 &&
		strcmp(out, "binary/octet-stream") != 0)
		return;
	for (size_t i = 0; i < COUNT(beginnings); i++) {
		size_t end = beginnings[i].at + beginnings[i].len;
		if (start.len < end ||
			memcmp(start.data + beginnings[i].at,
				beginnings[i].octets, beginnings[i].len) != 0)
			continue;
		(void)text_copy(out, MEDIA_TYPE_SIZE, beginnings[i].type);
		return;
	}
	(void)text_copy(out, MEDIA_TYPE_SIZE, UNKNOWN);
}

/* --- Names --------------------------------------------------------------- */

/* Behind the host, before the query: the last segment. */
static struct slice last_segment(const char *url)
{
	const char *host = strstr(url, "://");
	const char *path = host != NULL ? strchr(host + 3, '/') : NULL;
	struct slice rest = slice_make("", 0);
	if (path == NULL)
		return rest;
	rest = slice_make(path, strcspn(path, "?#"));
	for (size_t i = rest.len; i > 0; i--)
		if (rest.data[i - 1] == '/')
			return slice_make(rest.data + i, rest.len - i);
	return rest;
}

/* 0: it has none. */
static size_t ending_at(struct slice name)
{
	for (size_t i = name.len; i > 1; i--)
		if (name.data[i - 1] == '.')
			return name.len - i <= 5 ? i : 0;
	return 0;
}

static const char *ending_of(const char *type)
{
	for (size_t i = 0; i < COUNT(endings); i++)
		if (strcmp(endings[i].type, type) == 0)
			return endings[i].ending;
	return "bin";
}

void media_name(const char *url, const char *type, char out[MEDIA_NAME_SIZE])
{
	struct slice name = last_segment(url);
	size_t ending = ending_at(name);
	if (ending == 0 || ending == name.len || name.len >= MEDIA_NAME_SIZE) {
		(void)text_format(
			out, MEDIA_NAME_SIZE, "file.%s", ending_of(type));
		return;
	}
	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];
		bool is_good = is_letter(c) || strchr(".-_", c) != NULL;
		out[i] = (char)(is_good && c != '\0' ? c : '_');
	}
	out[name.len] = '\0';
	if (out[0] == '.')
		out[0] = '_';
}

bool media_is_layout(const char *url, const char *type)
{
	char read[MEDIA_TYPE_SIZE];
	struct slice name = last_segment(url);
	size_t ending = ending_at(name);
	if (read_said(type, read))
		return strcmp(read, "application/smil") == 0 ||
		       strcmp(read, "application/smil+xml") == 0;
	return ending > 0 && slice_equals_nocase(slice_make(name.data + ending,
							 name.len - ending),
				     "smil");
}
