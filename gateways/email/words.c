#include "email/words.h"

#include "base/macros.h"

static const struct {
	enum mail_warning warning;
	const char *text;
} warnings[] = {
	{ MAIL_SPOOFED_NAME, "The sender's name looks like another address." },
	{ MAIL_REPLY_ELSEWHERE,
		"Answers to it are meant to go to another domain: /replyto "
		"sends one there, and what you just write goes to the sender." },
	{ MAIL_DOUBLE_HEADERS, "It says twice who sent it, or what about." },
	{ MAIL_NOT_AUTHENTIC,
		"Your mail server doubts that it comes from there." },
	{ MAIL_NO_SENDER, "It does not say who sent it." },
	{ MAIL_CUT, "It is too big: not all of it is shown." },
	{ MAIL_ENCRYPTED, "It is encrypted, and attached as it is." },
	{ MAIL_HAS_REMOTE,
		"A part of it lies on another server, and was not fetched." },
};

static void add_warnings(struct str *out, const struct mail *m)
{
	for (size_t i = 0; i < COUNT(warnings); i++)
		if ((m->warnings & (unsigned)warnings[i].warning) != 0)
			str_addf(out, "\xe2\x9a\xa0 %s\n", warnings[i].text);
	if ((m->warnings & MAIL_SPOOFED_NAME) != 0 && m->from.name != NULL)
		str_addf(out, "\xe2\x9a\xa0 %s <%s>\n", m->from.name,
			m->from.address);
}

static void add_quote(struct str *out, const char *quote)
{
	struct slice rest = slice_of(quote);

	while (rest.len > 0) {
		struct slice line = slice_cut(&rest, '\n');

		str_addf(out, "> %.*s\n", (int)line.len, line.data);
	}
}

void words_for_mail(struct str *out, const struct mail *m, bool subject_is_new,
	bool with_quote)
{
	bool has_subject = m->subject != NULL && m->subject[0] != '\0';
	bool has_text = m->text[0] != '\0';

	if (m->code != NULL)
		str_addf(out, "%s\n\n", m->code);
	if (m->kind == MAIL_BULK || m->from.address[0] == '\0')
		str_addf(out, "%s <%s>\n",
			m->from.name != NULL ? m->from.name : "",
			m->from.address);
	add_warnings(out, m);
	if (has_subject && !m->is_chat && has_text && subject_is_new)
		str_addf(out, "*%s*\n", m->subject);
	if (with_quote)
		add_quote(out, m->chat_quote);
	if (has_text)
		str_add(out, m->text);
	else if (has_subject)
		str_add(out, m->subject);
	else if (out->len == 0)
		str_add(out, "(an empty mail)");
}
