/*
 * Commands by chat with the gateway's JID, for clients that know nothing but
 * messages: the command's name, then one question after the other.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "host/command.h"
#include "host/message.h"
#include "host/request.h"
#include "host/typeahead.h"

/* Takes a stored value away. */
#define WORD_CLEAR  "clear"
/* Ends the questions. */
#define WORD_CANCEL "cancel"

/* A command that is asking. `values` are owned; NULL: not given. */
struct dialogue {
	struct command_call *call;
	const struct gw_setting *rows;
	char **values;
	bool *cleared; /* one per row: back to the default or to none */
	size_t count, index;
	bool is_again; /* for what the network wants beside the others */
	/* Of a network's question (gw_ask) instead of a command. */
	struct account *asker;
	uint32_t question;
};

static void say(const struct user *u, const char *to, const char *text)
{
	struct gateway *g = u->gateway;
	message_answer(g, g->options->jid, to, u->thread, text);
}

static void dialogue_free(struct dialogue *d)
{
	for (size_t i = 0; i < d->count; i++) {
		if (d->values[i] != NULL)
			crypto_wipe(d->values[i], strlen(d->values[i]));
		xfree(d->values[i]);
	}
	xfree(d->values);
	xfree(d->cleared);
	/* One that runs tells its result later. */
	if (d->call != NULL && !d->call->running)
		command_free(&d->call);
	xfree(d);
}

static void drop_dialogue(struct user *u)
{
	struct dialogue *d = u->dialogue;
	u->dialogue = NULL;
	if (d != NULL)
		dialogue_free(d);
}

static bool is_running(const struct dialogue *d)
{
	return d->call != NULL && d->call->running;
}

static void next_question(struct user *u);

/* Nothing is asked any more: what waited for that comes now. */
static void go_on(struct user *u)
{
	next_question(u);
	typeahead_resume(u);
}

void chat_progress(struct command_call *call, const char *text)
{
	say(call->user, call->from, text);
}

void chat_ended(struct command_call *call, const char *text)
{
	struct user *u = call->user;
	say(u, call->from, text);
	if (u->dialogue != NULL && u->dialogue->call == call)
		drop_dialogue(u);
	command_free(&call);
	go_on(u);
}

/* --- Questions ----------------------------------------------------------- */

static struct account *subject(const struct dialogue *d)
{
	return d->call != NULL ? command_subject(d->call) : NULL;
}

/* A password is never shown, but one that is stored can be kept. */
static bool has_stored_secret(const struct dialogue *d)
{
	const struct gw_setting *row = &d->rows[d->index];
	struct account *a = subject(d);
	return a != NULL && row->type == GW_SECRET &&
	       account_value(a, row->name)[0] != '\0';
}

static const char *current(const struct dialogue *d)
{
	const struct gw_setting *row = &d->rows[d->index];
	struct account *a = subject(d);
	if (a != NULL && row->type != GW_SECRET)
		return account_value(a, row->name);
	return row->def;
}

/* Is something stored here that could be taken away? */
static bool can_clear(const struct dialogue *d)
{
	const struct gw_setting *row = &d->rows[d->index];
	struct account *a = subject(d);
	if (a == NULL || a->user->gateway->api.ops->settings != d->rows ||
		row->use == GW_USE_ACCOUNT)
		return false;
	const char *stored = account_stored_value(a, d->index);
	bool has_default = row->def != NULL && row->def[0] != '\0';
	return stored != NULL && stored[0] != '\0' &&
	       (!row->required || has_default) &&
	       !text_equals(stored, row->def);
}

static void put_choices(const struct gw_setting *row, struct str *text)
{
	if (row->type == GW_BOOL)
		str_add(text, " (yes or no)");
	if (row->type == GW_TEXT_LIST)
		str_add(text, " (commas between several)");
	if (row->type != GW_CHOICE)
		return;
	str_add(text, " (");
	for (size_t i = 0; row->choices[i] != NULL; i++)
		str_addf(text, "%s%s", i > 0 ? ", " : "", row->choices[i]);
	str_add(text, ")");
}

