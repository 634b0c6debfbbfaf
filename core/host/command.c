/*
 * Ad-hoc commands (XEP-0050): one stage that asks for values, one that runs.
 */
#include "host/command.h"

#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "base/log.h"
#include "host/gateway.h"
#include "host/handlers.h"
#include "host/request.h"
#include "xmpp/disco.h"
#include "xmpp/ns.h"

/* How long a form may stay unanswered (XEP-0050 leaves it to us). */
#define SESSION_MS 600000

static struct list calls = { &calls, &calls };
static unsigned call_count;

/* --- Which commands there are -------------------------------------------- */

static const char *command_node(const struct command *c)
{
	return c->node != NULL ? c->node : c->name;
}

static void run_own(
	struct command_call *call, const struct settings_values *values);
static void run_administer(
	struct command_call *call, const struct settings_values *values);

static const struct gw_setting *own_settings(struct command_call *call)
{
	return call->command->of_gateway->settings;
}

/* A gateway's own command as one of ours. */
static void describe_own(
	struct command *space, const struct gw_command *own, bool admin)
{
	*space = (struct command){ .name = own->name,
		.label = own->label,
		.help = own->help,
		.admin = admin,
		.of_gateway = own,
		.settings = own->settings != NULL ? own_settings : NULL,
		.run = admin ? run_administer : run_own };
}

/* NULL: `index` was so much too big. */
static const struct gw_command *nth_own(
	const struct gw_command *table, size_t *index)
{
	for (size_t i = 0; table != NULL && table[i].name != NULL; i++)
		if ((*index)-- == 0)
			return &table[i];
	return NULL;
}

static const struct command *nth(const struct command *table, size_t *index)
{
	for (size_t i = 0; table[i].name != NULL; i++)
		if ((*index)-- == 0)
			return &table[i];
	return NULL;
}

const struct command *command_at(
	const struct user *u, size_t index, struct command *space)
{
	const struct command *found = nth(commands_user, &index);
	if (found != NULL)
		return found;
	const struct gateway_ops *ops = u->gateway->api.ops;
	const struct gw_command *own = nth_own(ops->commands, &index);
	bool admin = own == NULL;
	if (admin && !host_is_admin(u->gateway->host, u->jid))
		return NULL;
	if (admin)
		found = nth(commands_admin, &index);
	if (found == NULL && admin)
		own = nth_own(ops->admin_commands, &index);
	if (own != NULL) {
		describe_own(space, own, admin);
		return space;
	}
	return found;
}

static bool is_named(const struct command *c, const char *name)
{
	return strcmp(c->name, name) == 0 || strcmp(command_node(c), name) == 0;
}

/* --- Calls --------------------------------------------------------------- */

struct command_call *command_new(struct user *u, const struct target *t,
	const struct stanza *s, const char *name, bool by_chat)
{
	struct command space;
	const struct command *found = NULL;
	size_t index = 0;
	while ((found = command_at(u, index, &space)) != NULL &&
		!is_named(found, name))
		index++;
	if (found == NULL)
		return NULL;
	struct command_call *call = xalloc(sizeof(*call));
	call->user = u;
	call->target = t;
	call->by_chat = by_chat;
	call->command = found;
	if (found == &space) {
		call->own = space;
		call->command = &call->own;
	}
	if (t->kind == TARGET_NETWORK)
		call->network = xstrdup(t->address.account);
	call->from = xstrdup(s->from.full);
	call->to = xstrdup(s->to.full);
	call->iq_id = xstrdup(s->id);
	char id[CRYPTO_ID_SIZE];
	crypto_random_id(id);
	call->session = xstrdup(id);
	call->deadline_ms = loop_now_ms(u->gateway->host->loop) + SESSION_MS;
	list_append(&calls, &call->link);
	u->commands++;
	call_count++;
	gateway_sweep_later(u->gateway);
	return call;
}

void command_free(struct command_call **slot)
{
	struct command_call *call = *slot;
	*slot = NULL;
	list_remove(&call->link);
	if (call->user != NULL)
		call->user->commands--;
	call_count--;
	xfree(call->network);
	xfree(call->scratch);
	xfree(call->from);
	xfree(call->to);
	xfree(call->iq_id);
	xfree(call->session);
	xfree(call);
}

const struct gw_setting *command_settings(struct command_call *call)
{
	return call->command->settings != NULL ? call->command->settings(call)
					       : NULL;
}

const char *command_help(
	const struct command_call *call, const struct gw_setting *rows)
{
	const struct command *c = call->command;
	if (rows == NULL ||
		(c->is_help_of_secrets &&
			!settings_have_secret(&call->user->gateway->api, rows)))
		return NULL;
	return c->help;
}

