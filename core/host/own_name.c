#include "host/own_name.h"

#include <ctype.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "host/account.h"
#include "xmpp/component.h"
#include "xmpp/ns.h"

#define ANSWER_MS 30000

/* One line of printable text, not too long; NULL: nothing is left. */
static char *clean(const char *text)
{
	struct slice s = slice_trim(slice_of(text));
	s.len = utf8_prefix(s, LIMIT_OWN_NAME);
	char *name = s.len > 0 ? xstrndup(s.data, s.len) : NULL;
	for (char *at = name; at != NULL && *at != '\0'; at++)
		if (iscntrl((unsigned char)*at))
			*at = ' ';
	return name;
}

static void answered(const struct stanza *answer, void *arg)
{
	static const char *const elements[] = { "FN", "NICKNAME" };
	const struct gateway *g = arg;
	if (answer == NULL || answer->type != TYPE_RESULT)
		return;
	struct user *u = user_find(g, answer->from.bare);
	const struct xml *card = xml_child(answer->xml, "vCard", NS_VCARD);
	char *name = NULL;
	for (size_t i = 0; name == NULL && i < COUNT(elements); i++)
		name = clean(xml_child_text(
			card, elements[i], NS_VCARD, answer->arena));
	if (u == NULL) {
		xfree(name);
		return;
	}
	xfree(u->own_name);
	u->own_name = name;
}

static void ask(struct user *u)
{
	struct gateway *g = u->gateway;
	if (component_state(g->component) != COMPONENT_READY)
		return;
	const struct stanza_head head = {
		.from = g->options->jid,
		.to = u->jid,
		.type = "get",
		.id = iq_track(g->component, u->jid, ANSWER_MS, answered, g),
	};
	struct xml_writer *w = stanza_begin(g->component, STANZA_IQ, &head);
	xml_put(w, "vCard", NS_VCARD, NULL);
	stanza_end(g->component);
}

void own_name_renew(struct user *u)
{
	if (u->own_name_wanted)
		ask(u);
}

const char *gw_user_name(struct gw_session *s)
{
	struct user *u = account_of(s)->user;
	if (!u->own_name_wanted)
		ask(u);
	u->own_name_wanted = true;
	return u->own_name != NULL ? u->own_name : "";
}
