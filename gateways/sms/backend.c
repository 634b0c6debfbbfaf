#include "sms/backend.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "sms/admin_queue.h"
#include "sms/doubt.h"
#include "sms/inbound.h"
#include "sms/queue.h"
#include "sms/receipts.h"
#include "sms/status.h"

/* --- Events --------------------------------------------------------------- */

static const char *const state_names[] = { "down", "degraded", "up" };

static bool are_drained(const struct list *backends)
{
	list_for_each(it, backends)
		if (!CONTAINER(it, struct backend, link)->is_drained)
			return false;
	return true;
}

/* Tell when the last has nothing under way any more. */
static void tell_drained(struct sms *s)
{
	void (*drained)(struct sms * s) = s->drained;
	if (!are_drained(&s->backends) || !are_drained(&s->brought_backends))
		return;
	s->drained = NULL;
	if (drained != NULL)
		drained(s);
}

static void on_link(void *arg, enum carrier_state state, const char *why)
{
	struct backend *b = arg;
	if (why != NULL && why[0] == '\0')
		why = NULL;
	b->is_drained |=
		b->is_draining && state == CARRIER_DOWN && b->unanswered == 0;
	if (b->is_drained)
		tell_drained(b->sms);
	if (b->is_leaving && state == CARRIER_DOWN)
		deferred_start(&b->left_turn);
	if (b->state == state && text_equals(b->why, why))
		return;
	log_info("sms", "link backend=%s state=%s%s%s", b->config->name,
		state_names[state], why != NULL ? " why=" : "",
		why != NULL ? why : "");
	b->state = state;
	xstrset(&b->why, why);
	queue_link_changed(b);
	status_link_changed(b->sms);
}

static void on_ready(void *arg)
{
	queue_pump(arg);
}

static void on_accepted(void *arg, uint64_t token, const char *id)
{
	queue_accepted(arg, token, id);
}

static void on_rejected(
	void *arg, uint64_t token, const struct carrier_refusal *refusal)
{
	queue_rejected(arg, token, refusal);
}

static void on_lost(void *arg, uint64_t token)
{
	queue_lost(arg, token);
}

static void on_late(void *arg, uint64_t token, const char *id,
	const struct carrier_refusal *refusal)
{
	doubt_answer(arg, token, id, refusal);
}

static void on_report(void *arg, const struct carrier_report *report)
{
	receipts_report(arg, report);
}

static void on_incoming(void *arg, const struct carrier_incoming *incoming)
{
	inbound_take(arg, incoming);
}

static const struct carrier_events events = {
	.link = on_link,
	.ready = on_ready,
	.accepted = on_accepted,
	.rejected = on_rejected,
	.lost = on_lost,
	.late = on_late,
	.report = on_report,
	.incoming = on_incoming,
};

/* --- Life ----------------------------------------------------------------- */

void backend_stop(struct backend *b)
{
	if (b->carrier != NULL)
		b->carrier->ops->close(&b->carrier);
}

static void backend_free(struct backend *b)
{
	backend_stop(b);
	if (b->is_leaving)
		cfg_free(b->config, &sms_backend_group);
	deferred_stop(&b->left_turn);
	list_remove(&b->link);
	xfree(b->why);
	xfree(b->refusal);
	xfree(b);
}

struct backend *backend_open(struct sms *s, struct sms_backend_config *config,
	struct owner *owner, const char **reason_r)
{
	const struct carrier_ops *ops = sms_carrier_find(config->kind);
	struct backend *b = xalloc(sizeof(*b));
	b->sms = s;
	b->owner = owner;
	b->config = config;
	list_init(&b->lanes);
	list_init(&b->ready);
	list_append(
		owner != NULL ? &s->brought_backends : &s->backends, &b->link);
	const struct gw_env *env = s->gw->env;
	b->setup = (struct carrier_setup){ .name = config->name,
		.config = config->own,
		.loop = env->loop,
		.resolver = env->resolver,
		.policy = env->policy,
		.http = env->http,
		.http_server = env->http_server,
		.gateway = s->gw->jid,
		.is_users = owner != NULL,
		.events = &events,
		.arg = b };
	b->carrier = ops->open(&b->setup, reason_r);
	if (b->carrier == NULL) {
		backend_free(b);
		return NULL;
	}
	b->carrier->ops = ops;
	return b;
}

void backend_close(struct backend **slot)
{
	struct backend *b = *slot;
	*slot = NULL;
	if (b == NULL)
		return;
	struct sms *s = b->sms;
	backend_free(b);
	if (s->drained != NULL)
		tell_drained(s);
}

static void on_left(void *arg)
{
	struct backend *b = arg;
	/* At the end of all it is closed with the others. */
	if (!b->sms->is_draining)
		b->left(b);
}

