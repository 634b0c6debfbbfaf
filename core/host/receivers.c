#include "host/receivers.h"

#include <string.h>
#include <strings.h>

#include "base/slice.h"
#include "base/utf8.h"
#include "host/user.h"
#include "xmpp/ns.h"

static const char *const copy_names[] = {
	[GW_TO] = "to",
	[GW_CC] = "cc",
	[GW_BCC] = "bcc",
	[GW_REPLY_TO] = "replyto",
	[GW_NO_REPLY] = "noreply",
};

static bool gets_it(enum gw_copy as)
{
	return as == GW_TO || as == GW_CC || as == GW_BCC;
}

/* --- Reading ------------------------------------------------------------- */

/* -1: of a type that means nothing here, such as a room's "ofrom". */
static int copy_of(const struct xml *address)
{
	const char *type = xml_attr(address, "type");

	for (size_t i = 0; i < COUNT(copy_names); i++)
		if (text_equals(type, copy_names[i]))
			return (int)i;
	return -1;
}

static bool has_it(const struct xml *address)
{
	return text_equals(xml_attr(address, "delivered"), "true");
}

static const struct xml *first_address(const struct stanza *s)
{
	return xml_child(xml_child(s->xml, "addresses", NS_ADDRESS), "address",
		NS_ADDRESS);
}

static const struct xml *next_address(const struct xml *address)
{
	return xml_next(address, "address", NS_ADDRESS);
}

bool receivers_are_there(const struct stanza *s)
{
	for (const struct xml *it = first_address(s); it != NULL;
		it = next_address(it)) {
		int as = copy_of(it);

		if (as >= 0 && gets_it((enum gw_copy)as) && !has_it(it))
			return true;
	}
	return false;
}

static int refuse(
	struct receivers *r, enum stanza_error error, const char *text)
{
	r->error = error;
	r->text = text;
	return -1;
}

/* So much of an address is said again. */
#define SHOWN_MAX 200

/* The same, and which address it is about. */
static int refuse_one(struct receivers *r, const struct stanza *s,
	enum stanza_error error, const char *address, const char *why)
{
	struct slice shown = slice_of(address);
	struct str words = { .max = 1 * KIB };

	shown.len = utf8_prefix(shown, SHOWN_MAX);
	str_addf(&words, "%.*s: %s", (int)shown.len, shown.data, why);
	const char *text = arena_copy(s->arena, str_slice(&words));

	str_finish(&words);
	return refuse(r, error, text != NULL ? text : why);
}

static bool is_of_scheme(const char *uri, const char *scheme)
{
	size_t len = strlen(scheme);

	return strncasecmp(uri, scheme, len) == 0 && uri[len] == ':';
}

/* The JID of whom this URI means, in `out`. NULL, or why there is none. */
static const char *read_uri(
	const struct user *u, const char *uri, char out[GATEWAY_JID_SIZE])
{
	static const char reason_unknown[] =
		"Addresses of this kind are not known here; nobody got the "
		"message.";
	const struct gateway *g = u->gateway;
	const struct gateway_ops *ops = g->api.ops;
	const char *const *scheme = ops->uri_schemes;
	const char *reason = reason_unknown;
	struct gw_address address;
	char space[GATEWAY_JID_SIZE];

	while (scheme != NULL && *scheme != NULL && !is_of_scheme(uri, *scheme))
		scheme++;
	if (scheme == NULL || *scheme == NULL)
		return reason;
	const char *text = target_spell(g, u, uri, space, &reason);
	if (text == NULL ||
		ops->read_input(&g->api, text, &address, &reason) != 0)
		return reason;
	return address.kind == GW_PERSON &&
			       gateway_jid(g, GW_PERSON, address.account,
				       address.name, out)
		       ? NULL
		       : reason_unknown;
}

