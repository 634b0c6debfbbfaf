#include "host/extras.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "host/message.h"
#include "xmpp/ns.h"

/* Reactions of one message: clients show few. */
#define REACTIONS_MAX 32

/* --- To the user --------------------------------------------------------- */

static void put_id(
	struct xml_writer *w, const char *name, const char *ns, const char *id)
{
	xml_open(w, name, ns);
	xml_put_attr(w, "id", id);
	xml_close(w);
}

/* XEP-0444 section 3.2: with a hint, as there is no body. */
static void put_reactions(struct xml_writer *w, const struct extras *e)
{
	struct slice rest = slice_of(e->reactions);
	xml_open(w, "reactions", NS_REACTIONS);
	xml_put_attr(w, "id", e->reply);
	while (rest.data != NULL && rest.len > 0) {
		struct slice one = slice_cut(&rest, ' ');
		if (one.len == 0)
			continue;
		xml_open(w, "reaction", NULL);
		xml_put_slice(w, one);
		xml_close(w);
	}
	xml_close(w);
	xml_put(w, "store", NS_HINTS, NULL);
}

static void put_hash(struct xml_writer *w, const char *sha256)
{
	struct str bytes = { .max = 64 }, text = { .max = 64 };
	if (hex_decode(&bytes, slice_of(sha256)) == 0 &&
		bytes.len == SHA256_SIZE) {
		base64_encode(&text, str_slice(&bytes));
		xml_open(w, "hash", NS_HASHES);
		xml_put_attr(w, "algo", "sha-256");
		xml_put_text(w, str_text(&text));
		xml_close(w);
	}
	str_finish(&bytes);
	str_finish(&text);
}

static void put_metadata(struct xml_writer *w, const struct extras *e)
{
	const struct gw_file *f = e->file;
	char size[24];
	xml_open(w, "file", NS_FILE_METADATA);
	if (f->type != NULL)
		xml_put(w, "media-type", NULL, f->type);
	if (f->name != NULL)
		xml_put(w, "name", NULL, f->name);
	if (f->size >= 0 &&
		text_format(size, sizeof(size), "%lld", (long long)f->size))
		xml_put(w, "size", NULL, size);
	if (e->description != NULL && e->description[0] != '\0')
		xml_put(w, "desc", NULL, e->description);
	if (f->sha256 != NULL)
		put_hash(w, f->sha256);
	xml_close(w);
}

/* For clients of all ages: the body is the URL, and XEP-0066 says so. */
static void put_file(struct xml_writer *w, const struct extras *e)
{
	const struct gw_file *f = e->file;
	bool inlined = f->type != NULL && strncmp(f->type, "image/", 6) == 0;
	xml_open(w, "file-sharing", NS_FILE_SHARING);
	xml_put_attr(w, "disposition", inlined ? "inline" : "attachment");
	put_metadata(w, e);
	xml_open(w, "sources", NULL);
	xml_open(w, "url-data", NS_URL_DATA);
	xml_put_attr(w, "target", f->url);
	xml_close(w);
	xml_close(w);
	xml_close(w);
	xml_open(w, "fallback", NS_FALLBACK);
	xml_put_attr(w, "for", NS_FILE_SHARING);
	xml_put(w, "body", NULL, NULL);
	xml_close(w);
	xml_open(w, "x", NS_OOB);
	xml_put(w, "url", NULL, f->url);
	xml_close(w);
}

void extras_put(struct xml_writer *w, const struct extras *e)
{
	if (e->reactions != NULL) {
		put_reactions(w, e);
	} else if (e->reply != NULL) {
		xml_open(w, "reply", NS_REPLY);
		xml_put_attr(w, "to", e->author);
		xml_put_attr(w, "id", e->reply);
		xml_close(w);
	}
	if (e->replace != NULL)
		put_id(w, "replace", NS_CORRECT, e->replace);
	if (e->retract != NULL) {
		put_id(w, "retract", NS_RETRACT, e->retract);
		xml_put(w, "store", NS_HINTS, NULL);
	}
	if (e->file != NULL)
		put_file(w, e);
}

/* --- Of the user --------------------------------------------------------- */

/* XEP-0424, its present form and that of version 0.3. */
static const char *retracted(const struct stanza *s)
{
	const struct xml *now = xml_child(s->xml, "retract", NS_RETRACT);
	const struct xml *old = xml_child(s->xml, "apply-to", NS_FASTEN);
	if (now != NULL)
		return xml_attr(now, "id");
	return xml_child(old, "retract", NS_RETRACT_0) != NULL
		       ? xml_attr(old, "id")
		       : NULL;
}

static const struct xml *reactions_of(
	const struct gateway_ops *ops, const struct stanza *s)
{
	const struct xml *r = xml_child(s->xml, "reactions", NS_REACTIONS);
	return (ops->caps & GW_CAP_REACT) != 0 && xml_attr(r, "id") != NULL
		       ? r
		       : NULL;
}

static const char *file_url(const struct stanza *s)
{
	const struct xml *sharing =
		xml_child(s->xml, "file-sharing", NS_FILE_SHARING);
	const struct xml *data = xml_child(
		xml_child(sharing, "sources", NULL), "url-data", NS_URL_DATA);
	return xml_attr(data, "target");
}

bool extras_are_enough(const struct gateway_ops *ops, const struct stanza *s)
{
	if ((ops->caps & GW_CAP_DURABLE) == 0)
		return false;
	return reactions_of(ops, s) != NULL ||
	       ((ops->caps & GW_CAP_RETRACT) != 0 && retracted(s) != NULL) ||
	       ((ops->caps & GW_CAP_FILES) != 0 && file_url(s) != NULL);
}

