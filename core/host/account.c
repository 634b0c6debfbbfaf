#include "host/account_private.h"

#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/intern.h"
#include "base/limits.h"
#include "base/log.h"
#include "host/command.h"
#include "host/contact.h"
#include "host/inbox.h"
#include "host/kept.h"
#include "host/message.h"
#include "host/outbox.h"
#include "host/registration.h"
#include "host/request.h"
#include "host/room.h"
#include "host/settings.h"
#include "host/upload.h"

/* A lost link is tried again soon; one that was lost often, slowly. */
#define RETRY_MIN_MS 5000
#define RETRY_MAX_MS 600000
/* Who is neither online nor in a room stays connected this long after a
 * message. */
#define UNUSED_MS    900000

static const char *const state_names[] = { "idle", "opening", "online",
	"waiting", "blocked" };

void account_set_fare(struct account *a, enum gw_show show, const char *words)
{
	a->fares = show;
	xstrset(&a->fares_words, words);
}

void account_set_state(
	struct account *a, enum account_state state, const char *why)
{
	if (a->state == state)
		return;
	log_info(account_ops(a)->name, "[%s] %s -> %s%s%s user=%s account=%s",
		a->session.id, state_names[a->state], state_names[state],
		why != NULL ? ": " : "", why != NULL ? why : "", a->user->jid,
		a->key);
	a->state = state;
	a->turn_ms = 0;
	if (!account_is_live(a))
		account_set_fare(a, GW_AVAILABLE, NULL);
	if (!a->is_leaving && !a->on_trial)
		contact_refresh_all(a->user);
}

static void open_now(struct account *a)
{
	if (account_gateway(a)->stopping)
		return;
	timer_stop(&a->retry);
	a->slow = false;
	account_set_state(a, ACCOUNT_OPENING, NULL);
	account_ops(a)->open(&a->session);
	outbox_give(a);
}

static void retry_now(void *arg)
{
	open_now(arg);
}

static void settle(void *arg);

/* --- Life ---------------------------------------------------------------- */

struct account *account_find(const struct user *u, const char *key)
{
	list_for_each(it, &u->accounts) {
		struct account *a = CONTAINER(it, struct account, link);
		if (strcmp(a->key, key) == 0)
			return a;
	}
	return NULL;
}

struct account *account_new(struct user *u, const char *key)
{
	struct account *a = xalloc(sizeof(*a));
	a->user = u;
	a->key = intern(key);
	a->fares = GW_AVAILABLE;
	char id[CRYPTO_ID_SIZE];
	crypto_random_id(id);
	memcpy(a->id, id, 8);
	a->session = (struct gw_session){ .gw = &u->gateway->api,
		.account = a->key,
		.user = u->jid,
		.id = a->id };
	list_init(&a->requests);
	list_init(&a->accepted);
	list_init(&a->awaited);
	list_init(&a->keeping);
	list_init(&a->uploads);
	backoff_init(&a->backoff, RETRY_MIN_MS, RETRY_MAX_MS);
	timer_init(&a->retry, u->gateway->host->loop, "account retry",
		retry_now, a);
	deferred_init(&a->settle, u->gateway->host->loop, "account settle",
		settle, a);
	list_append(&u->accounts, &a->link);
	return a;
}

static unsigned account_count(const struct user *u)
{
	unsigned count = 0;
	list_for_each(it, &u->accounts)
		count++;
	return count;
}

struct account *account_get(struct user *u, const char *key,
	enum gw_reason *reason_r, const char **text_r)
{
	struct account *a = account_find(u, key);
	if (a != NULL)
		return a;
	const struct gateway *g = u->gateway;
	if (g->options->register_required ||
		(g->api.ops->caps & GW_CAP_GUEST) == 0) {
		*reason_r = GW_MEMBERS_ONLY;
		*text_r = "Register with this gateway first: send it the "
			  "message \"register\".";
		return NULL;
	}
	char canonical[GW_ACCOUNT_SIZE];
	if (g->api.ops->canonical_account(
		    &g->api, key, canonical, sizeof(canonical), text_r) != 0) {
		*reason_r = GW_POLICY;
		return NULL;
	}
	a = account_find(u, canonical);
	if (a != NULL)
		return a;
	if (account_count(u) >= (unsigned)g->options->max_accounts) {
		*reason_r = GW_BUSY;
		*text_r = "You use as many accounts here as the operator "
			  "permits. Leave one first.";
		return NULL;
	}
	return account_new(u, canonical);
}

static void free_values(struct account *a)
{
	size_t count = settings_count(account_ops(a)->settings);
	for (size_t i = 0; a->values != NULL && i < count; i++) {
		xfree(a->values[i]);
		secret_free(&a->secrets[i]);
	}
	xfree(a->values);
	xfree(a->secrets);
	a->values = NULL;
	a->secrets = NULL;
}

