/*
 * Small questions: ping (XEP-0199), version (0092), last activity (0012),
 * time (0202), vCard (0054), and the prompt of jabber:iq:gateway (0100). About
 * people they become look-ups in the network.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "host/account.h"
#include "host/handlers.h"
#include "host/request.h"
#include "xmpp/ns.h"

/* --- Look-ups of people -------------------------------------------------- */

static bool is_service(const struct target *t)
{
	return t->kind == TARGET_GATEWAY || t->kind == TARGET_NETWORK;
}

static void collect(struct request *r, const struct gw_item *item)
{
	/* key TAB value TAB number NL: looked up again by value_of() */
	str_addf(&r->lines, "%s\t%s\t%ld\n", item->key,
		item->value != NULL ? item->value : "", item->number);
}

/* Cut the fields of one collected line. */
static bool next_item(struct slice *rest, struct slice *key,
	struct slice *value, long *number)
{
	if (rest->data == NULL || rest->len == 0)
		return false;
	struct slice line = slice_cut(rest, '\n');
	*key = slice_cut(&line, '\t');
	*value = slice_cut(&line, '\t');
	*number = line.data != NULL ? strtol(line.data, NULL, 10) : 0;
	return true;
}

static bool find_item(const struct request *r, const char *wanted,
	char *value_r, size_t size, long *number_r)
{
	struct slice rest = str_slice(&r->lines), key, value;
	while (next_item(&rest, &key, &value, number_r)) {
		if (wanted != NULL && !slice_equals(key, wanted))
			continue;
		text_format(value_r, size, "%.*s", (int)value.len, value.data);
		return true;
	}
	return false;
}

/* Ask the network about a person; the answer goes through `done`. */
static void look_up(struct user *u, const struct target *t,
	const struct stanza *s, enum gw_lookup what, request_fn done)
{
	struct component *c = u->gateway->component;
	struct account *a = account_find(u, t->address.account);
	if (u->gateway->api.ops->lookup == NULL) {
		stanza_reply_error(c, s, ERR_SERVICE_UNAVAILABLE, NULL);
		return;
	}
	if (a == NULL || !account_is_online(a)) {
		stanza_reply_error(c, s, ERR_ITEM_NOT_FOUND,
			"You are not connected to that network.");
		return;
	}
	struct request *r = request_new(a, s, done);
	if (r == NULL) {
		stanza_reply_error(c, s, ERR_RESOURCE_CONSTRAINT,
			"Too much at once. Try again in a moment.");
		return;
	}
	r->item = collect;
	account_ops(a)->lookup(&a->session, r->id, what, t->address.name);
}

static bool failed(struct request *r, const struct gw_result *result)
{
	if (result->stage != GW_FAILED)
		return false;
	request_reply_error(r, result->reason, result->text);
	return true;
}

static void end(struct request *r)
{
	stanza_end(account_gateway(r->account)->component);
}

/* --- Ping ---------------------------------------------------------------- */

static void pinged(struct request *r, const struct gw_result *result)
{
	if (!failed(r, result))
		request_reply_result(r);
}

void ping_iq(struct user *u, const struct target *t, const struct stanza *s)
{
	if (is_service(t))
		iq_result(u->gateway->component, s);
	else
		look_up(u, t, s, GW_PING, pinged);
}

/* --- Version ------------------------------------------------------------- */

static void put_version(struct xml_writer *w, const char *name,
	const char *version, const char *os)
{
	xml_open(w, "query", NS_VERSION);
	xml_put(w, "name", NULL, name);
	xml_put(w, "version", NULL, version);
	if (os != NULL)
		xml_put(w, "os", NULL, os);
	xml_close(w);
}

static void version_found(struct request *r, const struct gw_result *result)
{
	if (failed(r, result))
		return;
	char value[512] = "";
	long number;
	find_item(r, NULL, value, sizeof(value), &number);
	put_version(request_result_begin(r), value, "", NULL);
	end(r);
}

void version_iq(struct user *u, const struct target *t, const struct stanza *s)
{
	if (!is_service(t)) {
		look_up(u, t, s, GW_VERSION, version_found);
		return;
	}
	struct component *c = u->gateway->component;
	put_version(iq_result_begin(c, s), "Causeway", CAUSEWAY_VERSION, NULL);
	stanza_end(c);
}

/* --- Last activity ------------------------------------------------------- */

static void put_seconds(struct xml_writer *w, long long seconds)
{
	xml_open(w, "query", NS_LAST);
	xml_put_attr_int(w, "seconds", seconds);
	xml_close(w);
}

static void idle_found(struct request *r, const struct gw_result *result)
{
	if (failed(r, result))
		return;
	char value[64];
	long number = 0;
	if (!find_item(r, NULL, value, sizeof(value), &number)) {
		request_reply_error(r, GW_UNSUPPORTED,
			"The network does not tell how long this person has "
			"been idle.");
		return;
	}
	put_seconds(request_result_begin(r), number);
	end(r);
}

void last_iq(struct user *u, const struct target *t, const struct stanza *s)
{
	if (!is_service(t)) {
		look_up(u, t, s, GW_IDLE, idle_found);
		return;
	}
	const struct host *h = u->gateway->host;
	int64_t up_ms = loop_now_ms(h->loop) - h->started_ms;
	put_seconds(iq_result_begin(u->gateway->component, s), up_ms / 1000);
	stanza_end(u->gateway->component);
}

/* --- Time ---------------------------------------------------------------- */

