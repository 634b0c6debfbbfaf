#include "sms/inbound.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/pack.h"
#include "base/utf8.h"
#include "sms/audit.h"
#include "sms/brought.h"
#include "sms/enclosed.h"
#include "sms/group_room.h"
#include "sms/inherited.h"
#include "sms/ledger.h"
#include "sms/parts.h"
#include "sms/person.h"
#include "sms/recent.h"
#include "sms/rules.h"
#include "sms/shared.h"
#include "sms/uploads.h"
#include "sms_data/content.h"
#include "sms_data/media.h"

/* Texts for users who never come are kept so long. */
#define KEEP_DAYS 30

#define RECORD_VERSION 1
#define OWNERS_MAX     1000
#define ID_MAX         48

/* Files of one text that are fetched; no MMS has as many. */
#define FILES_MAX     20
/* No URL or header of a provider is as long; the record holds them. */
#define FILE_TEXT_MAX ((size_t)8 * KIB)

struct inbound_ticket {
	struct list link;
	struct backend *backend;
	uint64_t ticket;
};

struct inbounds {
	struct sms *sms;
	struct map texts; /* struct inbound by id */
	struct inherited *inherited;
	struct list storing; /* struct inbound.storing: not on disk yet */
	uint64_t last;       /* number: microseconds when it came, or more */
};

#define NAME_SIZE 32

/* --- Life ---------------------------------------------------------------- */

static void name_of(const struct inbound *in, char name[NAME_SIZE])
{
	text_format(name, NAME_SIZE, INBOUND_PREFIX "%016" PRIx64, in->number);
}

static struct inbound *inbound_new(
	struct inbounds *all, uint64_t number, const char *id)
{
	struct inbound *in = xalloc(sizeof(*in));
	in->sms = all->sms;
	in->number = number;
	in->id = xstrdup(id);
	list_init(&in->tickets);
	list_init(&in->storing);
	map_put_text(&all->texts, in->id, in);
	if (all->last < number)
		all->last = number;
	return in;
}

/* Behind all that came before, whatever the clock says. */
static uint64_t next_number(const struct inbounds *all)
{
	uint64_t now = (uint64_t)clock_wall_ms() * 1000;
	return now > all->last ? now : all->last + 1;
}

static void inbound_free(struct inbound *in)
{
	map_remove_text(&in->sms->inbounds->texts, in->id);
	recent_forget(in->sms, in);
	enclosed_stop(in->sms, in, NULL);
	uploads_forget(in->sms, in);
	list_remove(&in->storing);
	attachment_free(&in->attached);
	list_for_each_safe(it, &in->tickets) {
		list_remove(it);
		xfree(CONTAINER(it, struct inbound_ticket, link));
	}
	for (size_t i = 0; i < in->delivery_count; i++)
		list_remove(&in->deliveries[i].owned);
	xfree(in->deliveries);
	xfree(in->id);
	xfree(in->from);
	xfree(in->to);
	xfree(in->body);
	xfree(in->file.url);
	xfree(in->file.type);
	xfree(in->file.header);
	xfree(in->backend_name);
	xfree(in);
}

static void finish(struct delivery *d)
{
	if (d->is_done)
		return;
	d->is_done = true;
	d->text->left--;
	list_remove(&d->owned);
	owner_release(d->owner);
}

/* All who were to have it have it, or it comes again. */
static void drop(struct inbound *in)
{
	struct ledger *ledger = in->sms->ledger;
	char name[NAME_SIZE];
	name_of(in, name);
	for (size_t i = 0; i < in->delivery_count; i++)
		finish(&in->deliveries[i]);
	ledger_forget(ledger, in);
	ledger_drop(ledger, name);
	inbound_free(in);
}

/* Does the network wait for our answer? */
static bool is_waiting(const struct inbound_ticket *t)
{
	const struct carrier *c = t->backend->carrier;
	return c->ops->waits == NULL || c->ops->waits(c, t->ticket);
}