struct account *command_subject(struct command_call *call)
{
	return call->command->subject != NULL ? call->command->subject(call)
					      : NULL;
}

void command_forget_user(struct user *u)
{
	chat_forget(u);
	list_for_each_safe(it, &calls) {
		struct command_call *call =
			CONTAINER(it, struct command_call, link);
		if (call->user != u)
			continue;
		/* Who waits for the store or the network holds it. */
		if (call->running)
			call->user = NULL;
		else
			command_free(&call);
	}
}

/* Sessions that ran out, for those who come back late (XEP-0050 section 4.4).
 */
#define EXPIRED_MAX 64u
static char expired[EXPIRED_MAX][CRYPTO_ID_SIZE];
static size_t expired_next;

static bool has_expired(const char *session)
{
	for (size_t i = 0; i < EXPIRED_MAX; i++)
		if (session[0] != '\0' && strcmp(expired[i], session) == 0)
			return true;
	return false;
}

static void expire(struct command_call *call)
{
	text_copy(expired[expired_next++ % EXPIRED_MAX], CRYPTO_ID_SIZE,
		call->session);
	struct gateway *g = call->user->gateway;
	char *jid = xstrdup(call->user->jid);
	if (call->by_chat)
		chat_expired(call->user);
	else
		command_free(&call);
	user_release_name(g, jid);
	xfree(jid);
}

void command_sweep(int64_t now_ms)
{
	list_for_each_safe(it, &calls) {
		struct command_call *call =
			CONTAINER(it, struct command_call, link);
		if (call->deadline_ms <= now_ms && !call->running)
			expire(call);
	}
}

bool command_any_open(void)
{
	return call_count > 0;
}

/* --- Answers ------------------------------------------------------------- */

static struct component *stream(const struct command_call *call)
{
	return call->user->gateway->component;
}

static struct xml_writer *open_answer(
	const struct command_call *call, const char *status)
{
	const struct stanza_head head = { .from = call->to,
		.to = call->from,
		.type = "result",
		.id = call->iq_id };
	struct xml_writer *w = stanza_begin(stream(call), STANZA_IQ, &head);
	xml_open(w, "command", NS_COMMANDS);
	xml_put_attr(w, "node", command_node(call->command));
	xml_put_attr(w, "sessionid", call->session);
	xml_put_attr(w, "status", status);
	return w;
}

static void put_note(struct xml_writer *w, const char *type, const char *text)
{
	if (text == NULL)
		return;
	xml_open(w, "note", NULL);
	xml_put_attr(w, "type", type);
	xml_put_text(w, text);
	xml_close(w);
}

static void end_call(
	struct command_call *call, const char *note_type, const char *text)
{
	if (call->user == NULL) {
		command_free(&call);
		return;
	}
	if (call->by_chat) {
		chat_ended(call, text);
		return;
	}
	struct xml_writer *w = open_answer(call, "completed");
	put_note(w, note_type, text);
	xml_close(w);
	stanza_end(stream(call));
	command_free(&call);
}

bool command_want(struct command_call *call, const struct gw_setting *row,
	const char *text)
{
	if (call->user == NULL || !call->by_chat || !chat_want(call, row, text))
		return false;
	call->deadline_ms =
		loop_now_ms(call->user->gateway->host->loop) + SESSION_MS;
	return true;
}

void command_done(struct command_call *call, const char *text)
{
	end_call(call, "info", text != NULL ? text : "Done.");
}

void command_fail(
	struct command_call *call, enum stanza_error error, const char *text)
{
	(void)error;
	end_call(call, "error", text != NULL ? text : "That did not work.");
}

/* `given`, `complaint`: what was sent, and why it is asked for again; the
 * complaint heads the instructions too, as some clients hide notes of a
 * command that goes on. Both may be NULL. */
static void send_form(struct command_call *call, const struct gw_setting *rows,
	const struct settings_values *given, const char *complaint)
{
	const char *help = command_help(call, rows);
	struct str words = { .max = 4096 };
	if (complaint != NULL)
		str_addf(&words, "%s%s", complaint, help != NULL ? "\n" : "");
	if (help != NULL)
		str_add(&words, help);
	const struct gw *gw = &call->user->gateway->api;
	const struct settings_form form = { .rows = rows,
		.gw = rows == gw->ops->settings ? gw : NULL,
		.account = command_subject(call),
		.given = given,
		.title = call->command->label,
		.instructions = words.len > 0 ? str_text(&words) : NULL };
	struct xml_writer *w = open_answer(call, "executing");
	xml_open(w, "actions", NULL);
	xml_put_attr(w, "execute", "complete");
	xml_put(w, "complete", NULL, NULL);
	xml_close(w);
	put_note(w, "error", complaint);
	settings_put_form(w, &form);
	xml_close(w);
	stanza_end(stream(call));
	str_finish(&words);
}

