#include "email_worker/mime.h"

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/macros.h"
#include "email_wire/address.h"
#include "email_worker/body.h"
#include "email_worker/calendar.h"
#include "email_worker/chars.h"
#include "email_worker/charset.h"
#include "email_worker/chat.h"
#include "email_worker/code.h"
#include "email_worker/filename.h"
#include "email_worker/header.h"
#include "email_worker/html.h"
#include "email_worker/kind.h"
#include "email_worker/photo.h"
#include "email_worker/plain.h"
#include "email_worker/quote.h"
#include "email_worker/reaction.h"
#include "email_worker/report.h"
#include "email_worker/subject.h"
#include "email_worker/tree.h"

/* Of a mail without Message-ID, what tells it from others. */
#define KEY_BYTES 4096

/* One mail being read. */
struct reading {
	const struct mail_read_context *context;
	struct arena *arena;
	struct mail *mail;
	struct tree tree;
	struct body body;
};

void mail_preload(void)
{
	tree_preload();
	charset_preload();
	html_preload();
	calendar_preload();
}

/* ------------------------------------------------------------------------
 * Names
 * ------------------------------------------------------------------------ */

static const char *digest_text(struct arena *arena, struct slice bytes)
{
	unsigned char digest[SHA256_SIZE];
	struct str hex;

	crypto_sha256(bytes, digest);
	str_init(&hex, 2 * SHA256_SIZE + 1);
	hex_encode(&hex, slice_make((const char *)digest, sizeof(digest)));
	const char *copy = arena_copy(arena, str_slice(&hex));
	str_finish(&hex);
	return copy ? copy : "";
}

/* Of the Message-ID, or of everything that makes the mail what it is. */
static void read_key(struct reading *r)
{
	static const char *const names[] = { "From", "Date", "Subject" };
	struct slice bytes = r->tree.bytes;
	struct str all;

	str_init(&all, TREE_HEADER_MAX + 2 * KEY_BYTES);
	if (r->mail->message_id != NULL) {
		str_addf(&all, "id %s", r->mail->message_id);
	} else {
		for (size_t i = 0; i < COUNT(names); i++) {
			const char *raw = header_raw(&r->tree, names[i]);

			str_addf(&all, "%s\n", raw ? raw : "");
		}
		str_addf(&all, "%zu\n", bytes.len);
		str_add_bytes(&all, bytes.data,
			bytes.len < KEY_BYTES ? bytes.len : KEY_BYTES);
	}
	r->mail->key = digest_text(r->arena, str_slice(&all));
	str_finish(&all);
}

static void read_names(struct reading *r)
{
	struct mail *m = r->mail;

	m->message_id = header_id(&r->tree, "Message-ID", r->arena);
	m->original_id = header_id(
		&r->tree, "X-Microsoft-Original-Message-ID", r->arena);
	m->in_reply_to = header_id(&r->tree, "In-Reply-To", r->arena);
	m->references = header_ids(
		&r->tree, "References", r->arena, &m->reference_count);
	m->date_ms = header_date(&r->tree, r->context->now_ms);
	read_key(r);
}

/* ------------------------------------------------------------------------
 * People
 * ------------------------------------------------------------------------ */

static struct mail_address first_of(struct reading *r, const char *name)
{
	struct mail_addresses list;

	header_people(&r->tree, name, r->arena, &list);
	if (list.count > 0)
		return list.items[0];
	return (struct mail_address){ NULL, "" };
}

static void read_from(struct reading *r)
{
	struct mail *m = r->mail;

	m->from = first_of(r, "From");
	m->sender = first_of(r, "Sender");
	if (m->from.address[0] != '\0')
		return;
	m->warnings |= MAIL_NO_SENDER;
	const char *name = header_text(&r->tree, "From", r->arena);
	m->from = m->sender;
	if (m->from.address[0] == '\0')
		m->from = first_of(r, "Return-Path");
	if (m->from.name == NULL)
		m->from.name = name;
}

/* Which of the user's addresses it came to, as his server noted. */
static const char *delivered_to(struct reading *r)
{
	static const char *const names[] = { "Delivered-To", "X-Original-To",
		"Envelope-To", "X-Delivered-To" };

	for (size_t i = 0; i < COUNT(names); i++) {
		struct mail_address one = first_of(r, names[i]);

		if (one.address[0] != '\0')
			return one.address;
	}
	return NULL;
}