/* Octets are not compared, and are rather there twice. */
static bool can_be_compared(const struct inbound *in)
{
	return !in->is_named && in->file.url == NULL && in->attached == NULL;
}

static void settle_tickets(struct inbound *in, bool ok)
{
	list_for_each_safe(it, &in->tickets) {
		struct inbound_ticket *t =
			CONTAINER(it, struct inbound_ticket, link);
		list_remove(&t->link);
		if (ok && can_be_compared(in) && !is_waiting(t))
			inherited_add(in->sms->inbounds->inherited, in->from,
				in->to, in->body, clock_wall_ms());
		t->backend->carrier->ops->settle(
			t->backend->carrier, t->ticket, ok);
		xfree(t);
	}
}

/* --- Whose it is --------------------------------------------------------- */

void inbound_assign(struct inbound *in, struct owner *owner)
{
	/* Rings know their members by place. */
	for (size_t i = 0; i < in->delivery_count; i++)
		list_remove(&in->deliveries[i].owned);
	in->deliveries = xrealloc(in->deliveries, in->delivery_count + 1,
		sizeof(in->deliveries[0]));
	struct delivery *d = &in->deliveries[in->delivery_count++];
	*d = (struct delivery){ .owner = owner, .text = in };
	in->left++;
	in->is_held = false;
	for (size_t i = 0; i < in->delivery_count; i++)
		list_append(&in->deliveries[i].owner->texts,
			&in->deliveries[i].owned);
}

static void assign_to_all(struct inbound *in, const struct sms_assign_config *a)
{
	for (size_t i = 0; i < a->users.count; i++)
		inbound_assign(
			in, owner_get(in->sms, a->users.items[i], in->to));
}

/* Finds those whose it is; false: nobody's. */
static bool route(struct inbound *in, bool is_notice)
{
	const struct cfg_list *list = &in->sms->config->assign;
	for (size_t i = 0; i < list->count; i++) {
		const struct sms_assign_config *a = list->items[i];
		if (strcmp(a->number, in->to) != 0)
			continue;
		assign_to_all(in, a);
		return in->left > 0;
	}
	if (!number_is_shared(in->sms, in->to))
		return false;
	return is_notice ? shared_tell_all(in) : shared_route(in);
}

/* --- Giving -------------------------------------------------------------- */

/* The conversation that it belongs to. */
static const char *talk_of(const struct inbound *in)
{
	return in->group != NULL ? in->group->name : in->from;
}

/* Into the room of its group, or to all who are named; false: the room is not
 * there (any more), and it is given when it is. */
static bool address(const struct delivery *d, struct gw_message *m,
	struct gw_receiver receivers[LIMIT_RECEIVERS], struct gw_room **room_r)
{
	const struct group *g = d->text->group;
	*room_r = NULL;
	if (g != NULL && group_wants_rooms(d->owner)) {
		*room_r = group_room_open(d->owner, g);
		m->name = NULL;
		return *room_r != NULL;
	}
	if (g != NULL) {
		m->receivers = receivers;
		m->receiver_count = group_receivers(g, m->from, receivers);
	}
	return true;
}

/* As a reaction to that, or (NULL) as a text. */
static void hand_over(struct delivery *d, const struct recent_found *about)
{
	const struct inbound *in = d->text;
	struct gw_receiver receivers[LIMIT_RECEIVERS];
	char name[NUMBER_SIZE];
	struct gw_room *room;
	struct gw_message m = {
		.kind = about != NULL ? GW_REACTION : GW_MESSAGE,
		.from = in->from,
		.name = person_name(in->from, name),
		.text = about != NULL ? about->emoji : in->body,
		.network_id = in->id,
		.wall_ms = in->wall_ms,
		.reply_to = about != NULL ? about->id : NULL,
		.durable = true,
	};
	d->is_given = address(d, &m, receivers, &room);
	if (!d->is_given)
		return;
	d->is_reaction = about != NULL;
	if (about == NULL)
		recent_add(d->owner, talk_of(in), in->id, in->body);
	gw_message(d->owner->session, room, &m);
}

