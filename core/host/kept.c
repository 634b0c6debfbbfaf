#include "host/kept.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "store/kept.h"

#define DAY_MS INT64_C(86400000)

/* A call of the gateway that is to be answered; both NULL: no longer. */
struct keeping {
	struct list link;        /* account->keeping or gateway->keeping */
	struct account *account; /* for which it keeps something, or ... */
	struct gateway *gateway; /* ... for itself */
	uint64_t token;
};

struct store_owner account_owner(const struct account *a)
{
	return (struct store_owner){ .gateway =
					     account_gateway(a)->options->jid,
		.user = a->user->jid,
		.account = a->key };
}

static struct store_owner own_owner(const struct gateway *g)
{
	return (struct store_owner){
		.gateway = g->options->jid, .user = "", .account = ""
	};
}

static struct keeping *account_keeping(struct account *a, uint64_t token)
{
	struct keeping *k = xalloc(sizeof(*k));
	k->account = a;
	k->token = token;
	list_append(&a->keeping, &k->link);
	return k;
}

static struct keeping *own_keeping(struct gateway *g, uint64_t token)
{
	struct keeping *k = xalloc(sizeof(*k));
	k->gateway = g;
	k->token = token;
	list_append(&g->keeping, &k->link);
	return k;
}

static void close_all(struct list *keeping)
{
	list_for_each_safe(it, keeping) {
		struct keeping *k = CONTAINER(it, struct keeping, link);
		k->account = NULL;
		k->gateway = NULL;
		list_remove(it);
	}
}

void kept_close(struct account *a)
{
	close_all(&a->keeping);
}

void kept_close_own(struct gateway *g)
{
	close_all(&g->keeping);
}

/* --- Writing ------------------------------------------------------------- */

static void written(int status, void *arg)
{
	const struct keeping k = *(struct keeping *)arg;
	list_remove(&((struct keeping *)arg)->link);
	xfree(arg);
	if (k.token == 0)
		return;
	if (k.account != NULL)
		account_ops(k.account)->kept(
			&k.account->session, k.token, status == 0);
	else if (k.gateway != NULL)
		k.gateway->api.ops->own_kept(
			&k.gateway->api, k.token, status == 0);
}

static void keep(struct host *h, const struct store_owner *owner,
	const struct gw_kept *items, size_t count, struct keeping *k)
{
	struct store_kept *rows = xcalloc(count, sizeof(rows[0]));
	for (size_t i = 0; i < count; i++)
		rows[i] = (struct store_kept){ .name = items[i].name,
			.data = items[i].data,
			.len = items[i].len,
			.expires_ms =
				items[i].days == 0
					? 0
					: clock_wall_ms() +
						  items[i].days * DAY_MS };
	store_kept_put(h->store, owner, rows, count, written, k);
	xfree(rows);
}

void gw_keep(struct gw_session *s, const struct gw_kept *items, size_t count,
	uint64_t token)
{
	struct account *a = account_of(s);
	const struct store_owner owner = account_owner(a);
	keep(account_gateway(a)->host, &owner, items, count,
		account_keeping(a, token));
}

void gw_own_keep(struct gw *gw, const struct gw_kept *items, size_t count,
	uint64_t token)
{
	struct gateway *g = gateway_of(gw);
	const struct store_owner owner = own_owner(g);
	keep(g->host, &owner, items, count, own_keeping(g, token));
}

void gw_forget(struct gw_session *s, const char *prefix)
{
	struct account *a = account_of(s);
	const struct store_owner owner = account_owner(a);
	store_kept_forget(
		account_gateway(a)->host->store, &owner, prefix, NULL, NULL);
}

/* --- Reading ------------------------------------------------------------- */

/* One thing, or (`name` NULL) the end. */
static void tell(const struct keeping *k, const char *name, const void *data,
	size_t len, bool ok)
{
	if (k->account != NULL)
		account_ops(k->account)
			->recalled(&k->account->session, k->token, name, data,
				len, ok);
	else if (k->gateway != NULL)
		k->gateway->api.ops->own_recalled(
			&k->gateway->api, k->token, name, data, len, ok);
}

static bool recall_one(
	const char *name, const void *data, size_t len, void *arg)
{
	const struct keeping *k = arg;
	if (k->account == NULL && k->gateway == NULL) {
		xfree(arg);
		return false;
	}
	tell(k, name, data, len, true);
	return true;
}

static void recall_end(int status, void *arg)
{
	const struct keeping k = *(struct keeping *)arg;
	list_remove(&((struct keeping *)arg)->link);
	xfree(arg);
	tell(&k, NULL, NULL, 0, status == 0);
}

static const struct store_kept_events recall_events = {
	.each = recall_one,
	.done = recall_end,
};

void gw_recall(struct gw_session *s, const char *prefix, uint64_t token)
{
	struct account *a = account_of(s);
	const struct store_owner owner = account_owner(a);
	store_kept_read(account_gateway(a)->host->store, &owner, prefix,
		&recall_events, account_keeping(a, token));
}

void gw_own_recall(struct gw *gw, const char *prefix, uint64_t token)
{
	struct gateway *g = gateway_of(gw);
	const struct store_owner owner = own_owner(g);
	store_kept_read(g->host->store, &owner, prefix, &recall_events,
		own_keeping(g, token));
}