static void read_people(struct reading *r)
{
	struct mail *m = r->mail;
	struct mail_address receipt =
		first_of(r, "Disposition-Notification-To");

	read_from(r);
	header_people(&r->tree, "Reply-To", r->arena, &m->reply_to);
	header_people(&r->tree, "To", r->arena, &m->to);
	header_people(&r->tree, "Cc", r->arena, &m->cc);
	m->delivered_to = delivered_to(r);
	if (receipt.address[0] == '\0')
		receipt = first_of(r, "Chat-Disposition-Notification-To");
	if (receipt.address[0] != '\0')
		m->wants_receipt = receipt.address;
}

/* A list that puts itself in From, so that DMARC passes, tells the author
 * elsewhere. */
static void read_author(struct reading *r)
{
	struct mail *m = r->mail;
	struct mail_address author = first_of(r, "X-Original-From");
	const char *post = m->list_post ? m->list_post : "";

	if (m->kind != MAIL_LIST ||
		(!address_equals(m->from.address, post) &&
			(m->from.name == NULL ||
				strstr(m->from.name, " via ") == NULL)))
		return;
	if (author.address[0] == '\0' && m->reply_to.count == 1 &&
		!address_equals(m->reply_to.items[0].address, post))
		author = m->reply_to.items[0];
	if (author.address[0] == '\0')
		return;
	m->sender = m->from;
	m->from = author;
}

/* ------------------------------------------------------------------------
 * Other headers
 * ------------------------------------------------------------------------ */

static void read_subject(struct reading *r)
{
	struct mail *m = r->mail;

	m->subject = header_text(&r->tree, "Subject", r->arena);
	if (m->subject != NULL)
		m->base_subject = arena_copy(r->arena,
			subject_base(slice_of(m->subject), m->list_id != NULL));
}

static void read_language(struct reading *r)
{
	struct slice rest =
		slice_of(header_word(&r->tree, "Content-Language", r->arena));
	struct slice first = slice_trim(slice_cut(&rest, ','));

	if (first.len > 0 && first.len < 36)
		r->mail->language = arena_copy(r->arena, first);
}

static void read_headers(struct reading *r)
{
	struct mail *m = r->mail;
	const struct tree *t = &r->tree;

	m->subject = header_text(t, "Subject", r->arena);
	kind_read(t, r->arena, m);
	read_subject(r);
	read_language(r);
	chat_read(t, r->arena, m);
	m->received = header_count(t, "Received");
	m->our_mark = header_text(t, "X-Causeway", r->arena);
	m->gmail_thread = header_word(t, "X-GM-THRID", r->arena);
}

/* ------------------------------------------------------------------------
 * Text
 * ------------------------------------------------------------------------ */

/* Mails inside a mail that says nothing itself: "subject (sender)" each. */
static void add_previews(struct reading *r, struct str *out)
{
	for (size_t i = 0; i < r->tree.count; i++) {
		const struct tree_part *p = &r->tree.parts[i];
		struct tree inner = { .options = r->tree.options };
		struct mail_addresses from;

		if (!p->is_message || r->body.is_hidden[i])
			continue;
		inner.message = g_mime_message_part_get_message(
			(GMimeMessagePart *)p->object);
		if (inner.message == NULL)
			continue;
		const char *subject = header_text(&inner, "Subject", r->arena);
		header_people(&inner, "From", r->arena, &from);
		if (subject == NULL)
			continue;
		str_addf(out, "%s%s", out->len > 0 ? "\n" : "", subject);
		if (from.count > 0)
			str_addf(out, " (%s)",
				from.items[0].name ? from.items[0].name
						   : from.items[0].address);
	}
}

static int keep_text(struct reading *r, struct slice text)
{
	while (text.len > 0 && char_is_in(text.data[text.len - 1], " \t\n"))
		text.len--;
	r->mail->text = arena_copy(r->arena, text);
	return r->mail->text != NULL ? 0 : -1;
}

static bool is_armoured(struct slice text)
{
	return plain_contains(text, "-----BEGIN PGP MESSAGE-----");
}

static void note_body(struct reading *r)
{
	const struct body *b = &r->body;
	struct mail *m = r->mail;

	if (b->is_cut || r->tree.is_cut)
		m->warnings |= MAIL_CUT;
	if (b->is_encrypted || is_armoured(str_slice(&b->text)))
		m->warnings |= MAIL_ENCRYPTED;
	if (b->has_remote)
		m->warnings |= MAIL_HAS_REMOTE;
}

