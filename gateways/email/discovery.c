/*
 * A list of steps, one after the other; each ends in go_on() or in finish(),
 * and only one waits for something at a time. The decisions are in servers.c.
 *
 * What DNS says is not authentic, so the MX record is trusted with a choice
 * among known providers only (the table and the database), and SRV records
 * with servers below the user's domain or of a known provider; for others the
 * user has to agree. What https says about the domain is authentic.
 */
#include "email/discovery.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/encoding.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/magic.h"
#include "base/str.h"
#include "email/pool.h"
#include "email_wire/address.h"
#include "net/dial.h"
#include "net/http_client.h"

#define DISCOVERY_MAGIC 0x64697363u

#define DEADLINE_MS  60000
#define DOCUMENT_MS  10000
#define DOCUMENT_MAX ((size_t)64 * 1024)
#define WORDS_MAX    2048
#define GUESSES_MAX  16

/* Labels are cut off an MX host so often to find its owner's domain. */
#define MX_CUTS 2

/* One of the SRV queries. */
struct question {
	struct discovery *owner;
	struct dns_query *query;
	struct dns_result answer;
};

enum guess_state { GUESS_NONE, GUESS_WAITS, GUESS_GOOD, GUESS_BAD };

struct guess {
	struct discovery *owner;
	struct dial *dial;
	struct mail_server server;
	bool is_smtp;
	enum guess_state state;
};

struct discovery {
	unsigned magic;
	const struct discovery_env *env;
	char *address;
	const char *domain; /* in it */
	size_t step;
	struct timer deadline;
	struct deferred begin;

	struct http_call *call;
	struct mail_request *reading;
	enum discovery_source source; /* of the document */
	struct question questions[SERVERS_SRV];
	struct dns_query *mx_query;
	struct dns_result mx;
	unsigned mx_cuts;
	struct guess guesses[GUESSES_MAX];

	struct str words; /* what was tried */
	bool had_trouble; /* something may be found later */
	struct discovery_result result;
	struct mail_servers servers;
	discovery_fn fn;
	void *arg;
};

/* --- The end ------------------------------------------------------------- */

static void stop(struct discovery *d)
{
	timer_stop(&d->deadline);
	deferred_stop(&d->begin);
	http_client_cancel(&d->call);
	mail_request_cancel(&d->reading);
	for (size_t i = 0; i < SERVERS_SRV; i++)
		dns_cancel(&d->questions[i].query);
	dns_cancel(&d->mx_query);
	for (size_t i = 0; i < COUNT(d->guesses); i++)
		dial_cancel(&d->guesses[i].dial);
}

static void destroy(struct discovery *d)
{
	stop(d);
	xfree(d->address);
	str_finish(&d->words);
	d->magic = 0;
	xfree(d);
}

static void finish(struct discovery *d)
{
	struct discovery_result *r = &d->result;

	stop(d);
	r->words = str_text(&d->words);
	r->imap = d->servers.imap;
	r->smtp = d->servers.smtp;
	r->user = d->servers.user;
	log_debug("email", "discovery domain=%s reason=%d: %s", d->domain,
		(int)r->reason, r->words);
	discovery_fn fn = d->fn;

	d->fn = NULL; /* cancelling it now changes nothing */
	fn(r, d->arg);
	destroy(d);
}

static void fail(struct discovery *d, enum gw_reason reason)
{
	d->result.reason = reason;
	d->result.source = DISCOVERED_NOWHERE;
	d->servers = (struct mail_servers){ .user = "" };
	finish(d);
}

/* d->servers are it. */
static void found(struct discovery *d, enum discovery_source source,
	const struct provider *p)
{
	if (p == NULL)
		p = provider_list_by_host(
			d->env->providers, d->servers.imap.host);
	d->result.reason = GW_OK;
	d->result.source = source;
	d->result.provider = p;
	d->result.oauth = p != NULL ? p->oauth : NULL;
	finish(d);
}

static void say(struct discovery *d, const char *fmt, ...) PRINTF(2, 3);

/* Replaces what was said: it is how something was found. */
static void say(struct discovery *d, const char *fmt, ...)
{
	va_list args;

	str_reset(&d->words);
	va_start(args, fmt);
	str_addv(&d->words, fmt, args);
	va_end(args);
}

static void note(struct discovery *d, const char *what)
{
	str_add(&d->words, d->words.len > 0 ? "; " : "");
	str_add(&d->words, what);
}

static void go_on(struct discovery *d);

/* --- The table ----------------------------------------------------------- */

