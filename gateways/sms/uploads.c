#include "sms/uploads.h"

#include "base/alloc.h"
#include "base/log.h"

struct upload {
	struct list link; /* uploads->all, in their order */
	struct owner *owner;
	uint32_t number; /* of the core; 0: it waits for another */
	char *name, *type;
	struct slice octets, rest;
	upload_fn fn;
	void *arg;
};

struct uploads {
	struct list all;
};

static void upload_free(struct upload *u)
{
	list_remove(&u->link);
	xfree(u->name);
	xfree(u->type);
	xfree(u);
}

/* The oldest of his. */
static struct upload *first_of(const struct owner *owner)
{
	list_for_each(it, &owner->sms->uploads->all) {
		struct upload *u = CONTAINER(it, struct upload, link);
		if (u->owner == owner)
			return u;
	}
	return NULL;
}

static void end(struct upload *u, const char *url)
{
	struct owner *owner = u->owner;
	upload_fn fn = u->fn;
	void *arg = u->arg;
	upload_free(u);
	fn(owner, url, arg);
}

/* What cannot begin has ended. */
static void go_on(struct owner *owner)
{
	struct upload *u;
	while ((u = first_of(owner)) != NULL && u->number == 0) {
		int64_t limit = gw_upload_limit(owner->session);
		bool fits = limit < 0 || (int64_t)u->octets.len <= limit;
		if (limit != 0 && fits)
			u->number = gw_upload(owner->session, u->name, u->type,
				(int64_t)u->octets.len);
		if (u->number != 0)
			return;
		end(u, NULL);
	}
}

void uploads_add(struct owner *owner, const char *name, const char *type,
	struct slice octets, upload_fn fn, void *arg)
{
	struct upload *u = xalloc(sizeof(*u));
	u->owner = owner;
	u->name = xstrdup(name);
	u->type = xstrdup(type);
	u->octets = u->rest = octets;
	u->fn = fn;
	u->arg = arg;
	list_append(&owner->sms->uploads->all, &u->link);
	go_on(owner);
}

static struct upload *find(const struct owner *owner, uint32_t number)
{
	struct upload *u = first_of(owner);
	return u != NULL && u->number == number ? u : NULL;
}

void uploads_more(struct owner *owner, uint32_t number, size_t room)
{
	struct upload *u = find(owner, number);
	if (u == NULL || u->rest.len == 0)
		return;
	size_t len = u->rest.len < room ? u->rest.len : room;
	gw_upload_data(owner->session, number, u->rest.data, len);
	u->rest = slice_make(u->rest.data + len, u->rest.len - len);
}

void uploads_done(
	struct owner *owner, uint32_t number, const char *url, const char *why)
{
	struct upload *u = find(owner, number);
	if (u == NULL)
		return;
	if (url == NULL)
		log_info("sms", "a file could not be uploaded user=%s why=%s",
			owner->user, why != NULL ? why : "");
	end(u, url);
	go_on(owner);
}

/* --- Life ------------------------------------------------------------------ */

static struct upload *find_arg(const struct sms *s, const void *arg)
{
	list_for_each(it, &s->uploads->all) {
		struct upload *u = CONTAINER(it, struct upload, link);
		if (u->arg == arg)
			return u;
	}
	return NULL;
}

void uploads_forget(struct sms *s, const void *arg)
{
	struct upload *u;
	while ((u = find_arg(s, arg)) != NULL) {
		struct owner *owner = u->owner;
		if (u->number != 0)
			gw_upload_cancel(owner->session, u->number);
		upload_free(u);
		go_on(owner);
	}
}

void uploads_close(struct owner *owner)
{
	struct upload *u;
	while ((u = first_of(owner)) != NULL)
		upload_free(u);
}

struct uploads *uploads_new(void)
{
	struct uploads *all = xalloc(sizeof(*all));
	list_init(&all->all);
	return all;
}

void uploads_free(struct uploads **slot)
{
	struct uploads *all = *slot;
	*slot = NULL;
	if (all == NULL)
		return;
	list_for_each_safe(it, &all->all)
		upload_free(CONTAINER(it, struct upload, link));
	xfree(all);
}
