#include "email/login.h"

#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "email/oauth.h"
#include "email/status.h"

struct wanting {
	struct list link;
	login_fn fn;
	void *arg;
};

struct login {
	struct email_session *session;
	struct secret *grant; /* NULL: none */
	struct oauth_client client;
	struct oauth_keeper *keeper;
	struct oauth_login *browser; /* the user is logging in */
	uint32_t question;           /* for what he pastes; 0: none is open */
	/* Why he has to do it again; NULL: he has not, or never did it. */
	char *why;
	struct list wanting;
	bool fresh; /* the last token was refused */
};

static struct gw_session *gw_of(const struct login *l)
{
	return l->session->session;
}

static void answer(struct login *l, const char *secret, enum gw_reason reason,
	const char *text)
{
	enum link_login kind = l->keeper != NULL ? LOGIN_OAUTH : LOGIN_PASSWORD;
	struct list all;

	/* Who is told may want it again. */
	list_init(&all);
	while (!list_is_empty(&l->wanting)) {
		struct list *first = l->wanting.next;

		list_remove(first);
		list_append(&all, first);
	}
	while (!list_is_empty(&all)) {
		struct wanting *w = CONTAINER(all.next, struct wanting, link);

		list_remove(&w->link);
		w->fn(kind, secret, reason, text, w->arg);
		xfree(w);
	}
}

/* --- The grant ----------------------------------------------------------- */

static void keep_grant(struct login *l, const char *grant)
{
	const struct gw_kept item = { .name = LOGIN_KEPT,
		.data = grant,
		.len = grant != NULL ? strlen(grant) : 0 };

	secret_free(&l->grant);
	if (grant != NULL)
		l->grant = secret_new(slice_of(grant));
	memory_keep(l->session->memory, &item, 1, NULL, NULL);
}

void login_load(struct login *l, struct slice grant)
{
	secret_free(&l->grant);
	l->grant = secret_new(grant);
}

static void begin_browser(struct login *l);
static bool has_client(struct login *l);

static void on_token(const char *access, void *arg)
{
	answer(arg, access, GW_OK, NULL);
}

static void on_failed(const char *text, void *arg)
{
	char words[600];

	text_format(words, sizeof(words),
		"Your provider gave no new permission for the mailbox: %s%s",
		text, text_stop(text));
	answer(arg, NULL, GW_UNREACHABLE, words);
}

static void on_changed(const char *grant, void *arg)
{
	keep_grant(arg, grant);
}

/* He is led through the login once more. What wants the secret waits for that;
 * a link that is there would end sooner or later anyway. */
static void on_revoked(const char *text, void *arg)
{
	struct login *l = arg;

	keep_grant(l, NULL);
	oauth_keeper_free(&l->keeper);
	xstrset(&l->why, text);
	email_status_login(l->session, text);
	if (!list_is_empty(&l->wanting))
		begin_browser(l);
	else
		email_again(l->session);
}

static const struct oauth_keeper_events keeper_events = {
	.token = on_token,
	.failed = on_failed,
	.changed = on_changed,
	.revoked = on_revoked,
};

static void use_grant(struct login *l)
{
	const char *reason = "";

	/* The operator may have changed it meanwhile. */
	if (l->keeper == NULL && has_client(l))
		l->keeper = oauth_keeper_new(l->session->gateway->gw->env,
			&l->client, secret_reveal(l->grant).data,
			&keeper_events, l, &reason);
	if (l->keeper == NULL) {
		log_warning(
			"email", "[%s] bad grant: %s", gw_of(l)->id, reason);
		keep_grant(l, NULL);
		answer(l, NULL, GW_BAD_PASSWORD,
			"The login at the provider has to be done again.");
		return;
	}
	oauth_keeper_want(l->keeper, l->fresh);
	l->fresh = false;
}

/* --- In the browser ------------------------------------------------------ */

/* One message with all that he needs. A code is noticed by itself when it was
 * typed; an address has to be pasted. */
static void show(struct login *l, const struct oauth_news *n)
{
	static const struct gw_setting fields[] = {
		{ .name = "url",
			.label = "Then send me the address at which your "
				 "browser ended",
			.type = GW_TEXT,
			.required = true,
			.max = 4000 },
		{ .name = NULL },
	};
	struct str text = { .max = (size_t)16 * 1024 };

	if (l->why != NULL)
		str_addf(&text,
			"I cannot read the mailbox %s any more: %s%s "
			"Log in again. ",
			email_own_address(l->session), l->why,
			text_stop(l->why));
	if (n->code == NULL)
		str_addf(&text, "Open this page in your browser and log in: %s",
			n->url);
	else
		str_addf(&text,
			"Open %s in any browser, log in, and enter the code "
			"%s there.",
			n->url, n->code);
	str_addf(&text,
		" If it takes you longer than %d minutes, send me "
		"\"login\" for a new link.",
		n->expires_s / 60);
	if (n->code == NULL)
		l->question = gw_ask(gw_of(l), str_text(&text), fields);
	else
		gw_tell(gw_of(l), str_text(&text));
	str_finish(&text);
}

static void forget_question(struct login *l)
{
	if (l->question != 0)
		gw_unask(gw_of(l), l->question);
	l->question = 0;
}