static void put_clearing(const struct dialogue *d, struct str *text)
{
	const char *def = d->rows[d->index].def;
	if (!can_clear(d))
		return;
	if (def != NULL && def[0] != '\0' && d->rows[d->index].type != GW_BOOL)
		str_addf(text, "\nSend \"" WORD_CLEAR "\" to go back to: %s",
			def);
	else if (d->rows[d->index].type != GW_BOOL)
		str_add(text, "\nSend \"" WORD_CLEAR "\" to remove it.");
}

static void put_question(const struct dialogue *d, struct str *text)
{
	const struct gw_setting *row = &d->rows[d->index];
	str_add(text, row->label);
	put_choices(row, text);
	struct str help = { .max = LIMIT_CONFIG_STRING };
	settings_put_help(&help, row, subject(d));
	if (help.len > 0)
		str_addf(text, "\n%s", str_text(&help));
	str_finish(&help);
	const char *now = current(d);
	if (row->type == GW_BOOL && now != NULL)
		now = strcmp(now, "1") == 0 ? "yes" : "no";
	if (has_stored_secret(d))
		str_add(text, "\nOne is stored. Send \"-\" to keep it, or a "
			      "new one.");
	else if (now != NULL && now[0] != '\0')
		str_addf(text, "\nSend \"-\" %s: %s",
			subject(d) != NULL ? "to keep" : "for", now);
	else if (!row->required)
		str_add(text, "\nSend \"-\" for none.");
	put_clearing(d, text);
}

static void ask(const struct user *u, const char *to)
{
	struct str text = { .max = LIMIT_CONFIG_STRING * 2 };
	put_question(u->dialogue, &text);
	say(u, to, str_text(&text));
	str_finish(&text);
}

static bool is_hidden(const struct dialogue *d, const struct gw_setting *row)
{
	const struct gw *gw =
		d->call != NULL ? &d->call->user->gateway->api : NULL;
	return gw != NULL && d->rows == gw->ops->settings &&
	       settings_is_hidden(gw, row);
}

/* The account's own key is not asked for when it is known. */
static bool is_asked(const struct dialogue *d, const struct gw_setting *row)
{
	bool thorough = d->call != NULL && d->call->command->thorough;
	if ((row->advanced && !thorough) || row->late || row->form_only ||
		is_hidden(d, row))
		return false;
	bool known = subject(d) != NULL ||
		     (d->call != NULL && d->call->network != NULL);
	return row->use != GW_USE_ACCOUNT || !known;
}

/* What this chat will not ask for, and where to give it. */
static void say_forms_ask(const struct user *u, const char *to)
{
	const struct dialogue *d = u->dialogue;
	struct str text = { .max = LIMIT_CONFIG_STRING * 2 };
	for (size_t i = 0; i < d->count; i++)
		if (d->rows[i].form_only && !is_hidden(d, &d->rows[i]))
			str_addf(&text, "%s%s", text.len > 0 ? ", " : "",
				d->rows[i].label);
	if (text.len > 0) {
		str_addf(&text,
			": I do not ask for that in a chat, because servers "
			"keep what is said there. Where it is needed, use a "
			"form: your client shows it when you register with %s, "
			"or when you run the command \"%s\" there.",
			u->gateway->options->jid, d->call->command->name);
		say(u, to, str_text(&text));
	}
	str_finish(&text);
}

static bool skip_to_question(struct dialogue *d)
{
	while (d->index < d->count && !is_asked(d, &d->rows[d->index]))
		d->index++;
	return d->index < d->count;
}

/* To a network's question; `values` NULL: declined. It may ask again. */
static void answer(struct user *u, const char *to, const char *const *values)
{
	struct dialogue *d = u->dialogue;
	struct account *a = d->asker;
	u->dialogue = NULL;
	if (account_is_live(a))
		account_ops(a)->answer(&a->session, d->question, values);
	else
		say(u, to, "The connection is gone, and the question with it.");
	dialogue_free(d);
	go_on(u);
}

