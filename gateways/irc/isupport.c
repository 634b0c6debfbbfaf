/*
 * One table row per token: numbers share a handler that checks the range,
 * everything else has its own. A handler gets value.data == NULL for a token
 * without '=', and is not called for "-TOKEN": that copies the default back.
 */
#include "irc/isupport.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/encoding.h"
#include "base/intern.h"
#include "base/macros.h"
#include "base/utf8.h"

/* Longer values are no values: 005 comes in lines of 512 bytes. */
#define VALUE_MAX 512

/* The name of the network is shown to people. */
#define NETWORK_MAX 64

/* Most changes in one MODE line, whatever the server promises. */
#define MODES_MAX 20

struct token {
	const char *name;
	unsigned changed;
	/* Either a number: */
	unsigned min, max;
	unsigned bare; /* its value when the token has none */
	size_t offset;
	/* or something else; `reset` undoes it. */
	void (*set)(struct irc_isupport *s, struct slice value);
	void (*reset)(struct irc_isupport *s);
};

static bool is_symbol(char c)
{
	return (c > ' ' && c < '0') || (c > '9' && c < 'A') ||
	       (c > 'Z' && c < 'a') || (c > 'z' && c < 0x7f);
}

/* Position of a letter among A-Z and a-z; -1 for anything else. */
static int letter_index(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	return -1;
}

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* Add `c` to a small set; false when it is there or the set is full. */
static bool add_to_set(char *set, size_t size, char c)
{
	size_t len = strlen(set);

	if (is_one_of(c, set) || len + 1 >= size)
		return false;
	set[len] = c;
	set[len + 1] = '\0';
	return true;
}

/* A decimal number; false when it is none or over UINT16_MAX. */
static bool read_number(struct slice text, unsigned *number_r)
{
	unsigned number = 0;

	if (text.data == NULL || text.len == 0)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		number = number * 10 + (unsigned)(text.data[i] - '0');
		if (number > UINT16_MAX)
			return false;
	}
	*number_r = number;
	return true;
}

/* Modes ----------------------------------------------------------------- */

static void clear_classes(struct irc_isupport *s, bool prefix)
{
	for (size_t i = 0; i < COUNT(s->mode_class); i++)
		if ((s->mode_class[i] == IRC_MODE_PREFIX) == prefix)
			s->mode_class[i] = IRC_MODE_FLAG;
}

/* 'q' is a list of quiets on some networks, the founder on others. */
static void update_quiet(struct irc_isupport *s)
{
	s->quiet_mode = irc_mode_class(s, 'q') == IRC_MODE_LIST ? 'q' : '\0';
}

static void set_chanmodes(struct irc_isupport *s, struct slice value)
{
	static const enum irc_mode_class classes[] = {
		IRC_MODE_LIST,
		IRC_MODE_ALWAYS,
		IRC_MODE_SET,
	};

	clear_classes(s, false);
	for (size_t c = 0; c < COUNT(classes); c++) {
		struct slice letters = slice_cut(&value, ',');

		for (size_t i = 0; i < letters.len; i++) {
			int index = letter_index(letters.data[i]);

			if (index >= 0 &&
				s->mode_class[index] != IRC_MODE_PREFIX)
				s->mode_class[index] = (uint8_t)classes[c];
		}
	}
	update_quiet(s);
}

/* RFC 2812 and the lists that nearly every server has. */
static void reset_chanmodes(struct irc_isupport *s)
{
	set_chanmodes(s, slice_of("beI,k,l"));
}

/* PREFIX=(ov)@+; an empty value means that there are no prefixes. */
static void set_prefix(struct irc_isupport *s, struct slice value)
{
	clear_classes(s, true);
	memset(s->prefix_modes, 0, sizeof(s->prefix_modes));
	memset(s->prefix_symbols, 0, sizeof(s->prefix_symbols));
	if (value.len > 0 && value.data[0] == '(') {
		struct slice symbols =
			slice_make(value.data + 1, value.len - 1);
		struct slice letters = slice_cut(&symbols, ')');

		for (size_t i = 0; i < letters.len && i < symbols.len; i++) {
			int index = letter_index(letters.data[i]);

			if (index < 0 || !is_symbol(symbols.data[i]) ||
				is_one_of(symbols.data[i], s->prefix_symbols))
				continue;
			if (!add_to_set(s->prefix_modes,
				    sizeof(s->prefix_modes), letters.data[i]))
				continue;
			add_to_set(s->prefix_symbols, sizeof(s->prefix_symbols),
				symbols.data[i]);
			s->mode_class[index] = IRC_MODE_PREFIX;
		}
	}
	update_quiet(s);
}