static void time_found(struct request *r, const struct gw_result *result)
{
	if (failed(r, result))
		return;
	/* IRC's answer is free text for people, not an instant. */
	int64_t when;
	char value[512] = "";
	long number;
	find_item(r, NULL, value, sizeof(value), &number);
	if (clock_parse(slice_of(value), &when) != 0) {
		request_reply_error(r, GW_UNSUPPORTED, value);
		return;
	}
	struct xml_writer *w = request_result_begin(r);
	char stamp[CLOCK_STAMP_SIZE];
	clock_format(stamp, when);
	xml_open(w, "time", NS_TIME);
	xml_put(w, "tzo", NULL, "+00:00");
	xml_put(w, "utc", NULL, stamp);
	xml_close(w);
	end(r);
}

void time_iq(struct user *u, const struct target *t, const struct stanza *s)
{
	if (!is_service(t)) {
		look_up(u, t, s, GW_TIME, time_found);
		return;
	}
	struct component *c = u->gateway->component;
	char stamp[CLOCK_STAMP_SIZE];
	clock_format(stamp, clock_wall_ms());
	struct xml_writer *w = iq_result_begin(c, s);
	xml_open(w, "time", NS_TIME);
	xml_put(w, "tzo", NULL, "+00:00");
	xml_put(w, "utc", NULL, stamp);
	xml_close(w);
	stanza_end(c);
}

/* --- vCard --------------------------------------------------------------- */

/* Facts that have an element of their own; the rest goes into DESC. */
static const struct {
	const char *key, *element;
} card_rows[] = { { "nick", "NICKNAME" }, { "realname", "FN" } };

static const char *card_element(struct slice key)
{
	for (size_t i = 0; i < COUNT(card_rows); i++)
		if (slice_equals(key, card_rows[i].key))
			return card_rows[i].element;
	return NULL;
}

/* "image/png;base64" */
static void put_photo(struct xml_writer *w, struct slice value)
{
	struct slice type = slice_cut(&value, ';');
	xml_open(w, "PHOTO", NULL);
	xml_open(w, "TYPE", NULL);
	xml_put_slice(w, type);
	xml_close(w);
	xml_open(w, "BINVAL", NULL);
	xml_put_slice(w, value);
	xml_close(w);
	xml_close(w);
}

static void put_card(struct xml_writer *w, const struct request *r)
{
	struct str desc = { .max = LIMIT_STANZA_OUT / 2 };
	struct slice rest = str_slice(&r->lines), key, value;
	long number;
	xml_open(w, "vCard", NS_VCARD);
	while (next_item(&rest, &key, &value, &number)) {
		const char *element = card_element(key);
		if (slice_equals(key, "photo")) {
			put_photo(w, value);
			continue;
		}
		if (element != NULL) {
			xml_open(w, element, NULL);
			xml_put_slice(w, value);
			xml_close(w);
			continue;
		}
		str_addf(&desc, "%s%.*s: %.*s", desc.len > 0 ? "\n" : "",
			(int)key.len, key.data, (int)value.len, value.data);
	}
	if (desc.len > 0)
		xml_put(w, "DESC", NULL, str_text(&desc));
	xml_close(w);
	str_finish(&desc);
}

static void profile_found(struct request *r, const struct gw_result *result)
{
	if (failed(r, result))
		return;
	put_card(request_result_begin(r), r);
	end(r);
}

void vcard_iq(struct user *u, const struct target *t, const struct stanza *s)
{
	if (!is_service(t)) {
		look_up(u, t, s, GW_PROFILE, profile_found);
		return;
	}
	const struct gateway_ops *ops = u->gateway->api.ops;
	struct component *c = u->gateway->component;
	struct xml_writer *w = iq_result_begin(c, s);
	char title[128];
	text_format(title, sizeof(title), "%s gateway", ops->title);
	const char *name =
		t->kind == TARGET_NETWORK ? t->address.account : title;
	xml_open(w, "vCard", NS_VCARD);
	xml_put(w, "FN", NULL, name);
	/* Clients show this one; a contact list may hold many networks. */
	xml_put(w, "NICKNAME", NULL, name);
	xml_put(w, "DESC", NULL,
		"Causeway, a gateway between XMPP and other networks.");
	xml_close(w);
	stanza_end(c);
}

/* --- jabber:iq:gateway --------------------------------------------------- */

void prompt_iq(struct user *u, const struct target *t, const struct stanza *s)
{
	(void)t;
	struct gateway *g = u->gateway;
	struct component *c = g->component;
	const struct xml *query = xml_child(s->xml, "query", NS_GATEWAY);
	if (s->type == TYPE_GET) {
		struct xml_writer *w = iq_result_begin(c, s);
		xml_open(w, "query", NS_GATEWAY);
		xml_put(w, "desc", NULL, g->api.ops->prompt);
		xml_put(w, "prompt", NULL, "Address");
		xml_close(w);
		stanza_end(c);
		return;
	}
	const char *text =
		xml_child_text(query, "prompt", NS_GATEWAY, s->arena);
	struct gw_address address;
	char jid[GATEWAY_JID_SIZE];
	const char *reason = "Say whom you mean.";
	if (text == NULL || text[0] == '\0' ||
		g->api.ops->read_input(&g->api, text, &address, &reason) != 0 ||
		!gateway_address_jid(g, &address, jid)) {
		stanza_reply_error(c, s, ERR_NOT_ACCEPTABLE, reason);
		return;
	}
	struct xml_writer *w = iq_result_begin(c, s);
	xml_open(w, "query", NS_GATEWAY);
	xml_put(w, "jid", NULL, jid);
	xml_put(w, "prompt", NULL, jid); /* what old clients read */
	xml_close(w);
	stanza_end(c);
}
