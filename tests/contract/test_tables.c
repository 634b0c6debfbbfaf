/*
 * The constant tables of every gateway: what core/api/gateway.h calls MUST is
 * there, and every row can be shown, asked and stored.
 */
#include "each_gateway.h"

#include <stdlib.h>

#include "base/config.h"
#include "base/limits.h"
#include "base/utf8.h"

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789_-"

/* Is it there, clean, and short enough for a label? */
static void assert_words(const char *text, const char *what)
{
	if (text == NULL || text[0] == '\0' || strlen(text) > 300 ||
		!utf8_is_valid(slice_of(text)) || strpbrk(text, "\r\n\t"))
		fail_msg("%s: \"%s\"", what, text != NULL ? text : "(none)");
}

static void assert_name(const char *text, const char *what)
{
	assert_words(text, what);
	if (text[strspn(text, NAME_CHARS)] != '\0' || strlen(text) > 40)
		fail_msg("%s: \"%s\" is no name", what, text);
}

/* --- The gateway --------------------------------------------------------- */

static void identity(const struct gateway_ops *ops)
{
	assert_name(ops->name, "name");
	assert_name(ops->disco_type, "disco_type");
	assert_name(ops->person_type, "person_type");
	if (ops->room_type != NULL)
		assert_name(ops->room_type, "room_type");
	assert_words(ops->title, "title");
	assert_words(ops->account_title, "account_title");
	assert_words(ops->prompt, "prompt");
	/* As clients take them: escaped (XEP-0106 section 2). */
	for (size_t i = 0; ops->examples[i] != NULL; i++)
		assert_null(strpbrk(ops->examples[i], " \"&'/:<>@"));
	const unsigned known = GW_CAP_ROOMS | GW_CAP_TYPING | GW_CAP_RECEIPTS |
			       GW_CAP_DISPLAYED | GW_CAP_SUBJECT |
			       GW_CAP_THREAD | GW_CAP_GUEST | GW_CAP_ALWAYS |
			       GW_CAP_DURABLE | GW_CAP_REPLY | GW_CAP_CORRECT |
			       GW_CAP_RETRACT | GW_CAP_REACT | GW_CAP_FILES |
			       GW_CAP_SHARED_NAMES | GW_CAP_ADDRESSES |
			       GW_CAP_OWN_NICKS | GW_CAP_WRITE;
	if ((ops->caps & GW_CAP_OWN_NICKS) != 0)
		assert_non_null(ops->set_nick);
	assert_int_equal(ops->caps & ~known, 0);
	const unsigned extras = GW_CAP_REPLY | GW_CAP_CORRECT | GW_CAP_RETRACT |
				GW_CAP_REACT | GW_CAP_FILES | GW_CAP_ADDRESSES;
	if ((ops->caps & extras) != 0)
		assert_true((ops->caps & GW_CAP_DURABLE) != 0);
	for (size_t i = 0; each_gateway(i) != ops; i++)
		assert_string_not_equal(each_gateway(i)->name, ops->name);
}

static void slots(const struct gateway_ops *ops)
{
	assert_non_null(ops->settings);
	assert_true(ops->start && ops->stop);
	assert_true(ops->parse_address && ops->format_address);
	assert_true(ops->read_input && ops->canonical_account);
	assert_true(ops->open && ops->close && ops->send);
	bool rooms = (ops->caps & GW_CAP_ROOMS) != 0;
	assert_int_equal(ops->join != NULL, rooms);
	assert_int_equal(ops->leave != NULL, rooms);
	if (!rooms)
		assert_null(ops->room_type);
	if (!rooms)
		assert_false(ops->set_nick || ops->set_subject ||
			     ops->moderate || ops->list_bans ||
			     ops->configure || ops->invite);
	assert_int_equal(ops->typing != NULL, (ops->caps & GW_CAP_TYPING) != 0);
	assert_int_equal(
		ops->displayed != NULL, (ops->caps & GW_CAP_DISPLAYED) != 0);
	assert_int_equal(ops->command != NULL, ops->commands != NULL);
}

