#include "email/errand.h"

#include "base/clock.h"
#include "email_wire/mail.h"

static void next_found(struct errand *e);

static void on_summary(const struct frame *f, void *arg)
{
	struct errand *e = arg;
	struct mail m;
	char stamp[CLOCK_STAMP_SIZE];

	if (f->type == FRAME_DATA) {
		arena_reset(&e->arena);
		if (mail_decode(f->texts[0], &e->arena, &m) == 0) {
			clock_format(stamp, m.date_ms);
			str_addf(&e->text, "%s%.10s %s: %s",
				e->text.len > 0 ? "\n" : "", stamp,
				m.from.name != NULL ? m.from.name
						    : m.from.address,
				m.subject != NULL ? m.subject : "");
		}
		mail_request_used(e->ask, f->texts[0].len);
		return;
	}
	if (f->type != FRAME_DONE)
		return;
	e->ask = NULL;
	if (f->numbers[0] == LINK_LOST || f->numbers[0] == LINK_CRASHED)
		errand_fail_link(e, f);
	else
		next_found(e);
}

static void next_found(struct errand *e)
{
	struct slice word = slice_cut(&e->left, ' ');
	uint32_t uid = 0;

	if (word.len == 0) {
		errand_done(e, e->text.len > 0 ? str_text(&e->text)
					       : "Nothing was found.");
		return;
	}
	for (size_t i = 0; i < word.len; i++)
		uid = uid * 10 + (uint32_t)(word.data[i] - '0');
	const struct frame f = {
		.type = FRAME_FETCH,
		.numbers = { uid, FETCH_SUMMARY },
		.texts = { slice_of(ERRAND_INBOX) },
		.fd = -1,
	};

	if (errand_is_online(e))
		errand_ask(e, &f, on_summary);
}

static void on_found(const struct frame *f, void *arg)
{
	struct errand *e = arg;

	if (f->type != FRAME_DONE)
		return;
	e->ask = NULL;
	if (f->numbers[0] != LINK_OK) {
		errand_fail_link(e, f);
		return;
	}
	text_format(e->uids, sizeof(e->uids), "%.*s", (int)f->texts[1].len,
		f->texts[1].data);
	e->left = slice_of(e->uids);
	next_found(e);
}

void slash_search(struct errand *e)
{
	char keys[1200];

	if (e->args[0] == '\0') {
		errand_fail(e, GW_NOT_ACCEPTABLE,
			"Say what to look for, as in /search invoice.");
		return;
	}
	if (!errand_is_online(e))
		return;
	text_format(keys, sizeof(keys), "TEXT\n%s\n", e->args);
	const struct frame f = {
		.type = FRAME_SEARCH,
		.numbers = { ERRAND_FOUND_MAX, 0 },
		.texts = { slice_of(ERRAND_INBOX), slice_of(keys) },
		.fd = -1,
	};

	errand_ask(e, &f, on_found);
}
