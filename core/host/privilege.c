#include "host/privilege.h"

#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "host/history.h"
#include "xmpp/ns.h"

/* Domains that are remembered: a gateway serves few. */
#define DOMAINS_MAX 64

#define MAY_GET 1u
#define MAY_SET 2u

struct privilege {
	struct list link; /* gateway->privileges */
	const char *ns;   /* the version that it speaks */
	bool may_send;
	unsigned may_ask[PRIVILEGE_AREAS]; /* MAY_GET, MAY_SET */
	char domain[];
};

/* --- What was announced -------------------------------------------------- */

static struct privilege *of_domain(const struct gateway *g, const char *domain)
{
	list_for_each(it, &g->privileges) {
		struct privilege *p = CONTAINER(it, struct privilege, link);
		if (strcmp(p->domain, domain) == 0)
			return p;
	}
	return NULL;
}

static const struct privilege *of_user(const struct user *u)
{
	const char *at = strchr(u->jid, '@');
	return at != NULL ? of_domain(u->gateway, at + 1) : NULL;
}

static bool is(const struct xml *x, const char *name, const char *value)
{
	return text_equals(xml_attr(x, name), value);
}

static unsigned how(const struct xml *x)
{
	return (is(x, "type", "both") ? MAY_GET | MAY_SET : 0) |
	       (is(x, "type", "get") ? MAY_GET : 0) |
	       (is(x, "type", "set") ? MAY_SET : 0);
}

/* Prosody's module of 2023 puts each into the one before. */
static void note_areas(struct privilege *p, const struct xml *parent)
{
	static const char *const areas[PRIVILEGE_AREAS] = {
		[PRIVILEGE_PUBSUB] = NS_PUBSUB,
		[PRIVILEGE_BLOCKING] = NS_BLOCKING,
	};
	const struct xml *it = xml_child(parent, "namespace", NULL);
	for (; it != NULL; it = xml_next(it, "namespace", NULL)) {
		for (size_t i = 0; i < PRIVILEGE_AREAS; i++)
			if (is(it, "ns", areas[i]))
				p->may_ask[i] = how(it);
		note_areas(p, it);
	}
}

static void tell_log(const struct privilege *p)
{
	log_info("host", "may %ssend in the name of users of %s",
		p->may_send ? "" : "not ", p->domain);
}

static void note(struct privilege *p, const struct xml *announced)
{
	const struct xml *it = xml_child(announced, "perm", NULL);
	p->may_send = false;
	memset(p->may_ask, 0, sizeof(p->may_ask));
	for (; it != NULL; it = xml_next(it, "perm", NULL)) {
		if (is(it, "access", "message") && is(it, "type", "outgoing"))
			p->may_send = true;
		if (is(it, "access", "iq"))
			note_areas(p, it);
	}
}

/* --- A server that shows nobody what it takes ---------------------------- */

#define VERSION_MS 20000

/* ejabberd before 23.10 routes a message of ours, and neither archives it nor
 * copies it to the user's clients. */
static bool is_without_effect(const struct stanza *answer)
{
	const struct xml *query =
		answer != NULL && answer->type == TYPE_RESULT
			? xml_child(answer->xml, "query", NS_VERSION)
			: NULL;
	if (query == NULL)
		return false;
	const char *name = xml_child_text(query, "name", NULL, answer->arena);
	const char *version =
		xml_child_text(query, "version", NULL, answer->arena);
	return text_equals(name, "ejabberd") && version != NULL &&
	       strcmp(version, "23.10") < 0;
}

static void version_known(const struct stanza *answer, void *arg)
{
	struct privilege *p = arg;
	p->may_send = !is_without_effect(answer);
	if (!p->may_send)
		log_info("host",
			"messages in the name of users of %s need "
			"ejabberd 23.10 or newer",
			p->domain);
	tell_log(p);
}

/* It says nothing itself; those of today speak the newer version. Until it has
 * answered it is as without the permission. */
static void check_version(struct gateway *g, struct privilege *p)
{
	p->may_send = false;
	const struct stanza_head head = {
		.from = g->options->jid,
		.to = p->domain,
		.type = "get",
		.id = iq_track(
			g->component, p->domain, VERSION_MS, version_known, p),
	};
	struct xml_writer *w = stanza_begin(g->component, STANZA_IQ, &head);
	xml_put(w, "query", NS_VERSION, NULL);
	stanza_end(g->component);
}

/* --- Servers ------------------------------------------------------------- */

static struct privilege *add_domain(struct gateway *g, const char *domain)
{
	unsigned count = 0;
	list_for_each(it, &g->privileges)
		count++;
	if (count >= DOMAINS_MAX)
		return NULL;
	size_t size = strlen(domain) + 1;
	struct privilege *p = xalloc(sizeof(*p) + size);
	memcpy(p->domain, domain, size);
	list_append(&g->privileges, &p->link);
	return p;
}

