#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "email/approach.h"
#include "email/block.h"
#include "email/commands.h"
#include "email/email.h"
#include "email/failure.h"
#include "email/files.h"
#include "email/group.h"
#include "email/guard.h"
#include "email/inbox.h"
#include "email/login.h"
#include "email/outbox.h"
#include "email/peers.h"
#include "email/seen.h"
#include "email/slash.h"
#include "email/status.h"

#define KEPT_OUTBOX "a/o/"
#define KEPT_GUARD  "a/guard"

/* A login that worked before is refused so often until the user is asked: a
 * server can have a bad hour, but must not be hammered. */
#define REFUSALS_MAX 3

/* How long a link may be away before the user is told, and between tries. */
#define PATIENCE_MS     900000
/* Workers that died of a server, and for how long that is remembered. */
#define CRASHES_MAX     2
#define CRASH_MEMORY_MS 86400000
#define AGAIN_MIN_MS    2000
#define AGAIN_MAX_MS    120000

static const char *const state_names[] = { "down", "loading", "finding", "imap",
	"smtp", "looking", "online" };

static void set_state(struct email_session *s, enum email_state state)
{
	log_debug("email", "[%s] %s -> %s", s->session->id,
		state_names[s->state], state_names[state]);
	s->state = state;
}

/* --- Going down ---------------------------------------------------------- */

static void stop_work(struct email_session *s)
{
	discovery_cancel(&s->discovery);
	approach_cancel(&s->approach);
	mail_link_close(&s->smtp_trial);
	timer_stop(&s->again);
	email_inbox_stop(s->inbox);
	email_inbox_stop(s->sent);
	/* A link takes its requests with it. */
	submitter_imap_lost(s->outbox->submitter);
	seen_lost(s->seen);
	files_imap_lost(s);
	block_imap_lost(s->block);
	slash_imap_lost(s);
	mail_link_close(&s->imap);
}

/* Mails can wait, and nobody is thrown out of a room, for a while. */
static bool is_patient(struct email_session *s)
{
	int64_t now = loop_now_ms(s->gateway->gw->env->loop);

	if (!s->is_announced)
		return false;
	if (s->lost_ms == 0)
		s->lost_ms = now;
	return now - s->lost_ms < PATIENCE_MS;
}

void email_lose(struct email_session *s, enum gw_reason reason,
	enum gw_retry retry, const char *text)
{
	if (s->state == EMAIL_DOWN)
		return;
	stop_work(s);
	set_state(s, EMAIL_DOWN);
	if (retry != GW_RETRY_NEVER && is_patient(s)) {
		log_info("email", "[%s] lost: %s", s->session->id, text);
		email_status_changed(s);
		timer_start(&s->again, backoff_next_ms(&s->backoff));
		return;
	}
	s->is_announced = false;
	s->lost_ms = 0;
	group_leave_all(s);
	email_status_reset(s);
	gw_closed(s->session, reason, text, retry);
}

void email_again(struct email_session *s)
{
	if (s->state == EMAIL_DOWN)
		return;
	stop_work(s);
	set_state(s, EMAIL_DOWN);
	timer_start(&s->again, 0);
}

/* The password was right once: perhaps the server has a bad hour. */
static bool was_proven(const struct email_session *s)
{
	return own_servers_are_proven(&s->servers, s->session);
}

/* Many refuse the account's password and want one made for programs. */
static void add_help(const struct email_session *s, char *text, size_t size)
{
	const struct provider *p = provider_list_by_host(
		s->gateway->providers, s->servers.imap.host);
	size_t len = strlen(text);

	if (p != NULL && p->help != NULL)
		text_format(text + len, size - len, "%s %s%s%s",
			text_stop(text), p->help,
			p->help_url != NULL ? " " : "",
			p->help_url != NULL ? p->help_url : "");
}

/* A worker died at what the server said, twice within a day: no third one for
 * it until somebody did something about it. */
