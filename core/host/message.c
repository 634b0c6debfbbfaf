/*
 * Messages to gateway, network and person JIDs: what is in them, and who deals
 * with them.
 */
#include <string.h>
#include <strings.h>

#include "host/account.h"
#include "host/command.h"
#include "host/extras.h"
#include "host/handlers.h"
#include "host/inbox.h"
#include "host/message.h"
#include "host/receipt.h"
#include "host/receivers.h"
#include "host/room.h"
#include "xmpp/ns.h"

/* Bytes of a thread's name; longer ones are not made by clients. */
#define THREAD_MAX 512

/* How well a text of this language fits a stanza of that one. */
static int fitness(const char *lang, const char *wanted)
{
	if (lang == NULL)
		return 2;
	return wanted != NULL && strcasecmp(lang, wanted) == 0 ? 3 : 1;
}

/* RFC 6121 section 5.2.3 lets a message say the same in several languages: that
 * of the stanza, else the one without any, else the first. NULL: none. */
static const char *text_of(const struct stanza *s, const char *name)
{
	const struct xml *best = NULL;
	int best_fitness = 0;
	for (const struct xml *it = xml_child(s->xml, name, NS_COMPONENT);
		it != NULL; it = xml_next(it, name, NS_COMPONENT)) {
		int fits = fitness(xml_lang(it), s->lang);
		if (fits <= best_fitness)
			continue;
		best = it;
		best_fitness = fits;
	}
	const char *text = best != NULL ? xml_text(best, s->arena) : NULL;
	return text != NULL && text[0] != '\0' ? text : NULL;
}

const char *message_body(const struct stanza *s)
{
	return text_of(s, "body");
}

const char *message_subject(
	const struct gateway_ops *ops, const struct stanza *s)
{
	return (ops->caps & GW_CAP_SUBJECT) != 0 ? text_of(s, "subject") : NULL;
}

const char *message_thread(const struct stanza *s)
{
	const char *thread = text_of(s, "thread");
	return thread != NULL && strlen(thread) <= THREAD_MAX ? thread : NULL;
}

bool message_is_encrypted(const struct stanza *s)
{
	static const char *const spaces[] = {
		"eu.siacs.conversations.axolotl",
		"urn:xmpp:omemo:2",
		"urn:xmpp:openpgp:0",
		"jabber:x:encrypted",
	};
	if (xml_child(s->xml, "encryption", NS_EME) != NULL)
		return true;
	for (size_t i = 0; i < COUNT(spaces); i++)
		if (xml_child(s->xml, NULL, spaces[i]) != NULL)
			return true;
	return false;
}

const char *message_slash_line(const struct gateway_ops *ops, const char *body)
{
	if (ops->slash == NULL || body[0] != '/' || body[1] == '/' ||
		body[1] == ' ' || body[1] == '\0' ||
		strncmp(body, "/me ", 4) == 0)
		return NULL;
	return body + 1;
}

const char *message_correction_prefix(const struct stanza *s, const char **body)
{
	if (xml_child(s->xml, "replace", NS_CORRECT) == NULL)
		return "";
	if (strncmp(*body, "/me ", 4) != 0)
		return "(correction) ";
	*body += 4;
	return "/me (correction) ";
}

/* Such a correction has crashed clients. */
static bool corrects_itself(const struct stanza *s)
{
	const char *replaced =
		xml_attr(xml_child(s->xml, "replace", NS_CORRECT), "id");
	return replaced != NULL && s->id != NULL &&
	       strcmp(replaced, s->id) == 0;
}

bool message_is_readable(
	struct user *u, const struct stanza *s, const char *where)
{
	char text[128];
	if (!message_is_encrypted(s))
		return true;
	text_format(text, sizeof(text),
		"End-to-end encryption cannot cross this gateway. "
		"Turn encryption off for this %s.",
		where);
	user_refuse(u, s, ERR_NOT_ACCEPTABLE, text);
	return false;
}

bool message_may_leave(struct user *u, const struct stanza *s)
{
	if (corrects_itself(s)) {
		user_refuse(u, s, ERR_BAD_REQUEST,
			"This message says that it corrects itself.");
		return false;
	}
	if (component_is_congested(u->gateway->component) ||
		!bucket_take(&u->sends, 1)) {
		user_refuse(u, s, ERR_RESOURCE_CONSTRAINT,
			"You are sending too much at once. Try again in a "
			"minute.");
		return false;
	}
	return true;
}

/* --- Who deals with it --------------------------------------------------- */

/* Chat states to a person (XEP-0085), where the network carries them. */
static void pass_typing(
	struct user *u, const struct target *t, const struct stanza *s)
{
	const struct gateway_ops *ops = u->gateway->api.ops;
	const struct xml *state = xml_child(s->xml, NULL, NS_CHAT_STATES);
	if (ops->typing == NULL || state == NULL || t->kind != TARGET_PERSON)
		return;
	struct account *a = account_find(u, t->address.account);
	if (a != NULL && account_is_online(a))
		ops->typing(&a->session, NULL, t->address.name,
			strcmp(state->name, "composing") == 0);
}

/* Does this network do what the message asks for? False: the user was told. */
static bool is_possible(
	struct user *u, const struct stanza *s, const struct receivers *several)
{
	const char *refusal = extras_refusal(u->gateway->api.ops, s);
	if (several->error != ERR_NONE)
		user_refuse(u, s, several->error, several->text);
	else if (refusal != NULL)
		user_refuse(u, s, ERR_FEATURE_NOT_IMPLEMENTED, refusal);
	else
		return message_is_readable(u, s, "chat");
	return false;
}

/* `t` is whose chat it belongs to. */
static void pass_content(struct user *u, const struct target *t,
	const struct stanza *s, const struct receivers *several)
{
	const char *body = message_body(s);
	bool extras = t->kind == TARGET_PERSON &&
		      extras_are_enough(u->gateway->api.ops, s);
	if (body == NULL && !extras) {
		pass_typing(u, t, s);
		return;
	}
	if (!is_possible(u, s, several))
		return;
	if (t->kind != TARGET_GATEWAY) {
		if (message_may_leave(u, s))
			message_send_text(u, t, s, body, several);
		return;
	}
	/* RFC 6121 section 5.2.2: news want no answer. */
	if (s->type != TYPE_HEADLINE)
		chat_message(u, t, s, body);
}

void message_stanza(
	struct user *u, const struct target *t, const struct stanza *s)
{
	if (s->type == TYPE_ERROR) {
		log_debug("host", "message error user=%s from=%s", u->jid,
			s->from.full);
		inbox_returned(u, t, s);
		return;
	}
	if (s->type == TYPE_GROUPCHAT) {
		user_refuse(u, s, ERR_BAD_REQUEST, "This is not a room.");
		return;
	}
	if (t->kind == TARGET_PERSON) {
		if (room_direct_invite(u, t, s))
			return;
		receipt_read(u, t, s);
	}
	struct receivers several;
	receivers_init(&several);
	if (receivers_are_there(s) && receivers_read(&several, u, t, s) == 0)
		t = &several.first;
	pass_content(u, t, s, &several);
}