const char *extras_refusal(
	const struct gateway_ops *ops, const struct stanza *s)
{
	bool withdraws = retracted(s) != NULL;
	if ((ops->caps & GW_CAP_DURABLE) == 0)
		return NULL;
	return withdraws && (ops->caps & GW_CAP_RETRACT) == 0
		       ? "On this network a message cannot be withdrawn."
		       : NULL;
}

static void read_reactions(
	const struct xml *reactions, const struct stanza *s, struct str *text)
{
	int count = 0;
	for (const struct xml *it = xml_child(reactions, "reaction", NULL);
		it != NULL && count < REACTIONS_MAX;
		it = xml_next(it, "reaction", NULL), count++) {
		const char *one = xml_text(it, s->arena);
		if (one == NULL || one[0] == '\0' || strchr(one, ' ') != NULL)
			continue;
		if (text->len > 0)
			str_add_char(text, ' ');
		str_add(text, one);
	}
}

/* Where character number `at` begins. */
static size_t byte_of(const char *text, unsigned long at)
{
	struct slice rest = slice_of(text);
	uint32_t code;
	for (; at > 0 && rest.len > 0; at--) {
		size_t len = utf8_next(rest, &code);
		rest = slice_make(rest.data + len, rest.len - len);
	}
	return (size_t)(rest.data - text);
}

/* XEP-0428: the part of the body that stands for the extra `what`; all of it
 * unless it says from where to where. */
static bool find_fallback(const struct stanza *s, const char *what,
	const char *body, size_t *start_r, size_t *end_r)
{
	const struct xml *f = xml_child(s->xml, "fallback", NS_FALLBACK);
	while (f != NULL && !text_equals(xml_attr(f, "for"), what))
		f = xml_next(f, "fallback", NS_FALLBACK);
	const struct xml *range = xml_child(f, "body", NULL);
	if (f == NULL)
		return false;
	const char *start = xml_attr(range, "start");
	const char *end = xml_attr(range, "end");
	*start_r = start != NULL ? byte_of(body, strtoul(start, NULL, 10)) : 0;
	*end_r = end != NULL ? byte_of(body, strtoul(end, NULL, 10))
			     : strlen(body);
	return *start_r < *end_r;
}

static void read_metadata(const struct stanza *s, struct gw_file *f)
{
	const struct xml *file =
		xml_child(xml_child(s->xml, "file-sharing", NS_FILE_SHARING),
			"file", NS_FILE_METADATA);
	const char *size = xml_child_text(file, "size", NULL, s->arena);
	f->name = xml_child_text(file, "name", NULL, s->arena);
	f->type = xml_child_text(file, "media-type", NULL, s->arena);
	f->size = size != NULL ? strtoll(size, NULL, 10) : -1;
	if (f->size < 0)
		f->size = -1;
}

/* A message is a file when it says so (XEP-0447), or when its body is the URL
 * that XEP-0066 names. */
static void read_file(const struct stanza *s, const char *body,
	struct parcel *p, struct str *text)
{
	const struct xml *oob = xml_child(s->xml, "x", NS_OOB);
	const char *url = file_url(s);
	size_t start, end;
	if (url == NULL && oob != NULL && body != NULL) {
		url = xml_child_text(oob, "url", NULL, s->arena);
		if (!text_equals(url, body))
			return;
	}
	if (url == NULL || url[0] == '\0')
		return;
	p->file.url = url;
	read_metadata(s, &p->file);
	if (body == NULL || strcmp(body, url) == 0 ||
		find_fallback(s, NS_FILE_SHARING, body, &start, &end))
		str_reset(text);
}

static void read_text(const struct gateway_ops *ops, const struct stanza *s,
	const char *body, struct parcel *p, struct str *text)
{
	const char *start = body;
	const char *prefix = "";
	if (ops->slash != NULL && body[0] == '/' && body[1] == '/')
		body++;
	if ((ops->caps & GW_CAP_CORRECT) == 0)
		prefix = message_correction_prefix(s, &body);
	else
		p->replaces = xml_attr(
			xml_child(s->xml, "replace", NS_CORRECT), "id");
	str_add(text, prefix);
	str_add(text, body);
	if ((ops->caps & GW_CAP_REPLY) == 0)
		return;
	p->ref = xml_attr(xml_child(s->xml, "reply", NS_REPLY), "id");
	if (p->ref != NULL && body == start && prefix[0] == '\0' &&
		!find_fallback(s, NS_REPLY, body, &p->cut_start, &p->cut_end))
		p->cut_start = p->cut_end = 0;
}

void extras_read(const struct gateway_ops *ops, const struct stanza *s,
	const char *body, struct parcel *p, struct str *text)
{
	const struct xml *reactions = reactions_of(ops, s);
	const char *retract =
		(ops->caps & GW_CAP_RETRACT) != 0 ? retracted(s) : NULL;
	p->file.size = -1;
	if (reactions != NULL) {
		p->reaction = true;
		p->ref = xml_attr(reactions, "id");
		read_reactions(reactions, s, text);
	} else if (retract != NULL) {
		p->retracts = retract;
		p->ref = p->kind == GW_ROOM ? retract : NULL;
	} else {
		if (body != NULL)
			read_text(ops, s, body, p, text);
		if ((ops->caps & GW_CAP_FILES) != 0)
			read_file(s, body, p, text);
	}
	p->text = str_text(text);
}
