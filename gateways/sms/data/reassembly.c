/*
 * A text waits in a map under what its parts have in common, and in a list in
 * the order in which texts are given up. One that is complete, or given up,
 * goes to a list of those to be taken.
 */
#include "sms_data/reassembly.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/map.h"
#include "base/str.h"
#include "sms_data/repeats.h"

/* No method counts further (SAR and headers have an octet). */
#define PARTS_MAX 255u

struct piece {
	uint64_t token;
	struct content_segment segment; /* of `bytes` */
	size_t len;
	char bytes[];
};

struct pending {
	struct list link; /* in `waiting` by due_ms, or in `ready` */
	char *key;        /* as build_key() says */
	size_t key_len;
	const char *backend, *from, *to; /* in the key */
	int64_t wall_ms, due_ms;
	size_t bytes;
	unsigned total, have;
	struct piece *pieces[]; /* `total` of them; NULL: not there yet */
};

struct reassembly {
	struct reassembly_limits limits;
	struct map by_key;
	struct list waiting, ready;
	struct repeats repeats;
	size_t bytes; /* of what waits */
	struct str scratch;
};

struct reassembly *reassembly_new(const struct reassembly_limits *limits)
{
	struct reassembly *r = xalloc(sizeof(*r));

	r->limits = *limits;
	list_init(&r->waiting);
	list_init(&r->ready);
	repeats_init(&r->repeats, limits->texts);
	str_init(&r->scratch, 16 * KIB);
	return r;
}

static struct slice key_of(const struct pending *p)
{
	return slice_make(p->key, p->key_len);
}

static void pending_free(struct pending *p)
{
	list_remove(&p->link);
	for (unsigned i = 0; i < p->total; i++)
		xfree(p->pieces[i]);
	xfree(p->key);
	xfree(p);
}

void reassembly_free(struct reassembly **slot)
{
	struct reassembly *r = *slot;

	if (r == NULL)
		return;
	list_for_each_safe(it, &r->waiting)
		pending_free(CONTAINER(it, struct pending, link));
	list_for_each_safe(it, &r->ready)
		pending_free(CONTAINER(it, struct pending, link));
	map_finish(&r->by_key);
	repeats_finish(&r->repeats);
	str_finish(&r->scratch);
	xfree(r);
	*slot = NULL;
}

/* --- Keys and pieces ----------------------------------------------------- */

/* backend NUL from NUL to NUL method ref total */
static struct slice build_key(
	struct str *key, const struct reassembly_part *part)
{
	str_reset(key);
	str_add_bytes(key, part->backend, strlen(part->backend) + 1);
	str_add_bytes(key, part->from, strlen(part->from) + 1);
	str_add_bytes(key, part->to, strlen(part->to) + 1);
	str_addf(key, "%c%u/%u", part->part.method, part->part.ref,
		part->part.total);
	return str_slice(key);
}

static char *copy_of(struct slice key)
{
	char *copy = xalloc(key.len);

	memcpy(copy, key.data, key.len);
	return copy;
}

static struct slice octets_of(const struct content_segment *s)
{
	return s->text != NULL ? slice_of(s->text) : s->data;
}

static struct piece *piece_new(const struct reassembly_part *part)
{
	const struct content_segment *s = &part->segment;
	struct slice octets = octets_of(s);
	size_t len = s->header.len + octets.len;
	struct piece *piece = xalloc(sizeof(*piece) + len + 1);
	char *data = piece->bytes + s->header.len;

	if (s->header.len > 0)
		memcpy(piece->bytes, s->header.data, s->header.len);
	if (octets.len > 0)
		memcpy(data, octets.data, octets.len);
	piece->token = part->token;
	piece->len = len;
	piece->segment = (struct content_segment){
		.alphabet = s->alphabet,
		.header = slice_make(piece->bytes, s->header.len),
		.data = slice_make(data, octets.len),
		.text = s->text != NULL ? data : NULL,
	};
	return piece;
}

