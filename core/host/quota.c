#include "host/quota.h"

#include "base/limits.h"
#include "base/map.h"
#include "host/gateway.h"
#include "host/user.h"

void quota_init(struct quota *q)
{
	for (size_t i = 0; i < QUOTA_GUESTS; i++)
		quota_fill(&q->guests[i]);
}

void quota_fill(struct bucket *b)
{
	bucket_init(b, LIMIT_STANZA_BURST, LIMIT_STANZA_RATE);
}

/* A command by chat is for people, whose fingers are slow: programs that
 * answer each other must come to an error, which nobody answers. */
#define CHAT_COST 100

static double cost_of(const struct stanza *s)
{
	switch (s->kind) {
	case STANZA_IQ:
		return s->type == TYPE_GET || s->type == TYPE_SET;
	case STANZA_PRESENCE:
		return s->type != TYPE_UNAVAILABLE && s->type != TYPE_ERROR;
	case STANZA_MESSAGE:
		return s->type != TYPE_ERROR && s->to.local[0] == '\0'
			       ? CHAT_COST
			       : 0;
	}
	return 1;
}

bool quota_take(struct gateway *g, struct user *u, const struct stanza *s)
{
	struct bucket *b =
		u != NULL ? &u->stanzas
			  : &g->quota.guests[map_hash(slice_of(s->from.bare)) %
					     QUOTA_GUESTS];
	if (bucket_take(b, cost_of(s)))
		return true;
	if (log_is_due(&g->quota.fast))
		log_warning("host", "a user sends too much user=%s jid=%s",
			s->from.bare, g->options->jid);
	return false;
}

bool quota_has_place(struct gateway *g, const char *bare_jid)
{
	if (g->users.count < LIMIT_USERS)
		return true;
	if (log_is_due(&g->quota.full))
		log_error("host", "no place for more users user=%s jid=%s",
			bare_jid, g->options->jid);
	return false;
}
