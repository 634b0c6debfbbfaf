#include "email/errand.h"

#include <string.h>
#include <strings.h>

#include "email/outbox.h"
#include "email_wire/address.h"
#include "net/http_client.h"

static void show_page(struct errand *e)
{
	str_addf(&e->text, "Open this page to unsubscribe: %s",
		e->talk.unsubscribe_url);
	errand_done(e, str_text(&e->text));
}

static void on_answer(const struct http_answer *a, void *arg)
{
	struct errand *e = arg;

	e->call = NULL;
	if (a->error == HTTP_OK && a->status >= 200 && a->status < 300)
		errand_done(e, "You are unsubscribed.");
	else
		show_page(e);
}

static void one_click(struct errand *e)
{
	static const char *const headers[] = {
		"Content-Type: application/x-www-form-urlencoded", NULL
	};
	const struct http_order order = {
		.url = e->talk.unsubscribe_url,
		.method = "POST",
		.headers = headers,
		.body = slice_of("List-Unsubscribe=One-Click"),
		.done = on_answer,
		.arg = e,
	};

	e->call = http_client_start(e->session->gateway->gw->env->http, &order);
}

/* RFC 2369 section 3.2: "mailto:x@y?subject=z". */
static void unsubscribe_by_mail(struct errand *e)
{
	static const char mark[] = "subject=";
	const char *uri = e->talk.unsubscribe_mail;
	char address[ADDRESS_MAX + 1], subject[200] = "unsubscribe";

	if (strncasecmp(uri, "mailto:", 7) == 0)
		uri += 7;
	const char *query = strchr(uri, '?');
	const char *named = query != NULL ? strstr(query, mark) : NULL;

	if (named != NULL)
		text_format(subject, sizeof(subject), "%.*s",
			(int)strcspn(named + strlen(mark), "&%"),
			named + strlen(mark));
	if (address_normalize(slice_make(uri, strcspn(uri, "?")), address,
		    sizeof(address)) != 0) {
		errand_fail(e, GW_UNSUPPORTED,
			"The last mail here does not say how to unsubscribe.");
		return;
	}
	str_addf(&e->text, "A mail that unsubscribes you goes to %s.", address);
	const struct letter letter = {
		.to = address, .subject = subject, .text = "unsubscribe"
	};

	email_outbox_write(e->session->outbox, &letter, errand_kept, e);
}

void slash_unsubscribe(struct errand *e)
{
	if (e->talk.unsubscribe_url != NULL && e->talk.one_click) {
		one_click(e);
	} else if (e->talk.unsubscribe_url != NULL) {
		show_page(e);
	} else if (e->talk.unsubscribe_mail != NULL) {
		unsubscribe_by_mail(e);
	} else {
		errand_fail(e, GW_UNSUPPORTED,
			"The last mail here does not say how to unsubscribe.");
	}
}
