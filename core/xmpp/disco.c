#include "xmpp/disco.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "xmpp/ns.h"

/* --- Answers ------------------------------------------------------------- */

static void put_form(struct xml_writer *w, const struct disco_form *form)
{
	xml_open(w, "x", NS_DATA_FORM);
	xml_put_attr(w, "type", "result");
	xml_open(w, "field", NULL);
	xml_put_attr(w, "var", "FORM_TYPE");
	xml_put_attr(w, "type", "hidden");
	xml_put(w, "value", NULL, form->form_type);
	xml_close(w);
	for (size_t i = 0; i < form->count; i++) {
		xml_open(w, "field", NULL);
		xml_put_attr(w, "var", form->fields[i].var);
		for (const char *const *v = form->fields[i].values; *v; v++)
			xml_put(w, "value", NULL, *v);
		xml_close(w);
	}
	xml_close(w);
}

void disco_put_info(
	struct xml_writer *w, const struct disco_info *info, const char *node)
{
	xml_open(w, "query", NS_DISCO_INFO);
	xml_put_attr(w, "node", node);
	for (size_t i = 0; i < info->identity_count; i++) {
		const struct disco_identity *identity = &info->identities[i];
		xml_open(w, "identity", NULL);
		xml_put_attr(w, "category", identity->category);
		xml_put_attr(w, "type", identity->type);
		xml_put_lang(w, identity->lang);
		xml_put_attr(w, "name", identity->name);
		xml_close(w);
	}
	for (size_t i = 0; i < info->feature_count; i++) {
		xml_open(w, "feature", NULL);
		xml_put_attr(w, "var", info->features[i]);
		xml_close(w);
	}
	for (size_t i = 0; i < info->form_count; i++)
		put_form(w, &info->forms[i]);
	xml_close(w);
}

void disco_put_caps(struct xml_writer *w, const char *node, const char *hash)
{
	xml_open(w, "c", NS_CAPS);
	xml_put_attr(w, "hash", "sha-1");
	xml_put_attr(w, "node", node);
	xml_put_attr(w, "ver", hash);
	xml_close(w);
}

void disco_put_item(struct xml_writer *w, const char *jid, const char *node,
	const char *name)
{
	xml_open(w, "item", NULL);
	xml_put_attr(w, "jid", jid);
	xml_put_attr(w, "node", node);
	xml_put_attr(w, "name", name);
	xml_close(w);
}

/* --- The hash ------------------------------------------------------------ */

/* XEP-0115 section 5.1: everything is sorted by its bytes, and ends with
 * '<', which in a value is written as in XML. */
static void add_part(struct str *s, const char *text, char end)
{
	for (; text != NULL && *text != '\0'; text++) {
		if (*text == '<')
			str_add(s, "&lt;");
		else
			str_add_char(s, *text);
	}
	str_add_char(s, end);
}

static int compare_texts(const void *a, const void *b)
{
	const char *const *left = a;
	const char *const *right = b;

	return strcmp(*left, *right);
}

static int compare_optional(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_identities(const void *a, const void *b)
{
	const struct disco_identity *left = a;
	const struct disco_identity *right = b;
	int order = strcmp(left->category, right->category);

	if (order == 0)
		order = strcmp(left->type, right->type);
	if (order == 0)
		order = compare_optional(left->lang, right->lang);
	return order;
}

/* A sorted copy of an array, to be freed with xfree(). */
static void *sort_copy(const void *items, size_t count, size_t size,
	int (*compare)(const void *, const void *))
{
	void *copy = xcalloc(count + 1, size);

	if (count > 0)
		memcpy(copy, items, count * size);
	qsort(copy, count, size, compare);
	return copy;
}

static void add_identities(struct str *s, const struct disco_info *info)
{
	struct disco_identity *sorted = sort_copy(info->identities,
		info->identity_count, sizeof(*sorted), compare_identities);

	for (size_t i = 0; i < info->identity_count; i++) {
		add_part(s, sorted[i].category, '/');
		add_part(s, sorted[i].type, '/');
		add_part(s, sorted[i].lang, '/');
		add_part(s, sorted[i].name, '<');
	}
	xfree(sorted);
}

static void add_sorted(struct str *s, const char *const *texts, size_t count)
{
	const char **sorted =
		sort_copy(texts, count, sizeof(*sorted), compare_texts);

	for (size_t i = 0; i < count; i++)
		add_part(s, sorted[i], '<');
	xfree(sorted);
}

static int compare_fields(const void *a, const void *b)
{
	const struct disco_form_field *left = a;
	const struct disco_form_field *right = b;

	return strcmp(left->var, right->var);
}

static void add_form(struct str *s, const struct disco_form *form)
{
	struct disco_form_field *sorted = sort_copy(
		form->fields, form->count, sizeof(*sorted), compare_fields);

	add_part(s, form->form_type, '<');
	for (size_t i = 0; i < form->count; i++) {
		size_t count = 0;
		while (sorted[i].values[count] != NULL)
			count++;
		add_part(s, sorted[i].var, '<');
		add_sorted(s, sorted[i].values, count);
	}
	xfree(sorted);
}

static int compare_forms(const void *a, const void *b)
{
	const struct disco_form *left = a;
	const struct disco_form *right = b;

	return strcmp(left->form_type, right->form_type);
}

static void add_forms(struct str *s, const struct disco_info *info)
{
	struct disco_form *sorted = sort_copy(
		info->forms, info->form_count, sizeof(*sorted), compare_forms);

	for (size_t i = 0; i < info->form_count; i++)
		add_form(s, &sorted[i]);
	xfree(sorted);
}

void disco_hash(const struct disco_info *info, struct str *out)
{
	struct str text;
	unsigned char digest[SHA1_SIZE];

	str_init(&text, LIMIT_STANZA_OUT);
	add_identities(&text, info);
	add_sorted(&text, info->features, info->feature_count);
	add_forms(&text, info);
	crypto_sha1(str_slice(&text), digest);
	base64_encode(out, slice_make((const char *)digest, sizeof(digest)));
	str_finish(&text);
}