static void reply_error(const struct user *u, const struct stanza *s,
	enum stanza_error error, const char *child, const char *text)
{
	const struct stanza_error_detail detail = { .error = error,
		.text = text,
		.child = child,
		.child_ns = NS_COMMANDS };
	stanza_reply_error_detail(u->gateway->component, s, &detail);
}

/* --- The two stages ------------------------------------------------------ */

static bool exists_for_others(const struct gateway *g, const char *node)
{
	const struct gw_command *own = g->api.ops->admin_commands;
	for (size_t i = 0; commands_admin[i].name != NULL; i++)
		if (is_named(&commands_admin[i], node))
			return true;
	for (size_t i = 0; own != NULL && own[i].name != NULL; i++)
		if (strcmp(own[i].name, node) == 0)
			return true;
	return false;
}

static void start_call(struct user *u, const struct target *t,
	const struct stanza *s, const char *node)
{
	if (u->commands >= LIMIT_COMMANDS_USER ||
		call_count >= LIMIT_COMMANDS) {
		reply_error(u, s, ERR_RESOURCE_CONSTRAINT, NULL,
			"Too many commands are open. Finish or cancel one.");
		return;
	}
	struct command_call *call = command_new(u, t, s, node, false);
	if (call == NULL) {
		bool hidden = exists_for_others(u->gateway, node);
		reply_error(u, s, hidden ? ERR_FORBIDDEN : ERR_ITEM_NOT_FOUND,
			NULL,
			hidden ? "Only administrators may do that."
			       : "There is no such command.");
		return;
	}
	const struct gw_setting *rows = command_settings(call);
	if (rows != NULL) {
		send_form(call, rows, NULL, NULL);
		call->target = NULL;
		return;
	}
	const struct settings_values none = { .count = 0 };
	call->running = true;
	call->command->run(call, &none);
}

/* A session belongs to one user of one gateway; another gateway of this
 * process cannot answer for it. */
static struct command_call *find_call(
	const struct user *u, const struct stanza *s, const char *session)
{
	list_for_each(it, &calls) {
		struct command_call *call =
			CONTAINER(it, struct command_call, link);
		if (call->user == u && strcmp(call->session, session) == 0 &&
			strcmp(call->from, s->from.full) == 0 &&
			!call->by_chat && !call->running)
			return call;
	}
	return NULL;
}

static void cancel_call(struct command_call *call)
{
	struct xml_writer *w = open_answer(call, "canceled");
	xml_close(w);
	stanza_end(stream(call));
	command_free(&call);
}

static void submit(struct command_call *call, const struct target *t,
	const struct stanza *s, const struct xml *command)
{
	const struct gw_setting *rows = command_settings(call);
	struct form form;
	const struct xml *x = xml_child(command, "x", NS_DATA_FORM);
	if (x == NULL || form_read(&form, x, s->arena) != 0) {
		reply_error(call->user, s, ERR_BAD_REQUEST, "bad-payload",
			"The form is missing or malformed.");
		return;
	}
	struct settings_values values;
	settings_from_form(&values, rows, &form, s->arena);
	struct str scratch = { .max = 1024 };
	const char *wrong = settings_check_all(
		rows, &values, command_subject(call), &scratch);
	if (wrong != NULL) {
		send_form(call, rows, &values, wrong);
	} else {
		call->running = true;
		call->target = t;
		call->command->run(call, &values);
	}
	str_finish(&scratch);
}

static void continue_call(struct user *u, const struct target *t,
	const struct stanza *s, const struct xml *command)
{
	const char *session = xml_attr(command, "sessionid");
	const char *action = xml_attr(command, "action");
	struct command_call *call = find_call(u, s, session);
	if (call == NULL && has_expired(session)) {
		reply_error(u, s, ERR_NOT_ALLOWED, "session-expired",
			"You took too long. Start the command again.");
		return;
	}
	if (call == NULL) {
		reply_error(u, s, ERR_BAD_REQUEST, "bad-sessionid",
			"This command has ended. Start it again.");
		return;
	}
	xstrset(&call->iq_id, s->id);
	if (action == NULL || strcmp(action, "execute") == 0 ||
		strcmp(action, "complete") == 0)
		submit(call, t, s, command);
	else if (strcmp(action, "cancel") == 0)
		cancel_call(call);
	else if (strcmp(action, "next") == 0 || strcmp(action, "prev") == 0)
		reply_error(u, s, ERR_BAD_REQUEST, "bad-action",
			"This step has no such action.");
	else
		reply_error(u, s, ERR_BAD_REQUEST, "malformed-action",
			"There is no such action.");
}

