/*
 * Headers in one order, a body by the kind of mail: text, text and files, an
 * answer to an invitation, a reaction, or a receipt.
 */
#include "email_worker/compose.h"

#include <stdlib.h>
#include <strings.h>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/utf8.h"
#include "email_worker/chars.h"
#include "email_worker/chat.h"
#include "email_worker/clean.h"
#include "email_worker/field.h"
#include "email_worker/flow.h"

/* RFC 5322 section 3.6.4 sets no limit; threads of people need no more. */
#define REFERENCES_LAST 20
/* Headers of 1000 recipients. */
#define HEAD_MAX        ((size_t)1024 * 1024)
/* Of what is quoted: a hint, as the reader has that mail. */
#define QUOTE_MAX       ((size_t)500)
/* Three quarters of 76 characters, many lines at once. */
#define FILE_LINE       57
#define FILE_PIECE      ((size_t)57 * 64)

struct composing {
	const struct draft *draft;
	const struct compose_source *source;
	const struct mail_sink *sink;
	const char *error;
	struct str out; /* written, but not yet sent */
	char boundary[40];
	/* Of a mailto: that is followed. */
	struct str subject, text;
	struct mail_address to;
	char to_address[256];
};

static int fail(struct composing *c, const char *error)
{
	c->error = error;
	return -1;
}

static int flush(struct composing *c)
{
	if (c->out.overflow)
		return fail(c, "The mail is too long.");
	if (c->out.len > 0 &&
		c->sink->write(c->sink->context, str_slice(&c->out)) != 0)
		return fail(c, "The mail could not be written.");
	str_reset(&c->out);
	return 0;
}

/* ------------------------------------------------------------------------
 * Headers
 * ------------------------------------------------------------------------ */

/* The first and the last ones, the mail that is answered at the end. */
static void add_references(struct composing *c)
{
	const struct draft *d = c->draft;
	const char *ids[REFERENCES_LAST + 2];
	size_t count = 0, from = 0;

	if (d->reference_count > 0)
		ids[count++] = d->references[from++];
	if (d->reference_count > REFERENCES_LAST + 1)
		from = d->reference_count - REFERENCES_LAST;
	for (; from < d->reference_count; from++)
		ids[count++] = d->references[from];
	if (d->in_reply_to != NULL &&
		(count == 0 || strcmp(ids[count - 1], d->in_reply_to) != 0)) {
		if (count > REFERENCES_LAST)
			count--;
		ids[count++] = d->in_reply_to;
	}
	if (d->in_reply_to != NULL)
		field_ids(&c->out, "In-Reply-To", &d->in_reply_to, 1);
	field_ids(&c->out, "References", ids, count);
}

static int add_address(
	struct composing *c, const char *name, const char *address)
{
	struct mail_address person = { NULL, address };

	if (address == NULL)
		return 0;
	return field_people(&c->out, name, &person, 1);
}

static int add_people(struct composing *c)
{
	const struct draft *d = c->draft;
	int bad = field_people(&c->out, "From", &d->from, 1);

	bad |= add_address(c, "Reply-To", d->reply_to);
	if (c->to.address != NULL)
		bad |= field_people(&c->out, "To", &c->to, 1);
	else
		bad |= field_people(&c->out, "To", d->to.items, d->to.count);
	bad |= field_people(&c->out, "Cc", d->cc.items, d->cc.count);
	if (d->to.count == 0 && d->cc.count == 0 && c->to.address == NULL)
		str_add(&c->out, "To: undisclosed-recipients:;\r\n");
	return bad != 0 ? fail(c, "One of the addresses cannot be written.")
			: 0;
}

static bool is_language(const char *text)
{
	size_t len = text != NULL ? strlen(text) : 0;

	for (size_t i = 0; i < len; i++)
		if (!char_is_letter(text[i]) && !char_is_digit(text[i]) &&
			text[i] != '-')
			return false;
	return len > 0 && len <= 35;
}

static int add_chat(struct composing *c)
{
	const struct draft *d = c->draft;

	if (!d->is_chat)
		return 0;
	str_add(&c->out, "Chat-Version: 1.0\r\n");
	field_text(&c->out, "Chat-Group-ID", d->chat_group_id);
	field_text(&c->out, "Chat-Group-Name", d->chat_group_name);
	field_text(&c->out, "Chat-Group-Name-Changed", d->chat_name_changed);
	int bad =
		add_address(c, "Chat-Group-Member-Added", d->chat_member_added);
	bad |= add_address(
		c, "Chat-Group-Member-Removed", d->chat_member_removed);
	bad |= add_address(
		c, "Chat-Disposition-Notification-To", d->receipt_to);
	return bad;
}