static void run(struct user *u, const struct target *t, const char *to)
{
	struct dialogue *d = u->dialogue;
	const char **values = xcalloc(d->count + 1, sizeof(values[0]));
	for (size_t i = 0; i < d->count; i++)
		values[i] = d->values[i];
	struct settings_values given = {
		.values = values, .count = d->count, .cleared = d->cleared
	};
	if (d->call == NULL) {
		answer(u, to, values);
	} else {
		d->call->target = t;
		d->call->running = true;
		d->call->command->run(d->call, &given);
	}
	xfree(values);
}

/* "yes" and its like for booleans; "-" is empty or the default. */
static const char *meaning(const struct dialogue *d, const char *text)
{
	static const char *const yes[] = { "yes", "y", "on", "true", "1" };
	static const char *const no[] = { "no", "n", "off", "false", "0" };
	if (strcmp(text, "-") == 0)
		return NULL;
	if (d->rows[d->index].type != GW_BOOL)
		return text;
	for (size_t i = 0; i < COUNT(yes); i++) {
		if (strcasecmp(text, yes[i]) == 0)
			return "1";
		if (strcasecmp(text, no[i]) == 0)
			return "0";
	}
	return text;
}

/* Which account it is about decides what is asked and shown next. */
static const char *take_account(struct dialogue *d, const char *value)
{
	struct gateway *g = d->call->user->gateway;
	char key[GW_ACCOUNT_SIZE];
	const char *reason = NULL;
	if (g->api.ops->canonical_account(
		    &g->api, value, key, sizeof(key), &reason) != 0)
		return reason;
	xstrset(&d->call->network, key);
	return NULL;
}

/* Where there is one line only, blanks and commas stand for its ends. */
static void put_on_lines(char *text)
{
	for (char *p = text; *p != '\0'; p++)
		if (*p == ' ' || *p == ',')
			*p = '\n';
}

/* NULL, or why the answer is none. */
static const char *check_answer(
	struct dialogue *d, const char *value, struct str *scratch)
{
	const struct gw_setting *row = &d->rows[d->index];
	const char *now = current(d);
	if (value == NULL || value[0] == '\0')
		return row->required && !has_stored_secret(d) &&
				       (now == NULL || now[0] == '\0')
			       ? "This one is needed."
			       : NULL;
	const char *wrong = settings_check(row, value, scratch);
	if (wrong == NULL && row->use == GW_USE_ACCOUNT && d->call != NULL)
		wrong = take_account(d, value);
	return wrong;
}

static void say_wrong(const struct user *u, const char *to, const char *wrong)
{
	struct str text = { .max = LIMIT_CONFIG_STRING };
	str_addf(&text, "%s%s Send \"" WORD_CANCEL "\" to stop.", wrong,
		text_stop(wrong));
	say(u, to, str_text(&text));
	str_finish(&text);
}

static void take_answer(struct user *u, const struct target *t,
	const struct stanza *s, char *text)
{
	struct dialogue *d = u->dialogue;
	if (d->rows[d->index].type == GW_TEXT_LIST)
		put_on_lines(text);
	bool clears = can_clear(d) && strcasecmp(text, WORD_CLEAR) == 0;
	const char *value = clears ? NULL : meaning(d, text);
	struct str scratch = { .max = 1024 };
	const char *wrong = check_answer(d, value, &scratch);
	if (wrong != NULL) {
		say_wrong(u, s->from.full, wrong);
		ask(u, s->from.full);
	} else {
		d->cleared[d->index] = clears;
		xstrset(&d->values[d->index++], value);
		if (!d->is_again && skip_to_question(d))
			ask(u, s->from.full);
		else
			run(u, t, s->from.full);
	}
	str_finish(&scratch);
}

static void begin_dialogue(struct user *u, struct command_call *call,
	const struct gw_setting *rows)
{
	struct dialogue *d = xalloc(sizeof(*d));
	d->call = call;
	d->rows = rows;
	d->count = settings_count(rows);
	d->values = xcalloc(d->count + 1, sizeof(d->values[0]));
	d->cleared = xcalloc(d->count + 1, sizeof(d->cleared[0]));
	u->dialogue = d;
}

/* --- Commands ------------------------------------------------------------ */

