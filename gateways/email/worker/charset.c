#include "email_worker/charset.h"

#include <errno.h>
#include <iconv.h>

#include "base/macros.h"
#include "base/utf8.h"
#include "email_worker/chars.h"

/* What is not in iconv's table but has one of its own here. */
#define UTF8  "UTF-8"
#define LATIN "WINDOWS-1252"

/* Labels in lower case without '_', ':' and ' ', which count as '-'. */
static const struct {
	const char *label, *name;
} labels[] = {
	{ "ascii", LATIN },
	{ "us-ascii", LATIN },
	{ "ansi-x3.4-1968", LATIN },
	{ "iso-8859-1", LATIN },
	{ "iso8859-1", LATIN },
	{ "iso-8859-1-windows-3.1-latin-1", LATIN },
	{ "latin1", LATIN },
	{ "latin-1", LATIN },
	{ "l1", LATIN },
	{ "windows-1252", LATIN },
	{ "cp1252", LATIN },
	{ "cp-1252", LATIN },
	{ "ansi", LATIN },
	{ "utf-8", UTF8 },
	{ "utf8", UTF8 },
	{ "unicode-1-1-utf-8", UTF8 },
	{ "utf-7", "UTF-7" },
	{ "unicode-1-1-utf-7", "UTF-7" },
	{ "x-unicode-2-0-utf-7", "UTF-7" },
	{ "utf-16", "UTF-16LE" },
	{ "utf-16le", "UTF-16LE" },
	{ "utf-16be", "UTF-16BE" },
	{ "unicode", "UTF-16LE" },
	{ "ucs-2", "UTF-16LE" },
	{ "iso-10646-ucs-2", "UTF-16LE" },
	{ "utf-32", "UTF-32LE" },
	{ "utf-32le", "UTF-32LE" },
	{ "utf-32be", "UTF-32BE" },
	{ "iso-8859-2", "ISO-8859-2" },
	{ "iso8859-2", "ISO-8859-2" },
	{ "latin2", "ISO-8859-2" },
	{ "iso-8859-3", "ISO-8859-3" },
	{ "iso-8859-4", "ISO-8859-4" },
	{ "iso-8859-5", "ISO-8859-5" },
	{ "iso-8859-6", "ISO-8859-6" },
	{ "iso-8859-6-i", "ISO-8859-6" },
	{ "iso-8859-7", "ISO-8859-7" },
	{ "iso-8859-8", "ISO-8859-8" },
	{ "iso-8859-8-i", "ISO-8859-8" },
	{ "iso-8859-8-e", "ISO-8859-8" },
	{ "iso-8859-9", "WINDOWS-1254" },
	{ "iso8859-9", "WINDOWS-1254" },
	{ "latin5", "WINDOWS-1254" },
	{ "iso-8859-10", "ISO-8859-10" },
	{ "iso-8859-11", "CP874" },
	{ "iso-8859-13", "ISO-8859-13" },
	{ "iso-8859-14", "ISO-8859-14" },
	{ "iso-8859-15", "ISO-8859-15" },
	{ "iso8859-15", "ISO-8859-15" },
	{ "latin9", "ISO-8859-15" },
	{ "latin-9", "ISO-8859-15" },
	{ "iso-8859-16", "ISO-8859-16" },
	{ "windows-874", "CP874" },
	{ "tis-620", "CP874" },
	{ "windows-1250", "WINDOWS-1250" },
	{ "cp1250", "WINDOWS-1250" },
	{ "windows-1251", "WINDOWS-1251" },
	{ "cp1251", "WINDOWS-1251" },
	{ "cp-1251", "WINDOWS-1251" },
	{ "win-1251", "WINDOWS-1251" },
	{ "windows-1253", "WINDOWS-1253" },
	{ "windows-1254", "WINDOWS-1254" },
	{ "windows-1255", "WINDOWS-1255" },
	{ "windows-1256", "WINDOWS-1256" },
	{ "windows-1257", "WINDOWS-1257" },
	{ "windows-1258", "WINDOWS-1258" },
	{ "koi8-r", "KOI8-R" },
	{ "koi8r", "KOI8-R" },
	{ "koi8-u", "KOI8-U" },
	{ "koi8-ru", "KOI8-U" },
	{ "ibm437", "CP437" },
	{ "cp437", "CP437" },
	{ "ibm850", "CP850" },
	{ "cp850", "CP850" },
	{ "ibm852", "CP852" },
	{ "cp852", "CP852" },
	{ "ibm866", "CP866" },
	{ "cp866", "CP866" },
	{ "cp-866", "CP866" },
	{ "macintosh", "MACINTOSH" },
	{ "x-mac-roman", "MACINTOSH" },
	{ "gb2312", "GB18030" },
	{ "gb-2312-80", "GB18030" },
	{ "gb2312-80", "GB18030" },
	{ "gbk", "GB18030" },
	{ "x-gbk", "GB18030" },
	{ "cp936", "GB18030" },
	{ "windows-936", "GB18030" },
	{ "euc-cn", "GB18030" },
	{ "gb18030", "GB18030" },
	{ "big5", "BIG5-HKSCS" },
	{ "big-5", "BIG5-HKSCS" },
	{ "x-x-big5", "BIG5-HKSCS" },
	{ "cp950", "BIG5-HKSCS" },
	{ "big5-hkscs", "BIG5-HKSCS" },
	{ "euc-tw", "EUC-TW" },
	{ "euc-kr", "CP949" },
	{ "ks-c-5601", "CP949" },
	{ "ks-c-5601-1987", "CP949" },
	{ "ks-c-5601-1989", "CP949" },
	{ "ksc5601", "CP949" },
	{ "korean", "CP949" },
	{ "cp949", "CP949" },
	{ "windows-949", "CP949" },
	{ "iso-2022-kr", "ISO-2022-KR" },
	{ "shift-jis", "CP932" },
	{ "shiftjis", "CP932" },
	{ "x-sjis", "CP932" },
	{ "sjis", "CP932" },
	{ "ms-kanji", "CP932" },
	{ "cp932", "CP932" },
	{ "windows-31j", "CP932" },
	{ "euc-jp", "EUC-JP-MS" },
	{ "x-euc-jp", "EUC-JP-MS" },
	{ "iso-2022-jp", "ISO-2022-JP" },
	{ "iso-2022-jp-2", "ISO-2022-JP-2" },
	{ "iso-2022-jp-3", "ISO-2022-JP-3" },
	{ "iso-2022-jp-ms", "ISO-2022-JP" },
	{ "cp50220", "ISO-2022-JP" },
	{ "cp50221", "ISO-2022-JP" },
};