void command_iq(struct user *u, const struct target *t, const struct stanza *s)
{
	const struct xml *command = xml_child(s->xml, "command", NS_COMMANDS);
	const char *node = xml_attr(command, "node");
	const char *action = xml_attr(command, "action");
	if (node == NULL)
		reply_error(u, s, ERR_BAD_REQUEST, NULL,
			"The command has no node.");
	else if (xml_attr(command, "sessionid") != NULL)
		continue_call(u, t, s, command);
	else if (action == NULL || strcmp(action, "execute") == 0)
		start_call(u, t, s, node);
	else
		reply_error(u, s, ERR_BAD_REQUEST, "bad-action",
			"A command starts with the action \"execute\".");
}

/* --- A gateway's own commands -------------------------------------------- */

static void own_result(struct request *r, const struct gw_result *result)
{
	struct command_call *call = r->arg;
	if (result->stage == GW_FAILED)
		command_fail(call, reason_error(result->reason), result->text);
	else
		command_done(call, result->text);
}

/* The account a network's command is about: the one it was called at, or the
 * only one. */
static struct account *own_account(const struct command_call *call)
{
	if (call->network != NULL)
		return account_find(call->user, call->network);
	struct list *accounts = &call->user->accounts;
	if (list_is_empty(accounts) || accounts->next != accounts->prev)
		return NULL;
	return CONTAINER(accounts->next, struct account, link);
}

static bool is_ready(const struct account *a, const struct gw_command *own)
{
	return account_is_online(a) ||
	       (own->is_early && a->state == ACCOUNT_OPENING);
}

static void run_own(
	struct command_call *call, const struct settings_values *values)
{
	struct account *a = own_account(call);
	const struct gw_command *own = call->command->of_gateway;
	if (a == NULL || !is_ready(a, own)) {
		command_fail(call, ERR_ITEM_NOT_FOUND,
			"This needs a connected network: run it at the "
			"address of one you are connected to, or by chat name "
			"it behind the command.");
		return;
	}
	struct request *r = request_new(a, NULL, own_result);
	if (r == NULL) {
		command_fail(call, ERR_RESOURCE_CONSTRAINT,
			"Too much at once. Try again in a moment.");
		return;
	}
	r->arg = call;
	const struct gateway_ops *ops = account_ops(a);
	ops->command(&a->session, r->id, (size_t)(own - ops->commands),
		values->values);
}

static void run_administer(
	struct command_call *call, const struct settings_values *values)
{
	struct gateway *g = call->user->gateway;
	const struct gateway_ops *ops = g->api.ops;
	const struct gw_command *own = call->command->of_gateway;
	struct str answer = { .max = 64 * KIB };
	log_info("admin", "%s jid=%s by=%s", own->name, g->options->jid,
		call->user->jid);
	if (ops->administer(&g->api, (size_t)(own - ops->admin_commands),
		    values->values, &answer) == 0)
		command_done(call, answer.len > 0 ? str_text(&answer) : NULL);
	else
		command_fail(call, ERR_NOT_ACCEPTABLE, str_text(&answer));
	str_finish(&answer);
}

/* --- Discovery ----------------------------------------------------------- */

void command_disco_items(
	struct user *u, const struct target *t, const struct stanza *s)
{
	(void)t;
	struct component *c = u->gateway->component;
	struct xml_writer *w = iq_result_begin(c, s);
	xml_open(w, "query", NS_DISCO_ITEMS);
	xml_put_attr(w, "node", NS_COMMANDS);
	struct command space;
	const struct command *found;
	for (size_t i = 0; (found = command_at(u, i, &space)) != NULL; i++)
		disco_put_item(
			w, s->to.full, command_node(found), found->label);
	xml_close(w);
	stanza_end(c);
}

void command_disco_info(struct user *u, const struct target *t,
	const struct stanza *s, const char *node)
{
	(void)t;
	static const char *const features[] = { NS_COMMANDS, NS_DATA_FORM };
	struct component *c = u->gateway->component;
	struct disco_identity identity = { .category = "automation",
		.type = "command-list",
		.name = "Commands" };
	struct disco_info info = { .identities = &identity,
		.identity_count = 1,
		.features = features,
		.feature_count = COUNT(features) };
	if (strcmp(node, NS_COMMANDS) != 0) {
		struct command space;
		const struct command *found;
		size_t i = 0;
		while ((found = command_at(u, i, &space)) != NULL &&
			strcmp(command_node(found), node) != 0)
			i++;
		if (found == NULL) {
			stanza_reply_error(c, s, ERR_ITEM_NOT_FOUND, NULL);
			return;
		}
		identity.type = "command-node";
		identity.name = found->label;
	}
	struct xml_writer *w = iq_result_begin(c, s);
	disco_put_info(w, &info, node);
	stanza_end(c);
}
