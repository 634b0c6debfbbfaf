#include "email_worker/mime.h"

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/macros.h"
#include "email_wire/address.h"
#include "email_worker/body.h"
#include "email_worker/charset.h"
#include "email_worker/filename.h"
#include "email_worker/header.h"
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

static void read_people(struct reading *r)
{
	struct mail *m = r->mail;

	read_from(r);
	header_people(&r->tree, "Reply-To", r->arena, &m->reply_to);
	header_people(&r->tree, "To", r->arena, &m->to);
	header_people(&r->tree, "Cc", r->arena, &m->cc);
}

/* ------------------------------------------------------------------------
 * Files
 * ------------------------------------------------------------------------ */

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

static void add_file(struct reading *r, const struct tree_part *p)
{
	const char *type = arena_copy(r->arena, slice_of(p->type));
	struct mail_part *file = &r->mail->parts[r->mail->part_count++];

	file->number = p->number;
	file->name = part_name(r, p);
	file->type = type ? type : "";
	file->size = tree_decode(p, NULL);
}

static int read_files(struct reading *r)
{
	struct mail *m = r->mail;

	m->parts = arena_alloc(r->arena, r->tree.count * sizeof(*m->parts));
	if (m->parts == NULL)
		return -1;
	for (size_t i = 0; i < r->tree.count; i++)
		if (!r->tree.parts[i].is_multipart && !r->body.is_hidden[i])
			add_file(r, &r->tree.parts[i]);
	return 0;
}

/* ------------------------------------------------------------------------
 * The mail
 * ------------------------------------------------------------------------ */

static int read_text(struct reading *r)
{
	body_read(&r->tree, r->context->full, &r->body);
	struct slice text = slice_trim(str_slice(&r->body.text));
	r->mail->text = arena_copy(r->arena, text);
	if (r->body.is_cut || r->tree.is_cut)
		r->mail->warnings |= MAIL_CUT;
	return r->mail->text != NULL ? 0 : -1;
}

static int read_all(struct reading *r)
{
	read_names(r);
	read_people(r);
	r->mail->subject = header_text(&r->tree, "Subject", r->arena);
	r->mail->base_subject = r->mail->subject;
	if (read_text(r) != 0)
		return -1;
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
	if (number > 0 && number <= t->count)
		result = tree_decode(&t->parts[number - 1], sink) < 0 ? -1 : 0;
	tree_close(t);
	xfree(t);
	return result;
}
