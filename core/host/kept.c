#include "host/kept.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "store/kept.h"

#define DAY_MS INT64_C(86400000)

/* A call of the gateway that is to be answered. */
struct keeping {
	struct list link;        /* account->keeping */
	struct account *account; /* NULL: the session was closed */
	uint64_t token;
};

struct store_owner account_owner(const struct account *a)
{
	return (struct store_owner){ .gateway =
					     account_gateway(a)->options->jid,
		.user = a->user->jid,
		.account = a->key };
}

static struct keeping *keeping_new(struct account *a, uint64_t token)
{
	struct keeping *k = xalloc(sizeof(*k));
	k->account = a;
	k->token = token;
	list_append(&a->keeping, &k->link);
	return k;
}

/* Whom to tell it; NULL: nobody. */
static struct account *keeping_end(struct keeping *k)
{
	struct account *a = k->account;
	if (a != NULL)
		list_remove(&k->link);
	xfree(k);
	return a;
}

void kept_close(struct account *a)
{
	list_for_each_safe(it, &a->keeping) {
		CONTAINER(it, struct keeping, link)->account = NULL;
		list_remove(it);
	}
}

static void written(int status, void *arg)
{
	uint64_t token = ((struct keeping *)arg)->token;
	struct account *a = keeping_end(arg);
	if (a != NULL && token != 0)
		account_ops(a)->kept(&a->session, token, status == 0);
}

void gw_keep(struct gw_session *s, const struct gw_kept *items, size_t count,
	uint64_t token)
{
	struct account *a = account_of(s);
	const struct store_owner owner = account_owner(a);
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
	store_kept_put(account_gateway(a)->host->store, &owner, rows, count,
		written, keeping_new(a, token));
	xfree(rows);
}

void gw_forget(struct gw_session *s, const char *prefix)
{
	struct account *a = account_of(s);
	const struct store_owner owner = account_owner(a);
	store_kept_forget(
		account_gateway(a)->host->store, &owner, prefix, NULL, NULL);
}

static bool recall_one(
	const char *name, const void *data, size_t len, void *arg)
{
	const struct keeping *k = arg;
	struct account *a = k->account;
	if (a == NULL) {
		xfree(arg);
		return false;
	}
	account_ops(a)->recalled(&a->session, k->token, name, data, len, true);
	return true;
}

static void recall_end(int status, void *arg)
{
	uint64_t token = ((struct keeping *)arg)->token;
	struct account *a = keeping_end(arg);
	if (a != NULL)
		account_ops(a)->recalled(
			&a->session, token, NULL, NULL, 0, status == 0);
}

void gw_recall(struct gw_session *s, const char *prefix, uint64_t token)
{
	static const struct store_kept_events events = {
		.each = recall_one,
		.done = recall_end,
	};
	struct account *a = account_of(s);
	const struct store_owner owner = account_owner(a);
	store_kept_read(account_gateway(a)->host->store, &owner, prefix,
		&events, keeping_new(a, token));
}
