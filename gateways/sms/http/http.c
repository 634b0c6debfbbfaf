/*
 * The table, and what a backend is made of. Sending is in submit.c, callbacks
 * are in hook.c; the other files of the folder are pure.
 */
#include "sms_http/http.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/magic.h"
#include "sms_http/http_private.h"

#define CARRIER_MAGIC 0x736d6874u

static struct http_carrier *of(struct carrier *c)
{
	struct http_carrier *h = CONTAINER(c, struct http_carrier, carrier);

	MAGIC_CHECK(h, CARRIER_MAGIC);
	return h;
}

static const struct http_carrier *of_const(const struct carrier *c)
{
	const struct http_carrier *h =
		(const void *)((const char *)c -
			       offsetof(struct http_carrier, carrier));

	MAGIC_CHECK(h, CARRIER_MAGIC);
	return h;
}

/* --- Life ---------------------------------------------------------------- */

static void name_callbacks(struct http_carrier *c)
{
	const char *base = c->config->callback_url;
	struct slice token = secret_reveal(c->config->token);
	size_t len = base != NULL ? strlen(base) : 0;

	str_init(&c->path, 4 * KIB);
	str_init(&c->callback_url, 8 * KIB);
	if (base == NULL || c->provider->callbacks.rules.count == 0)
		return;
	while (len > 0 && base[len - 1] == '/')
		len--;
	str_addf(&c->path, "/sms/%s/%s", c->setup.gateway, c->setup.name);
	if (token.len > 0)
		str_addf(&c->path, "/%.*s", (int)token.len, token.data);
	str_add_bytes(&c->callback_url, base, len);
	str_add_slice(&c->callback_url, str_slice(&c->path));
	c->values.values[TEMPLATE_MO_URL] = str_slice(&c->callback_url);
}

/* What open() and replay() share: what the configuration says. */
static struct http_carrier *make(
	const struct carrier_setup *setup, const char **reason_r)
{
	static char message[LIMIT_LOG_LINE];
	const struct http_config *config = setup->config;
	struct http_carrier *c;
	struct provider *p;
	struct str error;

	str_init(&error, sizeof(message));
	p = http_config_provider(config, &error);
	(void)text_copy(message, sizeof(message), str_text(&error));
	str_finish(&error);
	*reason_r = message;
	if (p == NULL)
		return NULL;
	c = xalloc(sizeof(*c));
	c->magic = CARRIER_MAGIC;
	c->carrier.ops = &carrier_http;
	c->setup = *setup;
	c->config = config;
	c->provider = p;
	http_config_values(config, p, &c->values);
	name_callbacks(c);
	return c;
}

static void unmake(struct http_carrier *c)
{
	str_finish(&c->path);
	str_finish(&c->callback_url);
	tls_client_free(&c->tls);
	provider_free(&c->provider);
	c->magic = 0;
	xfree(c);
}

static struct carrier *http_open(
	const struct carrier_setup *setup, const char **reason_r)
{
	struct http_carrier *c = make(setup, reason_r);

	if (c == NULL)
		return NULL;
	if (c->config->ca_file != NULL || !c->config->verify) {
		c->tls = tls_client_new(
			c->config->ca_file, c->config->verify, reason_r);
		if (c->tls == NULL) {
			unmake(c);
			return NULL;
		}
	}
	if (c->path.len > 0 && setup->http_server == NULL) {
		*reason_r = "callback_url is for the HTTP server of this "
			    "program, which http.port has to open";
		unmake(c);
		return NULL;
	}
	http_submit_init(c);
	http_hook_init(c);
	return &c->carrier;
}

static void http_close(struct carrier **slot)
{
	struct http_carrier *c;

	if (slot == NULL || *slot == NULL)
		return;
	c = of(*slot);
	*slot = NULL;
	http_submit_finish(c);
	http_hook_finish(c);
	unmake(c);
}

/* --- What it can do ------------------------------------------------------ */

static unsigned http_caps(const struct carrier *carrier)
{
	const struct http_carrier *c = of_const(carrier);
	const struct provider *p = c->provider;
	unsigned caps = CARRIER_CUTS;

	if (p->has_media)
		caps |= CARRIER_MEDIA;
	if (p->group.url != NULL)
		caps |= CARRIER_GROUPS;
	return caps;
}

static void http_describe(const struct carrier *carrier, struct str *out)
{
	static const char *const states[] = { "down", "being tried", "up" };
	const struct http_carrier *c = of_const(carrier);

	str_addf(out, "%s by HTTP, %s", c->provider->title, states[c->state]);
	if (c->why[0] != '\0')
		str_addf(out, ": %s", c->why);
	str_addf(out, "; %zu under way, %zu waiting", c->running_count,
		c->waiting_count);
	if (c->path.len == 0)
		str_add(out, "; no callbacks: callback_url is not set");
	else
		str_addf(out, "; callbacks at %.*s",
			(int)(c->callback_url.len -
				secret_reveal(c->config->token).len),
			str_text(&c->callback_url));
}

static void http_measure(const struct carrier *carrier, struct str *out)
{
	const struct http_carrier *c = of_const(carrier);
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
		{ "accepted_total", c->counts.accepted },
		{ "rejected_total", c->counts.rejected },
		{ "lost_total", c->counts.lost },
		{ "incoming_total", c->counts.incoming },
		{ "reports_total", c->counts.reports },
		{ "callbacks_unverified_total", c->counts.unverified },
		{ "running", c->running_count },
		{ "waiting", c->waiting_count },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		str_addf(out, "%s %llu\n", rows[i].name,
			(unsigned long long)rows[i].value);
}

/* --- The rest of the table ----------------------------------------------- */

static void http_reconnect(struct carrier *c)
{
	http_submit_reconnect(of(c));
}

static void http_drain(struct carrier *c)
{
	http_submit_drain(of(c));
}

static size_t http_group_max(const struct carrier *c)
{
	return (size_t)of_const(c)->provider->group_max;
}

static size_t http_room(const struct carrier *c)
{
	return http_submit_room(of_const(c));
}

static void http_take(struct carrier *c, const struct carrier_submit *s)
{
	http_submit(of(c), s);
}

static void http_settle(struct carrier *c, uint64_t ticket, bool ok)
{
	http_hook_settle(of(c), ticket, ok);
}

static void http_stall(struct carrier *c, bool on)
{
	of(c)->is_stalled = on;
}

static int http_replay(const struct carrier_setup *setup, struct slice saved,
	struct str *out, const char **reason_r)
{
	struct http_carrier *c = make(setup, reason_r);
	int ret = -1;

	if (c == NULL)
		return -1;
	ret = http_hook_replay(c, saved, out, reason_r);
	unmake(c);
	return ret;
}

const struct carrier_ops carrier_http = {
	.kind = "http",
	.config = &http_config_schema,
	.open = http_open,
	.close = http_close,
	.drain = http_drain,
	.reconnect = http_reconnect,
	.caps = http_caps,
	.group_max = http_group_max,
	.room = http_room,
	.submit = http_take,
	.settle = http_settle,
	.describe = http_describe,
	.measure = http_measure,
	.stall = http_stall,
	.replay = http_replay,
};