/* His, which waits for what is looked up or uploaded. */
static struct delivery *find_given(
	struct inbound *in, const struct owner *owner)
{
	for (size_t i = 0; i < in->delivery_count; i++) {
		struct delivery *d = &in->deliveries[i];
		if (!d->is_done && d->is_given && d->owner == owner)
			return d;
	}
	return NULL;
}

static void reaction_found(
	struct owner *owner, const struct recent_found *found, void *arg)
{
	struct delivery *d = find_given(arg, owner);
	if (d != NULL)
		hand_over(d, found->id != NULL ? found : NULL);
}

void inbound_give_file(struct inbound *text, struct owner *owner,
	const struct gw_file *file, const char *words)
{
	struct gw_receiver receivers[LIMIT_RECEIVERS];
	char name[NUMBER_SIZE];
	struct gw_room *room;
	struct delivery *d = find_given(text, owner);
	struct gw_message m = {
		.kind = GW_MESSAGE,
		.from = text->from,
		.name = person_name(text->from, name),
		.text = words != NULL ? words : "",
		.file = file,
		.network_id = text->id,
		.wall_ms = text->wall_ms,
		.durable = true,
	};
	if (d == NULL)
		return;
	d->is_given = address(d, &m, receivers, &room);
	if (d->is_given)
		gw_message(owner->session, room, &m);
}

/* What is said in a room waits until that is there. */
static bool has_place(const struct delivery *d)
{
	const struct group *g = d->text->group;
	return g == NULL || !group_wants_rooms(d->owner) ||
	       group_room_open(d->owner, g) != NULL;
}

static void uploaded(struct owner *owner, const char *url, void *arg)
{
	struct inbound *in = arg;
	const struct attachment *a = in->attached;
	const struct gw_file file = { .url = url,
		.name = a->name,
		.type = a->type,
		.size = (int64_t)a->octets.len };
	struct delivery *d = find_given(in, owner);
	if (d != NULL && url != NULL)
		inbound_give_file(in, owner, &file, a->words);
	else if (d != NULL)
		hand_over(d, NULL);
}

static void give(struct delivery *d)
{
	struct inbound *in = d->text;
	if (d->is_done || d->is_given || !in->is_stored ||
		d->owner->session == NULL || !d->owner->is_online ||
		!has_place(d))
		return;
	d->is_given = true;
	if (in->file.url != NULL)
		enclosed_start(in, d->owner);
	else if (in->attached != NULL)
		uploads_add(d->owner, in->attached->name, in->attached->type,
			str_slice(&in->attached->octets), uploaded, in);
	else if (!recent_find_quoted(
			 d->owner, talk_of(in), in->body, reaction_found, in))
		hand_over(d, NULL);
}

void inbound_give(struct owner *owner)
{
	list_for_each(it, &owner->texts)
		give(CONTAINER(it, struct delivery, owned));
}

void inbound_close(struct owner *owner)
{
	enclosed_stop(owner->sms, NULL, owner);
	list_for_each(it, &owner->texts)
		CONTAINER(it, struct delivery, owned)->is_given = false;
}

/* --- The record ---------------------------------------------------------- */

static void saved(bool ok, void *arg)
{
	struct inbound *in = arg;
	list_remove(&in->storing);
	settle_tickets(in, ok);
	if (!ok && !in->is_stored) {
		/* The network gives it again. */
		drop(in);
		return;
	}
	in->is_stored = true;
	audit_in(in, in->is_held ? "held" : "stored");
	for (size_t i = 0; i < in->delivery_count; i++)
		give(&in->deliveries[i]);
}

