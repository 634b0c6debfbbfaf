/*
 * What a message of the user is about, in the network's terms: ids that his
 * clients know are made of the network's (private), or are numbers of the
 * archive (rooms), which has to be asked.
 */
#include <string.h>

#include "base/alloc.h"
#include "host/history.h"
#include "host/outbox_private.h"

/* The answer of the archive for one message; others wait. */
struct look_up {
	struct outbox *outbox;
	uint32_t number; /* of the message in the outbox */
	bool is_known, is_dropped;
	char *network_id, *stanza_id; /* or NULL */
};

static void look_up_free(struct look_up *l)
{
	xfree(l->network_id);
	xfree(l->stanza_id);
	xfree(l);
}

void refs_drop(struct outbox *o, uint32_t number)
{
	struct look_up *l = o->look_up;
	if (l == NULL || (number != 0 && l->number != number))
		return;
	o->look_up = NULL;
	/* Else the archive still answers. */
	if (l->is_known)
		look_up_free(l);
	else
		l->is_dropped = true;
	outbox_go_on(o);
}

static void found(int status, const struct archive_page *page, void *arg)
{
	struct look_up *l = arg;
	struct outbox *o = l->outbox;
	if (status == 0 && page->count == 1) {
		xstrset(&l->network_id, page->messages[0].network_id);
		xstrset(&l->stanza_id, page->messages[0].stanza_id);
	}
	l->is_known = true;
	if (l->is_dropped)
		look_up_free(l);
	else
		outbox_go_on(o);
	outbox_drop(&o);
}

/* False: it is not in the archive. */
static bool ask(struct outbox *o, uint32_t number, const struct parcel *p)
{
	const struct account *a = o->account;
	const struct gateway *g = account_gateway(a);
	struct archive *archive = history_archive(g);
	struct archive_query q = { .reader = a->user->jid, .max = 1 };
	uint64_t wanted;
	channel_make_id(g, a->key, p->name, &q.channel);
	if (archive == NULL ||
		archive_id_parse(archive, &q.channel, p->ref, &wanted) != 0)
		return false;
	o->look_up = xalloc(sizeof(*o->look_up));
	o->look_up->number = number;
	o->look_up->outbox = o;
	q.numbers = &wanted;
	q.number_count = 1;
	o->uses++;
	archive_query(archive, &q, found, o->look_up);
	return true;
}

static const char *private_ref(const struct account *a,
	const struct store_outgoing *m, const struct parcel *p)
{
	return m->own_ref != NULL ? m->own_ref
				  : receipt_network_id(a, p->name, p->ref);
}

bool refs_find(struct outbox *o, const struct store_outgoing *m,
	const struct parcel *p, struct refs *out)
{
	struct look_up *l = o->look_up;
	*out = (struct refs){ .retracts = p->retracts };
	if (p->ref == NULL)
		return true;
	if (p->kind == GW_PERSON) {
		out->network_id = private_ref(o->account, m, p);
		return true;
	}
	if (l == NULL)
		return !ask(o, m->number, p);
	if (l->number != m->number || !l->is_known)
		return false;
	out->network_id = l->network_id;
	if (p->retracts != NULL && l->stanza_id != NULL)
		out->retracts = l->stanza_id;
	return true;
}
