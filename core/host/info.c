/*
 * Small questions: ping (XEP-0199), version (0092), last activity (0012),
 * time (0202), and the prompt of jabber:iq:gateway (0100). About people they
 * become look-ups in the network.
 */

#include "base/clock.h"
#include "base/limits.h"
#include "host/account.h"
#include "host/handlers.h"
#include "host/lookup.h"
#include "xmpp/ns.h"

static bool is_service(const struct target *t)
{
	return t->kind == TARGET_GATEWAY || t->kind == TARGET_NETWORK;
}

/* --- Ping ---------------------------------------------------------------- */

static void pinged(struct request *r, const struct gw_result *result)
{
	if (!lookup_failed(r, result))
		request_reply_result(r);
}

void ping_iq(struct user *u, const struct target *t, const struct stanza *s)
{
	if (is_service(t))
		iq_result(u->gateway->component, s);
	else
		lookup_start(u, t, s, GW_PING, pinged, NULL);
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
	if (lookup_failed(r, result))
		return;
	char value[512] = "";
	long number;
	lookup_find(r, NULL, value, sizeof(value), &number);
	put_version(request_result_begin(r), value, "", NULL);
	lookup_end(r);
}

void version_iq(struct user *u, const struct target *t, const struct stanza *s)
{
	if (!is_service(t)) {
		lookup_start(u, t, s, GW_VERSION, version_found, NULL);
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
	if (lookup_failed(r, result))
		return;
	char value[64];
	long number = 0;
	if (!lookup_find(r, NULL, value, sizeof(value), &number)) {
		request_reply_error(r, GW_UNSUPPORTED,
			"The network does not tell how long this person has "
			"been idle.");
		return;
	}
	put_seconds(request_result_begin(r), number);
	lookup_end(r);
}

void last_iq(struct user *u, const struct target *t, const struct stanza *s)
{
	if (!is_service(t)) {
		lookup_start(u, t, s, GW_IDLE, idle_found, NULL);
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
	if (lookup_failed(r, result))
		return;
	/* IRC's answer is free text for people, not an instant. */
	int64_t when;
	char value[512] = "";
	long number;
	lookup_find(r, NULL, value, sizeof(value), &number);
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
	lookup_end(r);
}

void time_iq(struct user *u, const struct target *t, const struct stanza *s)
{
	if (!is_service(t)) {
		lookup_start(u, t, s, GW_TIME, time_found, NULL);
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
	char space[GATEWAY_JID_SIZE];
	const char *reason = "Say whom you mean.";
	if (text != NULL && text[0] != '\0')
		text = target_spell(g, u, text, space, &reason);
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