static void reset_prefix(struct irc_isupport *s)
{
	set_prefix(s, slice_of("(ov)@+"));
}

/* A token that names one mode letter, with a customary default. */
static void set_letter(char *slot, struct slice value, char bare)
{
	if (value.len > 0)
		bare = value.data[0];
	if (letter_index(bare) >= 0)
		*slot = bare;
}

static void set_excepts(struct irc_isupport *s, struct slice value)
{
	set_letter(&s->except_mode, value, 'e');
}

static void reset_excepts(struct irc_isupport *s)
{
	s->except_mode = '\0';
}

static void set_invex(struct irc_isupport *s, struct slice value)
{
	set_letter(&s->invite_mode, value, 'I');
}

static void reset_invex(struct irc_isupport *s)
{
	s->invite_mode = '\0';
}

static void set_bot(struct irc_isupport *s, struct slice value)
{
	set_letter(&s->bot_mode, value, 'B');
}

static void reset_bot(struct irc_isupport *s)
{
	s->bot_mode = '\0';
}

static void reset_extban(struct irc_isupport *s)
{
	s->extban_prefix = '\0';
	s->extban_types[0] = '\0';
}

/* EXTBAN=$,arxc; the prefix may be missing. */
static void set_extban(struct irc_isupport *s, struct slice value)
{
	struct slice prefix = slice_cut(&value, ',');

	reset_extban(s);
	if (prefix.len > 0 && is_symbol(prefix.data[0]))
		s->extban_prefix = prefix.data[0];
	for (size_t i = 0; i < value.len; i++)
		if (value.data[i] > ' ' && value.data[i] < 0x7f)
			add_to_set(s->extban_types, sizeof(s->extban_types),
				value.data[i]);
}

/* Names, channels ------------------------------------------------------- */

static void set_casemapping(struct irc_isupport *s, struct slice value)
{
	s->casemap = irc_casemap_by_name(value);
}

static void reset_casemapping(struct irc_isupport *s)
{
	s->casemap = IRC_CASEMAP_RFC1459;
}

static void reset_network(struct irc_isupport *s)
{
	intern_drop(&s->network);
}

static void set_network(struct irc_isupport *s, struct slice value)
{
	struct str clean;

	reset_network(s);
	value.len = utf8_prefix(value, NETWORK_MAX);
	str_init(&clean, 3 * NETWORK_MAX + 1);
	utf8_clean(&clean, value);
	for (size_t i = 0; i < clean.len; i++)
		if ((unsigned char)clean.data[i] < ' ')
			clean.data[i] = ' ';
	if (clean.len > 0)
		s->network = intern_slice(str_slice(&clean));
	str_finish(&clean);
}

/* CHANTYPES=#&; an empty value means that there are no channels. The limits
 * stay with their types: CHANLIMIT often comes first. */
static void set_chantypes(struct irc_isupport *s, struct slice value)
{
	struct irc_isupport old = *s;

	s->chantypes[0] = '\0';
	memset(s->chanlimit, 0, sizeof(s->chanlimit));
	for (size_t i = 0; i < value.len; i++) {
		char c = value.data[i];

		if (!is_symbol(c) || c == ',' || c == ':' ||
			!add_to_set(s->chantypes, sizeof(s->chantypes), c))
			continue;
		const char *at = strchr(old.chantypes, c);
		if (at != NULL)
			s->chanlimit[strlen(s->chantypes) - 1] =
				old.chanlimit[at - old.chantypes];
	}
}

static void reset_chantypes(struct irc_isupport *s)
{
	set_chantypes(s, slice_of("#&"));
}

static void reset_chanlimit(struct irc_isupport *s)
{
	memset(s->chanlimit, 0, sizeof(s->chanlimit));
}

/* CHANLIMIT=#&:50,+:; a missing number means no limit. */
static void set_chanlimit(struct irc_isupport *s, struct slice value)
{
	reset_chanlimit(s);
	while (value.len > 0) {
		struct slice limit = slice_cut(&value, ',');
		struct slice types = slice_cut(&limit, ':');
		unsigned number = 0;

		if (!read_number(limit, &number))
			continue;
		for (size_t i = 0; i < types.len; i++) {
			const char *at =
				types.data[i] != '\0'
					? strchr(s->chantypes, types.data[i])
					: NULL;
			if (at != NULL)
				s->chanlimit[at - s->chantypes] =
					(uint16_t)number;
		}
	}
}