/* Whom an address means; its JID is made in the stanza's arena. */
static int read_target(struct receivers *r, const struct user *u,
	const struct stanza *s, const struct xml *address, struct target *t)
{
	const char *text = xml_attr(address, "jid"), *reason = NULL;
	const char *uri = xml_attr(address, "uri");
	struct jid *jid = arena_alloc(s->arena, sizeof(*jid));
	char space[GATEWAY_JID_SIZE];

	if (uri != NULL && text == NULL) {
		reason = read_uri(u, uri, space);
		if (reason != NULL)
			return refuse_one(r, s, ERR_JID_MALFORMED, uri, reason);
		text = space;
	}
	if (text == NULL || jid == NULL || (uri != NULL && text != space))
		return refuse(r, ERR_JID_MALFORMED,
			"Each receiver needs one address; nobody got the "
			"message.");
	if (jid_parse(jid, slice_of(text), s->arena) != 0)
		return refuse_one(r, s, ERR_JID_MALFORMED, text,
			"This is no address; nobody got the message.");
	if (strcmp(jid->domain, s->to.domain) != 0)
		return refuse_one(r, s, ERR_FORBIDDEN, text,
			"This is no address of this gateway; nobody got the "
			"message.");
	if (target_read(u->gateway, u, jid, t, &reason) != 0)
		return refuse_one(r, s, ERR_JID_MALFORMED, text, reason);
	return 0;
}

static bool is_listed(
	const struct receivers *r, enum gw_copy as, const char *person)
{
	for (size_t i = 0; i < r->count; i++)
		if (gets_it(as) == gets_it(r->list[i].as) &&
			text_equals(r->list[i].person, person))
			return true;
	return false;
}

static int add(struct receivers *r, enum gw_copy as, const char *person,
	const char *title)
{
	if (is_listed(r, as, person))
		return 0;
	if (r->count == LIMIT_RECEIVERS)
		return refuse(r, ERR_NOT_ACCEPTABLE,
			"These are too many receivers; nobody got the "
			"message.");
	r->list[r->count++] = (struct gw_receiver){ as, person, title };
	return 0;
}

/* All have to be reached by one account. */
static bool fits_account(struct receivers *r, const struct target *t)
{
	const char *account = t->address.account;

	return account[0] == '\0' ||
	       strcmp(account, r->first.address.account) == 0;
}

static int read_one(struct receivers *r, const struct user *u,
	const struct stanza *s, const struct xml *address, enum gw_copy as)
{
	struct target t;

	if (as == GW_NO_REPLY)
		return add(r, as, NULL, NULL);
	if (read_target(r, u, s, address, &t) != 0)
		return -1;
	if (t.kind != TARGET_PERSON)
		return refuse(r, ERR_NOT_ACCEPTABLE,
			"A message to several is for people only, not for "
			"rooms.");
	if (r->first.kind == TARGET_GATEWAY && gets_it(as)) {
		target_settle(u, &t);
		r->first = t;
	} else if (!fits_account(r, &t)) {
		return refuse(r, ERR_NOT_ACCEPTABLE,
			"The receivers are in different networks.");
	}
	const char *name = arena_copy(s->arena, slice_of(t.address.name));

	return name != NULL ? add(r, as, name, xml_attr(address, "desc"))
			    : refuse(r, ERR_RESOURCE_CONSTRAINT, NULL);
}

static int read_all(
	struct receivers *r, const struct user *u, const struct stanza *s)
{
	for (const struct xml *it = first_address(s); it != NULL;
		it = next_address(it)) {
		int as = copy_of(it);

		if (as < 0 || (gets_it((enum gw_copy)as) && has_it(it)))
			continue;
		if (read_one(r, u, s, it, (enum gw_copy)as) != 0)
			return -1;
	}
	/* Whoever it is addressed to gets it, listed or not. */
	return add(r, GW_TO, r->first.address.name, NULL);
}

int receivers_read(struct receivers *r, struct user *u, const struct target *t,
	const struct stanza *s)
{
	bool can = (u->gateway->api.ops->caps & GW_CAP_ADDRESSES) != 0;

	receivers_init(r);
	r->first = *t;
	int status = read_all(r, u, s);

	if (status == 0 && t->kind == TARGET_PERSON && r->count == 1 &&
		r->list[0].as == GW_TO) {
		r->count = 0;
		return 0;
	}
	if (!can || t->kind == TARGET_NETWORK)
		return refuse(r, ERR_FEATURE_NOT_IMPLEMENTED,
			"This network takes no message for several people. "
			"Write to each of them.");
	return status;
}

/* --- Presence ------------------------------------------------------------ */