/* NULL: it has nothing to say goodbye for. */
static bool start_drain(struct backend *b)
{
	b->is_draining = true;
	queue_link_changed(b);
	if (b->carrier->ops->drain == NULL)
		return false;
	b->carrier->ops->drain(b->carrier);
	return true;
}

void backend_leave(struct backend *b, void (*left)(struct backend *b))
{
	b->is_leaving = true;
	b->left = left;
	deferred_init(&b->left_turn, b->sms->gw->env->loop, "sms backend left",
		on_left, b);
	if (!start_drain(b))
		deferred_start(&b->left_turn);
}

int backends_open(struct sms *s, const char **reason_r)
{
	const struct cfg_list *list = &s->config->backends;
	for (size_t i = 0; i < list->count; i++)
		if (backend_open(s, list->items[i], NULL, reason_r) == NULL)
			return -1;
	return 0;
}

void backends_close(struct sms *s)
{
	list_for_each_safe(it, &s->backends)
		backend_free(CONTAINER(it, struct backend, link));
}

static void drain_all(struct list *backends)
{
	list_for_each(it, backends)
		CONTAINER(it, struct backend, link)->is_draining = true;
	list_for_each(it, backends) {
		struct backend *b = CONTAINER(it, struct backend, link);
		if (!b->is_leaving && !start_drain(b))
			b->is_drained = true;
	}
}

void backends_drain(struct sms *s, void (*drained)(struct sms *s))
{
	s->drained = drained;
	drain_all(&s->backends);
	drain_all(&s->brought_backends);
	tell_drained(s);
}

static void stall_all(struct list *backends, bool on)
{
	list_for_each(it, backends) {
		struct backend *b = CONTAINER(it, struct backend, link);
		if (b->carrier->ops->stall != NULL)
			b->carrier->ops->stall(b->carrier, on);
	}
}

void backends_stall(struct sms *s, bool on)
{
	stall_all(&s->backends, on);
	stall_all(&s->brought_backends, on);
}

/* A line of a carrier, with the name of its backend among its labels. */
static void put_line(
	struct str *out, const struct backend *b, struct slice line)
{
	struct slice name = slice_cut(&line, ' ');
	struct slice labels = name;
	name = slice_cut(&labels, '{');
	str_addf(out, "%.*s{backend=\"%s\"%s%.*s%s %.*s\n", (int)name.len,
		name.data, b->config->name, labels.len > 0 ? "," : "",
		(int)labels.len, labels.data, labels.len > 0 ? "" : "}",
		(int)line.len, line.data);
}

void backends_measure(const struct sms *s, struct str *out)
{
	list_for_each(it, &s->backends) {
		const struct backend *b = CONTAINER(it, struct backend, link);
		struct str lines = { .max = 64 * KIB };
		int64_t oldest_ms;
		size_t queued = admin_queue_of(s, b, &oldest_ms);
		str_addf(&lines,
			"link_state %d\nqueued %zu\n"
			"queued_oldest_timestamp_seconds %lld\n",
			(int)b->state, queued, (long long)(oldest_ms / 1000));
		if (b->carrier->ops->measure != NULL)
			b->carrier->ops->measure(b->carrier, &lines);
		struct slice rest = str_slice(&lines);
		while (rest.len > 0)
			put_line(out, b, slice_cut(&rest, '\n'));
		str_finish(&lines);
	}
}

void backend_note_refusal(
	struct backend *b, const char *class, const char *text)
{
	struct str words = { .max = 1000 };
	str_add(&words, class);
	if (text != NULL)
		str_addf(&words, ", %.200s", text);
	xstrset(&b->refusal, str_text(&words));
	b->refused_ms = clock_wall_ms();
	str_finish(&words);
}

struct backend *backend_find(const struct sms *s, const char *name)
{
	list_for_each(it, &s->backends) {
		struct backend *b = CONTAINER(it, struct backend, link);
		if (strcmp(b->config->name, name) == 0)
			return b;
	}
	return NULL;
}

/* --- Routes --------------------------------------------------------------- */

static bool begins_with_one(const struct cfg_list *prefixes, const char *number)
{
	for (size_t i = 0; i < prefixes->count; i++) {
		const char *prefix = prefixes->items[i];
		if (strncmp(number, prefix, strlen(prefix)) == 0)
			return true;
	}
	return prefixes->count == 0;
}

bool backend_has_number(const struct backend *b, const char *number)
{
	return sms_list_has(&b->config->numbers, number);
}

bool backend_carries(const struct backend *b, const char *user,
	const char *from, const char *to)
{
	const struct sms_backend_config *c = b->config;
	const char *at = strchr(user, '@');
	bool serves = c->users.count == 0 || sms_list_has(&c->users, user) ||
		      (at != NULL && sms_list_has(&c->users, at + 1));
	bool has = from != NULL ? backend_has_number(b, from)
				: c->numbers.count > 0;
	return serves && has &&
	       (to == NULL || begins_with_one(&c->prefixes, to));
}
