#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "base/log.h"
#include "sms/brought.h"
#include "sms/group.h"
#include "sms/inbound_private.h"
#include "sms/inherited.h"
#include "sms/ledger.h"
#include "sms/parts.h"
#include "sms/rules.h"
#include "sms_data/content.h"
#include "sms_data/media.h"

/* Files of one text that are fetched; no MMS has as many. */
#define FILES_MAX     20
/* No URL or header of a provider is as long; the record holds them. */
#define FILE_TEXT_MAX ((size_t)8 * KIB)

/* Of the network's own id, so that the same text has the same; nothing without
 * one. What goes to several of our numbers may have one id for all. */
static void make_id(const struct backend *b, const struct carrier_incoming *c,
	const char *own, struct str *out)
{
	unsigned char digest[SHA256_SIZE];
	struct str text = { .max = 4 * KIB };
	if (c->id == NULL || c->id[0] == '\0')
		return;
	str_addf(&text, "%s\n%s", b->config->name, c->id);
	if (c->other_count > 0)
		str_addf(&text, "\n%s", own);
	crypto_sha256(str_slice(&text), digest);
	hex_encode(out, slice_make((const char *)digest, 16));
	str_finish(&text);
}

static void add_ticket(struct inbound *in, struct backend *b, uint64_t ticket)
{
	if (ticket == 0)
		return;
	struct inbound_ticket *t = xalloc(sizeof(*t));
	t->backend = b;
	t->ticket = ticket;
	list_append(&in->tickets, &t->link);
}

/* By which backend a text came, and to which of our numbers. */
struct ends {
	const struct backend *backend;
	const char *own;
};

static bool is_own(const char *number, void *arg)
{
	const struct ends *ends = arg;
	return backend_has_number(ends->backend, number);
}

static bool has_written(const char *number, void *arg)
{
	const struct ends *ends = arg;
	return rules_knows(ends->backend->sms, ends->own, number);
}

/* Whoever wrote with this number before is meant, where digits may be read in
 * several ways. */
static void find_sender(const struct backend *b,
	const struct carrier_address *from, const char *own,
	char out[NUMBER_SIZE])
{
	struct ends ends = { b, own };
	number_receive_known(&b->sms->place, from->origin, from->text,
		has_written, &ends, out);
}

/* Which of our numbers it is for: what the network says is not always one of
 * them. */
static void find_own(const struct backend *b, const struct carrier_address *to,
	char out[NUMBER_SIZE])
{
	const struct cfg_list *numbers = &b->config->numbers;
	struct ends ends = { .backend = b };
	number_receive_known(
		&b->sms->place, to->origin, to->text, is_own, &ends, out);
	if (!backend_has_number(b, out) && numbers->count == 1)
		text_copy(out, NUMBER_SIZE, numbers->items[0]);
}

static void settle(struct backend *b, uint64_t ticket, bool ok)
{
	if (ticket != 0)
		b->carrier->ops->settle(b->carrier, ticket, ok);
}

void inbound_change_free(struct inbounds *all, struct inbound_change *c)
{
	ledger_forget(all->sms->ledger, c);
	list_remove(&c->link);
	xfree(c);
}

static void change_kept(bool ok, void *arg)
{
	struct inbound_change *c = arg;
	struct backend *b = c->backend;
	uint64_t ticket = c->ticket;
	inbound_change_free(b->sms->inbounds, c);
	b->carrier->ops->settle(b->carrier, ticket, ok);
}

/* Nobody gets the text, but STOP, or an answer, must not get lost with us. */
static void settle_when_kept(struct backend *b, uint64_t ticket)
{
	if (ticket == 0)
		return;
	struct inbound_change *c = xalloc(sizeof(*c));
	c->backend = b;
	c->ticket = ticket;
	list_append(&b->sms->inbounds->changes, &c->link);
	ledger_wait(b->sms->ledger, change_kept, c);
}

/* The network gives it again: it did not hear us, or nothing is stored yet. */
static bool is_repeated(
	struct backend *b, const char *id, const struct carrier_incoming *c)
{
	struct inbound *in = map_get_text(&b->sms->inbounds->texts, id);
	if (in == NULL)
		return false;
	add_ticket(in, b, c->ticket);
	if (in->is_stored)
		inbound_settle(in, true);
	return true;
}

/* How many of them are for people. */
static size_t choose_files(const struct carrier_incoming *c,
	const struct carrier_media *chosen[FILES_MAX])
{
	size_t count = 0;
	for (size_t i = 0; i < c->media_count && count < FILES_MAX; i++) {
		const struct carrier_media *m = &c->media[i];
		const char *header = m->headers != NULL ? m->headers[0] : NULL;
		if (m->url[0] != '\0' && strlen(m->url) < FILE_TEXT_MAX &&
			(header == NULL || strlen(header) < FILE_TEXT_MAX) &&
			!media_is_layout(m->url, m->type))
			chosen[count++] = m;
	}
	return count;
}

/* Each file is a text of its own behind the words, with an id of its own; one
 * that is here already is not added again. The last that was, or `in`. */
static struct inbound *add_files(struct sms *s, const struct inbound_text *text,
	const struct carrier_media *const *files, size_t count,
	struct inbound *in)
{
	struct inbound_text one = *text;
	one.with = in;
	for (size_t i = 0; i < count; i++) {
		struct str id = { .max = 200 };
		one.file = files[i];
		if (text->id != NULL) {
			str_add(&id, text->id);
			if (i > 0 || in != NULL)
				str_addf(&id, ".%zu", i + 1);
			one.id = str_text(&id);
		}
		struct inbound *added = NULL;
		if (one.id == NULL ||
			map_get_text(&s->inbounds->texts, one.id) == NULL)
			added = inbound_make(s, &one, slice_make("", 0));
		in = added != NULL ? added : in;
		one.with = in;
		str_finish(&id);
	}
	return in;
}

