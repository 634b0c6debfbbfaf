#include "email/commands.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/str.h"
#include "email/errand.h"
#include "email/group.h"
#include "email/inbox.h"
#include "email/login.h"
#include "email/names.h"
#include "email/photos.h"
#include "email_wire/address.h"

static const struct gw_setting group_settings[] = {
	{ .name = "people",
		.label = "People",
		.type = GW_TEXT_LIST,
		.required = true,
		.max = ADDRESS_MAX,
		.help = "Their mail addresses, one a line" },
	{ .name = NULL },
};

static const char *const modes[] = { "rooms", "flat", NULL };

static const struct gw_setting mode_settings[] = {
	{ .name = "mode",
		.label = "Mails to several people",
		.type = GW_CHOICE,
		.choices = modes,
		.required = true,
		.help = "rooms: each group of people is a room; flat: they "
			"come from their senders, and say who else got them" },
	{ .name = NULL },
};

static const char *check_hour(const char *value)
{
	size_t digits = strspn(value, "0123456789");
	bool is_hour = digits > 0 && digits < 3 && value[digits] == '\0' &&
		       strtol(value, NULL, 10) < 24;

	return is_hour || strcmp(value, "off") == 0
		       ? NULL
		       : "must be an hour from 0 to 23, or off.";
}

static const struct gw_setting digest_settings[] = {
	{ .name = "hour",
		.label = "At which hour (UTC)",
		.type = GW_TEXT,
		.required = true,
		.max = 3,
		.check = check_hour,
		.help = "0 to 23; off: newsletters come one by one" },
	{ .name = NULL },
};

static const struct gw_setting block_settings[] = {
	{ .name = "address",
		.label = "Mail address",
		.type = GW_TEXT,
		.required = true,
		.max = ADDRESS_MAX },
	{ .name = NULL },
};

static const struct gw_setting number_settings[] = {
	{ .name = "number",
		.label = "Number in the list of spam",
		.type = GW_TEXT,
		.required = true,
		.max = 8 },
	{ .name = NULL },
};

static const struct gw_setting import_settings[] = {
	{ .name = "count",
		.label = "How many",
		.type = GW_INT,
		.required = true,
		.min = 1,
		.max = INBOX_IMPORT_MAX },
	{ .name = NULL },
};

const struct gw_command email_commands[] = {
	{ .name = "group",
		.label = "Write to several people",
		.help = "Opens a room; what you write there is a mail to all",
		.settings = group_settings },
	{ .name = "groups",
		.label = "Show mails to several people as rooms, or flat",
		.help = "What is in rooms already stays there",
		.settings = mode_settings },
	{ .name = "digest",
		.label = "Get newsletters once a day, in one message",
		.help = "One-time codes come at once all the same",
		.settings = digest_settings },
	{ .name = "import",
		.label = "Show older mails",
		.help = "The newest mails of your inbox come as if they were "
			"new, but without a sound",
		.settings = import_settings },
	{ .name = "login",
		.label = "Log in again at your provider",
		.help = "Sends you a new link",
		.is_early = true },
	{ .name = "block",
		.label = "Block somebody",
		.help = "His mails are not shown any more",
		.settings = block_settings },
	{ .name = "unblock",
		.label = "Unblock somebody",
		.help = "His mails are shown again",
		.settings = block_settings },
	{ .name = "blocked",
		.label = "Whom you blocked",
		.help = "Lists whose mails are not shown" },
	{ .name = "spam",
		.label = "Show spam",
		.help = "Lists the newest mails in the Junk folder" },
	{ .name = "not-spam",
		.label = "This is no spam",
		.help = "Moves a mail of that list to the inbox",
		.settings = number_settings },
	{ .name = NULL },
};

/* A command or question under way. */
struct task {
	struct list link; /* session->tasks */
	struct email_session *session;
	gw_request request;
	struct arena arena;
	char *person;
	bool has_talk;
	struct memory_talk talk;
	/* Of a choice: the answer when it is kept, and what was before. */
	const char *words;
	bool flat;
	int digest_hour;
	int64_t digest_day;
};

static struct task *task_new(struct email_session *s, gw_request request)
{
	struct task *t = xalloc(sizeof(*t));

