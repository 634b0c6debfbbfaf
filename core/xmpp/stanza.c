/*
 * The rules of RFC 6120 section 8 and RFC 6121 sections 4.7 and 5.2 that
 * every incoming stanza is held against before anybody else sees it.
 */
#include "xmpp/stanza.h"

#include <assert.h>
#include <string.h>

#include "xmpp/ns.h"

/* --- Names --------------------------------------------------------------- */

enum {
	FOR_MESSAGE = 1 << STANZA_MESSAGE,
	FOR_PRESENCE = 1 << STANZA_PRESENCE,
	FOR_IQ = 1 << STANZA_IQ,
};

static const char *const kind_names[] = {
	[STANZA_MESSAGE] = "message",
	[STANZA_PRESENCE] = "presence",
	[STANZA_IQ] = "iq",
};

/* Available presence is written without a type. */
static const struct {
	const char *name;
	unsigned kinds;
} types[] = {
	[TYPE_NORMAL] = { "normal", FOR_MESSAGE },
	[TYPE_CHAT] = { "chat", FOR_MESSAGE },
	[TYPE_GROUPCHAT] = { "groupchat", FOR_MESSAGE },
	[TYPE_HEADLINE] = { "headline", FOR_MESSAGE },
	[TYPE_AVAILABLE] = { NULL, FOR_PRESENCE },
	[TYPE_UNAVAILABLE] = { "unavailable", FOR_PRESENCE },
	[TYPE_SUBSCRIBE] = { "subscribe", FOR_PRESENCE },
	[TYPE_SUBSCRIBED] = { "subscribed", FOR_PRESENCE },
	[TYPE_UNSUBSCRIBE] = { "unsubscribe", FOR_PRESENCE },
	[TYPE_UNSUBSCRIBED] = { "unsubscribed", FOR_PRESENCE },
	[TYPE_PROBE] = { "probe", FOR_PRESENCE },
	[TYPE_GET] = { "get", FOR_IQ },
	[TYPE_SET] = { "set", FOR_IQ },
	[TYPE_RESULT] = { "result", FOR_IQ },
	[TYPE_ERROR] = { "error", FOR_MESSAGE | FOR_PRESENCE | FOR_IQ },
};

const char *stanza_type_name(enum stanza_type type)
{
	return type < COUNT(types) ? types[type].name : NULL;
}

/* Error types of RFC 6120 section 8.3.3, codes of XEP-0086; conditions that
 * are younger than the codes have none. */
static const struct {
	const char *name;
	const char *type;
	int code;
} errors[ERR_COUNT] = {
	[ERR_NONE] = { NULL, NULL, 0 },
	[ERR_BAD_REQUEST] = { "bad-request", "modify", 400 },
	[ERR_CONFLICT] = { "conflict", "cancel", 409 },
	[ERR_FEATURE_NOT_IMPLEMENTED] = { "feature-not-implemented", "cancel",
		501 },
	[ERR_FORBIDDEN] = { "forbidden", "auth", 403 },
	[ERR_GONE] = { "gone", "cancel", 302 },
	[ERR_INTERNAL_SERVER_ERROR] = { "internal-server-error", "cancel",
		500 },
	[ERR_ITEM_NOT_FOUND] = { "item-not-found", "cancel", 404 },
	[ERR_JID_MALFORMED] = { "jid-malformed", "modify", 400 },
	[ERR_NOT_ACCEPTABLE] = { "not-acceptable", "modify", 406 },
	[ERR_NOT_ALLOWED] = { "not-allowed", "cancel", 405 },
	[ERR_NOT_AUTHORIZED] = { "not-authorized", "auth", 401 },
	[ERR_POLICY_VIOLATION] = { "policy-violation", "modify", 0 },
	[ERR_RECIPIENT_UNAVAILABLE] = { "recipient-unavailable", "wait", 404 },
	[ERR_REDIRECT] = { "redirect", "modify", 302 },
	[ERR_REGISTRATION_REQUIRED] = { "registration-required", "auth", 407 },
	[ERR_REMOTE_SERVER_NOT_FOUND] = { "remote-server-not-found", "cancel",
		404 },
	[ERR_REMOTE_SERVER_TIMEOUT] = { "remote-server-timeout", "wait", 504 },
	[ERR_RESOURCE_CONSTRAINT] = { "resource-constraint", "wait", 500 },
	[ERR_SERVICE_UNAVAILABLE] = { "service-unavailable", "cancel", 503 },
	[ERR_SUBSCRIPTION_REQUIRED] = { "subscription-required", "auth", 407 },
	[ERR_UNDEFINED_CONDITION] = { "undefined-condition", "cancel", 500 },
	[ERR_UNEXPECTED_REQUEST] = { "unexpected-request", "wait", 400 },
};