static void found_provider(struct discovery *d, const struct provider *p,
	enum discovery_source source)
{
	if (servers_of_provider(p, d->address, &d->servers)) {
		found(d, source, p);
		return;
	}
	d->result.provider = p;
	say(d, "%s", p->help);
	fail(d, GW_NO_SUCH);
}

static void look_in_table(struct discovery *d)
{
	const struct provider *p =
		provider_list_by_domain(d->env->providers, d->domain);

	if (p == NULL) {
		go_on(d);
		return;
	}
	say(d, "%s is known to be %s", d->domain, p->title);
	found_provider(d, p, DISCOVERED_TABLE);
}

/* --- Autoconfig ---------------------------------------------------------- */

static void on_read(const struct frame *f, void *arg)
{
	struct discovery *d = arg;
	struct settings settings;
	struct arena arena;
	bool is_good;

	MAGIC_CHECK(d, DISCOVERY_MAGIC);
	if (f->type != FRAME_DONE)
		return;
	d->reading = NULL;
	arena_init(&arena, (size_t)256 * 1024);
	is_good = f->numbers[0] == LINK_OK &&
		  settings_decode(f->texts[1], &arena, &settings) == 0 &&
		  servers_of_settings(&settings, d->address, &d->servers);
	arena_finish(&arena);
	if (is_good) {
		found(d, d->source, NULL);
		return;
	}
	str_reset(&d->words);
	note(d, "there is an autoconfig document, but it names no servers "
		"with TLS");
	go_on(d);
}

static void on_document(const struct http_answer *answer, void *arg)
{
	struct discovery *d = arg;
	struct frame f = { .type = FRAME_READ, .fd = -1 };

	MAGIC_CHECK(d, DISCOVERY_MAGIC);
	d->call = NULL;
	if (answer->error != HTTP_OK || answer->status != 200 ||
		answer->body.len == 0) {
		go_on(d);
		return;
	}
	say(d, "found in %s", answer->url);
	f.numbers[0] = READ_AUTOCONFIG;
	f.texts[0] = answer->body;
	d->reading = mail_pool_ask(d->env->pool, &f, on_read, d);
}

static void fetch(
	struct discovery *d, const char *url, enum discovery_source source)
{
	const struct http_order order = {
		.url = url,
		.tls = d->env->tls,
		.follow = true,
		.max = DOCUMENT_MAX,
		.timeout_ms = DOCUMENT_MS,
		.done = on_document,
		.arg = d,
	};

	d->source = source;
	d->call = http_client_start(d->env->gw->http, &order);
}

static void add_origin(struct discovery *d, struct str *url, const char *below)
{
	str_addf(url, "https://%s%s", below, d->domain);
	if (d->env->https_port != 0)
		str_addf(url, ":%u", d->env->https_port);
}

static void ask_autoconfig_host(struct discovery *d)
{
	struct str url = { .max = 4096 };

	add_origin(d, &url, "autoconfig.");
	str_add(&url, "/mail/config-v1.1.xml?emailaddress=");
	percent_encode(&url, slice_of(d->address));
	fetch(d, str_text(&url), DISCOVERED_AUTOCONFIG);
	str_finish(&url);
}

static void ask_well_known(struct discovery *d)
{
	struct str url = { .max = 4096 };

	add_origin(d, &url, "");
	str_add(&url, "/.well-known/autoconfig/mail/config-v1.1.xml");
	fetch(d, str_text(&url), DISCOVERED_AUTOCONFIG);
	str_finish(&url);
}

static void ask_database_about(
	struct discovery *d, const char *domain, enum discovery_source source)
{
	struct str url = { .max = 4096 };

	if (d->env->config->autoconfig == NULL) {
		go_on(d);
		return;
	}
	str_addf(&url, "%s%s", d->env->config->autoconfig, domain);
	fetch(d, str_text(&url), source);
	str_finish(&url);
}

static void ask_database(struct discovery *d)
{
	if (d->words.len == 0)
		note(d, "no autoconfig document");
	ask_database_about(d, d->domain, DISCOVERED_AUTOCONFIG);
}

/* --- SRV ----------------------------------------------------------------- */

static void srv_answered(struct discovery *d)
{
	const struct dns_result *answers[SERVERS_SRV];
	const struct provider *p;

	for (size_t i = 0; i < SERVERS_SRV; i++) {
		answers[i] = &d->questions[i].answer;
		d->had_trouble |= answers[i]->error == DNS_TROUBLE;
	}
	if (!servers_of_srv(answers, d->address, &d->servers)) {
		note(d, "no SRV records");
		go_on(d);
		return;
	}
	p = provider_list_by_host(d->env->providers, d->servers.imap.host);
	d->result.needs_consent =
		!servers_are_below(&d->servers, d->domain) &&
		(p == NULL || provider_list_by_host(d->env->providers,
				      d->servers.smtp.host) != p);
	say(d, "found in the SRV records of %s", d->domain);
	found(d, DISCOVERED_SRV, p);
}

