#include "email_worker/body.h"

#include <strings.h>

#include "base/alloc.h"
#include "base/macros.h"
#include "email_worker/charset.h"
#include "email_worker/clean.h"
#include "email_worker/html.h"
#include "email_worker/plain.h"
#include "email_worker/tnef.h"

/* What is offered as a file or text even though it is text. */
static const char *const no_body[] = { "text/calendar", "text/rtf", "text/css",
	"text/csv", "text/vcard", "text/x-vcard", "text/directory",
	"text/rfc822-headers", "text/x-amp-html", "text/watch-html" };

/* A longer text says more than that one should look at the other form. */
#define SHORT_TEXT ((size_t)400)

/* ------------------------------------------------------------------------
 * Files inside texts
 * ------------------------------------------------------------------------ */

static void add_file(const struct tree_part *p, unsigned own, struct slice name,
	int64_t size, struct body *b)
{
	struct str text, clean;

	if (b->file_count == BODY_FILES_MAX)
		return;
	struct body_file *file = &b->files[b->file_count++];
	str_init(&text, 4096);
	str_init(&clean, sizeof(file->name));
	if (name.len > 1000)
		name.len = 1000;
	charset_to_utf8(&text, name, slice_of(NULL));
	filename_clean(&clean, str_text(&text), "");
	file->number = p->number | own << BODY_FILE_SHIFT;
	file->size = size;
	text_copy(file->name, sizeof(file->name), str_text(&clean));
	str_finish(&text);
	str_finish(&clean);
}

/* ------------------------------------------------------------------------
 * The text of one part
 * ------------------------------------------------------------------------ */

static void decode_part(
	const struct tree_part *p, struct str *out, struct body *b)
{
	const char *label = tree_parameter(p, "charset");
	struct slice mark;
	struct str bytes;

	str_init(&bytes, BODY_TEXT_MAX);
	if (!tree_read(p, &bytes))
		b->is_cut = true;
	mark = slice_of(label);
	if (label == NULL && tree_is(p, "text/html"))
		mark = html_charset(str_slice(&bytes));
	if (!charset_to_utf8(out, str_slice(&bytes), mark))
		b->is_cut = true;
	str_finish(&bytes);
}

/* Append the text without its uuencoded files, and note these. */
static void cut_files(const struct tree_part *p, struct str *out,
	struct slice text, struct body *b)
{
	struct plain_file file;
	unsigned own = 0;

	while (own < BODY_FILES_MAX && plain_find_file(text, &file)) {
		size_t before = (size_t)(file.whole.data - text.data);
		size_t after = before + file.whole.len;

		after += after < text.len; /* its line break */
		str_add_bytes(out, text.data, before);
		text = slice_make(text.data + after, text.len - after);
		add_file(p, ++own, file.name,
			transfer_decode(TRANSFER_UU, file.lines, NULL), b);
	}
	str_add_slice(out, text);
}

static void add_clean(struct slice text, struct body *b)
{
	struct str signed_text;

	str_init(&signed_text, text.len + 2);
	if (plain_unarmour(&signed_text, text))
		text = str_slice(&signed_text);
	b->is_cut |= !clean_text(&b->text, text);
	str_finish(&signed_text);
}

static void add_plain(
	const struct tree_part *p, struct slice decoded, struct body *b)
{
	struct str without;

	str_init(&without, decoded.len + 1);
	cut_files(p, &without, decoded, b);
	struct slice text = str_slice(&without);

	const char *format = tree_parameter(p, "format");
	const char *delete_space = tree_parameter(p, "delsp");
	struct str unflowed;

	if (format == NULL || strcasecmp(format, "flowed") != 0) {
		add_clean(text, b);
		str_finish(&without);
		return;
	}
	str_init(&unflowed, BODY_TEXT_MAX + 1);
	plain_unflow(&unflowed, text,
		delete_space != NULL && strcasecmp(delete_space, "yes") == 0);
	add_clean(str_slice(&unflowed), b);
	str_finish(&unflowed);
	str_finish(&without);
}