static bool is_dangerous(struct email_session *s)
{
	int64_t now = loop_now_ms(s->gateway->gw->env->loop);

	if (s->crashes > 0 && now - s->crashed_ms > CRASH_MEMORY_MS)
		s->crashes = 0;
	s->crashed_ms = now;
	return ++s->crashes >= CRASHES_MAX;
}

static void set_aside(struct email_session *s, struct failure *failure)
{
	size_t len = strlen(failure->text);

	s->crashes = 0;
	failure->retry = GW_RETRY_NEVER;
	log_warning("email", "[%s] is set aside: workers die of its server",
		s->session->id);
	text_format(failure->text + len, sizeof(failure->text) - len,
		"%s This happened twice; the mailbox is not tried again until "
		"its settings are saved again.",
		text_stop(failure->text));
}

static void link_crashed(
	struct email_session *s, const struct frame *f, struct failure *failure)
{
	/* It was busy with somebody else. */
	if (f->numbers[2] == 0)
		text_format(failure->text, sizeof(failure->text),
			"A part of the gateway failed and starts again.");
	else if (f->numbers[3] != 0)
		email_inbox_blame((f->numbers[3] & BLAME_MIRROR) != 0
					  ? s->sent
					  : s->inbox,
			f->numbers[3]);
	else if (is_dangerous(s))
		set_aside(s, failure);
}

static void link_failed(struct email_session *s, const char *protocol,
	const struct mail_server *server, const struct frame *f)
{
	struct failure failure;

	failure_read(&failure, protocol, server->host,
		(enum link_error)f->numbers[1], f->texts[0]);
	if (f->numbers[1] == LINK_CRASHED)
		link_crashed(s, f, &failure);
	if (f->numbers[1] == LINK_REFUSED && login_refused(s->login)) {
		email_again(s);
		return;
	}
	if (f->numbers[1] == LINK_REFUSED && was_proven(s) &&
		++s->refusals < REFUSALS_MAX)
		failure.retry = GW_RETRY_SLOWLY;
	else if (f->numbers[1] == LINK_REFUSED)
		add_help(s, failure.text, sizeof(failure.text));
	email_lose(s, failure.reason, failure.retry, failure.text);
}

/* Why there is no link, before anything was said. */
static void not_reached(
	struct email_session *s, enum gw_reason reason, const char *text)
{
	bool is_final = reason == GW_POLICY || reason == GW_BAD_PASSWORD ||
			reason == GW_UNSUPPORTED;

	email_lose(s, reason, is_final ? GW_RETRY_NEVER : GW_RETRY, text);
}

/* --- Both servers work --------------------------------------------------- */

static void go_online(struct email_session *s)
{
	set_state(s, EMAIL_ONLINE);
	s->refusals = 0;
	s->lost_ms = 0;
	backoff_reset(&s->backoff);
	if (!s->is_announced)
		gw_online(s->session, email_own_address(s));
	s->is_announced = true;
	(void)gw_user_name(s->session); /* until the first mail is written */
	email_status_changed(s);
	email_inbox_start(s->inbox);
	files_wake(s);
	seen_wake(s->seen);
	digest_wake(s->digest);
	email_outbox_wake(s->outbox);
}

/* Nobody is told that he may be written to before it is certain from where on
 * mails are new. */
static void both_work(struct email_session *s)
{
	if (email_inbox_is_kept(s->inbox)) {
		go_online(s);
		return;
	}
	set_state(s, EMAIL_LOOKING);
	email_inbox_start(s->inbox);
}

void email_looked(struct email_session *s, bool ok)
{
	if (s->state != EMAIL_LOOKING)
		return;
	if (ok)
		go_online(s);
	else
		email_lose(s, GW_UNREACHABLE, GW_RETRY,
			"The gateway's storage does not work now.");
}

/* --- SMTP, to see whether it works --------------------------------------- */

static void smtp_heard(const struct frame *f, void *arg)
{
	struct email_session *s = arg;

	if (f->type != FRAME_STATE)
		return;
	if (f->numbers[0] == LINK_FAILED) {
		link_failed(s, "SMTP", &s->servers.smtp, f);
		return;
	}
	mail_link_close(&s->smtp_trial);
	own_servers_prove(&s->servers, s->session);
	own_servers_keep(&s->servers, s->memory);
	both_work(s);
}