static void save(struct inbound *in)
{
	struct str data = { .max = 1 * MIB };
	char name[NAME_SIZE];
	name_of(in, name);
	pack_number(&data, RECORD_VERSION);
	pack_text(&data, in->id);
	pack_text(&data, in->from);
	pack_text(&data, in->to);
	pack_text(&data, in->body);
	pack_number(&data, in->wall_ms);
	pack_number(&data, (int64_t)in->left);
	for (size_t i = 0; i < in->delivery_count; i++) {
		if (in->deliveries[i].is_done)
			continue;
		pack_text(&data, in->deliveries[i].owner->user);
		pack_text(&data, in->deliveries[i].owner->account);
	}
	if (in->file.url != NULL) {
		pack_text(&data, "file");
		pack_text(&data, in->file.url);
		pack_text(&data, in->file.type);
		pack_text(&data, in->file.header);
	}
	if (in->group != NULL) {
		pack_text(&data, "group");
		pack_text(&data, in->group->name);
	}
	attachment_pack(&data, in->attached);
	ledger_put(
		in->sms->ledger, name, str_slice(&data), KEEP_DAYS, saved, in);
	str_finish(&data);
}

static uint64_t read_number(const char *name)
{
	return strtoull(name + strlen(INBOUND_PREFIX), NULL, 16);
}

/* What only some have. */
static void read_more(struct inbound *in, struct unpack *u)
{
	const char *what = unpack_text(u);
	if (text_equals(what, "file")) {
		xstrset(&in->file.url, ledger_unpack_text(u));
		xstrset(&in->file.type, ledger_unpack_text(u));
		xstrset(&in->file.header, ledger_unpack_text(u));
	} else if (text_equals(what, "group")) {
		const char *name = unpack_text(u);
		in->group = name != NULL ? groups_find(in->sms, name) : NULL;
	} else if (text_equals(what, "octets") && in->attached == NULL) {
		in->attached = attachment_unpack(u);
	} else {
		u->is_broken = true;
	}
}

/* As make_id() and crypto_random_id() make them, with a number for a file behind:
 * they are part of names of what is kept. */
