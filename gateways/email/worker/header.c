#include "email_worker/header.h"

#include <strings.h>

#include "base/macros.h"
#include "base/utf8.h"
#include "email_wire/address.h"
#include "email_worker/chars.h"
#include "email_worker/clean.h"
#include "email_worker/words.h"

/* RFC 5322 section 2.1.1, and then some. */
#define ID_MAX      998
/* Of a text, more is not looked at. */
#define DECODED_MAX ((size_t)8 * HEADER_TEXT_MAX)

/* ------------------------------------------------------------------------
 * Fields
 * ------------------------------------------------------------------------ */

/* Content-* stand with the part, everything else with the mail. */
static GMimeHeaderList *list_for(const struct tree *t, const char *name)
{
	GMimeObject *object = (GMimeObject *)t->message;

	if (strncasecmp(name, "Content-", 8) == 0 && t->count > 0)
		object = t->parts[0].object;
	return object ? g_mime_object_get_header_list(object) : NULL;
}

const char *header_raw(const struct tree *t, const char *name)
{
	GMimeHeaderList *list = list_for(t, name);
	GMimeHeader *header = NULL;

	if (list != NULL)
		header = g_mime_header_list_get_header(list, name);
	return header ? g_mime_header_get_raw_value(header) : NULL;
}

unsigned header_count(const struct tree *t, const char *name)
{
	GMimeHeaderList *list = list_for(t, name);
	int all = list ? g_mime_header_list_get_count(list) : 0;
	unsigned count = 0;

	for (int i = 0; i < all; i++) {
		GMimeHeader *header = g_mime_header_list_get_header_at(list, i);

		count += strcasecmp(g_mime_header_get_name(header), name) == 0;
	}
	return count;
}

/* ------------------------------------------------------------------------
 * Texts
 * ------------------------------------------------------------------------ */

const char *header_decode(const char *raw, struct arena *arena)
{
	struct str text, line;

	if (raw == NULL)
		return NULL;
	str_init(&text, 16 * HEADER_TEXT_MAX);
	words_decode(&text, slice_make(raw, strnlen(raw, DECODED_MAX)));
	str_init(&line, 4 * HEADER_TEXT_MAX);
	clean_line(&line, str_slice(&text), HEADER_TEXT_MAX);
	const char *copy =
		line.len > 0 ? arena_copy(arena, str_slice(&line)) : NULL;
	str_finish(&text);
	str_finish(&line);
	return copy;
}

const char *header_text(
	const struct tree *t, const char *name, struct arena *arena)
{
	return header_decode(header_raw(t, name), arena);
}

/* UTF-8 without control characters? */
static bool is_printable(struct slice text)
{
	while (text.len > 0) {
		uint32_t code;
		size_t len = utf8_next(text, &code);

		if (len == 0 || clean_is_control(code))
			return false;
		text = slice_make(text.data + len, text.len - len);
	}
	return true;
}

const char *header_word(
	const struct tree *t, const char *name, struct arena *arena)
{
	const char *raw = header_raw(t, name);

	if (raw == NULL)
		return NULL;
	struct slice word = slice_of(raw);
	word.len = strcspn(raw, ";(");
	word = slice_trim(word);
	if (word.len > HEADER_TEXT_MAX || !is_printable(word))
		return NULL;
	char *copy = arena_copy(arena, word);
	for (char *p = copy; p != NULL && *p != '\0'; p++)
		*p = char_lower(*p);
	return copy;
}

/* ------------------------------------------------------------------------
 * Message ids
 * ------------------------------------------------------------------------ */

static bool is_id(struct slice text)
{
	return text.len > 0 && text.len <= ID_MAX && is_printable(text) &&
	       memchr(text.data, ' ', text.len) == NULL &&
	       memchr(text.data, '<', text.len) == NULL &&
	       memchr(text.data, '>', text.len) == NULL;
}

/* What stands in the next <>; false at the end. */
static bool next_id(struct slice *rest, struct slice *id_r)
{
	while (rest->len > 0) {
		const char *open = memchr(rest->data, '<', rest->len);

		if (open == NULL)
			return false;
		size_t at = (size_t)(open - rest->data) + 1;
		*rest = slice_make(rest->data + at, rest->len - at);
		const char *close = rest->len > 0
					    ? memchr(rest->data, '>', rest->len)
					    : NULL;
		if (close == NULL)
			return false;
		struct slice id = slice_trim(
			slice_make(rest->data, (size_t)(close - rest->data)));
		const char *again =
			id.len > 0 ? memrchr(id.data, '<', id.len) : NULL;
		if (again != NULL)
			id = slice_make(again + 1, (size_t)(close - again) - 1);
		at = (size_t)(close - rest->data) + 1;
		*rest = slice_make(rest->data + at, rest->len - at);
		*id_r = id;
		if (is_id(id))
			return true;
	}
	return false;
}

const char *header_first_id(const char *raw, struct arena *arena)
{
	struct slice rest = slice_of(raw), id;

	if (next_id(&rest, &id))
		return arena_copy(arena, id);
	/* Without brackets, as some write it. */
	id = slice_trim(slice_of(raw));
	if (is_id(id) && memchr(id.data, '@', id.len) != NULL)
		return arena_copy(arena, id);
	return NULL;
}

