#include "host/contacts_offer.h"

#include "base/crypto.h"
#include "base/limits.h"
#include "host/contact.h"
#include "host/message.h"
#include "xmpp/ns.h"

/* Of addresses as text: as many as a stanza carries. */
#define TEXT_MAX LIMIT_STANZA_OUT

struct offer {
	struct command_call *call;
	bool by_iq;
	struct xml_writer *writer; /* of the stanza that is open, or NULL */
	unsigned count;            /* of items: in this stanza, */
	unsigned total, parts;     /* and sent */
	struct str text;           /* their addresses */
};

static struct component *stream(const struct offer *o)
{
	return o->call->user->gateway->component;
}

/* --- One stanza ---------------------------------------------------------- */

static void open_part(struct offer *o)
{
	const struct user *u = o->call->user;
	char id[CRYPTO_ID_SIZE];
	crypto_random_id(id);
	const struct stanza_head head = { .from = u->gateway->options->jid,
		.to = o->by_iq ? o->call->from : u->jid,
		.type = o->by_iq ? "set" : NULL,
		.id = id };
	o->writer = stanza_begin(
		stream(o), o->by_iq ? STANZA_IQ : STANZA_MESSAGE, &head);
	xml_open(o->writer, "x", NS_ROSTER_X);
}

static void close_part(struct offer *o)
{
	xml_close(o->writer);
	o->writer = NULL;
	if (stanza_end(stream(o)) == 0) {
		o->total += o->count;
		o->parts++;
	}
	o->count = 0;
}

/* There is more than one: the addresses of this one, too, are a message. */
static void next_part(struct offer *o)
{
	const struct command_call *call = o->call;
	struct gateway *g = call->user->gateway;
	close_part(o);
	if (!o->by_iq)
		message_answer(g, g->options->jid, call->from,
			call->by_chat ? call->user->thread : NULL,
			str_text(&o->text));
	str_reset(&o->text);
}

static void add(struct offer *o, const char *jid, const char *name)
{
	if (o->count == LIMIT_PAGE)
		next_part(o);
	if (o->writer == NULL)
		open_part(o);
	xml_open(o->writer, "item", NULL);
	xml_put_attr(o->writer, "action", "add");
	xml_put_attr(o->writer, "jid", jid);
	xml_put_attr(o->writer, "name", name);
	xml_put(o->writer, "group", NULL,
		o->call->user->gateway->api.ops->title);
	xml_close(o->writer);
	o->count++;
	str_addf(&o->text, "%s%s", o->text.len > 0 ? "\n" : "", jid);
}

/* --- All of them --------------------------------------------------------- */

static void add_networks(struct offer *o)
{
	const struct user *u = o->call->user;
	char jid[GATEWAY_JID_SIZE];
	list_for_each(it, &u->accounts) {
		const struct account *a = CONTAINER(it, struct account, link);
		if (a->registered &&
			gateway_jid(u->gateway, GW_NETWORK, a->key, "", jid))
			add(o, jid, a->key);
	}
}

static void add_people(struct offer *o)
{
	const struct user *u = o->call->user;
	char jid[GATEWAY_JID_SIZE];
	size_t pos = 0;
	const struct contact *c;
	while ((c = map_next(&u->contacts, &pos)) != NULL) {
		if (c->local[0] == '\0')
			continue;
		text_format(jid, sizeof(jid), "%s@%s", c->local,
			u->gateway->options->jid);
		add(o, jid, c->name);
	}
}

static void put_answer(const struct offer *o, struct str *answer)
{
	str_add(answer, "Your client was sent the contacts");
	if (o->parts > 1)
		str_addf(answer, ", %u in %u parts", o->total, o->parts);
	str_add(answer, "; it may ask you whether to add them.");
	if (o->by_iq)
		return;
	str_addf(answer, " If it does not, add them yourself%s:\n%s",
		o->parts > 1 ? ", those of the messages before and these" : "",
		str_text(&o->text));
}

void contacts_offer(
	struct command_call *call, const struct settings_values *values)
{
	const struct resource *r = resource_find(call->user, call->from);
	struct offer o = { .call = call,
		.by_iq = r != NULL && r->has_roster_x,
		.text = { .max = TEXT_MAX } };
	struct str answer = { .max = TEXT_MAX };
	(void)values;
	if (component_is_congested(stream(&o))) {
		command_fail(call, ERR_RESOURCE_CONSTRAINT,
			"Your server is slow to take what is sent to it. Try "
			"again later.");
		return;
	}
	add_networks(&o);
	add_people(&o);
	if (o.writer != NULL)
		close_part(&o);
	put_answer(&o, &answer);
	command_done(call, o.total > 0 ? str_text(&answer)
				       : "There are no contacts to send.");
	str_finish(&answer);
	str_finish(&o.text);
}
