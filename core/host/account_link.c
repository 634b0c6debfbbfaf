#include "base/alloc.h"
#include "base/intern.h"
#include "base/limits.h"
#include "host/account_private.h"
#include "host/contact.h"
#include "host/message.h"
#include "host/request.h"
#include "host/room.h"
#include "host/settings.h"

/* A network that told us to stay away is tried again slowly. */
#define RETRY_SLOW_MS      300000
#define RETRY_SLOW_DOUBLES 6 /* up to 320 minutes */
/* A link that lasted this long starts the backoff anew. */
#define STABLE_MS          60000
/* The user is told to wait when it takes this long. */
#define TELL_DELAY_MS      5000

/* --- Its turn ------------------------------------------------------------ */

int64_t account_delay_ms(const struct account *a)
{
	int64_t left = a->turn_ms - loop_now_ms(account_gateway(a)->host->loop);
	return a->turn_ms != 0 && left > 0 ? left : 0;
}

void gw_delayed(struct gw_session *s, int64_t delay_ms)
{
	struct account *a = account_of(s);
	if (a->state != ACCOUNT_OPENING)
		return;
	a->turn_ms = loop_now_ms(account_gateway(a)->host->loop) + delay_ms;
	room_all_delayed(a);
	request_all_delayed(a);
	if (!a->on_trial)
		contact_refresh_all(a->user);
	if (delay_ms < TELL_DELAY_MS || !account_user_is_there(a))
		return;
	char words[512];
	text_format(words, sizeof(words),
		"%s: Many people are connecting to this network through the "
		"gateway, one after another. Your turn comes in about %lld "
		"seconds.",
		a->key, (long long)(delay_ms + 999) / 1000);
	message_notice(a->user, a, words);
}

/* --- Up and down --------------------------------------------------------- */

void gw_online(struct gw_session *s, const char *own_name)
{
	struct account *a = account_of(s);
	intern_set(&a->own_name, own_name);
	if (a->state != ACCOUNT_OPENING)
		return; /* only the name changed */
	xstrset(&a->last_error, NULL);
	a->last_reason = GW_OK;
	a->online_ms = loop_now_ms(account_gateway(a)->host->loop);
	a->fresh = true;
	account_set_state(a, ACCOUNT_ONLINE, NULL);
	deferred_start(&a->settle);
}

/* Tell the user once about every new kind of failure. A guest whose first
 * attempt failed has a presence error from his room. */
static void tell_failure(struct account *a, const char *text)
{
	struct str words = { .max = LIMIT_CONFIG_STRING };
	str_addf(&words, "%s: %s%s", a->key, text, text_stop(text));
	if (a->state == ACCOUNT_WAITING)
		str_add(&words, " I will keep trying to reconnect.");
	else
		str_addf(&words, " Send \"%s\" to %s to change your settings.",
			a->registered ? "settings" : "register",
			account_gateway(a)->options->jid);
	message_notice(a->user, a, str_text(&words));
	str_finish(&words);
}

static int64_t retry_delay_ms(struct account *a, enum gw_retry retry)
{
	int64_t delay = backoff_next_ms(&a->backoff);
	a->slow = retry == GW_RETRY_SLOWLY;
	if (!a->slow)
		return delay;
	unsigned doubles = a->backoff.failures - 1;
	if (doubles > RETRY_SLOW_DOUBLES)
		doubles = RETRY_SLOW_DOUBLES;
	return delay + ((int64_t)RETRY_SLOW_MS << doubles);
}

/* What was known of the link is over. */
static void link_ended(struct account *a, enum gw_reason reason,
	const char *text, bool was_online)
{
	int64_t now = loop_now_ms(account_gateway(a)->host->loop);
	xstrset(&a->last_error, text);
	a->last_reason = reason;
	if (was_online && now - a->online_ms > STABLE_MS)
		backoff_reset(&a->backoff);
	a->fresh = false;
	intern_drop(&a->own_name);
}

static void wait_or_block(
	struct account *a, enum gw_retry retry, const char *text)
{
	if (retry == GW_RETRY_NEVER) {
		account_set_state(a, ACCOUNT_BLOCKED, text);
		return;
	}
	account_set_state(a, ACCOUNT_WAITING, text);
	timer_start(&a->retry, retry_delay_ms(a, retry));
}

void gw_want(struct gw_session *s, const char *setting)
{
	struct account *a = account_of(s);
	const struct gw_setting *rows = account_ops(a)->settings;
	int row = settings_by_name(rows, setting);
	a->wanted = row >= 0 ? &rows[row] : NULL;
}

void gw_closed(struct gw_session *s, enum gw_reason reason, const char *text,
	enum gw_retry retry)
{
	struct account *a = account_of(s);
	bool was_online = a->state == ACCOUNT_ONLINE;
	if (!was_online && a->state != ACCOUNT_OPENING)
		return;
	if (text == NULL)
		text = "The connection was lost.";
	bool is_tried = a->on_trial && !was_online;
	bool news = !is_tried && !text_equals(a->last_error, text);
	if (news && !was_online && a->registered)
		contact_login_failed(a->user, reason, text);
	link_ended(a, reason, text, was_online);
	wait_or_block(a, retry, text);
	if (news && (a->registered || was_online))
		tell_failure(a, text);
	request_fail_all(a, reason, text);
	room_all_lost(a, retry == GW_RETRY_NEVER && !is_tried, reason, text);
	deferred_start(&a->settle);
}

void gw_status(struct gw_session *s, enum gw_show show, const char *text)
{
	struct account *a = account_of(s);
	bool flips = (show == GW_XA) != (a->fares == GW_XA);
	if (!account_is_live(a))
		return;
	account_set_fare(a, show, text);
	if (a->on_trial)
		return;
	if (flips)
		contact_refresh_all(a->user);
	else
		contact_refresh_account(a);
}