/* One that is still being stored, and whose link is gone: the network gives it
 * again. */
static struct inbound *find_unheard(
	struct sms *s, const char *from, const char *to, const char *body)
{
	list_for_each(it, &s->inbounds->storing) {
		struct inbound *in = CONTAINER(it, struct inbound, storing);
		if (!inbound_is_comparable(in) || list_is_empty(&in->tickets) ||
			inbound_is_waiting(CONTAINER(in->tickets.next,
				struct inbound_ticket, link)) ||
			strcmp(in->from, from) != 0 ||
			strcmp(in->to, to) != 0 || strcmp(in->body, body) != 0)
			continue;
		struct inbound_ticket *t = CONTAINER(
			in->tickets.next, struct inbound_ticket, link);
		list_remove(&t->link);
		xfree(t);
		return in;
	}
	return NULL;
}

/* A text without an id that the network gives again, as it did not hear us for
 * certain; the answer to it is seen to. */
static bool is_given_again(struct backend *b, const struct inbound_text *text,
	const char *body, uint64_t ticket)
{
	struct sms *s = b->sms;
	if (text->id != NULL || text->content.kind != CONTENT_TEXT)
		return false;
	struct inbound *in = find_unheard(s, text->from, text->to, body);
	if (in != NULL) {
		add_ticket(in, b, ticket);
		return true;
	}
	if (!inherited_take(s->inbounds->inherited, text->from, text->to, body))
		return false;
	settle(b, ticket, true);
	return true;
}

static void take_whole(struct backend *b, const char *from, const char *to,
	const char *id, const struct carrier_incoming *c)
{
	const struct content_segment segment = { .alphabet = c->alphabet,
		.header = c->header,
		.data = c->data,
		.text = c->text };
	const struct content_segment *const whole = &segment;
	struct str body = { .max = LIMIT_KEPT / 2 };
	const struct content content = content_read(&body, &whole, 1);
	const struct inbound_text text = { .from = from,
		.to = to,
		.owner = b->owner,
		.body = str_slice(&body),
		.backend_name = b->config->name,
		.segments = 1,
		.content = content,
		.wall_ms = c->wall_ms,
		.id = id,
		.group = groups_of_text(b->sms, b->owner, from, to, c) };
	const struct carrier_media *files[FILES_MAX];
	size_t count = choose_files(c, files);
	bool has_words = count == 0 || text.content.kind != CONTENT_TEXT ||
			 text.body.len > 0;
	bool is_again = has_words &&
			is_given_again(b, &text, str_text(&body), c->ticket);
	struct inbound *in = NULL;
	if (has_words && !is_again)
		in = inbound_add(b->sms, &text);
	/* In the same turn: all are kept, or none. */
	if (!is_again)
		in = add_files(b->sms, &text, files, count, in);
	if (in != NULL)
		add_ticket(in, b, c->ticket);
	else if (!is_again)
		settle_when_kept(b, c->ticket);
	str_finish(&body);
}

/* So many texts wait for a user who does not come, or for an answer to the question
 * whom they are for; others stay with the network. */
#define WAITING_MAX 1000

static bool is_full(const struct sms *s, const char *user, const char *number)
{
	const struct owner *o = owner_find(s, user, number);
	size_t count = 0;
	if (o == NULL || o->is_online)
		return false;
	list_for_each(it, &o->texts)
		count++;
	return count >= WAITING_MAX;
}

static bool has_room(const struct sms *s, const char *from, const char *to)
{
	for (size_t i = 0; i < s->config->assign.count; i++) {
		const struct sms_assign_config *a = s->config->assign.items[i];
		if (strcmp(a->number, to) != 0)
			continue;
		for (size_t j = 0; j < a->users.count; j++)
			if (is_full(s, a->users.items[j], to))
				return false;
		return true;
	}
	return inbound_count_held(s, from, to) < WAITING_MAX;
}

void inbound_take(struct backend *b, const struct carrier_incoming *c)
{
	char from[NUMBER_SIZE], to[NUMBER_SIZE];
	struct str id = { .max = 64 };
	size_t files = c->media_count < FILES_MAX ? c->media_count : FILES_MAX;
	if (b->owner != NULL && !brought_takes(b, 1 + files)) {
		settle(b, c->ticket, false);
		return;
	}
	if (gw_must_wait(b->sms->gw))
		backends_stall(b->sms, true);
	find_own(b, &c->to, to);
	find_sender(b, &c->from, to, from);
	if (b->owner == NULL && !has_room(b->sms, from, to)) {
		log_warning("sms", "too many texts wait number=%s", to);
		settle(b, c->ticket, false);
		return;
	}
	make_id(b, c, to, &id);
	if (c->part.total > 1 && b->owner == NULL)
		parts_take(b, from, to, c);
	else if (id.len == 0 || !is_repeated(b, str_text(&id), c))
		take_whole(b, from, to, id.len > 0 ? str_text(&id) : NULL, c);
	str_finish(&id);
}

void inbound_detach(const struct backend *b)
{
	list_for_each(it, &b->sms->inbounds->storing) {
		struct inbound *in = CONTAINER(it, struct inbound, storing);
		list_for_each_safe(at, &in->tickets) {
			struct inbound_ticket *t =
				CONTAINER(at, struct inbound_ticket, link);
			if (t->backend != b)
				continue;
			list_remove(&t->link);
			xfree(t);
		}
	}
	list_for_each_safe(it, &b->sms->inbounds->changes) {
		struct inbound_change *c =
			CONTAINER(it, struct inbound_change, link);
		if (c->backend == b)
			inbound_change_free(b->sms->inbounds, c);
	}
}