static void add_html(struct slice text, bool full, struct body *b)
{
	struct html_result result;
	struct str plain;

	str_init(&plain, BODY_TEXT_MAX + 1);
	html_to_text(&plain, text, full, &result);
	b->used_html = true;
	b->html_cut |= result.quote_cut;
	b->is_cut |= result.is_cut;
	b->is_cut |= !clean_text(&b->text, str_slice(&plain));
	str_finish(&plain);
}

static void part_text(
	const struct tree *t, int index, bool full, struct body *b)
{
	const struct tree_part *p = &t->parts[index];
	struct str decoded;

	str_init(&decoded, BODY_TEXT_MAX);
	decode_part(p, &decoded, b);
	if (tree_is(p, "text/html"))
		add_html(str_slice(&decoded), full, b);
	else
		add_plain(p, str_slice(&decoded), b);
	str_finish(&decoded);
}

/* ------------------------------------------------------------------------
 * Choosing
 * ------------------------------------------------------------------------ */

static void choose(const struct tree *t, int index, bool full, struct body *b);

static bool is_body_type(const struct tree_part *p)
{
	if (strncmp(p->type, "text/", 5) != 0)
		return false;
	for (size_t i = 0; i < COUNT(no_body); i++)
		if (tree_is(p, no_body[i]))
			return false;
	return true;
}

static bool has_name(const struct tree_part *p)
{
	return tree_parameter(p, "name") != NULL ||
	       g_mime_object_get_content_disposition_parameter(
		       p->object, "filename") != NULL;
}

static bool is_attached(const struct tree_part *p)
{
	return strcasecmp(tree_disposition(p), "attachment") == 0;
}

static void hide(struct body *b, int index)
{
	b->is_hidden[index] = true;
}

/* Another piece of text, with an empty line before it. */
static void add_piece(
	const struct tree *t, int index, bool full, struct body *b)
{
	size_t before = b->text.len;

	hide(b, index);
	if (b->pieces++ == BODY_PIECES_MAX)
		b->is_cut = true;
	if (b->pieces > BODY_PIECES_MAX)
		return;
	if (before > 0)
		str_add(&b->text, "\n\n");
	size_t start = b->text.len;
	part_text(t, index, full, b);
	struct slice piece =
		slice_make(str_text(&b->text) + start, b->text.len - start);
	if (slice_trim(piece).len == 0)
		str_truncate(&b->text, before);
}

/* The first part at or below `index` with this type; -1. */
static int find_type(const struct tree *t, int index, const char *type)
{
	if (tree_is(&t->parts[index], type) && !is_attached(&t->parts[index]))
		return index;
	if (!t->parts[index].is_multipart)
		return -1;
	for (int i = tree_child(t, index, -1); i >= 0;
		i = tree_child(t, index, i)) {
		int found = find_type(t, i, type);

		if (found >= 0)
			return found;
	}
	return -1;
}

/* Text that only says that one should look at the other form. */
static bool is_useless(struct slice plain, struct slice html)
{
	plain = slice_trim(plain);
	html = slice_trim(html);
	if (html.len == 0)
		return false;
	if (plain.len == 0)
		return true;
	if (plain.len > SHORT_TEXT)
		return false;
	if (plain_contains(plain, "html") && !plain_contains(html, "html"))
		return true;
	return html.len > 4 * plain.len && plain_contains(plain, "browser") &&
	       !plain_contains(plain, "\n\n");
}

/* Is the text of this part worth showing? Looks at short ones only. */
static bool is_plain_useful(const struct tree *t, int plain, int html)
{
	struct body *trial = xalloc(2 * sizeof(*trial));
	struct str *one = &trial[0].text, *two = &trial[1].text;
	bool useful = true;

	str_init(one, BODY_TEXT_MAX + 1);
	str_init(two, BODY_TEXT_MAX + 1);
	part_text(t, plain, true, &trial[0]);
	if (slice_trim(str_slice(one)).len <= SHORT_TEXT) {
		part_text(t, html, true, &trial[1]);
		useful = !is_useless(str_slice(one), str_slice(two));
	}
	str_finish(one);
	str_finish(two);
	xfree(trial);
	return useful;
}