/* Descriptors by the index of the first label with that name. */
static iconv_t descriptors[COUNT(labels)];
static bool preloaded;

/* ------------------------------------------------------------------------
 * The table
 * ------------------------------------------------------------------------ */

static size_t first_of(const char *name)
{
	size_t i = 0;

	while (strcmp(labels[i].name, name) != 0)
		i++;
	return i;
}

void charset_preload(void)
{
	if (preloaded)
		return;
	preloaded = true;
	for (size_t i = 0; i < COUNT(labels); i++)
		if (first_of(labels[i].name) == i)
			descriptors[i] = iconv_open(UTF8, labels[i].name);
}

static iconv_t descriptor_of(const char *name)
{
	charset_preload();
	return descriptors[first_of(name)];
}

static bool is_label(struct slice text, const char *label)
{
	if (text.len != strlen(label))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = char_lower(text.data[i]);

		if (c == '_' || c == ':' || c == ' ')
			c = '-';
		if (c != label[i])
			return false;
	}
	return true;
}

const char *charset_iconv_name(struct slice label)
{
	label = slice_trim(label);
	while (label.len > 1 && char_is_in(label.data[0], "\"'") &&
		label.data[label.len - 1] == label.data[0])
		label = slice_make(label.data + 1, label.len - 2);
	for (size_t i = 0; i < COUNT(labels); i++)
		if (is_label(label, labels[i].label))
			return labels[i].name;
	return NULL;
}

/* ------------------------------------------------------------------------
 * Decoding
 * ------------------------------------------------------------------------ */

/* Append what fits, whole characters. */
static bool add_fitting(struct str *out, struct slice text)
{
	size_t room = out->max - 1 - out->len;

	if (out->overflow)
		return false;
	if (text.len <= room) {
		str_add_slice(out, text);
		return true;
	}
	str_add_bytes(out, text.data, utf8_prefix(text, room));
	return false;
}

