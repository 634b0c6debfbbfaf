/*
 * The administrators' commands, under the nodes of XEP-0133 where it has one.
 */
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "host/command.h"
#include "host/message.h"
#include "host/registration.h"
#include "host/room.h"
#include "xmpp/ns.h"

#define TEXT_MAX    (64u * KIB)
#define ADMIN(name) NS_ADMIN "#" name

static struct host *host_of(const struct command_call *call)
{
	return call->user->gateway->host;
}

/* --- Lists --------------------------------------------------------------- */

static void list_users(struct command_call *call, bool online_only)
{
	const struct gateway *g = call->user->gateway;
	struct str text = { .max = TEXT_MAX };
	size_t pos = 0, count = 0;
	const struct user *u;
	while ((u = map_next(&g->users, &pos)) != NULL) {
		bool online = !list_is_empty(&u->resources);
		if (online_only ? !online : !user_is_registered(u))
			continue;
		count++;
		str_addf(&text, "\n%s", u->jid);
	}
	char head[64];
	text_format(head, sizeof(head), "%zu %s users", count,
		online_only ? "online" : "registered");
	struct str answer = { .max = TEXT_MAX + sizeof(head) };
	str_add(&answer, head);
	str_add_slice(&answer, str_slice(&text));
	command_done(call, str_text(&answer));
	str_finish(&answer);
	str_finish(&text);
}

static void run_online(
	struct command_call *call, const struct settings_values *values)
{
	(void)values;
	list_users(call, true);
}

static void run_registered(
	struct command_call *call, const struct settings_values *values)
{
	(void)values;
	list_users(call, false);
}

static void run_sessions(
	struct command_call *call, const struct settings_values *values)
{
	(void)values;
	const struct gateway *g = call->user->gateway;
	struct str text = { .max = TEXT_MAX };
	size_t pos = 0;
	const struct user *u;
	while ((u = map_next(&g->users, &pos)) != NULL)
		list_for_each(it, &u->accounts) {
			const struct account *a =
				CONTAINER(it, struct account, link);
			if (a->state == ACCOUNT_IDLE)
				continue;
			str_addf(&text, "%s%s [%s] ", text.len > 0 ? "\n" : "",
				u->jid, a->session.id);
			account_describe(a, &text);
			str_addf(&text, ", %u rooms", a->rooms.count);
		}
	command_done(call, text.len > 0 ? str_text(&text) : "No sessions.");
	str_finish(&text);
}

static void run_links(
	struct command_call *call, const struct settings_values *values)
{
	(void)values;
	struct str text = { .max = TEXT_MAX };
	list_for_each(it, &host_of(call)->gateways) {
		const struct gateway *g = CONTAINER(it, struct gateway, link);
		struct component_stats stats;
		component_stats(g->component, &stats);
		str_addf(&text,
			"%s%s: %s, %llu stanzas in, %llu out, %llu "
			"connections",
			text.len > 0 ? "\n" : "", g->options->jid,
			component_state(g->component) == COMPONENT_READY
				? "connected"
				: "not connected",
			(unsigned long long)stats.stanzas_in,
			(unsigned long long)stats.stanzas_out,
			(unsigned long long)stats.connects);
	}
	str_addf(&text, "\nstore: %s, %zu operations waiting",
		store_is_healthy(host_of(call)->store) ? "healthy" : "failing",
		store_backlog(host_of(call)->store));
	command_done(call, str_text(&text));
	str_finish(&text);
}

/* --- One user ------------------------------------------------------------ */

static const struct gw_setting user_rows[] = {
	{ .name = "accountjid",
		.label = "User's JID",
		.type = GW_TEXT,
		.max = LIMIT_JID,
		.required = true },
	{ .name = NULL },
};

static const struct gw_setting *ask_user(struct command_call *call)
{
	(void)call;
	return user_rows;
}

static struct user *given_user(
	struct command_call *call, const struct settings_values *values)
{
	struct user *u = user_find(call->user->gateway, values->values[0]);
	if (u == NULL)
		command_fail(call, ERR_ITEM_NOT_FOUND,
			"This gateway does not know that user.");
	return u;
}

static void run_disconnect(
	struct command_call *call, const struct settings_values *values)
{
	struct user *u = given_user(call, values);
	if (u == NULL)
		return;
	log_info("admin", "disconnect user=%s by=%s", u->jid, call->user->jid);
	list_for_each_safe(it, &u->accounts) {
		struct account *a = CONTAINER(it, struct account, link);
		room_all_close(a, 333, "Disconnected by an administrator.");
		account_close(a, "Disconnected");
		if (a->registered)
			continue; /* until he logs in again */
		a->used_ms = 0;
		account_check(a);
	}
	command_done(call, "Disconnected.");
}