/* Everything below that is the same text once more. */
static void hide_texts(const struct tree *t, int index, struct body *b)
{
	if (strncmp(t->parts[index].type, "text/", 5) == 0 &&
		!is_attached(&t->parts[index]) &&
		!tree_is(&t->parts[index], "text/calendar"))
		hide(b, index);
	for (int i = tree_child(t, index, -1); i >= 0;
		i = tree_child(t, index, i))
		hide_texts(t, i, b);
}

static void choose_alternative(
	const struct tree *t, int index, bool full, struct body *b)
{
	int plain = find_type(t, index, "text/plain");
	int html = find_type(t, index, "text/html");
	int chosen = plain >= 0 ? plain : html;

	if (plain >= 0 && html >= 0 && !is_plain_useful(t, plain, html))
		chosen = html;
	if (chosen < 0) {
		for (int i = tree_child(t, index, -1); i >= 0 && chosen < 0;
			i = tree_child(t, index, i))
			if (is_body_type(&t->parts[i]))
				chosen = i;
	}
	if (chosen >= 0)
		add_piece(t, chosen, full, b);
	hide_texts(t, index, b);
	for (int i = tree_child(t, index, -1); i >= 0;
		i = tree_child(t, index, i))
		if (tree_is(&t->parts[i], "text/calendar"))
			choose(t, i, full, b);
}

static void choose_signed(
	const struct tree *t, int index, bool full, struct body *b)
{
	int content = tree_child(t, index, -1);
	int signature = content >= 0 ? tree_child(t, index, content) : -1;

	if (content >= 0)
		choose(t, content, full, b);
	if (signature >= 0)
		hide(b, signature);
}

static void choose_encrypted(const struct tree *t, int index, struct body *b)
{
	int control = tree_child(t, index, -1);

	b->is_encrypted = true;
	if (control >= 0 &&
		tree_is(&t->parts[control], "application/pgp-encrypted"))
		hide(b, control);
}

static void hide_all(const struct tree *t, int index, struct body *b)
{
	hide(b, index);
	for (int i = tree_child(t, index, -1); i >= 0;
		i = tree_child(t, index, i))
		hide_all(t, i, b);
}

/* What a report returns is read by its reader; people see the words. */
static void choose_report(
	const struct tree *t, int index, bool full, struct body *b)
{
	int first = tree_child(t, index, -1);

	if (b->report < 0)
		b->report = index;
	hide_all(t, index, b);
	if (first >= 0)
		choose(t, first, full, b);
}

static void choose_each(
	const struct tree *t, int index, bool full, struct body *b)
{
	for (int i = tree_child(t, index, -1); i >= 0;
		i = tree_child(t, index, i))
		choose(t, i, full, b);
}

static void choose_multipart(
	const struct tree *t, int index, bool full, struct body *b)
{
	const struct tree_part *p = &t->parts[index];

	if (tree_is(p, "multipart/alternative"))
		choose_alternative(t, index, full, b);
	else if (tree_is(p, "multipart/signed"))
		choose_signed(t, index, full, b);
	else if (tree_is(p, "multipart/encrypted"))
		choose_encrypted(t, index, b);
	else if (tree_is(p, "multipart/report"))
		choose_report(t, index, full, b);
	else
		choose_each(t, index, full, b);
}

/* What Outlook packed, instead of the package. */
static void unpack(const struct tree *t, int index, struct body *b)
{
	const struct tree_part *p = &t->parts[index];
	struct str bytes, text;
	struct tnef tnef;

	str_init(&bytes, TNEF_SIZE_MAX + 1);
	str_init(&text, BODY_TEXT_MAX);
	if (tree_read(p, &bytes) && tnef_open(&tnef, str_slice(&bytes))) {
		hide(b, index);
		if (slice_trim(str_slice(&b->text)).len == 0) {
			str_reset(&b->text);
			charset_to_utf8(&text, tnef.text, slice_of(NULL));
			b->is_cut |= !clean_text(&b->text, str_slice(&text));
		}
		for (size_t i = 0; i < tnef.file_count; i++)
			add_file(p, (unsigned)i + 1,
				slice_of(tnef.files[i].name),
				(int64_t)tnef.files[i].bytes.len, b);
		tnef_close(&tnef);
	}
	str_finish(&bytes);
	str_finish(&text);
}