static void help(struct user *u, const struct stanza *s)
{
	struct str text = { .max = LIMIT_STANZA_OUT };
	str_addf(&text, "This is the %s gateway. Send me one of these words:",
		u->gateway->api.ops->title);
	struct command space;
	const struct command *found;
	for (size_t i = 0; (found = command_at(u, i, &space)) != NULL; i++)
		str_addf(&text, "\n%s - %s", found->name, found->label);
	str_add(&text, "\nWhile I ask, \"" WORD_CANCEL "\" stops.");
	const char *const *examples = u->gateway->api.ops->examples;
	if (examples[0] != NULL)
		str_add(&text, "\nYour client joins rooms and writes to people "
			       "at addresses like these:");
	for (size_t i = 0; examples[i] != NULL; i++)
		str_addf(&text, "\n%s@%s", examples[i],
			u->gateway->options->jid);
	say(u, s->from.full, str_text(&text));
	str_finish(&text);
}

/* What follows the command's name says which account it is about; a slip
 * there must not make it one about all. Returns why it is none, or NULL. */
static const char *name_network(struct command_call *call, struct slice rest)
{
	const struct gateway *g = call->user->gateway;
	char text[GW_ACCOUNT_SIZE], key[GW_ACCOUNT_SIZE];
	const char *reason = "That is too long for an address.";
	if (rest.len == 0)
		return NULL;
	if (!text_format(
		    text, sizeof(text), "%.*s", (int)rest.len, rest.data) ||
		g->api.ops->canonical_account(
			&g->api, text, key, sizeof(key), &reason) != 0)
		return reason;
	xstrset(&call->network, key);
	return NULL;
}

static void start_command(struct user *u, const struct target *t,
	const struct stanza *s, const char *body)
{
	struct slice rest = slice_trim(slice_of(body));
	struct slice word = slice_cut(&rest, ' ');
	char name[128] = "";
	for (size_t i = 0; i < word.len && i < sizeof(name) - 1; i++) {
		unsigned char c = (unsigned char)word.data[i];
		name[i] = (char)(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c);
		name[i + 1] = '\0';
	}
	if (strcmp(name, "help") == 0 || strcmp(name, "?") == 0) {
		help(u, s);
		return;
	}
	if (strcmp(name, WORD_CANCEL) == 0) {
		say(u, s->from.full, "There is nothing to cancel.");
		return;
	}
	struct command_call *call = command_new(u, t, s, name, true);
	if (call == NULL) {
		say(u, s->from.full,
			"I don't know that command. Send \"help\" for a list "
			"of what I can do.");
		return;
	}
	const char *wrong = name_network(call, slice_trim(rest));
	if (wrong != NULL) {
		say(u, s->from.full, wrong);
		command_free(&call);
		return;
	}
	const struct gw_setting *rows = command_settings(call);
	begin_dialogue(u, call, rows);
	const char *words = command_help(call, rows);
	if (words != NULL)
		say(u, s->from.full, words);
	say_forms_ask(u, s->from.full);
	if (skip_to_question(u->dialogue))
		ask(u, s->from.full);
	else
		run(u, t, s->from.full);
}

static void cancel(struct user *u, const char *to)
{
	if (u->dialogue->call == NULL)
		answer(u, to, NULL);
	else
		drop_dialogue(u);
	say(u, to, "Cancelled.");
	go_on(u);
}

/* A command is running: what is typed meanwhile waits for its end. */
static void take_ahead(struct user *u, const struct stanza *s, const char *line)
{
	if (strcasecmp(line, WORD_CANCEL) == 0)
		typeahead_clear(u);
	else if (typeahead_add(u, s->from.full, line))
		return;
	say(u, s->from.full, "I am still busy with that. A moment.");
}

static void take_line(struct user *u, const struct target *t,
	const struct stanza *s, char *line)
{
	if (u->dialogue == NULL)
		start_command(u, t, s, line);
	else if (is_running(u->dialogue))
		take_ahead(u, s, line);
	else if (strcasecmp(line, WORD_CANCEL) == 0)
		cancel(u, s->from.full);
	else
		take_answer(u, t, s, line);
}