/* --- Settings ------------------------------------------------------------ */

static void check_default(const struct gw_setting *row)
{
	const char *def = row->def;
	bool found = false;
	switch (row->type) {
	case GW_BOOL:
		assert_true(strcmp(def, "0") == 0 || strcmp(def, "1") == 0);
		break;
	case GW_INT:
		assert_true(strtol(def, NULL, 10) >= row->min);
		assert_true(strtol(def, NULL, 10) <= row->max);
		break;
	case GW_CHOICE:
		for (size_t i = 0; row->choices[i] != NULL; i++)
			found |= strcmp(row->choices[i], def) == 0;
		assert_true(found);
		break;
	case GW_SECRET:
		fail_msg("%s: a secret that everybody knows", row->name);
		break;
	case GW_TEXT:
	case GW_TEXT_LIST:
		if (row->max > 0)
			assert_true(strlen(def) <= (size_t)row->max);
		break;
	}
	if (row->check != NULL && def[0] != '\0')
		assert_null(row->check(def));
}

static void check_use(const struct gw_setting *row)
{
	static const enum gw_setting_type types[] = {
		[GW_USE_ACCOUNT] = GW_TEXT,
		[GW_USE_NICK] = GW_TEXT,
		[GW_USE_STAY] = GW_BOOL,
		[GW_USE_ROOMS] = GW_TEXT_LIST,
	};
	assert_true(row->use < COUNT(types));
	if (row->use != GW_USE_NONE)
		assert_int_equal(row->type, types[row->use]);
	if (row->use == GW_USE_ACCOUNT)
		assert_true(row->required && !row->advanced);
}

static void check_row(const struct gw_setting *row)
{
	assert_name(row->name, "setting");
	assert_words(row->label, row->name);
	if (row->help != NULL)
		assert_words(row->help, row->name);
	assert_true(row->type <= GW_CHOICE);
	if (row->type == GW_INT)
		assert_true(row->min <= row->max);
	else
		assert_true(row->min == 0 && row->max >= 0 &&
			    row->max <= (long)LIMIT_CONFIG_STRING);
	assert_int_equal(row->type == GW_CHOICE, row->choices != NULL);
	/* A chat would never ask for it. */
	if (row->required && (row->advanced || row->form_only))
		assert_non_null(row->def);
	if (row->def != NULL)
		check_default(row);
	check_use(row);
}

static bool is_same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static void check_rows(const struct gw_setting *rows)
{
	for (size_t i = 0; rows[i].name != NULL; i++) {
		check_row(&rows[i]);
		for (size_t k = 0; k < i; k++)
			if (is_same(rows[i].name, rows[k].name) ||
				is_same(rows[i].element, rows[k].element))
				fail_msg("\"%s\" twice", rows[i].name);
	}
}

static void user_settings(const struct gateway_ops *ops)
{
	/* XEP-0077 section 3.1, table 1. */
	static const char *const elements[] = { "username", "nick", "password",
		"name", "first", "last", "email", "address", "city", "state",
		"zip", "phone", "url", "date", "misc", "text", "key" };
	unsigned uses[GW_USE_ROOMS + 1] = { 0 };
	check_rows(ops->settings);
	for (const struct gw_setting *row = ops->settings; row->name; row++) {
		bool known = row->element == NULL;
		for (size_t i = 0; i < COUNT(elements); i++)
			known |= is_same(row->element, elements[i]);
		if (!known)
			fail_msg("XEP-0077 has no <%s/>", row->element);
		uses[row->use]++;
	}
	assert_int_equal(uses[GW_USE_ACCOUNT], 1);
	assert_true(uses[GW_USE_NICK] <= 1);
	assert_true(uses[GW_USE_STAY] <= 1);
	assert_true(uses[GW_USE_ROOMS] <= 1);
}

