#include "email/newsletter.h"

#include <string.h>

#include "base/utf8.h"

#define LINES_MAX 2
#define LINE_MAX  200

bool newsletter_is_one(
	const struct choices *c, const struct mail *m, bool answers_user)
{
	enum choices_place place = choices_place_of(c, m->from.address);

	if (place != PLACE_USUAL)
		return place == PLACE_NEWSLETTERS;
	if (m->kind == MAIL_MACHINE)
		return !answers_user && m->event.uid == NULL;
	return m->kind == MAIL_BULK;
}

/* Lines that say something; true if there is more behind them. */
static bool add_lines(struct str *out, struct slice rest)
{
	unsigned count = 0;

	while (rest.data != NULL && rest.len > 0) {
		struct slice line = slice_trim(slice_cut(&rest, '\n'));

		if (line.len == 0)
			continue;
		if (count++ == LINES_MAX)
			return true;
		size_t fits = utf8_prefix(line, LINE_MAX);

		str_addf(out, "\n%.*s%s", (int)fits, line.data,
			fits < line.len ? "\xe2\x80\xa6" : "");
	}
	return false;
}

void newsletter_words(struct str *out, const struct mail *m, bool hints)
{
	const char *name = m->from.name != NULL ? m->from.name : "";

	if (m->code != NULL)
		str_addf(out, "%s\n\n", m->code);
	str_addf(out, "%s%s<%s>", name, name[0] != '\0' ? " " : "",
		m->from.address);
	if (m->subject != NULL && m->subject[0] != '\0')
		str_addf(out, "\n*%s*", m->subject);
	if (add_lines(out, slice_of(m->text)) && hints)
		str_add(out, "\n\xe2\x80\xa6 (/full shows all)");
}