void chat_message(struct user *u, const struct target *t,
	const struct stanza *s, const char *body)
{
	struct slice text = slice_trim(slice_of(body));
	char line[LIMIT_CONFIG_STRING];
	xstrset(&u->thread, message_thread(s));
	if (text.len >= sizeof(line)) {
		say(u, s->from.full, "That is too long.");
		return;
	}
	memcpy(line, text.data, text.len);
	line[text.len] = '\0';
	take_line(u, t, s, line);
	crypto_wipe(line, text.len); /* it may have been a password */
}

bool chat_is_ready(const struct user *u)
{
	const struct dialogue *d = u->dialogue;
	return d == NULL || (d->call != NULL && !d->call->running);
}

void chat_typed(struct user *u, const char *from, char *line)
{
	const struct jid gateway = { .full = u->gateway->options->jid,
		.bare = u->gateway->options->jid };
	const struct target t = { .kind = TARGET_GATEWAY, .jid = &gateway };
	const struct stanza s = { .from = { .full = from }, .to = gateway };
	take_line(u, &t, &s, line);
}

bool chat_want(struct command_call *call, const struct gw_setting *row,
	const char *text)
{
	struct user *u = call->user;
	struct dialogue *d = u->dialogue;
	if (d == NULL || d->call != call)
		return false;
	d->index = (size_t)(row - d->rows);
	d->is_again = true;
	call->running = false;
	say(u, call->from, text);
	ask(u, call->from);
	return true;
}

/* --- Questions of a network ---------------------------------------------- */

struct question {
	struct list link; /* user->questions */
	struct account *asker;
	uint32_t number;
	const struct gw_setting *rows;
	char text[];
};

static void question_free(struct question *q)
{
	list_remove(&q->link);
	xfree(q);
}

/* The next one, unless the user is busy with something. A command that runs may
 * be waiting for just this answer. */
static void next_question(struct user *u)
{
	if (list_is_empty(&u->questions) ||
		(u->dialogue != NULL && !is_running(u->dialogue)))
		return;
	struct question *q =
		CONTAINER(u->questions.next, struct question, link);
	drop_dialogue(u);
	begin_dialogue(u, NULL, q->rows);
	u->dialogue->asker = q->asker;
	u->dialogue->question = q->number;
	(void)skip_to_question(u->dialogue);
	struct str text = { .max = LIMIT_STANZA_OUT };
	str_addf(&text, "%s\n", q->text);
	put_question(u->dialogue, &text);
	say(u, u->jid, str_text(&text));
	str_finish(&text);
	question_free(q);
}

uint32_t gw_ask(
	struct gw_session *s, const char *text, const struct gw_setting *fields)
{
	static uint32_t last;
	struct account *a = account_of(s);
	size_t size = strlen(text) + 1;
	struct question *q = xalloc(sizeof(*q) + size);
	memcpy(q->text, text, size);
	q->asker = a;
	q->number = ++last;
	q->rows = fields;
	list_append(&a->user->questions, &q->link);
	uint32_t number = q->number;
	next_question(a->user);
	return number;
}

/* `number` 0: all of the account. */
static void drop_questions(const struct account *a, uint32_t number)
{
	struct user *u = a->user;
	struct dialogue *d = u->dialogue;
	list_for_each_safe(it, &u->questions) {
		struct question *q = CONTAINER(it, struct question, link);
		if (q->asker == a && (number == 0 || q->number == number))
			question_free(q);
	}
	if (d == NULL || d->asker != a ||
		(number != 0 && d->question != number))
		return;
	drop_dialogue(u);
	go_on(u);
}

void gw_unask(struct gw_session *s, uint32_t question)
{
	if (question != 0)
		drop_questions(account_of(s), question);
}

void chat_forget_account(struct account *a)
{
	drop_questions(a, 0);
}

void chat_forget(struct user *u)
{
	typeahead_clear(u);
	drop_dialogue(u);
	while (!list_is_empty(&u->questions))
		question_free(
			CONTAINER(u->questions.next, struct question, link));
}

void chat_expired(struct user *u)
{
	drop_dialogue(u);
	go_on(u);
}