bool receivers_each(struct user *u, const struct target *t,
	const struct stanza *s, receivers_fn fn)
{
	unsigned count = 0;

	if (t->kind != TARGET_GATEWAY || !receivers_are_there(s) ||
		(u->gateway->api.ops->caps & GW_CAP_ADDRESSES) == 0)
		return false;
	for (const struct xml *it = first_address(s);
		it != NULL && count < LIMIT_RECEIVERS; it = next_address(it)) {
		int as = copy_of(it);
		struct receivers ignored;
		struct stanza one = *s;
		struct target target;

		if (as < 0 || !gets_it((enum gw_copy)as) || has_it(it) ||
			read_target(&ignored, u, s, it, &target) != 0)
			continue;
		one.to = *target.jid;
		target_settle(u, &target);
		fn(u, &target, &one);
		count++;
	}
	return true;
}

/* --- Writing ------------------------------------------------------------- */

/* The user's own JID where he is one of them; a person's is a URI where the
 * network has those. The name of the attribute, or NULL: there is none. */
static const char *put_address(
	const struct account *a, const char *person, char out[GATEWAY_JID_SIZE])
{
	const char *const *schemes = account_ops(a)->uri_schemes;

	if (person == NULL)
		return NULL;
	if (strcmp(person, a->key) == 0)
		return text_copy(out, GATEWAY_JID_SIZE, a->user->jid) ? "jid"
								      : NULL;
	if (schemes != NULL)
		return text_format(out, GATEWAY_JID_SIZE, "%s:%s", schemes[0],
			       person)
			       ? "uri"
			       : NULL;
	return gateway_jid(account_gateway(a), GW_PERSON, a->key, person, out)
		       ? "jid"
		       : NULL;
}

/* Whoever is named got it from the network: nobody is to send it on, but for
 * the service that stands before the user, and to him alone. */
static void put_one(struct xml_writer *w, const struct account *a,
	const struct gw_receiver *one)
{
	char address[GATEWAY_JID_SIZE];
	bool is_his = text_equals(one->person, a->key);
	const char *form = put_address(a, one->person, address);

	if (one->as == GW_BCC || (form == NULL && one->as != GW_NO_REPLY))
		return;
	xml_open(w, "address", NULL);
	xml_put_attr(w, "type", copy_names[one->as]);
	if (form != NULL)
		xml_put_attr(w, form, address);
	xml_put_attr(w, "desc", one->title);
	if (gets_it(one->as) &&
		!(is_his && host_is_relayed(account_gateway(a), a->user->jid)))
		xml_put_attr(w, "delivered", "true");
	xml_close(w);
}

void receivers_put(struct xml_writer *w, const struct account *a,
	const struct gw_message *m)
{
	if (m->receiver_count == 0)
		return;
	xml_open(w, "addresses", NS_ADDRESS);
	for (size_t i = 0; i < m->receiver_count && i < LIMIT_RECEIVERS; i++)
		put_one(w, a, &m->receivers[i]);
	xml_close(w);
}

/* --- Storing ------------------------------------------------------------- */

void receivers_pack(
	struct str *out, const struct gw_receiver *list, size_t count)
{
	if (count > LIMIT_RECEIVERS)
		count = LIMIT_RECEIVERS;
	if (count > 0)
		pack_number(out, (int64_t)count);
	for (size_t i = 0; i < count; i++) {
		pack_number(out, list[i].as);
		pack_text(out, list[i].person);
		pack_text(out, list[i].title);
	}
}

size_t receivers_unpack(
	struct unpack *u, struct gw_receiver list[LIMIT_RECEIVERS])
{
	int64_t count = u->rest.len > 0 ? unpack_number(u) : 0;

	if (count < 0 || count > LIMIT_RECEIVERS)
		u->is_broken = true;
	for (int64_t i = 0; !u->is_broken && i < count; i++) {
		int64_t as = unpack_number(u);

		list[i].person = unpack_text(u);
		list[i].title = unpack_text(u);
		if (as < GW_TO || as > GW_NO_REPLY ||
			(list[i].person == NULL && as != GW_NO_REPLY))
			u->is_broken = true;
		else
			list[i].as = (enum gw_copy)as;
	}
	return u->is_broken ? 0 : (size_t)count;
}