/* A check says words about anything, and never changes its mind. */
static void check_hostile(const struct gw_setting *row, const char *value)
{
	const char *first = row->check(value);
	if (first != NULL)
		assert_words(first, row->name);
	const char *second = row->check(value);
	assert_int_equal(first == NULL, second == NULL);
}

static void checks_of_settings(const struct gateway_ops *ops)
{
	static const char *const values[] = { "", " ", "a", "\r\n", "\x01",
		"\x7f", "%s%n%d", "../../etc/passwd", "\xc3\xa4",
		"\xf0\x9f\x98\x80", "<a/>&amp;", "a,b;c\\d'e\"f", "0", "-1",
		"99999999999999999999" };
	char *big = xalloc(64 * KIB);
	memset(big, 'x', 64 * KIB - 1);
	for (const struct gw_setting *row = ops->settings; row->name; row++) {
		if (row->check == NULL)
			continue;
		for (size_t i = 0; i < COUNT(values); i++)
			check_hostile(row, values[i]);
		check_hostile(row, big);
	}
	xfree(big);
}

/* --- Commands, hats, configuration --------------------------------------- */

/* Words of the chat and the core's commands. */
static const char *const taken_commands[] = { "help", "cancel", "register",
	"accounts", "settings", "unregister", "status", "contacts", "export",
	"online", "users", "sessions", "disconnect", "remove", "announce",
	"links", "loglevel", "reload", "stop" };

static void check_commands(
	const struct gw_command *list, const struct gw_command *others)
{
	for (size_t i = 0; list != NULL && list[i].name != NULL; i++) {
		assert_name(list[i].name, "command");
		assert_words(list[i].label, list[i].name);
		if (list[i].help != NULL)
			assert_words(list[i].help, list[i].name);
		if (list[i].settings != NULL)
			check_rows(list[i].settings);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(list[i].name, list[k].name);
		for (size_t k = 0; others != NULL && others[k].name; k++)
			assert_string_not_equal(list[i].name, others[k].name);
		for (size_t k = 0; k < COUNT(taken_commands); k++)
			assert_string_not_equal(
				list[i].name, taken_commands[k]);
	}
}

static void commands(const struct gateway_ops *ops)
{
	check_commands(ops->commands, ops->admin_commands);
	check_commands(ops->admin_commands, NULL);
	assert_true(ops->admin_commands == NULL || ops->administer != NULL);
}

static void hats(const struct gateway_ops *ops)
{
	size_t count = 0;
	for (; ops->hats != NULL && ops->hats[count].uri != NULL; count++) {
		assert_words(ops->hats[count].uri, "hat");
		assert_words(ops->hats[count].title, "hat");
		for (size_t k = 0; k < count; k++)
			assert_string_not_equal(
				ops->hats[count].uri, ops->hats[k].uri);
	}
	assert_true(count <= 8 * sizeof(unsigned));
}

static void see_key(const char *dotted, const struct cfg_item *item, void *arg)
{
	/* The rows that every gateway has. */
	static const char *const taken[] = { "type", "jid", "secret",
		"secret_file", "register_required", "max_accounts", "max_rooms",
		"sends_per_minute", "relays" };
	(void)arg;
	assert_words(item->help, dotted);
	for (size_t i = 0; i < COUNT(taken); i++)
		assert_string_not_equal(dotted, taken[i]);
}

static void configuration(const struct gateway_ops *ops)
{
	if (ops->config == NULL)
		return;
	assert_true(ops->config->size > 0);
	cfg_each_key(ops->config, see_key, NULL);
}

int main(void)
{
	static const struct each_test tests[] = {
		TEST(identity),
		TEST(slots),
		TEST(user_settings),
		TEST(checks_of_settings),
		TEST(commands),
		TEST(hats),
		TEST(configuration),
	};
	return each_gateway_runs(tests, COUNT(tests));
}