	t->session = s;
	t->request = request;
	arena_init(&t->arena, 256 * KIB);
	list_append(&s->tasks, &t->link);
	return t;
}

static void task_free(struct task *t)
{
	list_remove(&t->link);
	memory_forget_calls(t->session->memory, t);
	email_inbox_forget(t->session->inbox, t);
	group_forget_calls(t->session, t);
	arena_finish(&t->arena);
	xfree(t->person);
	xfree(t);
}

static void done(struct task *t, const char *text)
{
	gw_done(t->session->session, t->request, text);
	task_free(t);
}

static void fail(struct task *t, enum gw_reason reason, const char *text)
{
	gw_fail(t->session->session, t->request, reason, text);
	task_free(t);
}

/* --- group --------------------------------------------------------------- */

static void on_group_kept(bool ok, void *arg)
{
	struct task *t = arg;

	if (ok)
		done(t, t->words);
	else
		fail(t, GW_BUSY, MEMORY_RETRY);
}

static void on_entered(struct group *g, void *arg)
{
	struct task *t = arg;
	char text[200];

	text_format(text, sizeof(text),
		"You are invited into the room. What you write there goes to "
		"%zu people.",
		g->count);
	t->words = arena_copy(&t->arena, slice_of(text));
	group_keep(g);
	memory_await(t->session->memory, on_group_kept, t);
}

static void on_group(struct group *g, void *arg)
{
	if (g == NULL)
		fail(arg, GW_BUSY, MEMORY_RETRY);
	else
		group_enter(g, "Mails to several people", on_entered, arg);
}

static void group(struct task *t, const char *const *values)
{
	struct mail_address list[GROUP_MAX];
	struct slice rest = slice_of(values[0]);
	size_t count = 0;

	while (rest.data != NULL && rest.len > 0) {
		char address[ADDRESS_MAX + 1];
		struct slice line = slice_trim(slice_cut(&rest, '\n'));

		if (line.len == 0)
			continue;
		if (address_normalize(line, address, sizeof(address)) != 0) {
			fail(t, GW_BAD_ADDRESS,
				"One of these is no mail address. Write them "
				"like alice@example.org, one a line.");
			return;
		}
		if (count == COUNT(list)) {
			fail(t, GW_FULL, "These are too many people.");
			return;
		}
		list[count++] = (struct mail_address){ NULL,
			arena_copy(&t->arena, slice_of(address)) };
	}
	if (count < 2)
		fail(t, GW_NOT_ACCEPTABLE,
			"A group is two people at least; to one you write "
			"directly.");
	else
		group_of_people(t->session, list, count, NULL, on_group, t);
}

/* --- Choices ------------------------------------------------------------- */

static void note_choices(struct task *t)
{
	const struct choices *c = &t->session->choices;

	t->flat = c->flat;
	t->digest_hour = c->digest_hour;
	t->digest_day = c->digest_day;
}

static void restore_choices(const struct task *t)
{
	struct choices *c = &t->session->choices;

	c->flat = t->flat;
	c->digest_hour = t->digest_hour;
	c->digest_day = t->digest_day;
}

/* --- groups -------------------------------------------------------------- */

static void on_groups_kept(bool ok, void *arg)
{
	struct task *t = arg;

	if (ok) {
		done(t, t->words);
		return;
	}
	restore_choices(t);
	fail(t, GW_BUSY, MEMORY_RETRY);
}

static void groups(struct task *t, const char *const *values)
{
	struct choices *c = &t->session->choices;

	note_choices(t);
	c->flat = strcmp(values[0], "flat") == 0;
	t->words = c->flat ? "Mails to several people come from their senders "
			     "now. What you answer goes to the sender; /all "
			     "and your text goes to all."
			   : "Mails to several people are rooms now.";
	choices_keep(c, t->session->memory);
	memory_await(t->session->memory, on_groups_kept, t);
}

/* --- digest -------------------------------------------------------------- */

static void on_digest_kept(bool ok, void *arg)
{
	struct task *t = arg;
	struct email_session *s = t->session;

	if (!ok) {
		restore_choices(t);
		fail(t, GW_BUSY, MEMORY_RETRY);
		return;
	}
	if (s->choices.digest_hour >= 0)
		digest_wake(s->digest);
	else
		digest_end(s->digest);
	done(t, t->words);
}

