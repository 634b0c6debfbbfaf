#include "email/approach.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/secret.h"
#include "base/str.h"
#include "email/login.h"
#include "email_wire/address.h"
#include "net/conn.h"
#include "net/dial.h"

/* RFC 8314, 6409, 9051; 25 is for servers among themselves. */
static const uint16_t imap_ports[] = { 993, 143, 0 };
static const uint16_t smtp_ports[] = { 465, 587, 0 };

struct approach {
	struct email_session *session;
	enum link_protocol protocol;
	struct dial *dial;
	enum link_login login;
	struct secret *secret; /* NULL: none is to be had, and why: */
	enum gw_reason reason;
	char text[1024];
	struct deferred begin;
	mail_fn heard;
	approach_fn fn;
	void *arg;
};

static const struct mail_server *server_of(const struct approach *a)
{
	const struct own_servers *servers = &a->session->servers;

	return a->protocol == LINK_IMAP ? &servers->imap : &servers->smtp;
}

static const char *protocol_name(const struct approach *a)
{
	return a->protocol == LINK_IMAP ? "IMAP" : "SMTP";
}

/* By which names the server signs what it found out about senders: as a rule
 * by its host's, or another in that domain; big providers by those of the hosts
 * that take their mail, Microsoft by none. */
static void signers(const struct own_servers *servers, char *out, size_t size)
{
	const char *host = servers->imap.host;
	const char *domain = strchr(host, '.');
	const struct provider *p = provider_by_host(host);
	bool has_domain = domain != NULL && strchr(domain + 1, '.') != NULL;

	text_format(out, size, "%s%s%s%s%s%s", host, has_domain ? " " : "",
		has_domain ? domain + 1 : "",
		p != NULL && p->mx != NULL ? " " : "",
		p != NULL && p->mx != NULL ? p->mx : "",
		p != NULL && text_equals(p->oauth, "microsoft") ? " -" : "");
}

static struct mail_link *open_link(const struct approach *a, int fd)
{
	struct email_session *s = a->session;
	const struct mail_server *server = server_of(a);
	char names[800];

	signers(&s->servers, names, sizeof(names));
	const struct frame open = {
		.type = FRAME_OPEN,
		.numbers = { a->protocol, server->tls, a->login },
		.texts = { slice_of(server->host), slice_of(s->servers.user),
			secret_reveal(a->secret),
			slice_of(address_domain(email_own_address(s))),
			slice_of(names) },
		.fd = -1,
	};

	return mail_link_open(s->gateway->pool, fd, &open, a->heard, a->arg);
}

static void approach_free(struct approach *a)
{
	secret_free(&a->secret);
	xfree(a);
}

static void failed(struct approach *a, enum dial_error error)
{
	static const struct {
		enum gw_reason reason;
		const char *words;
	} table[] = {
		[DIAL_NO_SUCH_HOST] = { GW_NO_HOST,
			"there is no host of that name" },
		[DIAL_FORBIDDEN] = { GW_POLICY,
			"the operator of this gateway does not permit "
			"connections there" },
		[DIAL_UNREACHABLE] = { GW_UNREACHABLE, "it does not answer" },
		[DIAL_TLS] = { GW_UNREACHABLE, "no trusted connection" },
		[DIAL_FULL] = { GW_BUSY, "too many connections are open" },
	};
	char text[512];

	text_format(text, sizeof(text),
		"The %s server %s cannot be reached: %s.", protocol_name(a),
		server_of(a)->host, table[error].words);
	a->fn(NULL, table[error].reason, text, a->arg);
}

static void dialled(
	struct conn *c, enum dial_error error, const char *reason, void *arg)
{
	struct approach *a = arg;

	(void)reason;
	a->dial = NULL;
	if (c == NULL)
		failed(a, error);
	else
		a->fn(open_link(a, conn_take_fd(&c)), GW_OK, NULL, a->arg);
	approach_free(a);
}

static void dial(struct approach *a)
{
	const struct gw_env *env = a->session->gateway->gw->env;
	const struct mail_server *server = server_of(a);
	const struct dial_target target = {
		.host = server->host,
		.port = server->port,
		.tls = TLS_NONE, /* the worker's business */
		.policy = env->policy,
		.ports = a->protocol == LINK_IMAP ? imap_ports : smtp_ports,
		.limits = { 4 * KIB, 4 * KIB, 0 },
	};

	a->dial = dial_start(env->loop, env->resolver, &target, dialled, a);
}

/* Not before approach_start() has returned. */
static void begin(void *arg)
{
	struct approach *a = arg;

	if (a->secret != NULL) {
		dial(a);
		return;
	}
	a->fn(NULL, a->reason, a->text, a->arg);
	approach_free(a);
}

static void got_secret(enum link_login kind, const char *secret,
	enum gw_reason reason, const char *text, void *arg)
{
	struct approach *a = arg;

	a->login = kind;
	a->reason = reason;
	if (secret != NULL)
		a->secret = secret_new(slice_of(secret));
	else
		text_copy(a->text, sizeof(a->text), text);
	deferred_start(&a->begin);
}

struct approach *approach_start(struct email_session *s,
	enum link_protocol protocol, mail_fn heard, approach_fn fn, void *arg)
{
	struct approach *a = xalloc(sizeof(*a));

	*a = (struct approach){ .session = s,
		.protocol = protocol,
		.heard = heard,
		.fn = fn,
		.arg = arg };
	deferred_init(&a->begin, s->gateway->gw->env->loop, "mail approach",
		begin, a);
	login_want(s->login, got_secret, a);
	return a;
}

void approach_cancel(struct approach **slot)
{
	struct approach *a = *slot;

	if (a == NULL)
		return;
	*slot = NULL;
	login_stop(a->session->login, a);
	deferred_stop(&a->begin);
	dial_cancel(&a->dial);
	approach_free(a);
}
