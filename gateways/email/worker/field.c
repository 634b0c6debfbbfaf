#include "email_worker/field.h"

#include <gmime/gmime.h>
#include <time.h>

#include "base/encoding.h"
#include "base/utf8.h"
#include "email_wire/address.h"
#include "email_worker/chars.h"
#include "email_worker/clean.h"

#define VALUE_MAX   ((size_t)2000)
#define ID_MAX      250
/* Bytes in one encoded word: "=?utf-8?B?" and "?=" around 60 characters. */
#define WORD_BYTES  45
#define WORD_FRAME  12
/* Of a parameter in one piece; each becomes up to three characters. */
#define PIECE_BYTES 18

/* ------------------------------------------------------------------------
 * Words
 * ------------------------------------------------------------------------ */

static bool is_ascii(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.data[i] < ' ' ||
			(unsigned char)text.data[i] > '~')
			return false;
	return true;
}

/* What would be read as an encoded word, or cannot be folded. */
static bool needs_encoding(struct slice text)
{
	size_t run = 0;

	for (size_t i = 0; i < text.len; i++) {
		run = text.data[i] == ' ' ? 0 : run + 1;
		if (run > FIELD_LINE - 20)
			return true;
	}
	return !is_ascii(text) ||
	       (text.len > 0 && memmem(text.data, text.len, "=?", 2) != NULL);
}

static void clean(struct str *line, const char *value)
{
	str_init(line, 4 * VALUE_MAX);
	clean_line(line, slice_of(value), VALUE_MAX);
}

/* Words of whole characters, each on its own line but the first, which has
 * `used` bytes before it. */
static void add_encoded(struct str *out, struct slice text, size_t used)
{
	bool is_first = true;

	while (text.len > 0) {
		size_t room = WORD_BYTES;

		if (is_first && used + WORD_FRAME < FIELD_LINE)
			room = (FIELD_LINE - used - WORD_FRAME) / 4 * 3;
		if (room > WORD_BYTES || room < 4)
			room = WORD_BYTES;
		size_t len = utf8_prefix(text, room);

		str_add(out, is_first ? "=?utf-8?B?" : "\r\n =?utf-8?B?");
		base64_encode(out, slice_make(text.data, len));
		str_add(out, "?=");
		text = slice_make(text.data + len, text.len - len);
		is_first = false;
	}
}

/* Break before a word that does not fit; `used`: of the first line. */
static void add_folded(struct str *out, struct slice text, size_t used)
{
	bool is_first = true;

	while (text.data != NULL) {
		struct slice word = slice_cut(&text, ' ');

		if (!is_first && used + 1 + word.len > FIELD_LINE) {
			str_add(out, "\r\n ");
			used = 1;
		} else if (!is_first) {
			str_add_char(out, ' ');
			used++;
		}
		str_add_slice(out, word);
		used += word.len;
		is_first = false;
	}
}

void field_text(struct str *out, const char *name, const char *value)
{
	struct str line;

	if (value == NULL)
		return;
	clean(&line, value);
	if (line.len > 0) {
		str_addf(out, "%s: ", name);
		if (needs_encoding(str_slice(&line)))
			add_encoded(out, str_slice(&line), strlen(name) + 2);
		else
			add_folded(out, str_slice(&line), strlen(name) + 2);
		str_add(out, "\r\n");
	}
	str_finish(&line);
}

/* ------------------------------------------------------------------------
 * People
 * ------------------------------------------------------------------------ */

int field_address(struct str *out, const char *address)
{
	char normal[ADDRESS_MAX + 2];

	if (address_normalize(slice_of(address), normal, sizeof(normal)) != 0)
		return -1;
	if (is_ascii(slice_of(address_domain(normal)))) {
		str_add(out, normal);
		return 0;
	}
	InternetAddress *mailbox = internet_address_mailbox_new(NULL, normal);
	const char *ascii = internet_address_mailbox_get_idn_addr(
		(InternetAddressMailbox *)mailbox);
	int result = -1;
	if (ascii != NULL && address_is_valid(slice_of(ascii)) &&
		is_ascii(slice_of(address_domain(ascii)))) {
		str_add(out, ascii);
		result = 0;
	}
	g_object_unref(mailbox);
	return result;
}