const char *header_id(
	const struct tree *t, const char *name, struct arena *arena)
{
	return header_first_id(header_raw(t, name), arena);
}

const char **header_ids(const struct tree *t, const char *name,
	struct arena *arena, size_t *count_r)
{
	struct slice rest = slice_of(header_raw(t, name)), id;
	struct slice ids[HEADER_REFERENCES_MAX];
	size_t seen = 0;

	*count_r = 0;
	/* A ring behind the first one. */
	for (; next_id(&rest, &id); seen++) {
		size_t at = seen;

		if (seen >= COUNT(ids))
			at = 1 + (seen - 1) % (COUNT(ids) - 1);
		ids[at] = id;
	}
	if (seen == 0)
		return NULL;
	size_t count = seen < COUNT(ids) ? seen : COUNT(ids);
	const char **list = arena_alloc(arena, count * sizeof(*list));
	if (list == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t at = i;

		if (i > 0 && seen > COUNT(ids))
			at = 1 + (seen - 1 + i - 1) % (COUNT(ids) - 1);
		list[i] = arena_copy(arena, ids[at]);
		if (list[i] == NULL)
			return NULL;
	}
	*count_r = count;
	return list;
}

/* ------------------------------------------------------------------------
 * Dates
 * ------------------------------------------------------------------------ */

#define DAY_MS INT64_C(86400000)

int64_t header_date(const struct tree *t, int64_t now_ms)
{
	const char *raw = header_raw(t, "Date");

	if (raw == NULL || strlen(raw) > 200)
		return 0;
	GDateTime *date = g_mime_utils_header_decode_date(raw);
	if (date == NULL)
		return 0;
	int64_t ms = (int64_t)g_date_time_to_unix(date) * 1000;
	g_date_time_unref(date);
	if (ms <= 0 || (now_ms > 0 && ms > now_ms + DAY_MS))
		return 0;
	return ms;
}

/* ------------------------------------------------------------------------
 * People
 * ------------------------------------------------------------------------ */

struct people {
	struct arena *arena;
	struct mail_addresses *out;
	unsigned depth;
};

/* The display name, unless it only repeats the address. */
static const char *name_of(
	InternetAddress *person, const char *address, struct arena *arena)
{
	const char *name = internet_address_get_name(person);
	struct str line;
	const char *copy = NULL;

	if (name == NULL)
		return NULL;
	str_init(&line, 4 * HEADER_TEXT_MAX);
	clean_line(&line, slice_of(name), HEADER_TEXT_MAX);
	if (line.len > 0 && strcasecmp(str_text(&line), address) != 0)
		copy = arena_copy(arena, str_slice(&line));
	str_finish(&line);
	return copy;
}

static void add_mailbox(struct people *p, InternetAddress *person)
{
	InternetAddressMailbox *mailbox = (InternetAddressMailbox *)person;
	const char *text = internet_address_mailbox_get_idn_addr(mailbox);
	char address[ADDRESS_MAX + 2];

	if (text == NULL || address_normalize(slice_of(text), address,
				    sizeof(address)) != 0)
		return;
	if (p->out->count == HEADER_PEOPLE_MAX) {
		p->out->left_out++;
		return;
	}
	struct mail_address *item = &p->out->items[p->out->count];
	item->address = arena_copy(p->arena, slice_of(address));
	item->name = name_of(person, address, p->arena);
	if (item->address != NULL)
		p->out->count++;
}

static void add_people(struct people *p, InternetAddressList *list)
{
	int count = list ? internet_address_list_length(list) : 0;

	for (int i = 0; i < count; i++) {
		InternetAddress *person =
			internet_address_list_get_address(list, i);

		if (INTERNET_ADDRESS_IS_MAILBOX(person)) {
			add_mailbox(p, person);
		} else if (p->depth < 2) {
			p->depth++;
			add_people(p, internet_address_group_get_members(
					      (InternetAddressGroup *)person));
			p->depth--;
		}
	}
}

void header_parse_people(const struct tree *t, const char *raw,
	struct arena *arena, struct mail_addresses *out)
{
	struct str recoded;
	struct people people = { arena, out, 0 };

	*out = (struct mail_addresses){ 0 };
	if (raw == NULL)
		return;
	str_init(&recoded, 16 * strlen(raw) + 16);
	words_recode(&recoded, slice_of(raw));
	InternetAddressList *list =
		internet_address_list_parse(t->options, str_text(&recoded));
	str_finish(&recoded);
	if (list == NULL)
		return;
	/* Each takes two bytes at least. */
	size_t most = strlen(raw) / 2 + 1;
	if (most > HEADER_PEOPLE_MAX)
		most = HEADER_PEOPLE_MAX;
	out->items = arena_alloc(arena, most * sizeof(*out->items));
	if (out->items != NULL)
		add_people(&people, list);
	g_object_unref(list);
}

void header_people(const struct tree *t, const char *name, struct arena *arena,
	struct mail_addresses *out)
{
	header_parse_people(t, header_raw(t, name), arena, out);
}
