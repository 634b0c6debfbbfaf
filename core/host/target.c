#include "host/target.h"

#include <string.h>

#include "base/str.h"
#include "host/account.h"
#include "host/spelling.h"

/* --- Reading ------------------------------------------------------------- */

/* The account that is noted for this localpart, if it is still there. */
static const struct account *noted(const struct user *u, const char *local)
{
	const char *key = room_choice(u, local, CHOICE_ACCOUNT);
	return key != NULL ? account_find(u, key) : NULL;
}

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

/* The one by which he speaks to whom he has not heard of. */
static const struct account *first_account(const struct user *u)
{
	const struct account *a = noted(u, "");
	if (a == NULL && !list_is_empty(&u->accounts))
		a = CONTAINER(u->accounts.next, struct account, link);
	return a;
}

const char *target_spell(const struct gateway *g, const struct user *u,
	const char *text, char space[GATEWAY_JID_SIZE], const char **reason_r)
{
	const struct gateway_ops *ops = g->api.ops;
	const struct account *a =
		ops->spell_out != NULL && u != NULL ? first_account(u) : NULL;
	if (a == NULL)
		return text;
	int spelled = ops->spell_out(
		&a->session, text, space, GATEWAY_JID_SIZE, reason_r);
	if (spelled < 0)
		return NULL;
	return spelled > 0 ? space : text;
}

/* The localpart without its escapes. */
static const char *unescape(const char *local, char space[LIMIT_JID_PART + 1])
{
	struct str name = { .max = LIMIT_JID_PART + 1 };
	if (strchr(local, '\\') == NULL)
		return local;
	spell_read_local(&name, slice_of(local));
	text_copy(space, LIMIT_JID_PART + 1, str_text(&name));
	str_finish(&name);
	return space;
}

int target_read(const struct gateway *g, const struct user *u,
	const struct jid *to, struct target *t, const char **reason_r)
{
	t->jid = to;
	t->is_spelled = false;
	t->nick = NULL;
	t->address.kind = GW_NETWORK;
	t->address.account[0] = t->address.name[0] = '\0';
	if (to->local[0] == '\0') {
		t->kind = TARGET_GATEWAY;
		return 0;
	}

	char plain[LIMIT_JID_PART + 1], space[GATEWAY_JID_SIZE];
	const char *written = unescape(to->local, plain);
	const char *local = target_spell(g, u, written, space, reason_r);
	if (local == NULL || g->api.ops->parse_address(&g->api, local,
				     &t->address, reason_r) != 0)
		return -1;
	t->is_spelled = strcmp(local, written) != 0;

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

static const struct account *account_for(
	const struct user *u, const struct target *t)
{
	char space[GATEWAY_JID_SIZE];
	const char *local = t->jid->local;
	if (t->is_spelled && gateway_local(u->gateway, t->address.kind, "",
				     t->address.name, space))
		local = space;
	const struct account *a = noted(u, local);
	return a != NULL ? a : first_account(u);
}

void target_settle(const struct user *u, struct target *t)
{
	if (names_account(t))
		return;
	const struct account *a = account_for(u, t);
	if (a != NULL)
		text_copy(
			t->address.account, sizeof(t->address.account), a->key);
}

int target_of(const struct user *u, const struct jid *to, struct target *t,
	const char **reason_r)
{
	if (target_read(u->gateway, u, to, t, reason_r) != 0)
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
