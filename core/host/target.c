#include "host/target.h"

#include <string.h>

#include "base/str.h"
#include "host/account.h"
#include "host/spelling.h"

static const char *read_nick(struct target *t, const char *resource)
{
	if (strchr(resource, '\\') == NULL)
		return resource;
	struct str nick = { .max = sizeof(t->space) };
	spell_read_resource(&nick, slice_of(resource));
	text_copy(t->space, sizeof(t->space), str_text(&nick));
	str_finish(&nick);
	return t->space;
}

int target_read(const struct gateway *g, const struct jid *to, struct target *t,
	const char **reason_r)
{
	t->jid = to;
	t->nick = NULL;
	t->address.kind = GW_NETWORK;
	t->address.account[0] = t->address.name[0] = '\0';
	if (to->local[0] == '\0') {
		t->kind = TARGET_GATEWAY;
		return 0;
	}

	char space[LIMIT_JID_PART + 1];
	const char *local = to->local;
	if (strchr(local, '\\') != NULL) {
		struct str name = { .max = sizeof(space) };
		spell_read_local(&name, slice_of(local));
		text_copy(space, sizeof(space), str_text(&name));
		str_finish(&name);
		local = space;
	}
	const struct gateway_ops *ops = g->api.ops;
	if (ops->parse_address(&g->api, local, &t->address, reason_r) != 0)
		return -1;

	switch (t->address.kind) {
	case GW_NETWORK:
		t->kind = TARGET_NETWORK;
		break;
	case GW_PERSON:
		t->kind = TARGET_PERSON;
		break;
	case GW_ROOM:
		t->kind = TARGET_ROOM;
		if (to->resource[0] != '\0') {
			t->kind = TARGET_OCCUPANT;
			t->nick = read_nick(t, to->resource);
		}
		break;
	}
	return 0;
}

/* --- Which account ------------------------------------------------------- */

static bool names_account(const struct target *t)
{
	return t->kind == TARGET_GATEWAY || t->address.account[0] != '\0';
}

/* The account that is noted for this localpart, if it is still there. */
static const struct account *noted(const struct user *u, const char *local)
{
	const char *key = room_choice(u, local, CHOICE_ACCOUNT);
	return key != NULL ? account_find(u, key) : NULL;
}

static const struct account *account_for(
	const struct user *u, const char *local)
{
	const struct account *a = noted(u, local);
	if (a == NULL)
		a = noted(u, "");
	if (a == NULL && !list_is_empty(&u->accounts))
		a = CONTAINER(u->accounts.next, struct account, link);
	return a;
}

void target_settle(const struct user *u, struct target *t)
{
	if (names_account(t))
		return;
	const struct account *a = account_for(u, t->jid->local);
	if (a != NULL)
		text_copy(
			t->address.account, sizeof(t->address.account), a->key);
}

int target_of(const struct user *u, const struct jid *to, struct target *t,
	const char **reason_r)
{
	if (target_read(u->gateway, to, t, reason_r) != 0)
		return -1;
	target_settle(u, t);
	return 0;
}

bool target_of_local(const struct user *u, const char *local, struct target *t)
{
	const struct jid jid = { .local = local, .resource = "" };
	const char *reason;
	bool good = target_of(u, &jid, t, &reason) == 0;
	t->jid = NULL;
	return good;
}

void target_remember(
	const struct account *a, enum gw_kind kind, const char *name)
{
	struct user *u = a->user;
	char local[GATEWAY_JID_SIZE];
	struct target t;
	if (u->accounts.next == u->accounts.prev ||
		!gateway_local(u->gateway, kind, a->key, name, local) ||
		!target_of_local(u, local, &t) ||
		strcmp(t.address.account, a->key) == 0)
		return;
	room_choice_keep(u, local, CHOICE_ACCOUNT, a->key);
}

void target_remember_first(const struct account *a)
{
	struct user *u = a->user;
	if (a->registered &&
		(account_ops(a)->caps & GW_CAP_SHARED_NAMES) != 0 &&
		noted(u, "") == NULL)
		room_choice_keep(u, "", CHOICE_ACCOUNT, a->key);
}
