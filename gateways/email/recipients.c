#include "email/recipients.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "email_wire/address.h"

/* An envelope (writing.c). */
#define LIST_MAX ((size_t)64 * KIB)

static size_t count(const char *list)
{
	struct slice rest = slice_of(list);
	size_t n = 0;

	while (rest.len > 0)
		n += slice_cut(&rest, '\n').len > 0;
	return n;
}

static bool has(const char *list, const char *address)
{
	struct slice rest = slice_of(list);

	while (rest.len > 0)
		if (slice_equals(slice_cut(&rest, '\n'), address))
			return address[0] != '\0';
	return false;
}

static void leave_out(char **list, const char *address)
{
	struct slice rest = slice_of(*list);
	struct str others = { .max = LIST_MAX };

	while (rest.len > 0) {
		struct slice one = slice_cut(&rest, '\n');

		if (slice_equals(one, address))
			continue;
		if (others.len > 0)
			str_add_char(&others, '\n');
		str_add_slice(&others, one);
	}
	xstrset(list, str_text(&others));
	str_finish(&others);
}

/* Another line, all or nothing. */
static void add_line(char **lines, const char *line)
{
	struct str all = { .max = OUTGOING_WORDS_MAX };

	if (*lines != NULL)
		str_addf(&all, "%s\n%s", *lines, line);
	else
		str_add(&all, line);
	if (!all.overflow)
		xstrset(lines, str_text(&all));
	str_finish(&all);
}

void recipients_begin(struct outgoing *m)
{
	/* Once it is forgotten whom an attempt did not reach, it is no use to
	 * find that there was one. */
	if (m->again != NULL)
		m->maybe_sent = false;
	xstrset(&m->again, NULL);
	xstrset(&m->last_words, NULL);
}

bool recipients_refuse(
	struct outgoing *m, struct slice address, const struct refusal *r)
{
	char who[ADDRESS_MAX + 1], line[sizeof(who) + sizeof(r->text) + 2];

	if (!text_format(
		    who, sizeof(who), "%.*s", (int)address.len, address.data) ||
		!has(m->recipients, who) || has(m->again, who))
		return false;
	/* Of one alone the message itself says who it is. */
	if (recipients_are_all(m) && count(m->recipients) == 1)
		text_copy(line, sizeof(line), r->text);
	else
		text_format(line, sizeof(line), "%s: %s", who, r->text);
	if (r->is_temporary) {
		add_line(&m->again, who);
		add_line(&m->last_words, line);
	} else {
		add_line(&m->refusals, line);
		m->refused_as = r->reason;
		leave_out(&m->recipients, who);
	}
	return true;
}

void recipients_taken(struct outgoing *m)
{
	m->some_have_it = true;
	m->maybe_sent = false;
	m->doubts = 0;
	xstrset(&m->recipients, m->again);
}

static void add_names(struct str *out, const char *list)
{
	struct slice rest = slice_of(list);

	while (rest.len > 0) {
		str_add_slice(out, slice_cut(&rest, '\n'));
		str_add(out, rest.len > 0 ? ", " : ": ");
	}
}

void recipients_give_up(
	struct outgoing *m, enum gw_reason reason, const char *text)
{
	struct str line = { .max = OUTGOING_WORDS_MAX };

	if (!recipients_were_refused(m))
		add_names(&line, m->recipients);
	str_add(&line, text);
	add_line(&m->refusals, str_text(&line));
	m->refused_as = reason;
	xstrset(&m->recipients, NULL);
	xstrset(&m->again, NULL);
	str_finish(&line);
}

bool recipients_are_left(const struct outgoing *m)
{
	return count(m->recipients) > 0;
}

bool recipients_were_refused(const struct outgoing *m)
{
	return (m->again != NULL || m->refusals != NULL) &&
	       count(m->again) == count(m->recipients);
}

bool recipients_are_all(const struct outgoing *m)
{
	return !m->some_have_it && m->refusals == NULL;
}