static bool add_utf8(struct str *out, struct slice in)
{
	static const char damaged[] = "\xef\xbf\xbd";

	while (in.len > 0) {
		size_t good = 0, len;
		uint32_t code;

		while ((len = utf8_next(
				slice_make(in.data + good, in.len - good),
				&code)) > 0)
			good += len;
		if (!add_fitting(out, slice_make(in.data, good)))
			return false;
		if (good == in.len)
			break;
		if (!add_fitting(out, slice_of(damaged)))
			return false;
		in = slice_make(in.data + good + 1, in.len - good - 1);
	}
	return true;
}

/* Is it rather UTF-8 with a damaged spot than something else? */
static bool is_mostly_utf8(struct slice in)
{
	size_t wide = 0, damaged = 0;

	while (in.len > 0) {
		uint32_t code;
		size_t len = utf8_next(in, &code);

		wide += len > 1;
		damaged += len == 0;
		len = len > 0 ? len : 1;
		in = slice_make(in.data + len, in.len - len);
	}
	return damaged == 0 || wide > damaged;
}

/* Without the character that was cut at the end of `in`. */
static bool is_utf8_with_wide(struct slice in)
{
	size_t wide = 0, len;
	uint32_t code;

	for (; in.len > 0; in.data += len, in.len -= len) {
		len = utf8_next(in, &code);
		if (len == 0)
			return in.len < 4 && wide > 0;
		wide += len > 1;
	}
	return wide > 0;
}

/* A letter that waited for its accent. */
static bool add_rest(struct str *out, iconv_t descriptor)
{
	char piece[64];
	char *to = piece;
	size_t room = sizeof(piece);

	iconv(descriptor, NULL, NULL, &to, &room);
	return add_fitting(out, slice_make(piece, (size_t)(to - piece)));
}

/* Iconv in pieces; a byte that fits nowhere becomes U+FFFD. */
static bool add_iconv(struct str *out, struct slice in, iconv_t descriptor)
{
	char *from;
	size_t left = in.len;

	memcpy(&from, &in.data, sizeof(from)); /* not const, but not changed */

	iconv(descriptor, NULL, NULL, NULL, NULL);
	while (left > 0) {
		char piece[4096];
		char *to = piece;
		size_t room = sizeof(piece) - 4;
		size_t result = iconv(descriptor, &from, &left, &to, &room);
		int error = result == (size_t)-1 ? errno : 0;

		if (error == EILSEQ || error == EINVAL) {
			memcpy(to, "\xef\xbf\xbd", 3);
			to += 3;
			from++;
			left--;
			if (error == EINVAL)
				left = 0;
		} else if (error != 0 && error != E2BIG) {
			return false;
		}
		if (!add_fitting(out, slice_make(piece, (size_t)(to - piece))))
			return false;
	}
	return add_rest(out, descriptor);
}

/* The charset that a byte order mark tells of, cut off; or NULL. */
static const char *cut_mark(struct slice *in)
{
	static const struct {
		const char *mark;
		size_t len;
		const char *name;
	} rows[] = {
		{ "\xef\xbb\xbf", 3, UTF8 },
		{ "\xff\xfe\0\0", 4, "UTF-32LE" },
		{ "\0\0\xfe\xff", 4, "UTF-32BE" },
		{ "\xff\xfe", 2, "UTF-16LE" },
		{ "\xfe\xff", 2, "UTF-16BE" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (in->len >= rows[i].len &&
			memcmp(in->data, rows[i].mark, rows[i].len) == 0) {
			*in = slice_make(
				in->data + rows[i].len, in->len - rows[i].len);
			return rows[i].name;
		}
	return NULL;
}

bool charset_to_utf8(struct str *out, struct slice in, struct slice label)
{
	const char *name = charset_iconv_name(label);
	const char *mark = cut_mark(&in);

	if (mark != NULL)
		name = mark;
	else if ((name == NULL || strcmp(name, LATIN) == 0) &&
		 is_utf8_with_wide(in))
		name = UTF8;
	else if (name == NULL)
		name = LATIN;
	if (strcmp(name, UTF8) == 0 && !is_mostly_utf8(in))
		name = LATIN;
	if (strcmp(name, UTF8) == 0)
		return add_utf8(out, in);
	iconv_t descriptor = descriptor_of(name);
	if ((intptr_t)descriptor == -1)
		return add_utf8(out, in);
	return add_iconv(out, in, descriptor);
}
