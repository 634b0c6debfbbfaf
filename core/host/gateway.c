#include "host/gateway.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/log.h"
#include "host/account.h"
#include "host/blocklist.h"
#include "host/command.h"
#include "host/contact.h"
#include "host/displayed.h"
#include "host/handlers.h"
#include "host/inbox.h"
#include "host/kept.h"
#include "host/outbox.h"
#include "host/privilege.h"
#include "host/registration.h"
#include "host/request.h"
#include "host/room.h"
#include "host/settings.h"
#include "host/spelling.h"
#include "host/upload_service.h"
#include "host/user.h"
#include "store/accounts.h"

/* How often deadlines are looked at while requests are open. */
#define SWEEP_MS 5000

/* Sessions opened in a second after the start: each costs the network, and
 * us, some work. */
#define LOGINS_PER_TICK 25
#define LOGIN_TICK_MS   250

/* --- Addresses ----------------------------------------------------------- */

/* What an address is to XMPP: its text from the network, escaped. */
static bool escape_address(const struct gateway *g, const struct gw_address *a,
	char out[GATEWAY_JID_SIZE])
{
	char plain[GW_ACCOUNT_SIZE + GW_NAME_SIZE];
	if (g->api.ops->format_address(&g->api, a, plain, sizeof(plain)) != 0)
		return false;
	struct str local = { .max = LIMIT_JID_PART + 1 };
	bool good = spell_local(&local, slice_of(plain)) == 0 &&
		    text_copy(out, GATEWAY_JID_SIZE, str_text(&local));
	str_finish(&local);
	return good;
}

bool gateway_local(const struct gateway *g, enum gw_kind kind,
	const char *account, const char *name, char out[GATEWAY_JID_SIZE])
{
	struct gw_address a;
	a.kind = kind;
	return text_copy(a.account, sizeof(a.account), account) &&
	       text_copy(a.name, sizeof(a.name), name) &&
	       escape_address(g, &a, out);
}

static bool add_domain(const struct gateway *g, char out[GATEWAY_JID_SIZE])
{
	size_t len = strlen(out);
	return text_format(
		out + len, GATEWAY_JID_SIZE - len, "@%s", g->options->jid);
}

bool gateway_address_jid(const struct gateway *g, const struct gw_address *a,
	char out[GATEWAY_JID_SIZE])
{
	if (a == NULL)
		return text_copy(out, GATEWAY_JID_SIZE, g->options->jid);
	return escape_address(g, a, out) && add_domain(g, out);
}

bool gateway_jid(const struct gateway *g, enum gw_kind kind,
	const char *account, const char *name, char out[GATEWAY_JID_SIZE])
{
	return gateway_local(g, kind, account, name, out) && add_domain(g, out);
}

/* --- Loading ------------------------------------------------------------- */

static void load_setting(struct account *a, const struct store_setting *setting)
{
	int row = settings_by_name(account_ops(a)->settings, setting->name);
	if (row >= 0)
		account_set_value(a, (size_t)row, setting->value);
}

static void loaded_account(const struct store_account *row, void *arg)
{
	struct gateway *g = arg;
	if (g->stopping)
		return;
	struct user *u = user_get(g, row->user);
	struct account *a = account_find(u, row->account);
	if (a == NULL)
		a = account_new(u, row->account);
	a->registered = true;
	for (size_t i = 0; i < row->setting_count; i++)
		load_setting(a, &row->settings[i]);
}

static void loaded_contact(const struct store_contact *row, void *arg)
{
	struct gateway *g = arg;
	if (g->stopping)
		return;
	struct contact *c = contact_get(user_get(g, row->user), row->contact);
	xstrset(&c->name, row->name);
	c->state = row->state;
}

static void loaded_choice(const struct store_room_choice *row, void *arg)
{
	struct gateway *g = arg;
	if (!g->stopping)
		room_choice_set(user_get(g, row->user), row->room, row->name,
			row->value);
}

/* Sessions that must run although nobody is online, some at a time. */
static void open_more(void *arg)
{
	struct gateway *g = arg;
	int opened = 0;
	size_t pos = 0;
	struct user *u;
	while (opened < LOGINS_PER_TICK &&
		(u = map_next(&g->users, &pos)) != NULL) {
		if (!u->login_due)
			continue;
		u->login_due = false;
		list_for_each(it, &u->accounts)
			account_check(CONTAINER(it, struct account, link));
		opened++;
	}
	if (opened == LOGINS_PER_TICK)
		timer_start(&g->logins, LOGIN_TICK_MS);
}

