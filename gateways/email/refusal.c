#include "email/refusal.h"

#include <ctype.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"
#include "base/utf8.h"
#include "email/advice.h"

/* The first that fits counts: by enhanced status, else by code. */
static const struct row {
	const char *status; /* beginning of it, or NULL */
	unsigned code;      /* 0: any */
	enum gw_reason reason;
	bool is_temporary;
} rows[] = {
	/* Some servers mean "not now" with it. */
	{ "5.5.0", 550, GW_UNREACHABLE, true },
	{ "4.", 0, GW_UNREACHABLE, true },
	{ "5.1.2", 0, GW_NO_HOST, false },
	{ "5.4.4", 0, GW_NO_HOST, false },
	{ "5.1.", 0, GW_NO_SUCH, false },
	{ "5.2.1", 0, GW_NO_SUCH, false },
	{ "5.2.2", 0, GW_BUSY, false },
	{ "5.2.3", 0, GW_NOT_ACCEPTABLE, false },
	{ "5.3.4", 0, GW_NOT_ACCEPTABLE, false },
	{ "5.6.7", 0, GW_NOT_ACCEPTABLE, false },
	{ "5.7.8", 0, GW_BAD_PASSWORD, true },
	{ "5.7.", 0, GW_POLICY, false },
	{ NULL, 530, GW_BAD_PASSWORD, true },
	{ NULL, 535, GW_BAD_PASSWORD, true },
	{ NULL, 550, GW_NO_SUCH, false },
	{ NULL, 551, GW_NO_SUCH, false },
	{ NULL, 552, GW_NOT_ACCEPTABLE, false },
	{ NULL, 553, GW_NO_SUCH, false },
	{ NULL, 554, GW_POLICY, false },
};

/* "5.1.1" where the words begin with it and nothing else says so. */
static struct slice status_in(struct slice words)
{
	size_t len = 0, dots = 0;

	while (len < words.len && (isdigit((unsigned char)words.data[len]) ||
					  words.data[len] == '.'))
		dots += words.data[len++] == '.';
	return dots == 2 ? slice_make(words.data, len) : slice_make("", 0);
}

static bool fits(const struct row *row, unsigned code, struct slice status)
{
	if (row->code != 0 && row->code != code)
		return false;
	size_t len = row->status != NULL ? strlen(row->status) : 0;

	return len <= status.len &&
	       (len == 0 || memcmp(status.data, row->status, len) == 0);
}

void refusal_read(struct refusal *r, unsigned code, struct slice status,
	struct slice words)
{
	if (status.len == 0)
		status = status_in(words);
	r->reason = GW_NOT_ALLOWED;
	r->is_temporary = code < 500;
	if (r->is_temporary)
		r->reason = GW_UNREACHABLE;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (!fits(&rows[i], code, status))
			continue;
		r->reason = rows[i].reason;
		r->is_temporary = rows[i].is_temporary;
		break;
	}
	struct str clean = { .max = sizeof(r->text) };

	utf8_clean(&clean, slice_make(words.data,
				   utf8_prefix(words, sizeof(r->text) / 4)));
	if (clean.len == 0)
		str_add(&clean, "The mail server refused it.");
	if (!r->is_temporary)
		advice_add(&clean, ADVICE_MAIL, r->reason);
	text_copy(r->text, sizeof(r->text), str_text(&clean));
	str_finish(&clean);
}
