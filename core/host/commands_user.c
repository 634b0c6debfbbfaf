/*
 * The commands of every user.
 */
#include <string.h>

#include "base/limits.h"
#include "host/command.h"
#include "host/contact.h"
#include "host/contacts_offer.h"
#include "host/export.h"
#include "host/outbox.h"
#include "host/registration.h"
#include "host/room.h"

#define TEXT_MAX (64u * KIB)

/* --- Which account ------------------------------------------------------- */

static struct account *only_account(const struct user *u)
{
	struct account *only = NULL;
	list_for_each(it, &u->accounts) {
		struct account *a = CONTAINER(it, struct account, link);
		if (!a->registered)
			continue;
		if (only != NULL)
			return NULL;
		only = a;
	}
	return only;
}

/* The registered account that was named, or the only one. */
static struct account *named_account(struct command_call *call)
{
	if (call->network == NULL)
		return only_account(call->user);
	struct account *a = account_find(call->user, call->network);
	return a != NULL && a->registered ? a : NULL;
}

static void fail_unnamed(struct command_call *call)
{
	struct str text = { .max = TEXT_MAX };
	if (!user_is_registered(call->user)) {
		str_add(&text,
			"You are not registered here yet. Use \"register\" "
			"first.");
	} else {
		str_add(&text, "Which one? Run this at the address of the "
			       "one you mean, or name it by chat:");
		list_for_each(it, &call->user->accounts) {
			const struct account *a =
				CONTAINER(it, struct account, link);
			if (a->registered)
				str_addf(&text, "\n%s %s", call->command->name,
					a->key);
		}
	}
	command_fail(call, ERR_ITEM_NOT_FOUND, str_text(&text));
	str_finish(&text);
}

/* --- register, settings -------------------------------------------------- */

static const struct gw_setting *account_settings(struct command_call *call)
{
	return call->user->gateway->api.ops->settings;
}

static struct account *register_subject(struct command_call *call)
{
	return call->network != NULL ? named_account(call) : NULL;
}

static void applied(const struct registration_outcome *o, void *arg)
{
	struct command_call *call = arg;
	if (o->wanted != NULL && command_want(call, o->wanted, o->question))
		return;
	if (o->error != ERR_NONE) {
		command_fail(call, o->error, o->text);
		return;
	}
	char text[512];
	const struct contact *gateway = contact_find(call->user, "");
	bool known = gateway != NULL && (gateway->state & CONTACT_FROM_USER);
	text_format(text, sizeof(text), "Your settings for %s are stored.%s",
		o->account->key,
		known ? ""
		      : " Accept the contact request of this gateway so that "
			"it sees when you are online.");
	command_done(call, text);
}

static void apply(struct command_call *call, const char *network,
	const struct settings_values *values)
{
	struct settings_values given = *values;
	if (registration_apply(call->user, network, &given, applied, call) &&
		call->by_chat)
		chat_progress(call, "One moment: I am logging in.");
}

static void run_register(
	struct command_call *call, const struct settings_values *values)
{
	apply(call, call->network, values);
}

static const struct gw_setting *change_settings(struct command_call *call)
{
	return named_account(call) != NULL ? account_settings(call) : NULL;
}

static void run_settings(
	struct command_call *call, const struct settings_values *values)
{
	struct account *a = named_account(call);
	if (a == NULL) {
		fail_unnamed(call);
		return;
	}
	apply(call, a->key, values);
}

/* --- unregister ---------------------------------------------------------- */

#define CONFIRM(question)                                                     \
	{                                                                     \
		{ .name = "confirm",                                          \
			.label = (question),                                  \
			.help = "Settings, passwords, contacts and archived " \
				"messages are deleted.",                      \
			.type = GW_BOOL,                                      \
			.required = true },                                   \
			{ .name = NULL },                                     \
	}

static const struct gw_setting unregister_rows[] = CONFIRM("Really remove it?");
static const struct gw_setting unregister_all_rows[] =
	CONFIRM("Really remove all that you have here?");

/* NULL, or why there is nothing to remove. */
static const char *why_not_there(struct command_call *call)
{
	if (!user_is_registered(call->user))
		return "You are not registered here.";
	if (call->network != NULL && named_account(call) == NULL)
		return "You are not registered with that one. Send "
		       "\"accounts\" for a list of yours.";
	return NULL;
}