static int read_text(struct reading *r)
{
	struct mail *m = r->mail;
	bool forward =
		m->subject != NULL && subject_is_forward(slice_of(m->subject));
	bool full = r->context->full || m->is_chat;
	struct quote_result result = { false, forward };
	struct str text;

	body_read(&r->tree, full || forward, &r->body);
	note_body(r);
	str_init(&text, BODY_TEXT_MAX + 1);
	if (full)
		str_add_slice(&text, str_slice(&r->body.text));
	else
		quote_cut(&text, str_slice(&r->body.text), forward,
			m->kind == MAIL_LIST, &result);
	if (text.len == 0)
		add_previews(r, &text);
	bool is_chat = m->is_chat && !r->context->full;
	int status = is_chat ? chat_text(str_slice(&text), r->arena, m)
			     : keep_text(r, str_slice(&text));
	m->text_is_cut = result.is_cut || r->body.html_cut;
	m->is_forward = result.is_forward;
	str_finish(&text);
	return status;
}

/* ------------------------------------------------------------------------
 * Special kinds
 * ------------------------------------------------------------------------ */

static void read_report(struct reading *r)
{
	static const enum mail_kind kinds[] = {
		[REPORT_FAILED] = MAIL_BOUNCE,
		[REPORT_DELAYED] = MAIL_DELAYED,
		[REPORT_DELIVERED] = MAIL_DELIVERED,
		[REPORT_DISPLAYED] = MAIL_RECEIPT,
		[REPORT_NOT_DISPLAYED] = MAIL_AUTO_REPLY,
	};
	struct mail *m = r->mail;
	enum report_kind kind = REPORT_NONE;

	if (r->body.report >= 0)
		kind = report_read(
			&r->tree, r->body.report, r->arena, &m->report);
	if (kind == REPORT_NONE && kind_is_mailer(&r->tree, m))
		kind = report_read_text(&r->tree, str_slice(&r->body.text),
			r->arena, &m->report);
	if (kind == REPORT_NONE) {
		m->report = (struct mail_report){ 0 };
		return;
	}
	m->kind = kinds[kind];
	m->is_automatic = true;
}

static bool is_calendar_file(const struct tree_part *p)
{
	return tree_is(p, "application/ics") || tree_is(p, "text/calendar");
}

/* The event of the part with this index, if there is one. */
static bool read_event_of(struct reading *r, int index)
{
	const struct tree_part *p = &r->tree.parts[index];
	struct str bytes, text;

	str_init(&bytes, BODY_TEXT_MAX);
	str_init(&text, BODY_TEXT_MAX);
	tree_read(p, &bytes);
	charset_to_utf8(&text, str_slice(&bytes), slice_of("utf-8"));
	bool found = calendar_read(str_slice(&text),
		tree_parameter(p, "method"), r->arena, &r->mail->event);
	str_finish(&bytes);
	str_finish(&text);
	return found;
}

/* Programs send the invitation twice, in the text and as a file. */
static void read_event(struct reading *r)
{
	int shown = r->body.calendar;
	bool found = shown >= 0 && read_event_of(r, shown);

	for (int i = 0; i < (int)r->tree.count; i++) {
		if (i == shown || !is_calendar_file(&r->tree.parts[i]) ||
			r->body.is_hidden[i])
			continue;
		if (!found)
			found = read_event_of(r, i);
		else if (shown >= 0)
			r->body.is_hidden[shown] = true;
		if (found)
			return;
	}
}

static void read_reaction(struct reading *r)
{
	const char *reactions = reaction_read(&r->tree, r->arena);

	if (reactions == NULL || r->mail->in_reply_to == NULL)
		return;
	r->mail->reactions = reactions;
	r->mail->kind = MAIL_REACTION;
}

/* Of a machine; or of somebody whose subject speaks of one. */
static void read_code(struct reading *r)
{
	struct mail *m = r->mail;
	struct str all;
	bool is_likely = m->kind == MAIL_MACHINE || m->kind == MAIL_BULK;

	str_init(&all, BODY_TEXT_MAX + 2 * HEADER_TEXT_MAX);
	if (m->subject != NULL)
		str_addf(&all, "%s\n", m->subject);
	if (m->kind == MAIL_PERSON && m->in_reply_to == NULL)
		is_likely = code_is_meant(str_slice(&all));
	str_add(&all, m->text);
	struct slice code = slice_of(NULL);
	if (is_likely)
		code = code_find(str_slice(&all));
	if (code.len > 0)
		m->code = arena_copy(r->arena, code);
	str_finish(&all);
}

