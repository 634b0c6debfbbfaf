#include "host/fence.h"

#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "xmpp/ns.h"

/* How long a server may take to answer; then it is asked again. */
#define PING_MS  60000
/* One that cannot be reached now is asked again after this time. */
#define PAUSE_MS 60000

struct fence {
	struct fences *fences;
	struct list waiting; /* struct fenced.link: no ping behind them yet */
	struct list asked;   /* ... one is under way */
	bool is_asking;
	struct timer pause;
	char domain[];
};

static void free_all(struct fences *f, struct list *list)
{
	list_for_each_safe(it, list) {
		struct fenced *one = CONTAINER(it, struct fenced, link);
		list_remove(&one->link);
		f->count--;
		xfree(one);
	}
}

static void move_all(struct list *to, struct list *from)
{
	while (!list_is_empty(from)) {
		struct list *it = from->next;
		list_remove(it);
		list_append(to, it);
	}
}

static void ask(struct fence *fence);

static void pause_over(void *arg)
{
	ask(arg);
}

/* With remote servers: their own is away, so that our server answers, and
 * everything that was sent there comes back for itself. */
static bool is_unreachable(const struct stanza *answer)
{
	const char *text;
	if (answer->type != TYPE_ERROR)
		return false;
	enum stanza_error error = stanza_error_of(answer, &text);
	return error == ERR_REMOTE_SERVER_NOT_FOUND ||
	       error == ERR_REMOTE_SERVER_TIMEOUT;
}

static void answered(const struct stanza *answer, void *arg)
{
	struct fence *fence = arg;
	struct fences *f = fence->fences;
	struct list passed;
	fence->is_asking = false;
	if (answer == NULL || is_unreachable(answer)) {
		/* In their order: those were sent before. */
		move_all(&fence->asked, &fence->waiting);
		move_all(&fence->waiting, &fence->asked);
		if (!list_is_empty(&fence->waiting))
			timer_start(&fence->pause, PAUSE_MS);
		return;
	}
	list_init(&passed);
	move_all(&passed, &fence->asked);
	list_for_each(it, &passed)
		f->count--;
	if (!list_is_empty(&passed))
		f->passed(f->gateway, &passed);
	ask(fence);
}

static void ask(struct fence *fence)
{
	struct gateway *g = fence->fences->gateway;
	if (fence->is_asking || list_is_empty(&fence->waiting) ||
		timer_is_running(&fence->pause) ||
		component_state(g->component) != COMPONENT_READY)
		return;
	move_all(&fence->asked, &fence->waiting);
	fence->is_asking = true;
	const struct stanza_head head = {
		.from = g->options->jid,
		.to = fence->domain,
		.type = "get",
		.id = iq_track(
			g->component, fence->domain, PING_MS, answered, fence),
	};
	struct xml_writer *w = stanza_begin(g->component, STANZA_IQ, &head);
	xml_put(w, "ping", NS_PING, NULL);
	stanza_end(g->component);
}

/* --- For inbox.c --------------------------------------------------------- */

void fences_init(struct fences *f, struct gateway *g,
	void (*passed)(struct gateway *g, struct list *list))
{
	*f = (struct fences){ .gateway = g, .passed = passed };
}

static void fence_free(struct fences *f, struct fence *fence)
{
	iq_forget(f->gateway->component, fence);
	timer_stop(&fence->pause);
	free_all(f, &fence->waiting);
	free_all(f, &fence->asked);
	xfree(fence);
}

void fences_clear(struct fences *f)
{
	size_t pos = 0;
	struct fence *fence;
	while ((fence = map_next(&f->by_domain, &pos)) != NULL)
		fence_free(f, fence);
	map_finish(&f->by_domain);
}

static struct fence *fence_of(struct fences *f, const char *user)
{
	const char *at = strchr(user, '@');
	const char *domain = at != NULL ? at + 1 : user;
	struct fence *fence = map_get_text(&f->by_domain, domain);
	if (fence != NULL)
		return fence;
	size_t size = strlen(domain) + 1;
	fence = xalloc(sizeof(*fence) + size);
	fence->fences = f;
	list_init(&fence->waiting);
	list_init(&fence->asked);
	timer_init(&fence->pause, f->gateway->host->loop, "fence", pause_over,
		fence);
	memcpy(fence->domain, domain, size);
	map_put_text(&f->by_domain, fence->domain, fence);
	return fence;
}

static const char *place(char **space, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = memcpy(*space, text, size);
	*space += size;
	return copy;
}

void fences_add(struct fences *f, const struct inbox_name *name,
	const char *network_id, bool is_news)
{
	const struct store_owner *o = &name->owner;
	struct fenced *one =
		xalloc(sizeof(*one) + strlen(o->gateway) + strlen(o->user) +
			strlen(o->account) + strlen(network_id) + 4);
	char *space = one->space;
	one->name.key = name->key;
	one->name.owner.gateway = place(&space, o->gateway);
	one->name.owner.user = place(&space, o->user);
	one->name.owner.account = place(&space, o->account);
	one->network_id = place(&space, network_id);
	one->is_news = is_news;
	list_append(&fence_of(f, o->user)->waiting, &one->link);
	f->count++;
}

void fences_send(struct fences *f)
{
	size_t pos = 0;
	struct fence *fence;
	while ((fence = map_next(&f->by_domain, &pos)) != NULL)
		ask(fence);
}

static const struct inbox_name *find_in(
	const struct list *list, const struct inbox_key *key)
{
	list_for_each(it, list) {
		const struct fenced *one = CONTAINER(it, struct fenced, link);
		if (memcmp(&one->name.key, key, sizeof(*key)) == 0)
			return &one->name;
	}
	return NULL;
}

const struct inbox_name *fences_find(
	const struct fences *f, const char *domain, const struct inbox_key *key)
{
	const struct fence *fence = map_get_text(&f->by_domain, domain);
	const struct inbox_name *name =
		fence != NULL ? find_in(&fence->waiting, key) : NULL;
	return name != NULL || fence == NULL ? name
					     : find_in(&fence->asked, key);
}

static bool remove_from(
	struct fences *f, struct list *list, const struct inbox_name *name)
{
	list_for_each(it, list) {
		struct fenced *one = CONTAINER(it, struct fenced, link);
		const struct store_owner *o = &one->name.owner;
		if (memcmp(&one->name.key, &name->key, sizeof(name->key)) !=
				0 ||
			strcmp(o->user, name->owner.user) != 0 ||
			strcmp(o->account, name->owner.account) != 0)
			continue;
		list_remove(&one->link);
		f->count--;
		xfree(one);
		return true;
	}
	return false;
}

void fences_remove(struct fences *f, const struct inbox_name *name)
{
	struct fence *fence = fence_of(f, name->owner.user);
	if (!remove_from(f, &fence->waiting, name))
		(void)remove_from(f, &fence->asked, name);
}