void account_free(struct account **slot, const char *text)
{
	struct account *a = *slot;
	if (a == NULL)
		return;
	*slot = NULL;
	a->is_leaving = true;
	chat_forget_account(a);
	room_all_close(a, 333, text);
	account_close(a, text);
	outbox_free(a);
	deferred_stop(&a->settle);
	map_finish(&a->rooms);
	list_remove(&a->link);
	list_remove(&a->swept);
	free_values(a);
	intern_drop(&a->own_name);
	xfree(a->last_error);
	xfree(a->fares_words);
	xfree(a->nick_before);
	intern_drop(&a->key);
	xfree(a);
}

/* --- Settings ------------------------------------------------------------ */

void account_set_value(struct account *a, size_t index, const char *value)
{
	const struct gw_setting *rows = account_ops(a)->settings;
	size_t count = settings_count(rows);
	if (a->values == NULL) {
		a->values = xcalloc(count, sizeof(a->values[0]));
		a->secrets = xcalloc(count, sizeof(struct secret *));
	}
	if (rows[index].use == GW_USE_NICK && a->rooms.count > 0 &&
		a->nick_before == NULL)
		a->nick_before = xstrdup(account_value(a, rows[index].name));
	if (rows[index].type != GW_SECRET) {
		xstrset(&a->values[index], value);
		return;
	}
	secret_free(&a->secrets[index]);
	a->secrets[index] = value != NULL ? secret_new(slice_of(value)) : NULL;
}

bool account_renames(const struct account *a)
{
	const struct gw_setting *rows = account_ops(a)->settings;
	int row = settings_by_use(rows, GW_USE_NICK);
	if (row < 0 || a->nick_before == NULL)
		return false;
	const char *nick = account_value(a, rows[row].name);
	return nick[0] != '\0' && strcmp(nick, a->nick_before) != 0;
}

const char *account_stored_value(const struct account *a, size_t index)
{
	const struct gw_setting *rows = account_ops(a)->settings;
	if (a->values == NULL)
		return NULL;
	if (rows[index].type != GW_SECRET)
		return a->values[index];
	return a->secrets[index] != NULL ? secret_reveal(a->secrets[index]).data
					 : NULL;
}

const char *account_value(const struct account *a, const char *name)
{
	const struct gw_setting *rows = account_ops(a)->settings;
	int row = settings_by_name(rows, name);
	const char *value = NULL;
	if (row >= 0)
		value = rows[row].use == GW_USE_ACCOUNT
				? a->key
				: account_stored_value(a, (size_t)row);
	if (row >= 0 && value == NULL)
		value = rows[row].def;
	return value != NULL ? value : "";
}

const char *gw_setting(const struct gw_session *s, const char *name)
{
	return account_value((const struct account *)(const void *)s, name);
}

/* --- Session ------------------------------------------------------------- */

bool account_is_online(const struct account *a)
{
	return a->state == ACCOUNT_ONLINE;
}

void account_open(struct account *a)
{
	if (!account_is_live(a) && !(a->state == ACCOUNT_WAITING && a->slow))
		open_now(a);
}

void account_close(struct account *a, const char *text)
{
	timer_stop(&a->retry);
	if (a->state == ACCOUNT_IDLE)
		return;
	/* Also when the link was lost: the session lives until close(). */
	account_ops(a)->close(&a->session, text);
	a->session.impl = NULL;
	kept_close(a);
	upload_close(a);
	outbox_closed(a);
	a->fresh = false;
	request_fail_all(a, GW_LOST, "The connection was closed.");
	request_await_none(a);
	room_all_lost(a, false, GW_LOST, text);
	account_set_state(a, ACCOUNT_IDLE, text);
	intern_drop(&a->own_name);
}

static void begin_anew(struct account *a)
{
	account_close(a, "Changing settings");
	backoff_reset(&a->backoff);
	xstrset(&a->last_error, NULL);
	a->wanted = NULL;
}

void account_restart(struct account *a)
{
	begin_anew(a);
	account_check(a);
}

void account_try(struct account *a)
{
	a->on_trial = true;
	begin_anew(a);
	open_now(a);
}

/* Rooms that the user wants joined at every login, one a line. */
static void want_rooms(struct account *a)
{
	int row = settings_by_use(account_ops(a)->settings, GW_USE_ROOMS);
	if (row < 0)
		return;
	struct slice rest =
		slice_of(account_value(a, account_ops(a)->settings[row].name));
	while (rest.data != NULL && rest.len > 0) {
		struct slice line = slice_trim(slice_cut(&rest, '\n'));
		char name[GW_NAME_SIZE];
		if (line.len > 0 && line.len < sizeof(name)) {
			memcpy(name, line.data, line.len);
			name[line.len] = '\0';
			room_want(a, name);
		}
	}
}

void account_adapt(struct account *a)
{
	if (account_is_online(a)) {
		room_all_unlist(a);
		want_rooms(a);
		room_all_online(a);
		room_all_release(a, "No longer in the list");
	}
	account_check(a);
}