static bool is_same(const struct piece *a, const struct piece *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

/* What it counts as: a hostile sender's parts are short. */
static size_t size_of(const struct piece *piece)
{
	return sizeof(*piece) + piece->len;
}

static uint64_t hash_of(const struct piece *piece)
{
	return map_hash(slice_make(piece->bytes, piece->len));
}

/* --- Waiting, and its end ------------------------------------------------ */

/* Behind all that are due before it: what is stored may come in any order. */
static void wait_until(struct reassembly *r, struct pending *p, int64_t due_ms)
{
	struct list *where = r->waiting.prev;

	while (where != &r->waiting &&
		CONTAINER(where, struct pending, link)->due_ms > due_ms)
		where = where->prev;
	p->due_ms = due_ms;
	list_insert(where, &p->link);
}

static void let_go(struct reassembly *r, struct pending *p)
{
	map_remove(&r->by_key, key_of(p));
	list_remove(&p->link);
	r->bytes -= p->bytes;
	list_append(&r->ready, &p->link);
}

static void remember(
	struct reassembly *r, const struct pending *p, int64_t wall_ms)
{
	uint64_t hashes[PARTS_MAX];

	for (unsigned i = 0; i < p->total; i++)
		hashes[i] = hash_of(p->pieces[i]);
	repeats_note(&r->repeats, key_of(p), hashes, p->total, wall_ms);
}

/* Let texts go while their parts are too many. */
static void make_room(struct reassembly *r)
{
	while (!list_is_empty(&r->waiting) && r->bytes > r->limits.bytes)
		let_go(r, CONTAINER(r->waiting.next, struct pending, link));
}

/* Let one go when there is no place for another, of this sender or at all. */
static void make_place(struct reassembly *r, const char *from)
{
	struct pending *oldest = NULL;
	size_t count = 0;

	list_for_each(it, &r->waiting) {
		struct pending *p = CONTAINER(it, struct pending, link);

		if (strcmp(p->from, from) != 0)
			continue;
		if (count++ == 0)
			oldest = p;
	}
	if (oldest != NULL && count >= r->limits.sender_texts)
		let_go(r, oldest);
	else if (!list_is_empty(&r->waiting) &&
		 r->by_key.count >= r->limits.texts)
		let_go(r, CONTAINER(r->waiting.next, struct pending, link));
}

/* --- Adding -------------------------------------------------------------- */

static struct pending *pending_new(struct reassembly *r, struct slice key,
	const struct reassembly_part *part)
{
	unsigned total = part->part.total;
	struct pending *p = xalloc(sizeof(*p) + total * sizeof(struct piece *));

	p->key = copy_of(key);
	p->key_len = key.len;
	p->backend = p->key;
	p->from = p->backend + strlen(p->backend) + 1;
	p->to = p->from + strlen(p->from) + 1;
	p->wall_ms = p->due_ms = part->wall_ms;
	p->total = total;
	make_place(r, p->from);
	map_put(&r->by_key, key_of(p), p);
	list_insert(&r->waiting, &p->link);
	return p;
}

/* The text that a part belongs to, which has not got it yet; NULL: it has. */
static struct pending *place_of(struct reassembly *r, struct slice key,
	const struct reassembly_part *part, const struct piece *piece)
{
	struct pending *p = map_get(&r->by_key, key);
	const struct piece *there =
		p != NULL ? p->pieces[part->part.number - 1] : NULL;

	if (there != NULL && is_same(there, piece))
		return NULL;
	if (there != NULL) {
		let_go(r, p);
		p = NULL;
	}
	return p != NULL ? p : pending_new(r, key, part);
}

static void put_piece(struct reassembly *r, struct pending *p,
	const struct reassembly_part *part, struct piece *piece)
{
	p->pieces[part->part.number - 1] = piece;
	p->have++;
	p->bytes += size_of(piece);
	r->bytes += size_of(piece);
	if (part->wall_ms < p->wall_ms)
		p->wall_ms = part->wall_ms;
	list_remove(&p->link);
	int64_t due_ms = part->wall_ms + r->limits.wait_ms;
	wait_until(r, p, due_ms > p->due_ms ? due_ms : p->due_ms);
	if (p->have < p->total)
		return;
	remember(r, p, part->wall_ms);
	let_go(r, p);
}

static bool is_single(const struct carrier_part *part)
{
	return part->total < 2 || part->total > PARTS_MAX || part->number < 1 ||
	       part->number > part->total;
}

enum reassembly_result reassembly_add(
	struct reassembly *r, const struct reassembly_part *part)
{
	if (is_single(&part->part))
		return REASSEMBLY_SINGLE;
	struct slice key = build_key(&r->scratch, part);
	struct piece *piece = piece_new(part);
	if (r->scratch.overflow || size_of(piece) > r->limits.bytes) {
		xfree(piece);
		return REASSEMBLY_SINGLE;
	}
	if (repeats_has(&r->repeats, key, part->part.number - 1, hash_of(piece),
		    part->wall_ms)) {
		xfree(piece);
		return REASSEMBLY_REPEATED;
	}
	struct pending *p = place_of(r, key, part, piece);
	if (p == NULL) {
		xfree(piece);
		return REASSEMBLY_REPEATED;
	}
	put_piece(r, p, part, piece);
	make_room(r);
	return REASSEMBLY_KEPT;
}

/* --- Taking -------------------------------------------------------------- */

/* What the caller sees, and what it points to. */
struct result {
	struct reassembled face;
	struct pending *of;
	struct str body;
	uint64_t tokens[];
};

static void read_content(struct result *out)
{
	const struct content_segment *segments[PARTS_MAX];
	const struct pending *p = out->of;

	for (unsigned i = 0; i < p->total; i++)
		segments[i] = p->pieces[i] ? &p->pieces[i]->segment : NULL;
	/* An octet becomes three bytes at most, a gap five. */
	str_init(&out->body, p->bytes * 3 + p->total * sizeof("[...]"));
	out->face.content = content_read(&out->body, segments, p->total);
	out->face.body = str_slice(&out->body);
}

static struct reassembled *result_new(struct pending *p)
{
	struct result *out =
		xalloc(sizeof(*out) + p->have * sizeof(out->tokens[0]));
	size_t count = 0;

	for (unsigned i = 0; i < p->total; i++)
		if (p->pieces[i] != NULL)
			out->tokens[count++] = p->pieces[i]->token;
	out->of = p;
	out->face = (struct reassembled){ .backend = p->backend,
		.from = p->from,
		.to = p->to,
		.is_complete = p->have == p->total,
		.wall_ms = p->wall_ms,
		.tokens = out->tokens,
		.count = count };
	read_content(out);
	return &out->face;
}

void reassembled_free(struct reassembled **slot)
{
	if (*slot == NULL)
		return;
	struct result *out = CONTAINER(*slot, struct result, face);

	pending_free(out->of);
	str_finish(&out->body);
	xfree(out);
	*slot = NULL;
}

static void expire(struct reassembly *r, int64_t wall_ms)
{
	list_for_each_safe(it, &r->waiting) {
		struct pending *p = CONTAINER(it, struct pending, link);

		if (p->due_ms > wall_ms)
			break;
		let_go(r, p);
	}
	repeats_expire(&r->repeats, wall_ms);
}

struct reassembled *reassembly_take(struct reassembly *r, int64_t wall_ms)
{
	expire(r, wall_ms);
	if (list_is_empty(&r->ready))
		return NULL;
	struct pending *p = CONTAINER(r->ready.next, struct pending, link);
	list_remove(&p->link);
	return result_new(p);
}

int64_t reassembly_due(const struct reassembly *r)
{
	if (list_is_empty(&r->waiting))
		return -1;
	return CONTAINER(r->waiting.next, struct pending, link)->due_ms;
}

size_t reassembly_count(const struct reassembly *r)
{
	return r->by_key.count;
}
