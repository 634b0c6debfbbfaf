#include "sms/attachment.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "sms/ledger.h"

#define TITLE_MAX 100

/* --- Words ----------------------------------------------------------------- */

/* What a line of a vCard or a calendar says that begins with this name, be
 * there parameters behind it or not (RFC 6350 section 3.3, RFC 5545 section
 * 3.1). */
static struct slice property(struct slice text, const char *name)
{
	size_t len = strlen(name);
	while (text.len > 0) {
		struct slice value = slice_cut(&text, '\n');
		struct slice key = slice_cut(&value, ':');
		if (slice_equals_nocase(slice_cut(&key, ';'), name) && len > 0)
			return slice_trim(value);
	}
	return slice_make("", 0);
}

static void add_title(struct str *out, struct slice octets, const char *name)
{
	struct slice title = property(octets, name);
	size_t len = utf8_prefix_cluster(title, TITLE_MAX);
	if (len > 0)
		str_addf(out, ": %.*s", (int)len, title.data);
}

static void add_port(struct str *out, const struct content *content)
{
	if (content->port != 0)
		str_addf(out, " (port %u)", content->port);
}

static void describe(
	struct str *out, const struct content *content, struct slice octets)
{
	if (strcmp(content->type, "text/vcard") == 0) {
		str_add(out, "A contact");
		add_title(out, octets, "FN");
	} else if (strcmp(content->type, "text/calendar") == 0) {
		str_add(out, "An appointment");
		add_title(out, octets, "SUMMARY");
	} else {
		str_addf(out, "%s for a program",
			content->kind == CONTENT_BINARY ? "Octets" : "A text");
		add_port(out, content);
	}
}

void attachment_fallback(
	struct str *out, const struct content *content, struct slice octets)
{
	if (content->kind != CONTENT_BINARY) {
		str_add_slice(out, octets);
		return;
	}
	str_addf(out, "(%zu octets for a program", octets.len);
	add_port(out, content);
	str_add(out, ", which cannot be shown)");
}

/* --- Life ------------------------------------------------------------------ */

static struct attachment *make(const char *type, const char *name,
	const char *words, struct slice octets)
{
	struct attachment *a = xalloc(sizeof(*a));
	a->type = xstrdup(type);
	a->name = xstrdup(name);
	a->words = xstrdup(words);
	str_init(&a->octets, octets.len + 1);
	str_add_slice(&a->octets, octets);
	return a;
}

struct attachment *attachment_new(
	const struct content *content, struct slice octets)
{
	struct str words = { .max = KIB };
	if (content->kind == CONTENT_TEXT || octets.len == 0)
		return NULL;
	describe(&words, content, octets);
	struct attachment *a =
		make(content->type, content->name, str_text(&words), octets);
	str_finish(&words);
	return a;
}

void attachment_free(struct attachment **slot)
{
	struct attachment *a = *slot;
	*slot = NULL;
	if (a == NULL)
		return;
	xfree(a->type);
	xfree(a->name);
	xfree(a->words);
	str_finish(&a->octets);
	xfree(a);
}

/* --- The record ------------------------------------------------------------ */

void attachment_pack(struct str *out, const struct attachment *a)
{
	if (a == NULL)
		return;
	pack_text(out, "octets");
	pack_text(out, a->type);
	pack_text(out, a->name);
	pack_text(out, a->words);
	pack_number(out, (int64_t)a->octets.len);
	str_add_slice(out, str_slice(&a->octets));
}

struct attachment *attachment_unpack(struct unpack *u)
{
	if (u->is_broken || u->rest.len == 0)
		return NULL;
	const char *type = ledger_unpack_text(u);
	const char *name = ledger_unpack_text(u);
	const char *words = ledger_unpack_text(u);
	int64_t len = unpack_number(u);
	if (u->is_broken || type == NULL || name == NULL || words == NULL ||
		len < 0 || (uint64_t)len != u->rest.len)
		return NULL;
	return make(type, name, words, u->rest);
}