/* The old form: MAXCHANNELS=20, for all types. */
static void set_maxchannels(struct irc_isupport *s, struct slice value)
{
	unsigned number;

	if (!read_number(value, &number))
		return;
	for (size_t i = 0; s->chantypes[i] != '\0'; i++)
		s->chanlimit[i] = (uint16_t)number;
}

static void set_statusmsg(struct irc_isupport *s, struct slice value)
{
	s->statusmsg[0] = '\0';
	for (size_t i = 0; i < value.len; i++)
		if (is_symbol(value.data[i]))
			add_to_set(s->statusmsg, sizeof(s->statusmsg),
				value.data[i]);
}

static void reset_statusmsg(struct irc_isupport *s)
{
	s->statusmsg[0] = '\0';
}

/* Limits and features --------------------------------------------------- */

static const char *const target_commands[] = {
	[IRC_TARGETS_PRIVMSG] = "PRIVMSG",
	[IRC_TARGETS_NOTICE] = "NOTICE",
	[IRC_TARGETS_JOIN] = "JOIN",
	[IRC_TARGETS_PART] = "PART",
	[IRC_TARGETS_KICK] = "KICK",
	[IRC_TARGETS_NAMES] = "NAMES",
	[IRC_TARGETS_WHOIS] = "WHOIS",
	[IRC_TARGETS_MONITOR] = "MONITOR",
};

static_assert(COUNT(target_commands) == IRC_TARGETS_COUNT, "one row each");

static void reset_targmax(struct irc_isupport *s)
{
	memset(s->targmax, 0, sizeof(s->targmax));
}

/* TARGMAX=NAMES:1,KICK:4,PRIVMSG:; a missing number means no limit. */
static void set_targmax(struct irc_isupport *s, struct slice value)
{
	reset_targmax(s);
	while (value.len > 0) {
		struct slice limit = slice_cut(&value, ',');
		struct slice command = slice_cut(&limit, ':');
		unsigned number = 0;

		if (!read_number(limit, &number))
			continue;
		for (size_t i = 0; i < COUNT(target_commands); i++)
			if (slice_equals_nocase(command, target_commands[i]))
				s->targmax[i] = (uint16_t)number;
	}
}

static void set_maxtargets(struct irc_isupport *s, struct slice value)
{
	unsigned number;

	if (!read_number(value, &number))
		return;
	s->targmax[IRC_TARGETS_PRIVMSG] = (uint16_t)number;
	s->targmax[IRC_TARGETS_NOTICE] = (uint16_t)number;
}

static void set_modes(struct irc_isupport *s, struct slice value)
{
	unsigned number = MODES_MAX;

	if (value.len > 0 && !read_number(value, &number))
		return;
	if (number == 0 || number > MODES_MAX)
		number = number == 0 ? 1 : MODES_MAX;
	s->modes = (uint8_t)number;
}

static void reset_modes(struct irc_isupport *s)
{
	s->modes = 3; /* RFC 2812 section 3.2.3 */
}

static void set_elist(struct irc_isupport *s, struct slice value)
{
	s->elist_users = value.len > 0 &&
			 (memchr(value.data, 'U', value.len) != NULL ||
				 memchr(value.data, 'u', value.len) != NULL);
}

static void reset_elist(struct irc_isupport *s)
{
	s->elist_users = false;
}

/* Features that are on by being there. */
#define SWITCH(field)                                                       \
	static void set_##field(struct irc_isupport *s, struct slice value) \
	{                                                                   \
		(void)value;                                                \
		s->field = true;                                            \
	}                                                                   \
	static void reset_##field(struct irc_isupport *s)                   \
	{                                                                   \
		s->field = false;                                           \
	}
SWITCH(whox)
SWITCH(utf8only)
SWITCH(safelist)

#define NUMBER(name, field, min, max, bare)                              \
	{                                                                \
		name, IRC_CHANGED_OTHER, min, max, bare,                 \
			offsetof(struct irc_isupport, field), NULL, NULL \
	}
#define OTHER(name, changed, field)                                   \
	{                                                             \
		name, changed, 0, 0, 0, 0, set_##field, reset_##field \
	}