static void open_staying(struct gateway *g)
{
	size_t pos = 0;
	struct user *u;
	while ((u = map_next(&g->users, &pos)) != NULL)
		u->login_due = account_any_stays(u);
	timer_start(&g->logins, 0);
}

static void loaded_removal(const char *user, const char *account, void *arg)
{
	struct gateway *g = arg;
	if (!g->stopping)
		registration_loaded(g, user, account);
}

/* They came from somebody who is not registered, or is no longer by now. */
static struct account *guest(struct gateway *g, struct user *u, const char *key)
{
	return (g->api.ops->caps & GW_CAP_GUEST) != 0 ? account_new(u, key)
						      : NULL;
}

static void loaded_waiting(
	const char *user, const char *account, int64_t count, void *arg)
{
	struct gateway *g = arg;
	if (g->stopping)
		return;
	struct user *u = user_get(g, user);
	struct account *a = account_find(u, account);
	if (a == NULL)
		a = guest(g, u, account);
	if (a != NULL)
		outbox_loaded(a, (unsigned)count);
	else
		user_release(u);
}

static void loaded(int status, void *arg)
{
	struct gateway *g = arg;
	if (g->stopping)
		return;
	if (status != 0)
		fatal("%s: the stored accounts can't be read; see the log "
		      "lines above",
			g->options->jid);
	log_info("host", "gateway loaded jid=%s users=%u", g->options->jid,
		g->users.count);
	g->loaded = true;
	open_staying(g);
	component_start(g->component);
}

/* --- Life ---------------------------------------------------------------- */

bool gw_is_own_domain(const struct gw *gw, const char *domain)
{
	const struct gateway *own = (const struct gateway *)(const void *)gw;
	list_for_each(it, &own->host->gateways) {
		const struct gateway *g = CONTAINER(it, struct gateway, link);
		if (strcasecmp(g->options->jid, domain) == 0)
			return true;
	}
	return false;
}

bool gw_is_relayed(const struct gw_session *s)
{
	return host_is_relayed(gateway_of(s->gw), s->user);
}

bool gw_must_wait(struct gw *gw)
{
	struct gateway *g = gateway_of(gw);
	if (!component_is_stalled(g->component))
		return false;
	if (!g->waiting)
		log_warning("host",
			"the XMPP server does not keep up; nothing is read "
			"from networks until it does jid=%s",
			g->options->jid);
	g->waiting = true;
	return true;
}

/* The server reads again, or there is no stream: then what comes is dropped or
 * archived, as ever. */
static void stop_waiting(struct gateway *g)
{
	if (!g->waiting)
		return;
	g->waiting = false;
	log_info("host", "networks are read again jid=%s", g->options->jid);
	g->api.ops->resume(&g->api);
}

static void stream_drained(struct component *c, void *arg)
{
	(void)c;
	stop_waiting(arg);
	inbox_send(arg);
}

static void stream_state(
	struct component *c, bool ready, const char *reason, void *arg)
{
	struct gateway *g = arg;
	(void)c;
	(void)reason;
	if (!ready)
		inbox_stream_lost(g);
	if (ready) {
		presence_stream_ready(g);
		registration_resume(g);
		inbox_stream_ready(g);
	} else if (!g->closed) {
		privilege_forget(g);
		stop_waiting(g);
	}
	if (g->host->ready_changed != NULL)
		g->host->ready_changed(g->host->arg);
}

static const struct component_events stream_events = {
	.state = stream_state,
	.stanza = router_stanza,
	.drained = stream_drained,
};

void gateway_sweep_later(struct gateway *g)
{
	if (!timer_is_running(&g->sweep))
		timer_start(&g->sweep, SWEEP_MS);
}

/* Deadlines of all requests; stops by itself when none is open. */
static void sweep(void *arg)
{
	struct gateway *g = arg;
	int64_t now = loop_now_ms(g->host->loop);
	list_for_each_safe(it, &g->swept) {
		struct account *a = CONTAINER(it, struct account, swept);
		request_sweep(a, now);
		if (a->request_count + a->accepted_count == 0 &&
			!account_is_idling(a))
			list_remove(&a->swept);
	}
	command_sweep(now);
	if (!list_is_empty(&g->swept) || command_any_open())
		gateway_sweep_later(g);
}

static void on_drained(void *arg);