/* --- Reading ------------------------------------------------------------- */

static int read_kind(enum stanza_kind *kind_r, const struct xml *xml)
{
	for (unsigned i = 0; i < COUNT(kind_names); i++) {
		if (!xml_is(xml, kind_names[i], NS_COMPONENT))
			continue;
		*kind_r = (enum stanza_kind)i;
		return 0;
	}
	return -1;
}

static enum stanza_type read_type(enum stanza_kind kind, const char *name)
{
	if (name == NULL && kind == STANZA_PRESENCE)
		return TYPE_AVAILABLE;
	for (unsigned i = 0; name != NULL && i < COUNT(types); i++)
		if ((types[i].kinds & 1u << kind) && types[i].name != NULL &&
			strcmp(types[i].name, name) == 0)
			return (enum stanza_type)i;
	/* RFC 6121 section 5.2.2. */
	return kind == STANZA_MESSAGE ? TYPE_NORMAL : TYPE_UNKNOWN;
}

static int read_address(struct jid *jid, const struct xml *xml,
	const char *attr, struct arena *a)
{
	const char *text = xml_attr(xml, attr);

	return text ? jid_parse(jid, slice_of(text), a) : -1;
}

enum stanza_error stanza_read(
	struct stanza *s, const struct xml *xml, struct arena *a)
{
	*s = (struct stanza){ .xml = xml, .arena = a };
	if (read_kind(&s->kind, xml) != 0)
		return ERR_UNDEFINED_CONDITION;
	s->type = read_type(s->kind, xml_attr(xml, "type"));
	s->id = xml_attr(xml, "id");
	s->lang = xml_lang(xml);

	bool has_from = read_address(&s->from, xml, "from", a) == 0;
	bool has_to = read_address(&s->to, xml, "to", a) == 0;
	if (!has_from)
		return ERR_UNDEFINED_CONDITION;
	if (!has_to)
		return ERR_JID_MALFORMED;
	if (s->type == TYPE_UNKNOWN)
		return ERR_BAD_REQUEST;
	/* RFC 6120 section 8.2.3. */
	if (s->kind == STANZA_IQ && s->id == NULL)
		return ERR_BAD_REQUEST;
	if ((s->type == TYPE_GET || s->type == TYPE_SET) && xml_count(xml) != 1)
		return ERR_BAD_REQUEST;
	return ERR_NONE;
}

static enum stanza_error error_by_name(const char *name)
{
	for (unsigned i = ERR_NONE + 1; i < ERR_COUNT; i++)
		if (strcmp(errors[i].name, name) == 0)
			return (enum stanza_error)i;
	return ERR_UNDEFINED_CONDITION;
}

/* The payload that was sent may stand before the error or behind it. */
enum stanza_error stanza_error_of(const struct stanza *s, const char **text_r)
{
	const struct xml *error = xml_child(s->xml, "error", NS_COMPONENT);
	enum stanza_error found = ERR_UNDEFINED_CONDITION;

	*text_r = xml_child_text(error, "text", NS_STANZA_ERRORS, s->arena);
	for (const struct xml *it = xml_child(error, NULL, NS_STANZA_ERRORS);
		it != NULL; it = xml_next(it, NULL, NS_STANZA_ERRORS)) {
		if (strcmp(it->name, "text") == 0)
			continue;
		found = error_by_name(it->name);
		break;
	}
	return found;
}

/* --- Writing ------------------------------------------------------------- */

void stanza_put_error(
	struct xml_writer *w, const struct stanza_error_detail *detail)
{
	assert(detail->error > ERR_NONE && detail->error < ERR_COUNT);
	xml_open(w, "error", NULL);
	xml_put_attr(w, "type",
		detail->type != NULL ? detail->type
				     : errors[detail->error].type);
	if (errors[detail->error].code != 0)
		xml_put_attr_int(w, "code", errors[detail->error].code);
	xml_put(w, errors[detail->error].name, NS_STANZA_ERRORS, NULL);
	if (detail->text != NULL) {
		xml_open(w, "text", NS_STANZA_ERRORS);
		xml_put_lang(w, "en");
		xml_put_text(w, detail->text);
		xml_close(w);
	}
	if (detail->child != NULL) {
		xml_open(w, detail->child, detail->child_ns);
		xml_put_attr(w, "feature", detail->feature);
		xml_close(w);
	}
	xml_close(w);
}