static const struct token tokens[] = {
	OTHER("CASEMAPPING", IRC_CHANGED_CASEMAP, casemapping),
	OTHER("PREFIX", IRC_CHANGED_PREFIX | IRC_CHANGED_MODES, prefix),
	OTHER("CHANTYPES", IRC_CHANGED_CHANTYPES, chantypes),
	OTHER("CHANMODES", IRC_CHANGED_MODES, chanmodes),
	OTHER("MODES", IRC_CHANGED_MODES, modes),
	OTHER("EXCEPTS", IRC_CHANGED_MODES, excepts),
	OTHER("INVEX", IRC_CHANGED_MODES, invex),
	OTHER("EXTBAN", IRC_CHANGED_MODES, extban),
	OTHER("BOT", IRC_CHANGED_MODES, bot),
	OTHER("STATUSMSG", IRC_CHANGED_OTHER, statusmsg),
	OTHER("NETWORK", IRC_CHANGED_OTHER, network),
	OTHER("CHANLIMIT", IRC_CHANGED_OTHER, chanlimit),
	{ "MAXCHANNELS", IRC_CHANGED_OTHER, 0, 0, 0, 0, set_maxchannels,
		reset_chanlimit },
	OTHER("TARGMAX", IRC_CHANGED_OTHER, targmax),
	{ "MAXTARGETS", IRC_CHANGED_OTHER, 0, 0, 0, 0, set_maxtargets,
		reset_targmax },
	OTHER("ELIST", IRC_CHANGED_OTHER, elist),
	OTHER("WHOX", IRC_CHANGED_OTHER, whox),
	OTHER("UTF8ONLY", IRC_CHANGED_OTHER, utf8only),
	OTHER("SAFELIST", IRC_CHANGED_OTHER, safelist),
	NUMBER("NICKLEN", nicklen, 1, IRC_NAME_SIZE, 0),
	NUMBER("CHANNELLEN", channellen, 1, IRC_NAME_SIZE, 0),
	NUMBER("TOPICLEN", topiclen, 0, UINT16_MAX, 0),
	NUMBER("AWAYLEN", awaylen, 0, UINT16_MAX, 0),
	NUMBER("KICKLEN", kicklen, 0, UINT16_MAX, 0),
	NUMBER("KEYLEN", keylen, 1, IRC_NAME_SIZE, 0),
	NUMBER("USERLEN", userlen, 1, 128, 0),
	NUMBER("HOSTLEN", hostlen, 1, 255, 0),
	NUMBER("LINELEN", linelen, 512, 16384, 512),
	NUMBER("MONITOR", monitor, 0, UINT16_MAX, UINT16_MAX),
	NUMBER("WATCH", watch, 0, UINT16_MAX, UINT16_MAX),
	NUMBER("CHATHISTORY", chathistory, 0, UINT16_MAX, UINT16_MAX),
	NUMBER("draft/CHATHISTORY", chathistory, 0, UINT16_MAX, UINT16_MAX),
};

/* What a server that says nothing means. Lengths that are 0 were not said;
 * USERLEN and HOSTLEN are the worst to be expected. */
static const struct irc_isupport silent = {
	.userlen = 32,
	.hostlen = 63,
	.linelen = 512,
};

void irc_isupport_init(struct irc_isupport *s)
{
	*s = silent;
	for (size_t i = 0; i < COUNT(tokens); i++)
		if (tokens[i].reset != NULL)
			tokens[i].reset(s);
}

void irc_isupport_finish(struct irc_isupport *s)
{
	intern_drop(&s->network);
}

/* Undo \xHH; anything else stays as it is. `value` fits into `out`. */
static struct slice unescape(struct slice value, char out[VALUE_MAX])
{
	size_t len = 0;

	for (size_t i = 0; i < value.len; i++) {
		if (value.len - i >= 4 && value.data[i] == '\\' &&
			value.data[i + 1] == 'x' &&
			hex_value(value.data[i + 2]) >= 0 &&
			hex_value(value.data[i + 3]) >= 0) {
			out[len++] = (char)(hex_value(value.data[i + 2]) * 16 +
					    hex_value(value.data[i + 3]));
			i += 3;
		} else {
			out[len++] = value.data[i];
		}
	}
	return slice_make(out, len);
}

static uint16_t *number_slot(struct irc_isupport *s, const struct token *t)
{
	return (uint16_t *)(void *)((char *)s + t->offset);
}

static void set_number(
	struct irc_isupport *s, const struct token *t, struct slice value)
{
	unsigned number = t->bare;

	if (value.len > 0 && !read_number(value, &number))
		return;
	if (number < t->min || number > t->max)
		return;
	*number_slot(s, t) = (uint16_t)number;
}

