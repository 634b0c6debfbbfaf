#include "host/target.h"

#include <string.h>

#include "base/str.h"
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