static void granted(struct login *l, const char *grant)
{
	xstrset(&l->why, NULL);
	email_status_login(l->session, NULL);
	keep_grant(l, grant);
	use_grant(l);
}

static void browser_failed(struct login *l, const struct oauth_news *n)
{
	char text[600];

	/* Who is asleep finds the word for another link in the message. */
	if (n->is_late && l->why != NULL)
		return;
	text_format(text, sizeof(text),
		"The login at your provider failed: %s%s", n->text,
		text_stop(n->text));
	answer(l, NULL, n->reason, text);
}

static void on_news(const struct oauth_news *n, void *arg)
{
	struct login *l = arg;

	if (n->event == OAUTH_SHOW) {
		show(l, n);
		return;
	}
	l->browser = NULL;
	forget_question(l);
	if (n->event == OAUTH_GRANTED)
		granted(l, n->grant);
	else
		browser_failed(l, n);
}

static void begin_browser(struct login *l)
{
	if (!has_client(l)) {
		answer(l, NULL, GW_UNSUPPORTED,
			"The operator of this gateway has no way to log in at "
			"this provider.");
		return;
	}
	l->browser = oauth_login_start(l->session->gateway->gw->env, &l->client,
		l->client.device_url != NULL ? OAUTH_DEVICE : OAUTH_PASTE,
		email_own_address(l->session), on_news, l);
}

bool login_answer(struct login *l, uint32_t question, const char *const *values)
{
	const char *reason = NULL;

	if (question == 0 || question != l->question)
		return false;
	l->question = 0;
	if (l->browser == NULL)
		return true;
	if (values == NULL) {
		oauth_login_cancel(&l->browser);
		answer(l, NULL, GW_BAD_PASSWORD,
			"Without a login at the provider the mailbox cannot "
			"be read.");
	} else if (oauth_login_answer(l->browser, values[0], &reason) != 0) {
		struct str text = { .max = 1024 };

		str_addf(&text,
			"That did not work: %s%s Send \"login\" to "
			"begin anew.",
			reason, text_stop(reason));
		gw_tell(gw_of(l), str_text(&text));
		str_finish(&text);
	}
	return true;
}

bool login_anew(struct login *l)
{
	if (list_is_empty(&l->wanting))
		return false;
	oauth_login_cancel(&l->browser);
	forget_question(l);
	if (l->keeper == NULL)
		begin_browser(l);
	return l->browser != NULL;
}

/* --- What is needed ------------------------------------------------------ */

static bool has_client(struct login *l)
{
	const struct provider *p = provider_list_by_host(
		l->session->gateway->providers, l->session->servers.imap.host);

	return oauth_client_get(l->session->gateway->config,
		p != NULL ? p->oauth : NULL, l->session->servers.imap.host,
		&l->client);
}

static void no_password(struct login *l)
{
	const struct provider *p = provider_list_by_host(
		l->session->gateway->providers, l->session->servers.imap.host);
	char text[900];

	text_format(text, sizeof(text),
		"The password of the mailbox is missing: give it in the "
		"form.%s%s%s%s",
		p != NULL && p->help != NULL ? " " : "",
		p != NULL && p->help != NULL ? p->help : "",
		p != NULL && p->help_url != NULL ? " " : "",
		p != NULL && p->help_url != NULL ? p->help_url : "");
	answer(l, NULL, GW_BAD_PASSWORD, text);
}

/* It worked before, and the gateway was started anew since it does not. */
static void was_lost(struct login *l)
{
	if (l->session->servers.proof[0] == '\0' || l->why != NULL)
		return;
	xstrset(&l->why, "your provider wants you to log in again");
	email_status_login(l->session, l->why);
}

void login_want(struct login *l, login_fn fn, void *arg)
{
	const char *password = gw_setting(gw_of(l), "password");

	struct wanting *w = xalloc(sizeof(*w));

	w->fn = fn;
	w->arg = arg;
	list_append(&l->wanting, &w->link);
	if (password[0] != '\0') {
		answer(l, password, GW_OK, NULL);
	} else if (!has_client(l)) {
		no_password(l);
	} else if (l->grant != NULL) {
		use_grant(l);
	} else if (l->browser == NULL) {
		was_lost(l);
		begin_browser(l);
	}
}

bool login_refused(struct login *l)
{
	if (l->keeper == NULL || l->fresh)
		return false;
	l->fresh = true;
	return true;
}

void login_stop(struct login *l, void *arg)
{
	list_for_each_safe(it, &l->wanting) {
		struct wanting *w = CONTAINER(it, struct wanting, link);

		if (w->arg != arg)
			continue;
		list_remove(it);
		xfree(w);
	}
}

/* --- Life ---------------------------------------------------------------- */

struct login *login_new(struct email_session *s)
{
	struct login *l = xalloc(sizeof(*l));

	l->session = s;
	list_init(&l->wanting);
	return l;
}

void login_free(struct login **slot)
{
	struct login *l = *slot;

	if (l == NULL)
		return;
	*slot = NULL;
	while (!list_is_empty(&l->wanting))
		login_stop(l,
			CONTAINER(l->wanting.next, struct wanting, link)->arg);
	oauth_login_cancel(&l->browser);
	oauth_keeper_free(&l->keeper);
	secret_free(&l->grant);
	xfree(l->why);
	xfree(l);
}