bool privilege_stanza(struct gateway *g, const struct stanza *s)
{
	static const char *const versions[] = { NS_PRIVILEGE_2,
		NS_PRIVILEGE_1 };
	if (s->kind != STANZA_MESSAGE || s->from.local[0] != '\0' ||
		s->from.resource[0] != '\0' || s->type == TYPE_ERROR)
		return false;
	for (size_t i = 0; i < COUNT(versions); i++) {
		const struct xml *x =
			xml_child(s->xml, "privilege", versions[i]);
		if (x == NULL)
			continue;
		struct privilege *p = of_domain(g, s->from.domain);
		if (p == NULL)
			p = add_domain(g, s->from.domain);
		if (p == NULL)
			return true;
		p->ns = versions[i];
		note(p, x);
		if (p->may_send && strcmp(p->ns, NS_PRIVILEGE_1) == 0)
			check_version(g, p);
		else
			tell_log(p);
		return true;
	}
	return false;
}

void privilege_forget(struct gateway *g)
{
	while (!list_is_empty(&g->privileges)) {
		struct privilege *p =
			CONTAINER(g->privileges.next, struct privilege, link);
		list_remove(&p->link);
		iq_forget(g->component, p);
		xfree(p);
	}
}

/* --- Messages ------------------------------------------------------------ */

bool privilege_may_send(const struct user *u)
{
	const struct privilege *p = of_user(u);
	return p != NULL && p->may_send;
}

bool gw_shows_own(struct gw_session *s)
{
	return privilege_may_send(account_of(s)->user);
}

/* "own.<seal>.<id of the network>": nobody else can make one up, and no
 * message of the user himself looks like it. */
#define OWN_MARK   "own."
#define SEAL_SIZE  15
#define SEAL_CHARS 20

static bool make_id(
	const struct user *u, const char *network_id, char *out, size_t size)
{
	static const struct archive_channel_id none;
	struct str seal = { .max = 64 };
	struct str text = { .max = 8192 };
	str_addf(&text, "%s\n%s", u->jid, network_id);
	channel_seal(u->gateway, "own-message", &none, str_text(&text),
		SEAL_SIZE, &seal);
	bool fits = text_format(
		out, size, OWN_MARK "%s.%s", str_text(&seal), network_id);
	str_finish(&text);
	str_finish(&seal);
	return fits;
}

bool privilege_is_own(const struct user *u, const struct stanza *s)
{
	char real[2048];
	size_t mark = strlen(OWN_MARK) + SEAL_CHARS + 1;
	return s->kind == STANZA_MESSAGE && s->id != NULL &&
	       strlen(s->id) > mark &&
	       strncmp(s->id, OWN_MARK, strlen(OWN_MARK)) == 0 &&
	       make_id(u, s->id + mark, real, sizeof(real)) &&
	       strcmp(real, s->id) == 0;
}

struct xml_writer *privilege_message_begin(
	struct user *u, const char *to, const char *network_id)
{
	const struct gateway *g = u->gateway;
	const struct privilege *p = of_user(u);
	char id[2048];
	const struct stanza_head head = { .from = g->options->jid,
		.to = p->domain };
	if (!make_id(u, network_id, id, sizeof(id)))
		id[0] = '\0';
	struct xml_writer *w =
		stanza_begin(g->component, STANZA_MESSAGE, &head);
	xml_open(w, "privilege", p->ns);
	xml_open(w, "forwarded", NS_FORWARD);
	xml_open(w, "message", NS_CLIENT);
	xml_put_attr(w, "from", u->jid);
	xml_put_attr(w, "to", to);
	xml_put_attr(w, "type", "chat");
	xml_put_attr(w, "id", id);
	return w;
}

void privilege_message_end(struct user *u)
{
	stanza_end(u->gateway->component);
}

/* --- Requests ------------------------------------------------------------ */

/* A server that has not answered by then is not waited for. */
#define ANSWER_MS 60000

static bool may(const struct user *u, enum privilege_area area, unsigned what)
{
	const struct privilege *p = of_user(u);
	return p != NULL && (p->may_ask[area] & what) == what;
}

bool privilege_may_get(const struct user *u, enum privilege_area area)
{
	return may(u, area, MAY_GET);
}

bool privilege_may_change(const struct user *u, enum privilege_area area)
{
	return may(u, area, MAY_GET | MAY_SET);
}

struct xml_writer *privilege_iq_begin(
	struct user *u, const char *type, iq_fn fn, void *arg)
{
	const struct gateway *g = u->gateway;
	const struct stanza_head head = {
		.from = g->options->jid,
		.to = u->jid,
		.type = type,
		.id = iq_track(g->component, u->jid, ANSWER_MS, fn, arg),
	};
	struct xml_writer *w = stanza_begin(g->component, STANZA_IQ, &head);
	xml_open(w, "privileged_iq", of_user(u)->ns);
	xml_open(w, "iq", NS_CLIENT);
	xml_put_attr(w, "type", type);
	xml_put_attr(w, "to", u->jid);
	xml_put_attr(w, "id", head.id);
	return w;
}

void privilege_iq_end(struct user *u)
{
	stanza_end(u->gateway->component);
}

const struct xml *privilege_answer(const struct stanza *answer)
{
	if (answer == NULL || answer->type != TYPE_RESULT)
		return NULL;
	return xml_child(xml_child(xml_child(answer->xml, "privilege", NULL),
				 "forwarded", NS_FORWARD),
		"iq", NS_CLIENT);
}
