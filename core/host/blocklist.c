#include "host/blocklist.h"

#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "host/account.h"
#include "host/privilege.h"
#include "host/receipt.h"
#include "xmpp/jid.h"
#include "xmpp/ns.h"

/* What was refused, while the list is read. */
struct refusal {
	struct list link; /* gateway->refusals */
	struct gateway *gateway;
	char *user, *jid; /* bare; of the person */
	char *account, *person, *network_id;
};

static void refusal_free(struct refusal *r)
{
	list_remove(&r->link);
	xfree(r->user);
	xfree(r->jid);
	xfree(r->account);
	xfree(r->person);
	xfree(r->network_id);
	xfree(r);
}

static void tell(struct account *a, const char *person, const char *network_id)
{
	log_debug("host", "refused by the user's server user=%s", a->user->jid);
	if (a->state != ACCOUNT_IDLE)
		account_ops(a)->refused(&a->session, person, network_id);
}

/* --- The list ------------------------------------------------------------ */

/* Section 3.1: an address, or all of our domain. */
static bool holds(
	const struct xml *list, const struct refusal *r, struct arena *arena)
{
	const struct xml *item = xml_child(list, "item", NULL);
	for (; item != NULL; item = xml_next(item, "item", NULL)) {
		const char *text = xml_attr(item, "jid");
		struct jid jid;
		if (text != NULL &&
			jid_parse(&jid, slice_of(text), arena) == 0 &&
			(strcmp(jid.full, r->jid) == 0 ||
				strcmp(jid.full, r->gateway->options->jid) ==
					0))
			return true;
	}
	return false;
}

static void got(const struct stanza *answer, void *arg)
{
	struct refusal *r = arg;
	struct gateway *g = r->gateway;
	struct user *u =
		g->closed || g->stopping ? NULL : user_find(g, r->user);
	struct account *a = u != NULL ? account_find(u, r->account) : NULL;
	const struct xml *list =
		xml_child(privilege_answer(answer), "blocklist", NS_BLOCKING);
	if (a != NULL && list != NULL && holds(list, r, answer->arena))
		tell(a, r->person, r->network_id);
	refusal_free(r);
}

static void ask(struct user *u, const struct stanza *s, const struct account *a,
	const char *person, const char *network_id)
{
	struct refusal *r = xalloc(sizeof(*r));
	r->gateway = u->gateway;
	r->user = xstrdup(u->jid);
	r->jid = xstrdup(s->to.bare);
	r->account = xstrdup(a->key);
	r->person = xstrdup(person);
	r->network_id = xstrdup(network_id);
	list_append(&u->gateway->refusals, &r->link);
	struct xml_writer *w = privilege_iq_begin(u, "get", got, r);
	xml_put(w, "blocklist", NS_BLOCKING, NULL);
	privilege_iq_end(u);
}

/* --- What came back ------------------------------------------------------ */

void blocklist_refused(
	struct user *u, const struct target *t, const struct stanza *s)
{
	const char *text, *person = t->address.name;
	if (u->gateway->api.ops->refused == NULL || t->kind != TARGET_PERSON ||
		stanza_error_of(s, &text) != ERR_SERVICE_UNAVAILABLE)
		return;
	list_for_each(it, &u->accounts) {
		struct account *a = CONTAINER(it, struct account, link);
		const char *id = receipt_network_id(a, person, s->id);
		if (id == NULL)
			continue;
		if (privilege_may_get(u, PRIVILEGE_BLOCKING))
			ask(u, s, a, person, id);
		else
			tell(a, person, id);
		return;
	}
}

void blocklist_forget(struct gateway *g)
{
	while (!list_is_empty(&g->refusals)) {
		struct refusal *r =
			CONTAINER(g->refusals.next, struct refusal, link);
		iq_forget(g->component, r);
		refusal_free(r);
	}
}