static int add_headers(struct composing *c)
{
	const struct draft *d = c->draft;
	const char *id = d->message_id;

	if (!field_is_id(id))
		return fail(c, "The mail has no name.");
	field_date(&c->out, d->date_ms, d->zone_minutes);
	if (add_people(c) != 0)
		return -1;
	field_text(&c->out, "Subject",
		c->subject.len > 0 ? str_text(&c->subject) : d->subject);
	field_ids(&c->out, "Message-ID", &id, 1);
	add_references(c);
	if (is_language(d->language))
		field_text(&c->out, "Content-Language", d->language);
	if (!d->is_chat && add_address(c, "Disposition-Notification-To",
				   d->receipt_to) != 0)
		return fail(c, "One of the addresses cannot be written.");
	if (add_chat(c) != 0)
		return fail(c, "One of the addresses cannot be written.");
	field_text(&c->out, "X-Causeway", d->mark);
	if (d->is_receipt)
		str_add(&c->out, "Auto-Submitted: auto-replied\r\n");
	str_add(&c->out, "MIME-Version: 1.0\r\n");
	return 0;
}

/* ------------------------------------------------------------------------
 * Parts
 * ------------------------------------------------------------------------ */

/* The same for the same mail; "=_" stands in no base64 and no
 * quoted-printable. */
static void make_boundary(struct composing *c)
{
	unsigned char digest[SHA256_SIZE];
	struct str text;

	crypto_sha256(slice_of(c->draft->message_id), digest);
	str_init(&text, sizeof(c->boundary));
	str_add(&text, "=_");
	hex_encode(&text, slice_make((const char *)digest, 16));
	text_copy(c->boundary, sizeof(c->boundary), str_text(&text));
	str_finish(&text);
}

static void add_multipart(
	struct composing *c, const char *subtype, const char *parameters)
{
	str_addf(&c->out,
		"Content-Type: multipart/%s%s;\r\n boundary=\"%s\"\r\n",
		subtype, parameters, c->boundary);
}

static void add_boundary(struct composing *c)
{
	str_addf(&c->out, "\r\n--%s\r\n", c->boundary);
}

static void add_end(struct composing *c)
{
	str_addf(&c->out, "\r\n--%s--\r\n", c->boundary);
}

/* Headers and lines of a text, in the encoding that it needs. */
static void add_lines(
	struct composing *c, const char *headers, struct slice lines)
{
	bool quoted = flow_needs_quoting(lines);

	str_add(&c->out, headers);
	str_addf(&c->out, "Content-Transfer-Encoding: %s\r\n\r\n",
		quoted ? "quoted-printable" : "7bit");
	if (quoted)
		flow_quote(&c->out, lines);
	else
		str_add_slice(&c->out, lines);
}

/* The beginning of what it answers, each line as a quote, and an empty line. */
static void add_quote(struct str *lines, const char *quote)
{
	struct slice rest = slice_of(quote);
	struct str clean;

	rest.len = utf8_prefix(rest, QUOTE_MAX);
	str_init(&clean, 4 * QUOTE_MAX);
	clean_text(&clean, rest);
	rest = slice_trim(str_slice(&clean));
	if (rest.len == 0) {
		str_finish(&clean);
		return;
	}
	while (rest.len > 0) {
		struct slice line = slice_cut(&rest, '\n');

		while (line.len > 0 && line.data[line.len - 1] == ' ')
			line.len--;
		str_addf(lines, ">%s%.*s\r\n", line.len > 0 ? " " : "",
			(int)line.len, line.data);
	}
	str_add(lines, "\r\n");
	str_finish(&clean);
}

static void add_text(struct composing *c)
{
	const char *text =
		c->text.len > 0 ? str_text(&c->text) : c->draft->text;
	struct str lines, chat;

	str_init(&lines, 8 * (strlen(text) + QUOTE_MAX) + 16);
	str_init(&chat, 4 * strlen(text) + 16);
	add_quote(&lines, c->draft->quote);
	if (c->draft->is_chat)
		chat_write(&chat, slice_of(text));
	flow_text(
		&lines, c->draft->is_chat ? str_slice(&chat) : slice_of(text));
	add_lines(c,
		"Content-Type: text/plain; charset=utf-8; format=flowed\r\n",
		str_slice(&lines));
	str_finish(&lines);
	str_finish(&chat);
}

/* ------------------------------------------------------------------------
 * Files
 * ------------------------------------------------------------------------ */

static bool is_token(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!char_is_letter(text.data[i]) &&
			!char_is_digit(text.data[i]) &&
			!char_is_in(text.data[i], "!#$&^_.+-"))
			return false;
	return text.len > 0 && text.len <= 63;
}

