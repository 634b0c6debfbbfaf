/*
 * Links: a connection each that a worker drives, from OPEN to CLOSE.
 */
#include <unistd.h>

#include "base/alloc.h"
#include "base/magic.h"
#include "email/pool_private.h"

struct mail_link *mail_link_open(struct mail_pool *p, int fd,
	const struct frame *open, mail_fn fn, void *arg)
{
	struct mail_link *link = xalloc(sizeof(*link));
	struct frame f = *open;

	MAGIC_CHECK(p, POOL_MAGIC);
	link->magic = LINK_MAGIC;
	link->pool = p;
	link->fn = fn;
	link->arg = arg;
	link->id = mail_pool_next_id(&p->links, &p->last_link);
	(void)map_put(&p->links, mail_pool_key(&link->id), link);
	list_init(&link->list);
	link->worker = mail_worker_choose(p);
	if (link->worker == NULL) {
		close(fd);
		list_append(&p->lost_links, &link->list);
		deferred_start(&p->tell_lost);
		return link;
	}
	list_append(&link->worker->links, &link->list);
	link->worker->link_count++;
	f.type = FRAME_OPEN;
	f.link = link->id;
	f.request = 0;
	mail_worker_send(link->worker, &f, fd);
	return link;
}

void mail_link_send(struct mail_link *link, const struct frame *f)
{
	struct frame copy = *f;

	MAGIC_CHECK(link, LINK_MAGIC);
	copy.link = link->id;
	copy.request = 0;
	if (link->worker != NULL)
		mail_worker_send(link->worker, &copy, -1);
}

void mail_link_close(struct mail_link **slot)
{
	struct mail_link *link;

	if (slot == NULL || *slot == NULL)
		return;
	link = *slot;
	*slot = NULL;
	MAGIC_CHECK(link, LINK_MAGIC);
	if (link->worker != NULL) {
		mail_requests_forget(&link->worker->requests, link);
		link->worker->link_count--;
		mail_worker_say(link->worker, FRAME_CLOSE, link->id, 0, 0);
	}
	mail_requests_forget(&link->pool->lost_requests, link);
	(void)map_remove(&link->pool->links, mail_pool_key(&link->id));
	list_remove(&link->list);
	link->magic = 0;
	xfree(link);
}

int mail_link_hear(struct mail_worker *w, const struct frame *f)
{
	struct mail_link *link =
		map_get(&w->pool->links, mail_pool_key(&f->link));

	/* It may have been closed while this was under way. */
	if (link == NULL)
		return 0;
	if (link->worker != w)
		return -1;
	link->fn(f, link->arg);
	return 0;
}

void mail_links_lose(struct mail_worker *w, const struct frame_blame *blame)
{
	while (!list_is_empty(&w->links)) {
		struct mail_link *link =
			CONTAINER(w->links.next, struct mail_link, list);

		link->worker = NULL;
		/* A mail that was asked for is its request's affair. */
		link->is_blamed = link->id == blame->link &&
				  (blame->request == 0 || blame->uid == 0);
		link->blamed_uid = link->is_blamed ? blame->uid : 0;
		list_remove(&link->list);
		list_append(&w->pool->lost_links, &link->list);
	}
	w->link_count = 0;
}

void mail_link_tell_lost(struct mail_link *link)
{
	struct frame f = { .type = FRAME_STATE,
		.link = link->id,
		.numbers = { LINK_FAILED, LINK_CRASHED, link->is_blamed,
			link->blamed_uid },
		.fd = -1 };

	list_remove(&link->list);
	f.texts[0] = slice_of("an internal error of the gateway");
	link->fn(&f, link->arg);
}