static bool stays(const struct account *a)
{
	int row = settings_by_use(account_ops(a)->settings, GW_USE_STAY);
	if ((account_ops(a)->caps & GW_CAP_ALWAYS) != 0)
		return a->registered;
	return row >= 0 && a->registered &&
	       strcmp(account_value(a, account_ops(a)->settings[row].name),
		       "1") == 0;
}

bool account_any_stays(const struct user *u)
{
	list_for_each(it, &u->accounts) {
		const struct account *a = CONTAINER(it, struct account, link);
		if (stays(a) || outbox_waits(a))
			return true;
	}
	return false;
}

static bool was_used(const struct account *a)
{
	return a->used_ms != 0 &&
	       loop_now_ms(account_gateway(a)->host->loop) - a->used_ms <
		       UNUSED_MS;
}

void account_touch(struct account *a)
{
	a->used_ms = loop_now_ms(account_gateway(a)->host->loop);
	account_sweep_later(a);
}

void account_sweep_later(struct account *a)
{
	struct gateway *g = account_gateway(a);
	if (list_is_empty(&a->swept))
		list_append(&g->swept, &a->swept);
	gateway_sweep_later(g);
}

bool account_is_idling(struct account *a)
{
	if (a->used_ms == 0)
		return false;
	if (was_used(a))
		return true;
	if (!room_any_occupied(a))
		account_check(a);
	return false;
}

static bool is_wanted(const struct account *a)
{
	if (room_any_occupied(a) || stays(a) || was_used(a) || outbox_waits(a))
		return true;
	const char *status;
	return a->registered && user_presence(a->user, &status) != GW_OFFLINE;
}

void account_keep(struct account *a)
{
	a->on_trial = false;
	if (!is_wanted(a))
		account_touch(a);
	account_check(a);
	outbox_give(a);
}

void account_check(struct account *a)
{
	deferred_start(&a->settle);
}

/* Is a client of his in one of the rooms? */
static bool has_seat(const struct account *a)
{
	size_t pos = 0;
	const struct room *r;
	while ((r = map_next(&a->rooms, &pos)) != NULL)
		if (!list_is_empty(&r->seats))
			return true;
	return false;
}

bool account_user_is_there(const struct account *a)
{
	const char *status;
	return user_presence(a->user, &status) != GW_OFFLINE || has_seat(a) ||
	       was_used(a);
}

void account_tell_presence(struct account *a)
{
	if (account_ops(a)->presence == NULL || !account_is_online(a))
		return;
	const char *status;
	enum gw_show show = user_presence(a->user, &status);
	/* Who never subscribed is there all the same while he is in a room or
	 * has just written. */
	if (show == GW_OFFLINE && (has_seat(a) || was_used(a)))
		show = GW_AVAILABLE;
	account_ops(a)->presence(&a->session, show, status);
}

static void settle(void *arg)
{
	struct account *a = arg;
	if (account_gateway(a)->stopping)
		return;
	if (a->on_trial) {
		registration_tried(a);
		return;
	}
	if (a->fresh) {
		a->fresh = false;
		account_tell_presence(a);
		contact_watch_all(a);
		want_rooms(a);
		room_all_online(a);
		xstrset(&a->nick_before, NULL);
		message_send_waiting(a);
		outbox_online(a);
	}
	if (a->rooms_due && account_is_online(a))
		room_all_online(a);
	a->rooms_due = false;
	bool wanted = is_wanted(a);
	if (wanted && a->state == ACCOUNT_IDLE)
		open_now(a);
	if (!wanted)
		account_close(a, NULL);
	contact_refresh_all(a->user);
	if (wanted)
		return;
	if (!a->registered && a->request_count == 0) {
		struct user *u = a->user;
		account_free(&a, NULL);
		user_release(u);
	}
}

enum gw_show account_show(const struct account *a)
{
	if (a->state == ACCOUNT_IDLE)
		return GW_OFFLINE;
	return account_is_online(a) ? a->fares : GW_XA;
}

void account_describe(const struct account *a, struct str *out)
{
	str_addf(out, "%s: ", a->key);
	if (a->fares_words != NULL) {
		str_add(out, a->fares_words);
		return;
	}
	switch (a->state) {
	case ACCOUNT_ONLINE:
		str_addf(out, "connected as %s", a->own_name);
		break;
	case ACCOUNT_OPENING:
	case ACCOUNT_WAITING:
		if (account_delay_ms(a) > 0) {
			str_add(out, "waiting for its turn to connect");
			break;
		}
		/* Every single attempt after a failure is no news. */
		str_add(out, a->last_error == NULL
				     ? "connecting"
				     : "not connected, trying again");
		break;
	case ACCOUNT_BLOCKED:
		if (a->last_reason == GW_BAD_PASSWORD) {
			str_addf(out, "login failed: %s", a->last_error);
			return;
		}
		str_add(out, "not connected, your settings need a change");
		break;
	case ACCOUNT_IDLE:
		str_add(out, "not connected");
		break;
	}
	if (a->state != ACCOUNT_ONLINE && a->last_error != NULL)
		str_addf(out, ". %s", a->last_error);
}
