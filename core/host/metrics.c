/*
 * /metrics (Prometheus text format) and /healthz.
 */
#include "base/alloc.h"
#include "base/limits.h"
#include "base/log.h"
#include "host/account.h"
#include "host/gateway.h"
#include "host/handlers.h"
#include "host/user.h"
#include "net/http.h"

struct totals {
	size_t users, registered, online, sessions, rooms;
};

static void count(const struct gateway *g, struct totals *t)
{
	size_t pos = 0;
	const struct user *u;
	while ((u = map_next(&g->users, &pos)) != NULL) {
		t->users++;
		t->registered += user_is_registered(u);
		t->online += !list_is_empty(&u->resources);
		list_for_each(it, &u->accounts) {
			const struct account *a =
				CONTAINER(it, struct account, link);
			t->sessions += account_is_online(a);
			t->rooms += a->rooms.count;
		}
	}
}

static void put(struct str *out, const struct gateway *g, const char *name,
	unsigned long long value)
{
	str_addf(out, "causeway_%s{gateway=\"%s\"} %llu\n", name,
		g->options->jid, value);
}

static void describe(struct str *out, const struct gateway *g)
{
	struct totals t = { .users = 0 };
	struct component_stats s;
	count(g, &t);
	component_stats(g->component, &s);
	put(out, g, "stream_ready",
		component_state(g->component) == COMPONENT_READY);
	put(out, g, "stream_connects_total", s.connects);
	put(out, g, "stanzas_received_total", s.stanzas_in);
	put(out, g, "stanzas_sent_total", s.stanzas_out);
	put(out, g, "stanzas_refused_total", s.refused_in);
	put(out, g, "stanzas_unsent_total", s.unsent);
	put(out, g, "users", t.users);
	put(out, g, "users_registered", t.registered);
	put(out, g, "users_online", t.online);
	put(out, g, "sessions_online", t.sessions);
	put(out, g, "rooms", t.rooms);
}

/* "name{label} value" with the gateway's label in front of its own. */
static void put_line(
	struct str *out, const struct gateway *g, struct slice line)
{
	struct slice name = slice_cut(&line, ' ');
	struct slice labels = name;
	name = slice_cut(&labels, '{');
	str_addf(out, "causeway_%s_%.*s{gateway=\"%s\"%s%.*s%s %.*s\n",
		g->api.ops->name, (int)name.len, name.data, g->options->jid,
		labels.len > 0 ? "," : "", (int)labels.len, labels.data,
		labels.len > 0 ? "" : "}", (int)line.len, line.data);
}

static void describe_network(struct str *out, const struct gateway *g)
{
	struct str lines = { .max = 256 * KIB };
	if (g->api.ops->measure != NULL)
		g->api.ops->measure(&g->api, &lines);
	struct slice rest = str_slice(&lines);
	while (rest.len > 0)
		put_line(out, g, slice_cut(&rest, '\n'));
	str_finish(&lines);
}

static void got_queues(const struct store_queues *q, void *arg)
{
	struct gateway *g = arg;
	if (q != NULL)
		g->queues = *q;
}

/* What was in the database when it was last asked: an answer does not wait for
 * it. */
static void describe_queues(struct str *out, struct gateway *g)
{
	const struct gateway_ops *ops = g->api.ops;
	const struct store_queues *q = &g->queues;
	if ((ops->caps & GW_CAP_DURABLE) == 0 && ops->settled == NULL)
		return;
	put(out, g, "outgoing_waiting", (unsigned long long)q->outgoing);
	put(out, g, "outgoing_oldest_timestamp_seconds",
		(unsigned long long)q->outgoing_since_ms / 1000);
	put(out, g, "incoming_unsettled", (unsigned long long)q->incoming);
	put(out, g, "incoming_oldest_timestamp_seconds",
		(unsigned long long)q->incoming_since_ms / 1000);
	put(out, g, "incoming_returned", (unsigned long long)q->returned);
	store_queues(g->host->store, g->options->jid, got_queues, g);
}

static void on_metrics(struct http_request *r, void *arg)
{
	const struct host *h = arg;
	struct str out = { .max = MIB };
	list_for_each(it, &h->gateways) {
		struct gateway *g = CONTAINER(it, struct gateway, link);
		describe(&out, g);
		describe_queues(&out, g);
		describe_network(&out, g);
	}
	str_addf(&out, "causeway_store_backlog %zu\n", store_backlog(h->store));
	str_addf(&out, "causeway_store_healthy %d\n",
		store_is_healthy(h->store));
	str_addf(&out, "causeway_slow_callbacks_total %u\n",
		loop_slow_count(h->loop));
	http_answer(r, 200, "text/plain; version=0.0.4", str_slice(&out));
	str_finish(&out);
}

static void on_health(struct http_request *r, void *arg)
{
	const struct host *h = arg;
	bool good = host_is_ready(h) && store_is_healthy(h->store);
	http_answer(r, good ? 200 : 503, "text/plain",
		slice_of(good ? "ok\n" : "not ready\n"));
}

void metrics_serve(struct host *h)
{
	if (h->http_server == NULL)
		return;
	http_server_handle(h->http_server, "/metrics", false, on_metrics, h);
	http_server_handle(h->http_server, "/healthz", false, on_health, h);
}
