#include "email/login.h"

#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "email/oauth.h"

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
	uint32_t question;           /* for him meanwhile; 0: none */
	bool wants_url;              /* ... is for what he pastes */
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

static void on_token(const char *access, void *arg)
{
	answer(arg, access, GW_OK, NULL);
}

static void on_failed(const char *text, void *arg)
{
	answer(arg, NULL, GW_UNREACHABLE, text);
}

static void on_changed(const char *grant, void *arg)
{
	keep_grant(arg, grant);
}

static void on_revoked(const char *text, void *arg)
{
	struct login *l = arg;

	keep_grant(l, NULL);
	oauth_keeper_free(&l->keeper);
	if (!list_is_empty(&l->wanting))
		answer(l, NULL, GW_BAD_PASSWORD, text);
	else
		email_lose(l->session, GW_BAD_PASSWORD, GW_RETRY_NEVER, text);
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

	if (l->keeper == NULL)
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

static void show(struct login *l, const struct oauth_news *n)
{
	static const struct gw_setting url_fields[] = {
		{ .name = "url",
			.label = "The address at which your browser ended",
			.type = GW_TEXT,
			.required = true,
			.max = 4000 },
		{ .name = NULL },
	};
	static const struct gw_setting code_fields[] = {
		{ .name = "done",
			.label = "Say yes when you have done that",
			.type = GW_BOOL,
			.def = "1",
			.required = true },
		{ .name = NULL },
	};
	char text[5000];

	l->wants_url = n->code == NULL;
	if (l->wants_url)
		text_format(text, sizeof(text),
			"Open this page in your browser and log in: %s",
			n->url);
	else
		text_format(text, sizeof(text),
			"Open %s in any browser, log in, and enter the code "
			"%s there.",
			n->url, n->code);
	l->question =
		gw_ask(gw_of(l), text, l->wants_url ? url_fields : code_fields);
}

static void on_news(const struct oauth_news *n, void *arg)
{
	struct login *l = arg;

	switch (n->event) {
	case OAUTH_SHOW:
		show(l, n);
		break;
	case OAUTH_GRANTED:
		l->browser = NULL;
		l->question = 0;
		keep_grant(l, n->grant);
		use_grant(l);
		break;
	case OAUTH_FAILED:
		l->browser = NULL;
		l->question = 0;
		answer(l, NULL, n->reason, n->text);
		break;
	}
}

bool login_answer(struct login *l, uint32_t question, const char *const *values)
{
	const char *reason = "";

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
	} else if (l->wants_url &&
		   oauth_login_answer(l->browser, values[0], &reason) != 0) {
		const struct gw_message m = { .kind = GW_NOTICE,
			.text = reason };

		gw_message(gw_of(l), NULL, &m);
	}
	return true;
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
		"The password of the mailbox is missing.%s%s%s%s",
		p != NULL && p->help != NULL ? " " : "",
		p != NULL && p->help != NULL ? p->help : "",
		p != NULL && p->help_url != NULL ? " " : "",
		p != NULL && p->help_url != NULL ? p->help_url : "");
	answer(l, NULL, GW_BAD_PASSWORD, text);
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
		l->browser = oauth_login_start(l->session->gateway->gw->env,
			&l->client,
			l->client.device_url != NULL ? OAUTH_DEVICE
						     : OAUTH_PASTE,
			email_own_address(l->session), on_news, l);
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
	xfree(l);
}