static void digest(struct task *t, const char *const *values)
{
	struct choices *c = &t->session->choices;
	bool wants = strcmp(values[0], "off") != 0;

	note_choices(t);
	c->digest_hour = wants ? (int)strtol(values[0], NULL, 10) : -1;
	c->digest_day = 0;
	t->words = wants ? "Newsletters come once a day now."
			 : "Newsletters come one by one now.";
	choices_keep(c, t->session->memory);
	memory_await(t->session->memory, on_digest_kept, t);
}

/* --- import, login ------------------------------------------------------- */

static void on_import(unsigned count, const char *text, void *arg)
{
	char words[200];

	if (text != NULL) {
		fail(arg, GW_BUSY, text);
		return;
	}
	text_format(words, sizeof(words),
		"%u mails of your inbox follow; those that you have already "
		"are left out.",
		count);
	done(arg, words);
}

static void import(struct task *t, const char *const *values)
{
	unsigned long count =
		values[0] != NULL ? strtoul(values[0], NULL, 10) : 0;

	if (count == 0 || count > INBOX_IMPORT_MAX)
		fail(t, GW_NOT_ACCEPTABLE, "Say how many mails: 1 to 500.");
	else
		email_inbox_import(
			t->session->inbox, (unsigned)count, on_import, t);
}

static void login_again(struct task *t, const char *const *values)
{
	(void)values;
	if (login_anew(t->session->login))
		done(t, "A new link follows.");
	else
		done(t, "Nothing waits for a login.");
}

/* In the order of email_commands, which begins with these. */
static void (*const runs[])(struct task *t, const char *const *values) = {
	group, groups, digest, import, login_again
};

/* What is a word behind a slash as well. */
static const struct {
	const char *name;
	void (*run)(struct errand *e);
} errands[] = {
	{ "block", slash_block },
	{ "unblock", slash_unblock },
	{ "blocked", slash_blocked },
	{ "spam", slash_spam },
	{ "not-spam", slash_notspam },
};

void email_command(struct gw_session *gw, gw_request request, size_t index,
	const char *const *values)
{
	struct email_session *s = email_session_of(gw);
	const struct gw_command *command = &email_commands[index];
	const char *args = command->settings != NULL ? values[0] : "";

	for (size_t i = 0; i < COUNT(errands); i++) {
		if (strcmp(command->name, errands[i].name) != 0)
			continue;
		errands[i].run(
			errand_new(s, request, "", slice_trim(slice_of(args))));
		return;
	}
	runs[index](task_new(s, request), values);
}

/* --- Who is it? ---------------------------------------------------------- */

static void tell_item(struct task *t, const char *key, const char *value)
{
	const struct gw_item item = { .key = key, .value = value };

	if (value != NULL && value[0] != '\0')
		gw_item(t->session->session, t->request, &item);
}

static void on_photo(const char *name, struct slice data, bool ok, void *arg)
{
	struct task *t = arg;

	(void)ok;
	if (name != NULL)
		tell_item(t, "photo", photos_item(data, &t->arena));
	else
		done(t, NULL);
}

static void on_talk(const char *name, struct slice data, bool ok, void *arg)
{
	struct task *t = arg;

	(void)ok;
	if (name != NULL) {
		t->has_talk =
			memory_talk_decode(data, &t->arena, &t->talk) == 0;
		return;
	}
	char kept[MEMORY_NAME_SIZE];

	tell_item(t, "email", t->person);
	if (t->has_talk)
		tell_item(t, "realname", t->talk.display);
	photos_kept_name(t->person, kept);
	memory_recall_one(t->session->memory, kept, on_photo, t);
}

void email_lookup(struct gw_session *gw, gw_request request,
	enum gw_lookup what, const char *person)
{
	struct email_session *s = email_session_of(gw);

	if (what != GW_PROFILE) {
		gw_fail(gw, request, GW_UNSUPPORTED,
			"Nobody can be asked that by mail.");
		return;
	}
	struct task *t = task_new(s, request);

	t->person = xstrdup(person);
	memory_recall_talk(s->memory, person, on_talk, t);
}

void commands_stop_all(struct email_session *s)
{
	while (!list_is_empty(&s->tasks))
		task_free(CONTAINER(s->tasks.next, struct task, link));
}