static void on_srv(const struct dns_result *result, void *arg)
{
	struct question *q = arg;
	struct discovery *d = q->owner;

	MAGIC_CHECK(d, DISCOVERY_MAGIC);
	q->query = NULL;
	q->answer = *result;
	for (size_t i = 0; i < SERVERS_SRV; i++)
		if (d->questions[i].query != NULL)
			return;
	srv_answered(d);
}

static void ask_srv(struct discovery *d)
{
	char name[512];

	for (size_t i = 0; i < SERVERS_SRV; i++) {
		struct question *q = &d->questions[i];

		text_format(name, sizeof(name), "%s.%s", servers_srv_names[i],
			d->domain);
		q->owner = d;
		q->query = dns_srv(d->env->gw->dns, name, on_srv, q);
	}
}

/* --- MX ------------------------------------------------------------------ */

/* The domain has said that there is nothing to be found. */
static bool is_no_mail_domain(struct discovery *d)
{
	if (d->mx.error == DNS_NO_SUCH_NAME)
		say(d, "There is no domain %s", d->domain);
	else if (d->mx.error == DNS_OK && d->mx.count == 0)
		say(d, "%s says that it takes no mail", d->domain);
	else
		return false;
	return true;
}

static void on_mx(const struct dns_result *result, void *arg)
{
	struct discovery *d = arg;

	MAGIC_CHECK(d, DISCOVERY_MAGIC);
	d->mx_query = NULL;
	d->mx = *result;
	d->had_trouble |= result->error == DNS_TROUBLE;
	if (is_no_mail_domain(d)) {
		fail(d, GW_NO_HOST);
		return;
	}
	for (size_t i = 0; i < d->mx.count; i++) {
		const struct provider *p = provider_list_by_mx(
			d->env->providers, d->mx.hosts[i].host);

		if (p == NULL)
			continue;
		say(d, "the mail of %s goes to %s", d->domain, p->title);
		found_provider(d, p, DISCOVERED_MX);
		return;
	}
	if (d->mx.count > 0) {
		note(d, "its mail goes to ");
		str_add(&d->words, d->mx.hosts[0].host);
		str_add(&d->words, ", which is not known");
	}
	go_on(d);
}

static void ask_mx(struct discovery *d)
{
	d->mx_query = dns_mx(d->env->gw->dns, d->domain, on_mx, d);
}

/* Its owner's domain is what is left when some labels are cut off: which of
 * them is a domain of its own the database knows. */
static void ask_database_of_mx(struct discovery *d)
{
	const char *owner = d->mx.count > 0 ? d->mx.hosts[0].host : "";

	d->mx_cuts++;
	for (unsigned i = 0; i < d->mx_cuts && owner != NULL; i++) {
		owner = strchr(owner, '.');
		owner = owner != NULL ? owner + 1 : NULL;
	}
	if (owner == NULL || strchr(owner, '.') == NULL ||
		strcmp(owner, d->domain) == 0)
		go_on(d);
	else
		ask_database_about(d, owner, DISCOVERED_MX);
}

/* --- Guesses ------------------------------------------------------------- */

/* The best of one protocol; NULL with *is_open_r while that is not decided. */
static struct guess *best_guess(
	struct discovery *d, bool is_smtp, bool *is_open_r)
{
	for (size_t i = 0; i < GUESSES_MAX; i++) {
		struct guess *g = &d->guesses[i];

		if (g->state == GUESS_NONE || g->is_smtp != is_smtp ||
			g->state == GUESS_BAD)
			continue;
		*is_open_r |= g->state == GUESS_WAITS;
		return g->state == GUESS_GOOD ? g : NULL;
	}
	return NULL;
}

static void judge_guesses(struct discovery *d)
{
	bool is_open = false;
	const struct guess *imap = best_guess(d, false, &is_open);
	const struct guess *smtp = best_guess(d, true, &is_open);

	if (is_open)
		return;
	if (imap == NULL || smtp == NULL) {
		for (size_t i = 0; i < GUESSES_MAX; i++)
			dial_cancel(&d->guesses[i].dial);
		note(d, imap != NULL ? "no usual name of an SMTP server "
				       "answers with TLS"
				     : "no usual name of an IMAP server "
				       "answers with TLS");
		go_on(d);
		return;
	}
	d->servers.imap = imap->server;
	d->servers.smtp = smtp->server;
	text_copy(d->servers.user, sizeof(d->servers.user), d->address);
	say(d, "%s and %s answer", imap->server.host, smtp->server.host);
	found(d, DISCOVERED_GUESS, NULL);
}

