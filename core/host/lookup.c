#include "host/lookup.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "host/account.h"

static void collect(struct request *r, const struct gw_item *item)
{
	/* key TAB value TAB number NL: taken apart by lookup_next() */
	str_addf(&r->lines, "%s\t%s\t%ld\n", item->key,
		item->value != NULL ? item->value : "", item->number);
}

bool lookup_next(struct slice *rest, struct slice *key, struct slice *value,
	long *number)
{
	if (rest->data == NULL || rest->len == 0)
		return false;
	struct slice line = slice_cut(rest, '\n');
	*key = slice_cut(&line, '\t');
	*value = slice_cut(&line, '\t');
	*number = line.data != NULL ? strtol(line.data, NULL, 10) : 0;
	return true;
}

bool lookup_find(const struct request *r, const char *wanted, char *value_r,
	size_t size, long *number_r)
{
	struct slice rest = str_slice(&r->lines), key, value;
	while (lookup_next(&rest, &key, &value, number_r)) {
		if (wanted != NULL && !slice_equals(key, wanted))
			continue;
		text_format(value_r, size, "%.*s", (int)value.len, value.data);
		return true;
	}
	return false;
}

/* NULL: the stanza was refused. */
static struct request *ask(struct user *u, struct account *a,
	const struct stanza *s, request_fn done)
{
	struct component *c = u->gateway->component;
	if (u->gateway->api.ops->lookup == NULL) {
		stanza_reply_error(c, s, ERR_SERVICE_UNAVAILABLE, NULL);
		return NULL;
	}
	if (a == NULL || !account_is_online(a)) {
		stanza_reply_error(c, s, ERR_ITEM_NOT_FOUND,
			"You are not connected to that network.");
		return NULL;
	}
	struct request *r = request_new(a, s, done);
	if (r == NULL)
		stanza_reply_error(c, s, ERR_RESOURCE_CONSTRAINT,
			"Too much at once. Try again in a moment.");
	return r;
}

void lookup_start(struct user *u, const struct target *t,
	const struct stanza *s, enum gw_lookup what, request_fn done, void *arg)
{
	struct account *a = account_find(u, t->address.account);
	struct request *r = ask(u, a, s, done);
	if (r == NULL) {
		xfree(arg);
		return;
	}
	r->item = collect;
	r->arg = arg;
	r->owns_arg = arg != NULL;
	account_ops(a)->lookup(&a->session, r->id, what, t->address.name);
}

bool lookup_failed(struct request *r, const struct gw_result *result)
{
	if (result->stage != GW_FAILED)
		return false;
	request_reply_error(r, result->reason, result->text);
	return true;
}

void lookup_end(struct request *r)
{
	stanza_end(account_gateway(r->account)->component);
}
