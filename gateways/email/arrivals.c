#include "email/arrivals.h"

#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "email/incoming.h"

struct arrival {
	struct list link; /* in the order of their UIDs */
	uint32_t uid;
	struct incoming *incoming; /* NULL: all was handed over */
	char id[MEMORY_ID_SIZE];
	unsigned unsettled;
	bool started, is_incomplete;
};

static struct arrival *arrival_of(struct list *link)
{
	return CONTAINER(link, struct arrival, link);
}

void arrivals_init(
	struct arrivals *a, struct email_session *s, arrivals_fn fn, void *arg)
{
	a->session = s;
	a->fn = fn;
	a->arg = arg;
	list_init(&a->mails);
}

/* --- In ------------------------------------------------------------------ */

static struct arrival *append(struct arrivals *a, uint32_t uid)
{
	struct arrival *m = xalloc(sizeof(*m));

	m->uid = uid;
	list_append(&a->mails, &m->link);
	return m;
}

void arrivals_tell_taken(const struct arrivals *a, uint32_t uid)
{
	const struct frame taken = { .type = FRAME_TAKEN, .numbers = { uid } };

	if (a->session->imap != NULL)
		mail_link_send(a->session->imap, &taken);
}

static void handed_over(
	struct incoming *incoming, unsigned messages, bool complete, void *arg)
{
	struct arrivals *a = arg;

	arrivals_tell_taken(a, incoming_uid(incoming));
	list_for_each(it, &a->mails) {
		struct arrival *m = arrival_of(it);

		if (m->incoming != incoming)
			continue;
		m->unsettled += messages;
		m->is_incomplete = !complete;
		/* It is in its own callback. */
		incoming_free(&m->incoming);
		break;
	}
	a->fn(a->arg);
}

void arrivals_add(struct arrivals *a, const struct frame *f, bool is_old)
{
	struct arrival *m = append(a, (uint32_t)f->numbers[0]);

	m->incoming = incoming_new(a->session, f, handed_over, a);
	if (m->incoming == NULL) {
		log_warning("email", "[%s] bad record of UID %u",
			a->session->session->id, m->uid);
		m->started = true;
		return;
	}
	text_copy(m->id, sizeof(m->id), incoming_id(m->incoming));
	if (is_old)
		incoming_set_old(m->incoming);
}

void arrivals_add_done(struct arrivals *a, uint32_t uid)
{
	append(a, uid)->started = true;
}

/* --- On their way -------------------------------------------------------- */

bool arrivals_are_empty(const struct arrivals *a)
{
	return list_is_empty(&a->mails);
}

bool arrivals_have(const struct arrivals *a, uint32_t uid)
{
	list_for_each(it, &a->mails)
		if (arrival_of(it)->uid == uid)
			return true;
	return false;
}

/* The first that is not handed over yet; or NULL. */
static struct arrival *first_waiting(const struct arrivals *a)
{
	list_for_each(it, &a->mails)
		if (arrival_of(it)->incoming != NULL)
			return arrival_of(it);
	return NULL;
}

bool arrivals_are_busy(const struct arrivals *a)
{
	return first_waiting(a) != NULL;
}

void arrivals_go_on(struct arrivals *a)
{
	struct arrival *m = first_waiting(a);

	if (m == NULL || m->started)
		return;
	m->started = true;
	incoming_start(m->incoming);
}

/* --- Out ----------------------------------------------------------------- */

void arrivals_settled(struct arrivals *a, const char *network_id)
{
	list_for_each(it, &a->mails) {
		struct arrival *m = arrival_of(it);

		if (m->unsettled == 0 ||
			strncmp(network_id, m->id, strlen(m->id)) != 0)
			continue;
		m->unsettled--;
		break;
	}
}

static bool is_done(const struct arrival *m)
{
	return m->started && m->incoming == NULL && m->unsettled == 0 &&
	       !m->is_incomplete;
}

static void arrival_free(struct arrival *m)
{
	list_remove(&m->link);
	incoming_free(&m->incoming);
	xfree(m);
}

uint32_t arrivals_take_done(struct arrivals *a)
{
	uint32_t last = 0;

	while (!list_is_empty(&a->mails)) {
		struct arrival *m = arrival_of(a->mails.next);

		if (!is_done(m))
			break;
		last = m->uid;
		arrival_free(m);
	}
	return last;
}

void arrivals_drop(struct arrivals *a)
{
	while (!list_is_empty(&a->mails))
		arrival_free(arrival_of(a->mails.next));
}

void arrivals_give_back(struct arrivals *a)
{
	list_for_each(it, &a->mails) {
		const struct arrival *m = arrival_of(it);

		if (m->incoming != NULL)
			arrivals_tell_taken(a, m->uid);
	}
	arrivals_drop(a);
}

uint32_t arrivals_drop_incomplete(struct arrivals *a)
{
	uint32_t first = 0;

	list_for_each_safe(it, &a->mails) {
		struct arrival *m = arrival_of(it);

		if (first == 0 && m->is_incomplete)
			first = m->uid;
		if (first != 0)
			arrival_free(m);
	}
	return first;
}