/* A type whose content may be encoded (RFC 2046 section 5 forbids it for
 * mails and parts of them). */
static const char *file_type(const char *type)
{
	struct slice rest = slice_of(type);
	struct slice major = slice_cut(&rest, '/');

	if (!is_token(major) || !is_token(rest) ||
		slice_equals_nocase(major, "multipart") ||
		slice_equals_nocase(major, "message"))
		return "application/octet-stream";
	return type;
}

/* As many bytes as there are, up to `size`. */
static long read_piece(
	struct composing *c, char *buffer, size_t size, int64_t left)
{
	size_t have = 0;

	if ((int64_t)size > left)
		size = (size_t)left;
	while (have < size) {
		long got = c->source->read(
			c->source->context, buffer + have, size - have);

		if (got <= 0 || (size_t)got > size - have)
			return -1;
		have += (size_t)got;
	}
	return (long)have;
}

static void add_base64(struct composing *c, struct slice piece)
{
	while (piece.len > 0) {
		size_t len = piece.len < FILE_LINE ? piece.len : FILE_LINE;

		base64_encode(&c->out, slice_make(piece.data, len));
		str_add(&c->out, "\r\n");
		piece = slice_make(piece.data + len, piece.len - len);
	}
}

static int add_file(struct composing *c, const struct draft_file *file)
{
	int64_t left = file->size;

	if (left < 0 || (left > 0 && c->source == NULL))
		return fail(c, "A file is missing.");
	add_boundary(c);
	str_addf(&c->out, "Content-Type: %s\r\n", file_type(file->type));
	str_add(&c->out, "Content-Disposition: attachment");
	field_parameter(&c->out, "filename", file->name);
	str_add(&c->out, "\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	while (left > 0) {
		char piece[FILE_PIECE];
		long got = read_piece(c, piece, sizeof(piece), left);

		if (got <= 0)
			return fail(c, "A file could not be read.");
		left -= got;
		add_base64(c, slice_make(piece, (size_t)got));
		if (flush(c) != 0)
			return -1;
	}
	return 0;
}

/* ------------------------------------------------------------------------
 * Kinds of body
 * ------------------------------------------------------------------------ */

static int compose_files(struct composing *c)
{
	const struct draft *d = c->draft;

	add_multipart(c, "mixed", "");
	add_boundary(c);
	add_text(c);
	for (size_t i = 0; i < d->file_count; i++)
		if (add_file(c, &d->files[i]) != 0)
			return -1;
	add_end(c);
	return 0;
}

/* Corrections and withdrawals: Delta Chat believes these headers only in front
 * of the first part. */
static void compose_hidden(struct composing *c)
{
	const struct draft *d = c->draft;

	add_multipart(c, "mixed", "");
	add_boundary(c);
	if (d->chat_edit != NULL)
		field_ids(&c->out, "Chat-Edit", &d->chat_edit, 1);
	if (d->chat_delete != NULL)
		field_ids(&c->out, "Chat-Delete", &d->chat_delete, 1);
	add_text(c);
	add_end(c);
}

static bool is_json(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.data[i] <= ' ' ||
			char_is_in(text.data[i], "\"\\"))
			return false;
	return text.len > 0;
}

/* Gmail's form: one reaction in a mail. */
static void add_gmail_reaction(struct composing *c, struct slice reaction)
{
	struct str json;

	if (!is_json(reaction))
		return;
	str_init(&json, 1000);
	str_addf(&json, "{\"version\":1,\"emoji\":\"%.*s\"}\r\n",
		(int)reaction.len, reaction.data);
	add_boundary(c);
	add_lines(c,
		"Content-Type: text/vnd.google.email-reaction+json; "
		"charset=utf-8\r\n",
		str_slice(&json));
	str_finish(&json);
}

/* RFC 9078, with words for those who do not know it; Delta Chat shows no words
 * and looks into no other part. */
static void compose_reaction(struct composing *c)
{
	static const char headers[] = "Content-Type: text/plain; charset=utf-8"
				      "\r\nContent-Disposition: reaction\r\n";
	struct str line, lines;

	str_init(&line, 1000);
	str_init(&lines, 1000);
	clean_line(&line, slice_of(c->draft->reaction), 200);
	str_addf(&lines, "%s\r\n", str_text(&line));
	if (c->draft->is_chat) {
		add_lines(c, headers, str_slice(&lines));
	} else {
		add_multipart(c, "alternative", "");
		add_boundary(c);
		add_text(c);
		add_boundary(c);
		add_lines(c, headers, str_slice(&lines));
		add_gmail_reaction(c, str_slice(&line));
		add_end(c);
	}
	str_finish(&line);
	str_finish(&lines);
}