static bool is_id(const char *id)
{
	static const char octets[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz"
				     "0123456789-_.";
	size_t len = id != NULL ? strlen(id) : 0;
	return len > 0 && len <= ID_MAX && strspn(id, octets) == len;
}

/* NULL: damaged. */
static struct inbound *decode(
	struct sms *s, const char *name, struct slice data)
{
	struct unpack u = { .rest = data };
	int64_t version = unpack_number(&u);
	const char *id = unpack_text(&u);
	const char *from = unpack_text(&u), *to = unpack_text(&u);
	const char *body = unpack_text(&u);
	int64_t wall_ms = unpack_number(&u), count = unpack_number(&u);
	if (u.is_broken || version != RECORD_VERSION || !is_id(id) ||
		!ledger_is_clean(from) || !ledger_is_clean(to) ||
		!ledger_is_clean(body) || count < 0 || count > OWNERS_MAX)
		return NULL;
	if (map_get_text(&s->inbounds->texts, id) != NULL)
		return NULL;
	struct inbound *in = inbound_new(s->inbounds, read_number(name), id);
	in->from = xstrdup(from);
	in->to = xstrdup(to);
	in->body = xstrdup(body);
	in->wall_ms = wall_ms;
	in->is_stored = true;
	in->is_held = count == 0;
	for (int64_t i = 0; i < count; i++) {
		const char *user = unpack_text(&u), *account = unpack_text(&u);
		if (user != NULL && account != NULL)
			inbound_assign(in, owner_get(s, user, account));
	}
	while (u.rest.len > 0 && !u.is_broken)
		read_more(in, &u);
	return in;
}

void inbound_load(struct sms *s, const char *name, struct slice data)
{
	struct inbound *in = decode(s, name, data);
	if (in != NULL && (in->left > 0 || in->is_held)) {
		if (can_be_compared(in))
			inherited_add(s->inbounds->inherited, in->from, in->to,
				in->body, (int64_t)(in->number / 1000));
		return;
	}
	log_error("sms", "a record is damaged name=%s", name);
	ledger_drop(s->ledger, name);
	if (in != NULL)
		inbound_free(in);
}

void inbound_settled(struct owner *owner, const char *network_id, bool ok)
{
	list_for_each(it, &owner->texts) {
		struct delivery *d = CONTAINER(it, struct delivery, owned);
		struct inbound *in = d->text;
		if (strcmp(in->id, network_id) != 0)
			continue;
		d->is_given = false;
		if (!ok)
			return;
		if (!d->is_reaction)
			xstrset(&owner->last_id, in->id);
		finish(d);
		if (in->left == 0)
			drop(in);
		return;
	}
}

/* --- Taking -------------------------------------------------------------- */

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

static void settle(struct backend *b, uint64_t ticket)
{
	if (ticket != 0)
		b->carrier->ops->settle(b->carrier, ticket, true);
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
		settle_tickets(in, true);
	return true;
}

static void set_file(struct inbound_file *f, const struct carrier_media *media)
{
	xstrset(&f->url, media->url);
	xstrset(&f->type, media->type);
	xstrset(&f->header, media->headers != NULL ? media->headers[0] : NULL);
}

/* False: it is for nobody. */
static bool find_people(struct inbound *in, const struct inbound_text *text)
{
	const struct inbound *with = text->with;
	if (text->owner != NULL) {
		inbound_assign(in, text->owner);
		return true;
	}
	if (with == NULL)
		return route(in, text->is_notice);
	for (size_t i = 0; i < with->delivery_count; i++)
		inbound_assign(in, with->deliveries[i].owner);
	in->is_held = with->is_held;
	return true;
}

static struct inbound *add(
	struct sms *s, const struct inbound_text *text, struct slice body)
{
	char own[CRYPTO_ID_SIZE];
	if (text->id == NULL)
		crypto_random_id(own);
	struct inbound *in = inbound_new(s->inbounds, next_number(s->inbounds),
		text->id != NULL ? text->id : own);
	in->from = xstrdup(text->from);
	in->to = xstrdup(text->to);
	in->body = xstrndup(body.data, body.len);
	in->wall_ms = text->wall_ms;
	if (text->file != NULL)
		set_file(&in->file, text->file);
	else
		in->attached = attachment_new(&text->content, text->body);
	in->is_named = text->id != NULL;
	xstrset(&in->backend_name, text->backend_name);
	in->segments = text->segments;
	in->group = text->group;
	if (find_people(in, text) && !in->is_answer) {
		list_append(&s->inbounds->storing, &in->storing);
		save(in);
		return in;
	}
	if (!in->is_answer)
		log_warning("sms", "a text for nobody to=%s", in->to);
	audit_in(in, in->is_answer ? "answer" : "nobody");
	inbound_free(in);
	return NULL;
}

static bool is_ours(const struct sms *s, const char *number)
{
	return number_is_assigned(s, number) || number_is_shared(s, number);
}

static char *body_of(const struct inbound_text *text)
{
	struct str words = { .max = LIMIT_KEPT };
	attachment_fallback(&words, &text->content, text->body);
	char *body = xstrdup(str_text(&words));
	str_finish(&words);
	return body;
}

struct inbound *inbound_add(struct sms *s, const struct inbound_text *text)
{
	const char *notice = NULL;
	char *body = body_of(text);
	const char *own =
		text->owner != NULL ? brought_scope(text->owner) : text->to;
	bool is_passed = (text->owner == NULL && !is_ours(s, text->to)) ||
			 rules_receive(s, own, text->from, body, &notice);
	struct inbound_text here = *text;
	struct inbound_text more = { .from = text->from,
		.to = text->to,
		.owner = text->owner,
		.is_notice = true };
	/* Words that are answered are no messages to one of them. */
	here.is_notice = notice != NULL;
	struct inbound *in = is_passed ? add(s, &here, slice_of(body)) : NULL;
	if (notice != NULL && is_passed)
		(void)add(s, &more, slice_of(notice));
	else if (notice != NULL)
		in = add(s, &here, slice_of(notice));
	else if (!is_passed)
		audit_word(s, text);
	xfree(body);
	return in;
}

/* The oldest that is held between these numbers; NULL: none. */
static struct inbound *find_held(
	const struct sms *s, const char *from, const char *to)
{
	size_t pos = 0;
	struct inbound *in, *oldest = NULL;
	while ((in = map_next(&s->inbounds->texts, &pos)) != NULL)
		if (in->is_held && strcmp(in->from, from) == 0 &&
			strcmp(in->to, to) == 0 &&
			(oldest == NULL || in->number < oldest->number))
			oldest = in;
	return oldest;
}

void inbound_release(
	struct sms *s, const char *from, const char *to, struct owner *owner)
{
	struct inbound *in;
	while ((in = find_held(s, from, to)) != NULL) {
		inbound_assign(in, owner);
		save(in);
	}
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
			added = add(s, &one, slice_make("", 0));
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
		if (!can_be_compared(in) || list_is_empty(&in->tickets) ||
			is_waiting(CONTAINER(in->tickets.next,
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
	settle(b, ticket);
	return true;
}

void inbound_drop_held(struct sms *s, const char *from, const char *to)
{
	struct inbound *in;
	while ((in = find_held(s, from, to)) != NULL) {
		settle_tickets(in, true);
		drop(in);
	}
}

void inbound_forget(struct owner *owner)
{
	while (!list_is_empty(&owner->texts)) {
		struct delivery *d =
			CONTAINER(owner->texts.next, struct delivery, owned);
		struct inbound *in = d->text;
		finish(d);
		if (in->left > 0) {
			save(in);
			continue;
		}
		settle_tickets(in, true);
		drop(in);
	}
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
		.group = groups_of_text(b->sms, from, to, c) };
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
		settle(b, c->ticket);
	str_finish(&body);
}

void inbound_take(struct backend *b, const struct carrier_incoming *c)
{
	char from[NUMBER_SIZE], to[NUMBER_SIZE];
	struct str id = { .max = 64 };
	size_t files = c->media_count < FILES_MAX ? c->media_count : FILES_MAX;
	if (b->owner != NULL && !brought_takes(b, 1 + files)) {
		b->carrier->ops->settle(b->carrier, c->ticket, false);
		return;
	}
	if (gw_must_wait(b->sms->gw))
		backends_stall(b->sms, true);
	find_own(b, &c->to, to);
	find_sender(b, &c->from, to, from);
	make_id(b, c, to, &id);
	if (c->part.total > 1 && b->owner == NULL)
		parts_take(b, from, to, c);
	else if (id.len == 0 || !is_repeated(b, str_text(&id), c))
		take_whole(b, from, to, id.len > 0 ? str_text(&id) : NULL, c);
	str_finish(&id);
}

void inbound_detach(const struct backend *b)
{
	list_for_each(it, &b->owner->texts) {
		struct inbound *in =
			CONTAINER(it, struct delivery, owned)->text;
		list_for_each_safe(at, &in->tickets) {
			struct inbound_ticket *t =
				CONTAINER(at, struct inbound_ticket, link);
			if (t->backend != b)
				continue;
			list_remove(&t->link);
			xfree(t);
		}
	}
}

/* --- Life ---------------------------------------------------------------- */

struct inbounds *inbounds_new(struct sms *s)
{
	struct inbounds *all = xalloc(sizeof(*all));
	all->sms = s;
	list_init(&all->storing);
	all->inherited = inherited_new();
	return all;
}

void inbounds_free(struct inbounds **slot)
{
	struct inbounds *all = *slot;
	if (all == NULL)
		return;
	size_t pos = 0;
	struct inbound *in;
	while ((in = map_next(&all->texts, &pos)) != NULL) {
		inbound_free(in);
		pos = 0;
	}
	map_finish(&all->texts);
	inherited_free(&all->inherited);
	xfree(all);
	*slot = NULL;
}
