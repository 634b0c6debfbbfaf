#include "email_worker/report.h"

#include <strings.h>

#include "base/macros.h"
#include "email_wire/address.h"
#include "email_worker/chars.h"
#include "email_worker/clean.h"
#include "email_worker/header.h"
#include "email_worker/plain.h"

#define DOCUMENT_MAX ((size_t)64 * 1024)
#define WORDS_MAX    ((size_t)500)

/* ------------------------------------------------------------------------
 * Fields
 * ------------------------------------------------------------------------ */

/* The next field with the lines that continue it; an empty line is a field
 * without name. */
static bool next_field(
	struct slice *rest, struct slice *name_r, struct slice *value_r)
{
	struct slice line;

	if (!plain_next_line(rest, &line))
		return false;
	while (rest->data != NULL && rest->len > 0 && line.len > 0 &&
		char_is_blank(rest->data[0])) {
		struct slice more;

		plain_next_line(rest, &more);
		line.len = (size_t)(more.data + more.len - line.data);
	}
	struct slice value = line;
	*name_r = slice_trim(slice_cut(&value, ':'));
	*value_r = slice_trim(value);
	return true;
}

/* "rfc822; alice@example.org" and "smtp; 550 no" without their type. */
static struct slice untyped(struct slice value)
{
	struct slice rest = value;

	slice_cut(&rest, ';');
	return rest.data != NULL ? slice_trim(rest) : value;
}

static const char *keep_line(struct arena *arena, struct slice value)
{
	struct str line;

	if (value.data == NULL)
		return NULL;
	str_init(&line, 4 * WORDS_MAX);
	clean_line(&line, value, WORDS_MAX);
	const char *copy =
		line.len > 0 ? arena_copy(arena, str_slice(&line)) : NULL;
	str_finish(&line);
	return copy;
}

static const char *keep_address(struct arena *arena, struct slice value)
{
	char address[ADDRESS_MAX + 2];

	value = slice_trim(value);
	if (value.len > 2 && value.data[0] == '<' &&
		value.data[value.len - 1] == '>')
		value = slice_make(value.data + 1, value.len - 2);
	if (address_normalize(value, address, sizeof(address)) != 0)
		return NULL;
	return arena_copy(arena, slice_of(address));
}

/* "5.1.1" at the start of `s`; its length or 0. */
static size_t status_len(struct slice s)
{
	size_t at = 0;

	if (s.len < 5 || !char_is_in(s.data[0], "245") || s.data[1] != '.')
		return 0;
	for (unsigned group = 0; group < 2; group++) {
		size_t digits = 0;

		at += group == 0 ? 2 : 1;
		while (at < s.len && char_is_digit(s.data[at]) && digits < 4)
			at++, digits++;
		if (digits == 0 || digits > 3)
			return 0;
		if (group == 0 && (at >= s.len || s.data[at] != '.'))
			return 0;
	}
	return at;
}

/* ------------------------------------------------------------------------
 * Delivery status
 * ------------------------------------------------------------------------ */

static enum report_kind kind_of_action(struct slice action)
{
	static const struct {
		const char *word;
		enum report_kind kind;
	} rows[] = {
		{ "failed", REPORT_FAILED },
		{ "delayed", REPORT_DELAYED },
		{ "delivered", REPORT_DELIVERED },
		{ "relayed", REPORT_DELIVERED },
		{ "expanded", REPORT_DELIVERED },
	};

	action.len = action.len > 0 ? strcspn(action.data, " \t;(\r\n") : 0;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (slice_equals_nocase(action, rows[i].word))
			return rows[i].kind;
	return REPORT_NONE;
}

/* Of one recipient. */
struct status {
	struct slice final, original, action, code, words;
};