static bool is_smime(const struct tree_part *p)
{
	const char *kind = tree_parameter(p, "smime-type");

	return (tree_is(p, "application/pkcs7-mime") ||
		       tree_is(p, "application/x-pkcs7-mime")) &&
	       (kind == NULL || strcasecmp(kind, "certs-only") != 0);
}

static void choose_leaf(
	const struct tree *t, int index, bool full, struct body *b)
{
	const struct tree_part *p = &t->parts[index];

	if (tree_is(p, "message/external-body") ||
		tree_is(p, "message/partial")) {
		b->has_remote = true;
		hide(b, index);
	} else if (tree_is(p, "application/pgp-signature") ||
		   tree_is(p, "application/pkcs7-signature") ||
		   tree_is(p, "application/x-pkcs7-signature")) {
		hide(b, index);
	} else if (is_smime(p)) {
		b->is_encrypted = true;
	} else if (tree_is(p, "text/calendar") && b->calendar < 0) {
		b->calendar = index;
	} else if (tree_is(p, "application/ms-tnef") ||
		   tree_is(p, "application/vnd.ms-tnef")) {
		unpack(t, index, b);
	} else if (is_body_type(p) && !is_attached(p) &&
		   (b->text.len == 0 || !has_name(p))) {
		add_piece(t, index, full, b);
	}
}

/* As deep as the tree is, which is limited. */
static void choose(const struct tree *t, int index, bool full, struct body *b)
{
	if (t->parts[index].is_multipart)
		choose_multipart(t, index, full, b);
	else if (!t->parts[index].is_message)
		choose_leaf(t, index, full, b);
}

void body_read(const struct tree *t, bool full, struct body *b)
{
	memset(b, 0, sizeof(*b));
	b->calendar = -1;
	b->report = -1;
	str_init(&b->text, BODY_TEXT_MAX + 1);
	if (t->count > 0)
		choose(t, 0, full, b);
}

void body_finish(struct body *b)
{
	str_finish(&b->text);
}

/* ------------------------------------------------------------------------
 * Files inside parts
 * ------------------------------------------------------------------------ */

static int read_packed(
	struct slice bytes, unsigned own, const struct mail_sink *sink)
{
	struct tnef tnef;
	int result = -1;

	if (!tnef_open(&tnef, bytes))
		return -1;
	if (own <= tnef.file_count &&
		transfer_decode(
			TRANSFER_NONE, tnef.files[own - 1].bytes, sink) >= 0)
		result = 0;
	tnef_close(&tnef);
	return result;
}

static int read_encoded(
	struct slice text, unsigned own, const struct mail_sink *sink)
{
	struct plain_file file;

	for (unsigned i = 0; plain_find_file(text, &file);) {
		size_t after =
			(size_t)(file.whole.data - text.data) + file.whole.len;

		if (++i == own)
			return transfer_decode(TRANSFER_UU, file.lines, sink) <
					       0
				       ? -1
				       : 0;
		text = slice_make(text.data + after, text.len - after);
	}
	return -1;
}

int body_read_file(
	const struct tree *t, uint32_t number, const struct mail_sink *sink)
{
	uint32_t part = number & ((1U << BODY_FILE_SHIFT) - 1);
	unsigned own = number >> BODY_FILE_SHIFT;
	struct str bytes;

	if (part == 0 || part > t->count || own == 0)
		return -1;
	const struct tree_part *p = &t->parts[part - 1];
	bool is_text = strncmp(p->type, "text/", 5) == 0;
	str_init(&bytes, is_text ? BODY_TEXT_MAX : TNEF_SIZE_MAX + 1);
	tree_read(p, &bytes);
	int result = is_text ? read_encoded(str_slice(&bytes), own, sink)
			     : read_packed(str_slice(&bytes), own, sink);
	str_finish(&bytes);
	return result;
}
