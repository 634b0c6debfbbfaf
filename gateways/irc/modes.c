/*
 * Whether a letter takes a parameter: A always may (without one it asks for
 * the list), B and prefix modes always, C when set, D never (modern-irc
 * "CHANMODES Parameter").
 */
#include "irc/modes.h"

#include <string.h>

#include "irc/line.h"

void irc_modes_begin(struct irc_mode_iter *it, const struct irc_isupport *s,
	const struct irc_message *m, size_t first)
{
	*it = (struct irc_mode_iter){
		.isupport = s,
		.message = m,
		.letters = irc_param(m, first),
		.next = first + 1,
		.add = true,
	};
}

static bool takes_param(enum irc_mode_class class, bool add)
{
	switch (class) {
	case IRC_MODE_LIST:
	case IRC_MODE_ALWAYS:
	case IRC_MODE_PREFIX:
		return true;
	case IRC_MODE_SET:
		return add;
	case IRC_MODE_FLAG:
		break;
	}
	return false;
}

/* Take one byte of the mode string; '\0' at its end. */
static char next_letter(struct irc_mode_iter *it)
{
	while (it->letters.len > 0) {
		char c = it->letters.data[0];

		it->letters =
			slice_make(it->letters.data + 1, it->letters.len - 1);
		if (c == '+' || c == '-')
			it->add = c == '+';
		else if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
			return c;
	}
	return '\0';
}

bool irc_modes_next(struct irc_mode_iter *it, struct irc_mode_change *change_r)
{
	char letter = next_letter(it);

	if (letter == '\0')
		return false;
	*change_r = (struct irc_mode_change){
		.add = it->add,
		.letter = letter,
		.class = it->isupport != NULL
				 ? irc_mode_class(it->isupport, letter)
				 : IRC_MODE_FLAG,
	};
	if (takes_param(change_r->class, it->add) &&
		it->next < it->message->count)
		change_r->param = it->message->params[it->next++];
	return true;
}

/* How far one line reaches. */
struct batch {
	const struct irc_mode_change *changes;
	size_t count;
	size_t params;
	size_t bytes; /* with the signs and spaces */
};

/* As many changes from the start of `changes` as go into one line of
 * `room` bytes. */
static struct batch take_batch(const struct irc_mode_change *changes,
	size_t count, size_t max_params, size_t room)
{
	struct batch b = { .changes = changes };

	for (; b.count < count; b.count++) {
		const struct irc_mode_change *c = &changes[b.count];
		size_t more = 2; /* the letter, and a sign at worst */
		size_t params = c->param.data != NULL;

		if (params > 0)
			more += 1 + c->param.len;
		if (b.count > 0 && (b.params + params > max_params ||
					   b.bytes + more > room))
			break;
		b.params += params;
		b.bytes += more;
	}
	return b;
}

static int write_batch(
	struct str *out, struct slice target, const struct batch *b)
{
	struct irc_line l;
	struct str letters;

	str_init(&letters, 2 * b->count + 1);
	for (size_t i = 0; i < b->count; i++) {
		if (i == 0 || b->changes[i].add != b->changes[i - 1].add)
			str_add_char(&letters, b->changes[i].add ? '+' : '-');
		str_add_char(&letters, b->changes[i].letter);
	}
	irc_line_begin(&l, out, "MODE");
	irc_line_param(&l, target);
	irc_line_param(&l, str_slice(&letters));
	for (size_t i = 0; i < b->count; i++)
		if (b->changes[i].param.data != NULL)
			irc_line_param(&l, b->changes[i].param);
	str_finish(&letters);
	return irc_line_end(&l);
}

static bool are_letters(const struct irc_mode_change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char c = changes[i].letter;

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')))
			return false;
	}
	return true;
}

int irc_modes_write(struct str *out, const struct irc_isupport *s,
	struct slice target, const struct irc_mode_change *changes,
	size_t count)
{
	size_t start = out->len;
	size_t fixed = strlen("MODE   \r\n") + target.len;

	if (fixed >= IRC_LINE_LIMIT || !are_letters(changes, count))
		return -1;
	while (count > 0) {
		struct batch b = take_batch(
			changes, count, s->modes, IRC_LINE_LIMIT - fixed);

		if (write_batch(out, target, &b) != 0) {
			str_truncate(out, start);
			return -1;
		}
		changes += b.count;
		count -= b.count;
	}
	return 0;
}