static void note_field(struct status *s, struct slice name, struct slice value)
{
	struct slice *const slots[] = { &s->final, &s->original, &s->action,
		&s->code, &s->words };
	static const char *const names[] = { "Final-Recipient",
		"Original-Recipient", "Action", "Status", "Diagnostic-Code" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (slice_equals_nocase(name, names[i]))
			*slots[i] = value;
}

/* Failures count more than delays, these more than the rest. */
static enum report_kind take_status(const struct status *s,
	enum report_kind before, struct arena *arena, struct mail_report *r)
{
	enum report_kind kind = kind_of_action(s->action);

	if (kind == REPORT_NONE || (before != REPORT_NONE && kind >= before))
		return before;
	/* The one that was written to, rather than where that led. */
	r->recipient = keep_address(arena, untyped(s->original));
	if (r->recipient == NULL)
		r->recipient = keep_address(arena, untyped(s->final));
	r->status =
		keep_line(arena, slice_make(s->code.data, status_len(s->code)));
	r->words = keep_line(arena, untyped(s->words));
	return kind;
}

static enum report_kind read_status(
	struct slice text, struct arena *arena, struct mail_report *r)
{
	enum report_kind kind = REPORT_NONE;
	struct status s = { { 0 }, { 0 }, { 0 }, { 0 }, { 0 } };
	struct slice name, value;

	while (next_field(&text, &name, &value)) {
		note_field(&s, name, value);
		if (name.len > 0)
			continue;
		kind = take_status(&s, kind, arena, r);
		memset(&s, 0, sizeof(s));
	}
	return take_status(&s, kind, arena, r);
}

/* ------------------------------------------------------------------------
 * Disposition
 * ------------------------------------------------------------------------ */

static enum report_kind read_disposition(
	struct slice text, struct arena *arena, struct mail_report *r)
{
	enum report_kind kind = REPORT_NONE;
	struct slice name, value;
	struct str raw;

	str_init(&raw, 2000);
	while (next_field(&text, &name, &value)) {
		if (slice_equals_nocase(name, "Final-Recipient")) {
			r->recipient = keep_address(arena, untyped(value));
		} else if (slice_equals_nocase(name, "Original-Message-ID")) {
			str_reset(&raw);
			str_add_slice(&raw, value);
			r->message_id = header_first_id(str_text(&raw), arena);
		} else if (slice_equals_nocase(name, "Disposition")) {
			kind = plain_contains(untyped(value), "displayed")
				       ? REPORT_DISPLAYED
				       : REPORT_NOT_DISPLAYED;
		}
	}
	str_finish(&raw);
	return kind;
}

/* ------------------------------------------------------------------------
 * The mail it is about
 * ------------------------------------------------------------------------ */

/* The Message-ID in a header, which may stand amid other text. */
static const char *find_id(struct slice text, struct arena *arena)
{
	struct slice name, value;

	while (next_field(&text, &name, &value)) {
		if (!slice_equals_nocase(name, "Message-ID"))
			continue;
		struct str raw;
		str_init(&raw, 2000);
		str_add_slice(&raw, value);
		const char *id = header_first_id(str_text(&raw), arena);
		str_finish(&raw);
		if (id != NULL)
			return id;
	}
	return NULL;
}

static bool is_original(const struct tree_part *p)
{
	return tree_is(p, "text/rfc822-headers") ||
	       tree_is(p, "message/rfc822-headers") ||
	       tree_is(p, "message/global-headers") ||
	       tree_is(p, "message/global") || tree_is(p, "message/rfc822");
}

static enum report_kind read_document(const struct tree_part *p,
	struct slice text, struct arena *arena, struct mail_report *r)
{
	if (tree_is(p, "message/delivery-status") ||
		tree_is(p, "message/global-delivery-status"))
		return read_status(text, arena, r);
	if (tree_is(p, "message/disposition-notification") ||
		tree_is(p, "message/global-disposition-notification"))
		return read_disposition(text, arena, r);
	if (is_original(p) && r->message_id == NULL)
		r->message_id = find_id(text, arena);
	return REPORT_NONE;
}

enum report_kind report_read(const struct tree *t, int index,
	struct arena *arena, struct mail_report *report)
{
	enum report_kind kind = REPORT_NONE;
	struct str document;

	str_init(&document, DOCUMENT_MAX);
	for (int i = tree_child(t, index, -1); i >= 0;
		i = tree_child(t, index, i)) {
		str_reset(&document);
		tree_read(&t->parts[i], &document);
		enum report_kind one = read_document(
			&t->parts[i], str_slice(&document), arena, report);

		if (kind == REPORT_NONE)
			kind = one;
	}
	str_finish(&document);
	return kind;
}

/* ------------------------------------------------------------------------
 * Bounces in words
 * ------------------------------------------------------------------------ */

static const char *const failures[] = {
	"This is the qmail-send program",
	"could not be delivered",
	"couldn't be delivered",
	"Delivery has failed to these recipients",
	"Delivery to the following recipient failed",
	"did not reach some or all of the intended recipients",
	"permanent fatal errors",
	"address couldn't be found",
	"Undeliverable message",
	"returned to sender",
	"User unknown",
};

static const char *const delays[] = {
	"has not yet been delivered",
	"has been delayed",
	"could not be delivered for the last",
	"will keep trying",
	"will continue to try",
	"THIS IS A WARNING MESSAGE ONLY",
};

static bool contains_any(
	struct slice text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (plain_contains(text, words[i]))
			return true;
	return false;
}

/* The first address in angle brackets or before a colon, as qmail has it. */
static const char *find_recipient(struct slice text, struct arena *arena)
{
	while (text.len > 0) {
		const char *open = memchr(text.data, '<', text.len);

		if (open == NULL)
			return NULL;
		size_t at = (size_t)(open - text.data) + 1;
		text = slice_make(text.data + at, text.len - at);
		struct slice rest = text;
		const char *address =
			keep_address(arena, slice_cut(&rest, '>'));
		if (rest.data == NULL)
			return NULL;
		if (address != NULL)
			return address;
	}
	return NULL;
}

/* The line with a status, and the status. */
static void find_status(
	struct slice text, struct arena *arena, struct mail_report *r)
{
	struct slice line;

	while (plain_next_line(&text, &line)) {
		for (size_t i = 0; i < line.len; i++) {
			struct slice rest =
				slice_make(line.data + i, line.len - i);
			size_t len =
				i == 0 || !(char_is_digit(line.data[i - 1]) ||
						  line.data[i - 1] == '.')
					? status_len(rest)
					: 0;

			if (len == 0)
				continue;
			r->status =
				keep_line(arena, slice_make(rest.data, len));
			r->words = keep_line(arena, line);
			return;
		}
	}
}

enum report_kind report_read_text(const struct tree *t, struct slice text,
	struct arena *arena, struct mail_report *report)
{
	const char *failed = header_raw(t, "X-Failed-Recipients");
	enum report_kind kind = REPORT_NONE;

	if (text.len > DOCUMENT_MAX)
		text.len = DOCUMENT_MAX;
	if (contains_any(text, delays, COUNT(delays)))
		kind = REPORT_DELAYED;
	else if (failed != NULL ||
		 contains_any(text, failures, COUNT(failures)))
		kind = REPORT_FAILED;
	if (kind == REPORT_NONE)
		return kind;
	if (failed != NULL) {
		struct slice list = slice_of(failed);

		report->recipient = keep_address(arena, slice_cut(&list, ','));
	}
	if (report->recipient == NULL)
		report->recipient = find_recipient(text, arena);
	report->message_id = find_id(text, arena);
	find_status(text, arena, report);
	return kind;
}