static const struct gw_setting *unregister_settings(struct command_call *call)
{
	if (why_not_there(call) != NULL)
		return NULL;
	return call->network != NULL ? unregister_rows : unregister_all_rows;
}

static void unregistered(const struct registration_outcome *o, void *arg)
{
	struct command_call *call = arg;
	if (o->error != ERR_NONE)
		command_fail(call, o->error, o->text);
	else
		command_done(call, o->text != NULL
					   ? o->text
					   : "Removed: settings, passwords, "
					     "contacts and archived messages.");
}

static void run_unregister(
	struct command_call *call, const struct settings_values *values)
{
	const char *why = why_not_there(call);
	if (why != NULL) {
		command_fail(call, ERR_REGISTRATION_REQUIRED, why);
		return;
	}
	if (values->values[0] == NULL || strcmp(values->values[0], "1") != 0) {
		command_done(call, "Nothing was removed.");
		return;
	}
	registration_remove(call->user, call->network, unregistered, call);
}

/* --- accounts, status ---------------------------------------------------- */

static void run_accounts(
	struct command_call *call, const struct settings_values *values)
{
	(void)values;
	struct str text = { .max = TEXT_MAX };
	list_for_each(it, &call->user->accounts) {
		const struct account *a = CONTAINER(it, struct account, link);
		if (text.len > 0)
			str_add_char(&text, '\n');
		account_describe(a, &text);
		if (!a->registered)
			str_add(&text, " (as a guest)");
	}
	if (text.len == 0)
		str_add(&text, "You have no accounts here. Use \"register\" "
			       "to add one.");
	command_done(call, str_text(&text));
	str_finish(&text);
}

static void describe_rooms(const struct account *a, struct str *text)
{
	size_t pos = 0;
	const struct room *r;
	while ((r = map_next(&a->rooms, &pos)) != NULL)
		str_addf(text, "\n    in %s%s%s", r->name,
			r->nick != NULL ? " as " : "",
			r->nick != NULL ? r->nick : "");
}

static void describe_outbox(const struct account *a, struct str *text)
{
	unsigned count = outbox_count(a);
	if (count == 1)
		str_add(text, "\n    1 message of yours is on its way");
	else if (count > 1)
		str_addf(text, "\n    %u messages of yours are on their way",
			count);
}

static void run_status(
	struct command_call *call, const struct settings_values *values)
{
	(void)values;
	struct str text = { .max = TEXT_MAX };
	str_add(&text, user_is_registered(call->user)
			       ? "You are registered."
			       : "You are not registered. Use \"register\" to "
				 "do so.");
	list_for_each(it, &call->user->accounts) {
		const struct account *a = CONTAINER(it, struct account, link);
		str_add_char(&text, '\n');
		account_describe(a, &text);
		describe_outbox(a, &text);
		describe_rooms(a, &text);
	}
	command_done(call, str_text(&text));
	str_finish(&text);
}

/* --- The table ----------------------------------------------------------- */

static const struct gw_setting *export_settings(struct command_call *call)
{
	(void)call;
	return export_rows;
}

const struct command commands_user[] = {
	{ .name = "register",
		.label = "Register an account, or add another",
		.help = "Fill in what the network needs to know.",
		.settings = account_settings,
		.subject = register_subject,
		.run = run_register },
	{ .name = "accounts",
		.label = "List your accounts",
		.run = run_accounts },
	{ .name = "settings",
		.thorough = true,
		.label = "Change an account's settings",
		.help = "A password left empty stays as it is; by chat, "
			"\"clear\" removes one.",
		.is_help_of_secrets = true,
		.settings = change_settings,
		.subject = named_account,
		.run = run_settings },
	{ .name = "unregister",
		.label = "Remove an account, or all",
		.settings = unregister_settings,
		.run = run_unregister },
	{ .name = "status",
		.label = "Show how your connections are",
		.run = run_status },
	{ .name = "contacts",
		.label = "Send the contacts to your contact list",
		.run = contacts_offer },
	{ .name = "export",
		.label = "Show everything stored about you",
		.help = "Settings, contacts and archived messages, passwords "
			"left out.",
		.settings = export_settings,
		.run = export_run },
	{ .name = NULL },
};