static void reset_number(struct irc_isupport *s, const struct token *t)
{
	const void *from = (const char *)&silent + t->offset;

	memcpy(number_slot(s, t), from, sizeof(uint16_t));
}

static const struct token *find_token(struct slice name)
{
	for (size_t i = 0; i < COUNT(tokens); i++)
		if (slice_equals(name, tokens[i].name))
			return &tokens[i];
	return NULL;
}

unsigned irc_isupport_token(struct irc_isupport *s, struct slice token)
{
	char buffer[VALUE_MAX];
	bool negated = token.len > 0 && token.data[0] == '-';

	if (negated)
		token = slice_make(token.data + 1, token.len - 1);
	struct slice value = token;
	const struct token *t = find_token(slice_cut(&value, '='));
	if (t == NULL || value.len > VALUE_MAX)
		return 0;
	if (value.data != NULL)
		value = unescape(value, buffer);
	if (t->set == NULL && negated)
		reset_number(s, t);
	else if (t->set == NULL)
		set_number(s, t, value);
	else if (negated)
		t->reset(s);
	else
		t->set(s, value);
	return t->changed;
}

unsigned irc_isupport_apply(struct irc_isupport *s, const struct irc_message *m)
{
	unsigned changed = 0;

	for (size_t i = 1; i < m->count; i++) {
		struct slice token = m->params[i];

		if (token.len == 0)
			continue;
		/* No token has a space, the sentence at the end has some. */
		if (memchr(token.data, ' ', token.len) != NULL)
			break;
		changed |= irc_isupport_token(s, token);
	}
	return changed;
}

bool irc_is_channel(const struct irc_isupport *s, struct slice name)
{
	return name.len > 0 && is_one_of(name.data[0], s->chantypes);
}

bool irc_is_channel_name(const struct irc_isupport *s, struct slice name)
{
	size_t max = s->channellen > 0 ? s->channellen : 200;

	if (!irc_is_channel(s, name) || name.len > max)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.data[i];

		if (c <= ' ' || c == ',' || c == 0x7f)
			return false;
	}
	return true;
}

bool irc_is_nick(const struct irc_isupport *s, struct slice nick)
{
	size_t max = s->nicklen > 0 ? s->nicklen : 64;

	if (nick.len == 0 || nick.len > max)
		return false;
	char first = nick.data[0];
	if (irc_is_channel(s, nick) || is_one_of(first, s->prefix_symbols) ||
		is_one_of(first, "#&:-$+@~%0123456789"))
		return false;
	for (size_t i = 0; i < nick.len; i++) {
		unsigned char c = (unsigned char)nick.data[i];

		if (c <= ' ' || c == 0x7f || is_one_of(nick.data[i], ",!@*?."))
			return false;
	}
	return true;
}

enum irc_mode_class irc_mode_class(const struct irc_isupport *s, char letter)
{
	int index = letter_index(letter);

	return index < 0 ? IRC_MODE_FLAG
			 : (enum irc_mode_class)s->mode_class[index];
}

static int rank_in(const char *set, char c)
{
	const char *at = c != '\0' ? strchr(set, c) : NULL;

	return at != NULL ? (int)(at - set) : -1;
}

int irc_rank_of_mode(const struct irc_isupport *s, char letter)
{
	return rank_in(s->prefix_modes, letter);
}

int irc_rank_of_symbol(const struct irc_isupport *s, char symbol)
{
	return rank_in(s->prefix_symbols, symbol);
}

struct slice irc_cut_prefixes(const struct irc_isupport *s, struct slice *name)
{
	size_t len = 0;

	while (len < name->len && is_one_of(name->data[len], s->prefix_symbols))
		len++;
	struct slice prefixes = slice_make(name->data, len);
	*name = slice_make(name->data + len, name->len - len);
	return prefixes;
}

char irc_cut_statusmsg(const struct irc_isupport *s, struct slice *target)
{
	size_t len = 0;

	/* '&' and '+' may be a status and a type of channel. What follows the
	 * status must be a channel; the shortest status that leaves one. */
	while (len < target->len &&
		is_one_of(target->data[len], s->statusmsg)) {
		struct slice rest = slice_make(
			target->data + len + 1, target->len - len - 1);

		len++;
		if (irc_is_channel(s, rest)) {
			char first = target->data[0];

			*target = rest;
			return first;
		}
	}
	return '\0';
}
