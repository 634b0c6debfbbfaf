#include "email/errand.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "email/advice.h"
#include "email/failure.h"
#include "email_wire/mail.h"

static void next_found(struct errand *e);

/* "2. 2026-11-05 Bob: Lunch" */
static void add_summary(struct errand *e, struct slice record)
{
	struct mail m;
	char stamp[CLOCK_STAMP_SIZE];

	arena_reset(&e->arena);
	if (mail_decode(record, &e->arena, &m) != 0)
		return;
	e->shown++;
	clock_format(stamp, m.date_ms);
	if (e->text.len > 0)
		str_add(&e->text, "\n");
	if (e->listed != NULL) {
		e->listed[e->listed_count++] = e->uid;
		str_addf(&e->text, "%zu. ", e->listed_count);
	}
	str_addf(&e->text, "%.10s %s: %s", stamp,
		m.from.name != NULL ? m.from.name : m.from.address,
		m.subject != NULL ? m.subject : "");
	/* A name can be anything, above all there. */
	if (e->listed != NULL && m.from.name != NULL)
		str_addf(&e->text, " <%s>", m.from.address);
}

static void note_refusal(struct errand *e, struct slice words)
{
	char said[FAILURE_WORDS];

	failure_words(words, said);
	if (said[0] != '\0')
		xstrset(&e->said, said);
}

static void on_summary(const struct frame *f, void *arg)
{
	struct errand *e = arg;

	if (f->type == FRAME_DATA) {
		if (f->texts[0].len > 0)
			add_summary(e, f->texts[0]);
		mail_request_used(e->ask, f->texts[0].len);
		return;
	}
	if (f->type != FRAME_DONE)
		return;
	e->ask = NULL;
	if (f->numbers[0] == LINK_LOST || f->numbers[0] == LINK_CRASHED) {
		errand_fail_link(e, f);
		return;
	}
	if (f->numbers[0] != LINK_OK)
		note_refusal(e, f->texts[0]);
	next_found(e);
}

/* "2 mails more were found that cannot be shown. The mail server said: ..." */
static void put_hidden(struct errand *e)
{
	unsigned hidden = e->looked_at - e->shown;

	if (hidden == 0)
		return;
	str_addf(&e->text, "%s%u %s%s %s found and cannot be shown.",
		e->shown > 0 ? "\n" : "", hidden,
		hidden == 1 ? "mail" : "mails", e->shown > 0 ? " more" : "",
		hidden == 1 ? "was" : "were");
	if (e->said != NULL)
		str_addf(&e->text, " The mail server said: %s", e->said);
	advice_add(&e->text, ADVICE_WORD, GW_NOT_ALLOWED);
}

static void all_found(struct errand *e)
{
	put_hidden(e);
	if (e->looked_at == 0)
		str_add(&e->text, e->none);
	else if (e->shown > 0 && e->end != NULL)
		str_add(&e->text, e->end);
	if (e->looked_at > 0 && e->shown == 0)
		errand_fail(e, GW_NOT_ALLOWED, str_text(&e->text));
	else
		errand_done(e, str_text(&e->text));
}

static void next_found(struct errand *e)
{
	struct slice word = slice_cut(&e->left, ' ');

	if (word.len == 0) {
		all_found(e);
		return;
	}
	e->uid = 0;
	e->looked_at++;
	for (size_t i = 0; i < word.len; i++)
		e->uid = e->uid * 10 + (uint32_t)(word.data[i] - '0');
	const struct frame f = {
		.type = FRAME_FETCH,
		.numbers = { e->uid, FETCH_SUMMARY },
		.texts = { slice_of(e->folder) },
		.fd = -1,
	};

	if (errand_is_online(e))
		errand_ask(e, &f, on_summary);
}

static void on_found(const struct frame *f, void *arg)
{
	struct errand *e = arg;

	if (!errand_is_answered(e, f))
		return;
	text_format(e->uids, sizeof(e->uids), "%.*s", (int)f->texts[1].len,
		f->texts[1].data);
	e->left = slice_of(e->uids);
	next_found(e);
}

void errand_search(struct errand *e, const char *folder, const char *keys,
	const char *none, const char *end)
{
	const struct frame f = {
		.type = FRAME_SEARCH,
		.numbers = { FOUND_MAX, 0 },
		.texts = { slice_of(folder), slice_of(keys) },
		.fd = -1,
	};

	if (!errand_is_online(e))
		return;
	xstrset(&e->folder, folder);
	e->none = none;
	e->end = end;
	errand_ask(e, &f, on_found);
}

void slash_search(struct errand *e)
{
	char keys[1200];

	if (e->args[0] == '\0') {
		errand_fail(e, GW_NOT_ACCEPTABLE,
			"Say what to look for, as in /search invoice.");
		return;
	}
	text_format(keys, sizeof(keys), "TEXT\n%s\n", e->args);
	errand_search(e, ERRAND_INBOX, keys, "Nothing was found.", NULL);
}