static void on_dialled(struct conn *c, enum dial_error error,
	const char *reason UNUSED, void *arg)
{
	struct guess *g = arg;

	MAGIC_CHECK(g->owner, DISCOVERY_MAGIC);
	conn_close(&c);
	g->dial = NULL;
	g->state = error == DIAL_OK ? GUESS_GOOD : GUESS_BAD;
	judge_guesses(g->owner);
}

static void try_guess(
	struct discovery *d, bool is_smtp, const struct provider_server *server)
{
	static const uint16_t ports[] = { 143, 993, 465, 587, 0 };
	struct guess *g = d->guesses;
	struct dial_target target = {
		.host = g->server.host,
		.tls_client = d->env->tls,
		.policy = d->env->gw->policy,
		.ports = ports,
		.limits = { 4096, 4096, 0 },
	};

	while (g < d->guesses + GUESSES_MAX && g->state != GUESS_NONE)
		g++;
	if (g == d->guesses + GUESSES_MAX ||
		!servers_expand(server->host, d->address, g->server.host,
			sizeof(g->server.host)))
		return;
	g->owner = d;
	g->is_smtp = is_smtp;
	g->state = GUESS_WAITS;
	g->server.port = target.port = server->port;
	g->server.tls = target.tls = server->tls;
	target.host = g->server.host;
	g->dial = dial_start(
		d->env->gw->loop, d->env->gw->resolver, &target, on_dialled, g);
}

static void guess(struct discovery *d)
{
	const char *mx = d->mx.count > 0 ? d->mx.hosts[0].host : "";

	const struct server_guess *guesses =
		d->env->guesses != NULL ? d->env->guesses : server_guesses;

	for (const struct server_guess *g = guesses; g->server.host != NULL;
		g++)
		try_guess(d, g->is_smtp, &g->server);
	if (host_is_below(mx, d->domain)) {
		try_guess(d, false,
			&(struct provider_server){ mx, 993, TLS_REQUIRED });
		try_guess(d, true,
			&(struct provider_server){ mx, 465, TLS_REQUIRED });
	}
	judge_guesses(d); /* there may be none */
}

/* --- Steps --------------------------------------------------------------- */

static void give_up(struct discovery *d)
{
	struct str tried = { .max = WORDS_MAX };

	str_add_slice(&tried, str_slice(&d->words));
	say(d, "Nothing was found about %s: %s", d->domain, str_text(&tried));
	str_finish(&tried);
	fail(d, d->had_trouble ? GW_UNREACHABLE : GW_NO_SUCH);
}

static void (*const steps[])(struct discovery *d) = {
	look_in_table,
	ask_autoconfig_host,
	ask_well_known,
	ask_database,
	ask_srv,
	ask_mx,
	ask_database_of_mx,
	ask_database_of_mx,
	guess,
	give_up,
};

static void go_on(struct discovery *d)
{
	steps[d->step++](d);
}

static void on_begin(void *arg)
{
	struct discovery *d = arg;

	if (!address_is_valid(slice_of(d->address)) || d->domain[0] == '[' ||
		!resolve_is_host(d->domain)) {
		say(d, "%s is no mail address", d->address);
		fail(d, GW_BAD_ADDRESS);
		return;
	}
	go_on(d);
}

static void on_deadline(void *arg)
{
	struct discovery *d = arg;

	d->had_trouble = true;
	note(d, "the rest took too long");
	stop(d);
	give_up(d);
}

struct discovery *discovery_start(const struct discovery_env *env,
	const char *address, discovery_fn fn, void *arg)
{
	struct discovery *d = xalloc(sizeof(*d));
	const char *at;

	assert(fn != NULL);
	d->magic = DISCOVERY_MAGIC;
	d->env = env;
	d->address = xstrdup(address);
	at = strrchr(d->address, '@');
	d->domain = at != NULL ? at + 1 : "";
	d->fn = fn;
	d->arg = arg;
	str_init(&d->words, WORDS_MAX);
	timer_init(&d->deadline, env->gw->loop, "discovery", on_deadline, d);
	deferred_init(&d->begin, env->gw->loop, "discovery", on_begin, d);
	timer_start(&d->deadline, DEADLINE_MS);
	deferred_start(&d->begin);
	return d;
}

void discovery_cancel(struct discovery **slot)
{
	struct discovery *d;

	if (slot == NULL || *slot == NULL)
		return;
	d = *slot;
	*slot = NULL;
	MAGIC_CHECK(d, DISCOVERY_MAGIC);
	if (d->fn != NULL)
		destroy(d);
}