static void smtp_open(struct mail_link *link, enum gw_reason reason,
	const char *text, void *arg)
{
	struct email_session *s = arg;

	s->approach = NULL;
	s->smtp_trial = link;
	if (link == NULL)
		not_reached(s, reason, text);
}

/* --- IMAP ---------------------------------------------------------------- */

static void logged_in(struct email_session *s)
{
	if (was_proven(s)) {
		both_work(s);
		return;
	}
	set_state(s, EMAIL_SMTP);
	s->approach = approach_start(s, LINK_SMTP, smtp_heard, smtp_open, s);
}

static void imap_heard(const struct frame *f, void *arg)
{
	struct email_session *s = arg;

	if (f->type == FRAME_UNREAD)
		email_status_unread(s, f->numbers[0]);
	else if (f->type == FRAME_SENT || f->type == FRAME_MIRRORED)
		email_inbox_heard(s->sent, f);
	else if (f->type != FRAME_STATE)
		email_inbox_heard(s->inbox, f);
	else if (f->numbers[0] == LINK_FAILED)
		link_failed(s, "IMAP", &s->servers.imap, f);
	else if (f->numbers[0] != LINK_READY)
		email_status_pushed(s, f->numbers[0] == LINK_IDLING);
	else if (f->numbers[0] == LINK_READY && s->state == EMAIL_IMAP)
		logged_in(s);
}

static void imap_open(struct mail_link *link, enum gw_reason reason,
	const char *text, void *arg)
{
	struct email_session *s = arg;

	s->approach = NULL;
	s->imap = link;
	if (link != NULL)
		return;
	/* The provider may have moved. */
	if (reason == GW_NO_HOST)
		s->servers.is_found = false;
	not_reached(s, reason, text);
}

static void connect_imap(struct email_session *s)
{
	set_state(s, EMAIL_IMAP);
	s->approach = approach_start(s, LINK_IMAP, imap_heard, imap_open, s);
}

/* --- Finding the servers ------------------------------------------------- */

/* Whoever can forge names could collect passwords. */
static void ask_consent(struct email_session *s)
{
	static const struct gw_setting fields[] = {
		{ .name = "consent",
			.label = "Are these your servers?",
			.type = GW_BOOL,
			.def = "0",
			.required = true },
		{ .name = NULL },
	};
	char text[700];

	text_format(text, sizeof(text),
		"Your mailbox seems to be at %s (%s for sending), as far as "
		"its domain's names tell, which are easily forged. Your "
		"password would be sent there.",
		s->servers.imap.host, s->servers.smtp.host);
	s->consent = gw_ask(s->session, text, fields);
}

static void found(const struct discovery_result *r, void *arg)
{
	struct email_session *s = arg;

	s->discovery = NULL;
	if (r->reason != GW_OK) {
		email_lose(s, r->reason,
			r->reason == GW_UNREACHABLE ? GW_RETRY : GW_RETRY_NEVER,
			r->words);
		return;
	}
	log_info("email", "[%s] servers found: %s", s->session->id, r->words);
	own_servers_found(&s->servers, r, s->session);
	if (r->needs_consent)
		ask_consent(s);
	else
		connect_imap(s);
}

bool email_answer(
	struct email_session *s, uint32_t question, const char *const *values)
{
	if (question == 0 || question != s->consent)
		return false;
	s->consent = 0;
	if (s->state != EMAIL_FINDING)
		return true;
	if (values != NULL && strcmp(values[0], "1") == 0) {
		connect_imap(s);
		return true;
	}
	s->servers.is_found = false;
	email_lose(s, GW_NO_SUCH, GW_RETRY_NEVER,
		"Then say which servers your mailbox has: register again with "
		"all fields of the form.");
	return true;
}