static void removed(const struct registration_outcome *o, void *arg)
{
	struct command_call *call = arg;
	if (o->error != ERR_NONE)
		command_fail(call, o->error, o->text);
	else
		command_done(call, o->text != NULL ? o->text : "Removed.");
}

static void run_remove(
	struct command_call *call, const struct settings_values *values)
{
	struct user *u = given_user(call, values);
	if (u == NULL)
		return;
	log_info("admin", "remove user=%s by=%s", u->jid, call->user->jid);
	registration_remove(u, NULL, removed, call);
}

/* --- Announcing ---------------------------------------------------------- */

static const struct gw_setting announce_rows[] = {
	{ .name = "announcement",
		.label = "Announcement",
		.help = "Sent to every user who is online.",
		.type = GW_TEXT_LIST,
		.required = true },
	{ .name = NULL },
};

static const struct gw_setting *ask_announcement(struct command_call *call)
{
	(void)call;
	return announce_rows;
}

static void run_announce(
	struct command_call *call, const struct settings_values *values)
{
	const struct gateway *g = call->user->gateway;
	log_info("admin", "announce by=%s", call->user->jid);
	size_t pos = 0, count = 0;
	struct user *u;
	while ((u = map_next(&g->users, &pos)) != NULL) {
		if (list_is_empty(&u->resources) && list_is_empty(&u->accounts))
			continue;
		message_notice(u, NULL, values->values[0]);
		count++;
	}
	char text[64];
	text_format(text, sizeof(text), "Sent to %zu users.", count);
	command_done(call, text);
}

/* --- The process --------------------------------------------------------- */

static const char *const levels[] = { "error", "warning", "info", "debug",
	NULL };

static const struct gw_setting level_rows[] = {
	{ .name = "level",
		.label = "Log level",
		.type = GW_CHOICE,
		.choices = levels,
		.required = true },
	{ .name = NULL },
};

static const struct gw_setting *ask_level(struct command_call *call)
{
	(void)call;
	return level_rows;
}

static void run_level(
	struct command_call *call, const struct settings_values *values)
{
	int level = log_level_by_name(values->values[0]);
	log_info("admin", "log level %s by=%s", values->values[0],
		call->user->jid);
	log_set_level((enum log_level)level);
	command_done(call, "Set, until the next reload or restart.");
}

static void run_reload(
	struct command_call *call, const struct settings_values *values)
{
	(void)values;
	struct host *h = host_of(call);
	log_info("admin", "reload by=%s", call->user->jid);
	if (h->reload(h->arg))
		command_done(call,
			"The configuration was read again; the log says what "
			"changed and what needs a restart.");
	else
		command_fail(call, ERR_NOT_ACCEPTABLE,
			"The configuration cannot be used: all stays as it "
			"was. The log says what is wrong with it.");
}

static void run_stop(
	struct command_call *call, const struct settings_values *values)
{
	(void)values;
	struct host *h = host_of(call);
	log_info("admin", "stop by=%s", call->user->jid);
	command_done(call, "Stopping.");
	h->stop(h->arg);
}

const struct command commands_admin[] = {
	{ .node = ADMIN("get-online-users-list"),
		.name = "online",
		.label = "Users online",
		.admin = true,
		.run = run_online },
	{ .node = ADMIN("get-registered-users-list"),
		.name = "users",
		.label = "Registered users",
		.admin = true,
		.run = run_registered },
	{ .name = "sessions",
		.label = "Sessions with the networks",
		.admin = true,
		.run = run_sessions },
	{ .node = ADMIN("end-user-session"),
		.name = "disconnect",
		.label = "Disconnect a user",
		.admin = true,
		.settings = ask_user,
		.run = run_disconnect },
	{ .node = ADMIN("delete-user"),
		.name = "remove",
		.label = "Remove a user's registration",
		.admin = true,
		.settings = ask_user,
		.run = run_remove },
	{ .node = ADMIN("announce"),
		.name = "announce",
		.label = "Send a message to all users",
		.admin = true,
		.settings = ask_announcement,
		.run = run_announce },
	{ .name = "links",
		.label = "State of the streams and the store",
		.admin = true,
		.run = run_links },
	{ .name = "loglevel",
		.label = "Set the log level",
		.admin = true,
		.settings = ask_level,
		.run = run_level },
	{ .name = "reload",
		.label = "Read the configuration again",
		.admin = true,
		.run = run_reload },
	{ .node = ADMIN("shutdown"),
		.name = "stop",
		.label = "Stop the gateway",
		.admin = true,
		.run = run_stop },
	{ .name = NULL },
};