struct gateway *gateway_new(struct host *h,
	const struct gateway_options *options, const char **reason_r)
{
	struct gateway *g = xalloc(sizeof(*g));
	g->host = h;
	g->options = options;
	g->caps.max = g->person_caps.max = 64;
	quota_init(&g->quota);
	g->api = (struct gw){ .ops = options_ops(options),
		.env = &h->env,
		.config = options->own,
		.jid = options->jid };
	g->inbox = inbox_new(g);
	list_init(&g->swept);
	list_init(&g->privileges);
	list_init(&g->marks);
	list_init(&g->refusals);
	list_init(&g->keeping);
	timer_init(&g->sweep, h->loop, "gateway sweep", sweep, g);
	timer_init(&g->logins, h->loop, "logins", open_more, g);
	timer_init(&g->probes, h->loop, "probes", presence_probe_more, g);
	timer_init(&g->answers, h->loop, "answers", contact_answer_probes, g);
	deferred_init(&g->drained, h->loop, "drained", on_drained, g);
	list_init(&g->askers);
	if (g->api.ops->start(&g->api, reason_r) != 0) {
		kept_close_own(g);
		inbox_free(&g->inbox);
		xfree(g);
		return NULL;
	}
	const struct component_config config = {
		.host = h->options->xmpp.host,
		.port = (uint16_t)h->options->xmpp.port,
		.jid = options->jid,
		.secret = options->secret,
	};
	g->component =
		component_new(h->loop, h->resolver, &config, &stream_events, g);
	(void)disco_update_caps(g);
	list_append(&h->gateways, &g->link);
	return g;
}

void gateway_start(struct gateway *g)
{
	static const struct store_load_events events = {
		.account = loaded_account,
		.contact = loaded_contact,
		.room_choice = loaded_choice,
		.removal = loaded_removal,
		.waiting = loaded_waiting,
		.done = loaded,
	};
	store_load(g->host->store, g->options->jid, &events, g);
}

static void close_accounts(struct gateway *g)
{
	size_t pos = 0;
	struct user *u;
	while ((u = map_next(&g->users, &pos)) != NULL)
		list_for_each(it, &u->accounts) {
			struct account *a = CONTAINER(it, struct account, link);
			room_all_close(a, 332, "The gateway is stopping.");
			account_close(a, "The gateway is stopping");
		}
}

static void stop_timers(struct gateway *g)
{
	timer_stop(&g->sweep);
	timer_stop(&g->logins);
	timer_stop(&g->probes);
	timer_stop(&g->answers);
	deferred_stop(&g->drained);
}

static void leave(struct gateway *g)
{
	g->draining = false;
	stop_timers(g);
	g->stopping = true;
	registration_forget(g);
	inbox_stop(g);
	close_accounts(g);
	presence_farewell(g);
	component_stop(g->component, g->stop_done, g->stop_arg);
}

static void on_drained(void *arg)
{
	leave(arg);
}

void gw_drained(struct gw *gw)
{
	struct gateway *g = gateway_of(gw);
	if (g->draining)
		deferred_start(&g->drained);
}

void gateway_stop(struct gateway *g, void (*done)(void *arg), void *arg)
{
	g->stop_done = done;
	g->stop_arg = arg;
	g->draining = g->api.ops->drain != NULL;
	if (g->draining)
		g->api.ops->drain(&g->api);
	else
		leave(g);
}

void gateway_hurry(struct gateway *g)
{
	if (!g->draining)
		return;
	log_warning("host", "not waiting for the network any longer jid=%s",
		g->options->jid);
	leave(g);
}

void gateway_close(struct gateway *g)
{
	if (g->closed)
		return;
	g->draining = false;
	g->stopping = g->closed = true;
	registration_forget(g);
	stop_timers(g);
	inbox_close(g);
	while (g->users.count > 0) {
		/* A removal may move the next entry to the place before. */
		size_t pos = 0;
		struct user *u;
		while ((u = map_next(&g->users, &pos)) != NULL) {
			user_free(&u);
			pos--;
		}
	}
	map_finish(&g->users);
	g->api.ops->stop(&g->api);
	kept_close_own(g);
}

void gateway_free(struct gateway **slot)
{
	struct gateway *g = *slot;
	if (g == NULL)
		return;
	*slot = NULL;
	gateway_close(g);
	displayed_forget(g);
	blocklist_forget(g);
	privilege_forget(g);
	upload_services_free(g);
	component_free(&g->component);
	inbox_free(&g->inbox);
	str_finish(&g->caps);
	str_finish(&g->person_caps);
	list_remove(&g->link);
	xfree(g);
}