static void find(struct email_session *s)
{
	if (own_servers_choose(&s->servers, s->session)) {
		connect_imap(s);
		return;
	}
	set_state(s, EMAIL_FINDING);
	s->discovery = discovery_start(
		&s->gateway->discovery, email_own_address(s), found, s);
}

static void try_again(void *arg)
{
	find(arg);
}

/* --- What was kept ------------------------------------------------------- */

static void loaded(const char *name, struct slice data, bool ok, void *arg)
{
	struct email_session *s = arg;

	if (name == NULL) {
		if (!ok) {
			email_lose(s, GW_UNREACHABLE, GW_RETRY, MEMORY_FAILED);
			return;
		}
		s->loaded = true;
		email_outbox_loaded(s->outbox);
		find(s);
	} else if (strcmp(name, OWN_SERVERS_KEPT) == 0) {
		own_servers_load(&s->servers, data);
	} else if (strcmp(name, KEPT_GUARD) == 0) {
		guard_load(s->guard, data);
	} else if (strcmp(name, DIGEST_KEPT) == 0) {
		digest_load(s->digest, data);
	} else if (strcmp(name, CHOICES_KEPT) == 0) {
		choices_load(&s->choices, data);
	} else if (strncmp(name, BLOCK_KEPT, strlen(BLOCK_KEPT)) == 0) {
		block_load(s->block, data);
	} else if (strcmp(name, LOGIN_KEPT) == 0) {
		login_load(s->login, data);
	} else if (strncmp(name, PEERS_KEPT, strlen(PEERS_KEPT)) == 0) {
		peers_load(s->peers, data);
	} else if (strcmp(name, INBOX_KEPT) == 0) {
		email_inbox_load(s->inbox, data);
	} else if (strcmp(name, INBOX_KEPT_SENT) == 0) {
		email_inbox_load(s->sent, data);
	} else if (strncmp(name, KEPT_OUTBOX, strlen(KEPT_OUTBOX)) == 0) {
		email_outbox_load(s->outbox, name + strlen(KEPT_OUTBOX), data);
	}
}

/* --- Ops ----------------------------------------------------------------- */

void email_open(struct gw_session *gw)
{
	struct email_session *s = gw->impl;

	if (s == NULL) {
		s = xalloc(sizeof(*s));
		s->session = gw;
		s->gateway = gw->gw->impl;
		s->memory = memory_new(gw);
		backoff_init(&s->backoff, AGAIN_MIN_MS, AGAIN_MAX_MS);
		timer_init(&s->again, s->gateway->gw->env->loop, "mail again",
			try_again, s);
		list_init(&s->uploads);
		list_init(&s->errands);
		list_init(&s->tasks);
		folders_init(&s->folders);
		choices_init(&s->choices);
		list_init(&s->groups);
		list_init(&s->group_calls);
		s->inbox = email_inbox_new(s, false);
		s->sent = email_inbox_new(s, true);
		s->outbox = email_outbox_new(s);
		s->seen = seen_new(s);
		s->peers = peers_new(s);
		s->guard = guard_new(s);
		s->block = block_new(s);
		s->digest = digest_new(s);
		s->login = login_new(s);
		s->status = email_status_new(s);
		gw->impl = s;
	}
	if (s->loaded) {
		find(s);
		return;
	}
	set_state(s, EMAIL_LOADING);
	memory_recall(s->memory, "a/", loaded, s);
}

void email_close(struct gw_session *gw, const char *text)
{
	struct email_session *s = gw->impl;

	(void)text;
	if (s == NULL)
		return;
	slash_stop_all(s);
	commands_stop_all(s);
	stop_work(s);
	email_outbox_free(&s->outbox);
	seen_free(&s->seen);
	peers_free(&s->peers);
	guard_free(&s->guard);
	block_free(&s->block);
	digest_free(&s->digest);
	login_free(&s->login);
	email_status_free(&s->status);
	email_inbox_free(&s->inbox);
	email_inbox_free(&s->sent);
	group_free_all(s);
	memory_free(&s->memory);
	folders_finish(&s->folders);
	choices_finish(&s->choices);
	gw->impl = NULL;
	xfree(s);
}