/* A phrase: words of letters, or in quotes, or encoded. */
static void add_name(struct str *out, struct slice name)
{
	bool is_plain = true;

	if (needs_encoding(name)) {
		add_encoded(out, name, 12);
		return;
	}
	for (size_t i = 0; i < name.len; i++)
		if (char_is_in(name.data[i], "()<>[]:;@\\,.\""))
			is_plain = false;
	if (is_plain) {
		str_add_slice(out, name);
		return;
	}
	str_add_char(out, '"');
	for (size_t i = 0; i < name.len; i++) {
		if (char_is_in(name.data[i], "\\\""))
			str_add_char(out, '\\');
		str_add_bytes(out, name.data + i, 1);
	}
	str_add_char(out, '"');
}

static int add_person(struct str *out, const struct mail_address *person)
{
	struct str name;

	clean(&name, person->name);
	if (name.len > 0) {
		bool fits =
			!needs_encoding(str_slice(&name)) &&
			name.len + strlen(person->address) < FIELD_LINE - 30;

		add_name(out, str_slice(&name));
		str_add(out, fits ? " <" : "\r\n <");
	}
	int result = field_address(out, person->address);
	if (name.len > 0)
		str_add_char(out, '>');
	str_finish(&name);
	return result;
}

int field_people(struct str *out, const char *name,
	const struct mail_address *people, size_t count)
{
	size_t start = out->len;

	for (size_t i = 0; i < count; i++) {
		if (i == 0)
			str_addf(out, "%s: ", name);
		else
			str_add(out, ",\r\n ");
		if (add_person(out, &people[i]) != 0) {
			str_truncate(out, start);
			return -1;
		}
	}
	if (count > 0)
		str_add(out, "\r\n");
	return 0;
}

/* ------------------------------------------------------------------------
 * Ids and dates
 * ------------------------------------------------------------------------ */

bool field_is_id(const char *id)
{
	size_t len = id != NULL ? strlen(id) : 0;

	for (size_t i = 0; i < len; i++)
		if (id[i] <= ' ' || id[i] > '~' || id[i] == '<' || id[i] == '>')
			return false;
	return len > 0 && len <= ID_MAX;
}

void field_ids(
	struct str *out, const char *name, const char *const *ids, size_t count)
{
	bool is_first = true;

	for (size_t i = 0; i < count; i++) {
		if (!field_is_id(ids[i]))
			continue;
		if (is_first)
			str_addf(out, "%s: <%s>", name, ids[i]);
		else
			str_addf(out, "\r\n <%s>", ids[i]);
		is_first = false;
	}
	if (!is_first)
		str_add(out, "\r\n");
}

void field_date(struct str *out, int64_t date_ms, int zone_minutes)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu",
		"Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct tm tm;

	if (zone_minutes < -14 * 60 || zone_minutes > 14 * 60)
		zone_minutes = 0;
	time_t local = (time_t)(date_ms / 1000 + zone_minutes * 60);
	if (gmtime_r(&local, &tm) == NULL)
		return;
	int zone = zone_minutes < 0 ? -zone_minutes : zone_minutes;
	str_addf(out, "Date: %s, %02d %s %04d %02d:%02d:%02d %c%02d%02d\r\n",
		days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
		tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec,
		zone_minutes < 0 ? '-' : '+', zone / 60, zone % 60);
}

/* ------------------------------------------------------------------------
 * Parameters
 * ------------------------------------------------------------------------ */

static bool is_simple(struct slice value)
{
	if (value.len > 60 || !is_ascii(value))
		return false;
	for (size_t i = 0; i < value.len; i++)
		if (char_is_in(value.data[i], "\"\\"))
			return false;
	return true;
}

void field_parameter(struct str *out, const char *name, const char *value)
{
	struct str line;

	clean(&line, value);
	struct slice text = str_slice(&line);
	if (is_simple(text)) {
		str_addf(out, ";\r\n %s=\"%s\"", name, str_text(&line));
		text.len = 0;
	}
	for (unsigned piece = 0; text.len > 0; piece++) {
		size_t len = utf8_prefix(text, PIECE_BYTES);

		str_addf(out, ";\r\n %s*%u*=%s", name, piece,
			piece == 0 ? "utf-8''" : "");
		percent_encode(out, slice_make(text.data, len));
		text = slice_make(text.data + len, text.len - len);
	}
	str_finish(&line);
}