/* ------------------------------------------------------------------------
 * Files
 * ------------------------------------------------------------------------ */

/* Pictures that are smaller are decoration. */
#define PICTURE_MIN 5000

static const char *part_name(struct reading *r, const struct tree_part *p)
{
	const char *name = g_mime_object_get_content_disposition_parameter(
		p->object, "filename");
	struct str clean;

	if (name == NULL)
		name = tree_parameter(p, "name");
	if (name != NULL && strstr(name, "=?") != NULL)
		name = header_decode(name, r->arena);
	str_init(&clean, 2 * FILENAME_MAX_BYTES);
	filename_clean(&clean, name, p->type);
	const char *copy = arena_copy(r->arena, str_slice(&clean));
	str_finish(&clean);
	return copy ? copy : "file.bin";
}

/* Part of the HTML, and not worth showing without it. */
static bool is_decoration(
	struct reading *r, const struct tree_part *p, int64_t size)
{
	bool belongs =
		p->parent >= 0 &&
		tree_is(&r->tree.parts[p->parent], "multipart/related") &&
		g_mime_object_get_content_id(p->object) != NULL &&
		strncmp(p->type, "image/", 6) == 0;

	return belongs &&
	       !(r->body.used_html &&
		       (size >= PICTURE_MIN || r->mail->text[0] == '\0'));
}

static void add_part(struct reading *r, const struct tree_part *p)
{
	const char *type = arena_copy(r->arena, slice_of(p->type));
	struct mail_part *file = &r->mail->parts[r->mail->part_count++];

	file->number = p->number;
	file->name = part_name(r, p);
	file->type = type ? type : "";
	file->size = tree_decode(p, NULL);
	file->is_inline = is_decoration(r, p, file->size);
}

static int add_packed(struct reading *r, const struct body_file *packed)
{
	const char *name = arena_copy(r->arena, slice_of(packed->name));

	if (name == NULL)
		return -1;
	r->mail->parts[r->mail->part_count++] = (struct mail_part){
		.number = packed->number,
		.name = name,
		.type = filename_type(name),
		.size = packed->size,
	};
	return 0;
}

static int read_files(struct reading *r)
{
	struct mail *m = r->mail;
	size_t most = r->tree.count + r->body.file_count;

	m->parts = arena_alloc(r->arena, (most + 1) * sizeof(*m->parts));
	if (m->parts == NULL)
		return -1;
	for (size_t i = 0; i < r->tree.count; i++)
		if (!r->tree.parts[i].is_multipart && !r->body.is_hidden[i])
			add_part(r, &r->tree.parts[i]);
	for (size_t i = 0; i < r->body.file_count; i++)
		if (add_packed(r, &r->body.files[i]) != 0)
			return -1;
	return 0;
}

/* ------------------------------------------------------------------------
 * The mail
 * ------------------------------------------------------------------------ */

static void read_photo(struct reading *r)
{
	int part = photo_read(&r->tree, r->arena, r->mail);

	if (part >= 0)
		r->body.is_hidden[part] = true;
}

static int read_all(struct reading *r)
{
	read_names(r);
	read_people(r);
	read_headers(r);
	if (read_text(r) != 0)
		return -1;
	kind_warn(&r->tree, r->context->authserv_id, r->mail);
	read_author(r);
	read_report(r);
	read_event(r);
	read_reaction(r);
	read_code(r);
	read_photo(r);
	return read_files(r);
}

int mail_read(struct slice bytes, const struct mail_read_context *context,
	struct arena *arena, struct mail *m)
{
	struct reading *r = xalloc(sizeof(*r));

	mail_preload();
	*m = (struct mail){ .text = "", .key = "" };
	r->context = context;
	r->arena = arena;
	r->mail = m;
	tree_open(&r->tree, bytes);
	int result = read_all(r);
	body_finish(&r->body);
	tree_close(&r->tree);
	xfree(r);
	return result;
}

int mail_read_part(
	struct slice bytes, uint32_t number, const struct mail_sink *sink)
{
	struct tree *t = xalloc(sizeof(*t));
	int result = -1;

	tree_open(t, bytes);
	if (number >> BODY_FILE_SHIFT != 0)
		result = body_read_file(t, number, sink);
	else if (number > 0 && number <= t->count)
		result = tree_decode(&t->parts[number - 1], sink) < 0 ? -1 : 0;
	tree_close(t);
	xfree(t);
	return result;
}
