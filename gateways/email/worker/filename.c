#include "email_worker/filename.h"

#include <strings.h>

#include "base/macros.h"
#include "base/utf8.h"
#include "email_worker/chars.h"
#include "email_worker/clean.h"

/* Extensions longer than this are none. */
#define EXTENSION_MAX 12

/* The first of each type is its name where there is none. */
static const struct {
	const char *type, *name;
} types[] = {
	{ "image/png", "image.png" },
	{ "image/jpeg", "image.jpg" },
	{ "image/jpeg", "image.jpeg" },
	{ "image/gif", "image.gif" },
	{ "image/webp", "image.webp" },
	{ "image/svg+xml", "image.svg" },
	{ "application/pdf", "document.pdf" },
	{ "application/zip", "archive.zip" },
	{ "application/pkcs7-mime", "smime.p7m" },
	{ "application/x-pkcs7-mime", "smime.p7m" },
	{ "application/ms-tnef", "winmail.dat" },
	{ "application/rtf", "text.rtf" },
	{ "application/msword", "document.doc" },
	{ "application/vnd.ms-excel", "table.xls" },
	{ "audio/mpeg", "audio.mp3" },
	{ "audio/ogg", "audio.ogg" },
	{ "audio/mp4", "audio.m4a" },
	{ "video/mp4", "video.mp4" },
	{ "message/rfc822", "message.eml" },
	{ "text/calendar", "invite.ics" },
	{ "text/vcard", "contact.vcf" },
	{ "text/x-vcard", "contact.vcf" },
	{ "text/html", "text.html" },
	{ "text/csv", "table.csv" },
	{ "text/plain", "text.txt" },
};

static const char *default_name(const char *type)
{
	for (size_t i = 0; i < COUNT(types); i++)
		if (strcmp(type, types[i].type) == 0)
			return types[i].name;
	return "file.bin";
}

const char *filename_type(const char *name)
{
	const char *extension = strrchr(name, '.');

	for (size_t i = 0; extension != NULL && i < COUNT(types); i++)
		if (strcasecmp(extension, strrchr(types[i].name, '.')) == 0)
			return types[i].type;
	return "application/octet-stream";
}

/* What stands behind the last separator of any system. */
static struct slice base_name(struct slice name)
{
	for (size_t i = name.len; i > 0; i--)
		if (name.data[i - 1] == '/' || name.data[i - 1] == '\\')
			return slice_make(name.data + i, name.len - i);
	return name;
}

static size_t extension_len(struct slice name)
{
	for (size_t len = 1; len <= EXTENSION_MAX + 1 && len < name.len; len++)
		if (name.data[name.len - len] == '.')
			return len;
	return 0;
}

/* Characters that some system has a meaning for. */
static void replace_special(struct str *name)
{
	for (size_t i = 0; i < name->len; i++)
		if (char_is_in(name->data[i], "<>:\"|?*%"))
			name->data[i] = '_';
}

void filename_clean(struct str *out, const char *name, const char *type)
{
	struct str line;

	str_init(&line, 2048);
	clean_line(&line, slice_of(name), 1000);
	replace_special(&line);
	struct slice base = slice_trim(base_name(str_slice(&line)));
	while (base.len > 0 && (base.data[0] == '.' || base.data[0] == ' '))
		base = slice_make(base.data + 1, base.len - 1);
	while (base.len > 0 && (base.data[base.len - 1] == '.' ||
				       base.data[base.len - 1] == ' '))
		base.len--;
	if (base.len == 0) {
		str_add(out, default_name(type));
	} else if (base.len <= FILENAME_MAX_BYTES) {
		str_add_slice(out, base);
	} else {
		size_t tail = extension_len(base);

		str_add_bytes(out, base.data,
			utf8_prefix(base, FILENAME_MAX_BYTES - tail));
		str_add_bytes(out, base.data + base.len - tail, tail);
	}
	str_finish(&line);
}