/* Its lines with CRLF, nothing else of it changed. */
static void calendar_lines(struct str *out, const char *text)
{
	struct str clean;
	struct slice rest;

	str_init(&clean, 4 * strlen(text) + 16);
	clean_text(&clean, slice_of(text));
	rest = str_slice(&clean);
	while (rest.len > 0) {
		str_add_slice(out, slice_cut(&rest, '\n'));
		str_add(out, "\r\n");
	}
	str_finish(&clean);
}

/* RFC 6047 section 2.4. */
static void compose_calendar(struct composing *c)
{
	const char *method = c->draft->calendar_method;
	char headers[200];
	struct str lines;

	if (method == NULL || !is_token(slice_of(method)))
		method = "REPLY";
	text_format(headers, sizeof(headers),
		"Content-Type: text/calendar; charset=utf-8; method=%s\r\n",
		method);
	str_init(&lines, 8 * strlen(c->draft->calendar) + 16);
	calendar_lines(&lines, c->draft->calendar);
	add_multipart(c, "alternative", "");
	add_boundary(c);
	add_text(c);
	add_boundary(c);
	add_lines(c, headers, str_slice(&lines));
	add_end(c);
	str_finish(&lines);
}

/* RFC 8098 section 3: the user let us say that he saw the mail. */
static int compose_receipt(struct composing *c)
{
	const struct draft *d = c->draft;

	add_multipart(c, "report", "; report-type=disposition-notification");
	add_boundary(c);
	add_text(c);
	add_boundary(c);
	str_add(&c->out, "Content-Type: message/disposition-notification\r\n"
			 "\r\nReporting-UA: Causeway\r\n"
			 "Final-Recipient: rfc822;");
	if (field_address(&c->out, d->from.address) != 0)
		return fail(c, "One of the addresses cannot be written.");
	str_add(&c->out, "\r\n");
	if (d->in_reply_to != NULL)
		field_ids(&c->out, "Original-Message-ID", &d->in_reply_to, 1);
	str_add(&c->out, "Disposition: manual-action/MDN-sent-automatically; "
			 "displayed\r\n");
	add_end(c);
	return 0;
}

static int compose_body(struct composing *c)
{
	const struct draft *d = c->draft;

	make_boundary(c);
	if (d->is_receipt)
		return compose_receipt(c);
	if (d->reaction != NULL)
		compose_reaction(c);
	else if (d->calendar != NULL)
		compose_calendar(c);
	else if (d->file_count > 0)
		return compose_files(c);
	else if (d->is_chat && (d->chat_edit != NULL || d->chat_delete != NULL))
		compose_hidden(c);
	else
		add_text(c);
	return 0;
}

/* ------------------------------------------------------------------------
 * mailto: (RFC 6068)
 * ------------------------------------------------------------------------ */

/* To whom, and with which subject and text one is to write. */
static void read_mailto(struct composing *c)
{
	struct slice rest = slice_of(c->draft->unsubscribe_from);
	struct str address;

	if (rest.len < 7 || strncasecmp(rest.data, "mailto:", 7) != 0)
		return;
	rest = slice_make(rest.data + 7, rest.len - 7);
	str_init(&address, sizeof(c->to_address));
	percent_decode(&address, slice_cut(&rest, '?'));
	text_copy(c->to_address, sizeof(c->to_address), str_text(&address));
	str_finish(&address);
	c->to.address = c->to_address;
	while (rest.data != NULL) {
		struct slice value = slice_cut(&rest, '&');
		struct slice key = slice_cut(&value, '=');

		if (slice_equals_nocase(key, "subject"))
			percent_decode(&c->subject, value);
		else if (slice_equals_nocase(key, "body"))
			percent_decode(&c->text, value);
	}
	if (c->subject.len == 0 && c->draft->subject == NULL)
		str_add(&c->subject, "unsubscribe");
}

int compose(const struct draft *d, const struct compose_source *source,
	const struct mail_sink *sink, const char **error_r)
{
	struct composing c = { .draft = d, .source = source, .sink = sink };
	size_t texts =
		strlen(d->text) + (d->calendar ? strlen(d->calendar) : 0);

	str_init(&c.out, HEAD_MAX + 32 * texts);
	str_init(&c.subject, 1000);
	str_init(&c.text, 8000);
	if (d->unsubscribe_from != NULL)
		read_mailto(&c);
	int result = add_headers(&c);
	if (result == 0)
		result = compose_body(&c);
	if (result == 0)
		result = flush(&c);
	str_finish(&c.out);
	str_finish(&c.subject);
	str_finish(&c.text);
	*error_r = c.error;
	return result;
}
