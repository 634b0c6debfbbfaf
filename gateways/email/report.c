#include "email/report.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "email/names.h"
#include "email/refusal.h"
#include "email_wire/address.h"

bool report_is_one(const struct mail *m)
{
	return (m->kind == MAIL_BOUNCE || m->kind == MAIL_DELAYED ||
		       m->kind == MAIL_RECEIPT || m->kind == MAIL_DELIVERED) &&
	       m->report.message_id != NULL;
}

static void tell_all(struct email_session *s, const struct memory_mail *parent,
	const struct gw_result *result)
{
	const char *at = parent->requests;
	char *end;

	for (unsigned long n; (n = strtoul(at, &end, 10)) != 0 && end != at;
		at = end)
		gw_result(s->session, (gw_request)n, result);
}

/* "5.2.2", with digits in all three parts. */
static bool is_status(const char *at)
{
	return at[0] == '5' && at[1] == '.' && isdigit((unsigned char)at[2]) &&
	       at[3] == '.' && isdigit((unsigned char)at[4]);
}

/* Some servers give the reason only in the part for people: the line with such
 * a code. Returns where the code stands; NULL: nowhere. */
static const char *find_status(const char *text, struct slice *line_r)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		for (size_t i = 0; i + 5 <= len; i++) {
			if (!is_status(text + i) ||
				(i > 0 && isalnum((unsigned char)text[i - 1])))
				continue;
			*line_r = slice_trim(slice_make(text, len));
			return text + i;
		}
		text += len + (text[len] == '\n');
	}
	return NULL;
}

static void read_bounce(const struct mail *m, struct refusal *refusal)
{
	const struct mail_report *report = &m->report;
	struct slice status = slice_of(report->status);
	struct slice words = slice_of(report->words);
	struct slice line = { NULL, 0 };
	const char *at = NULL;

	if (words.len == 0)
		at = find_status(m->text, &line);
	if (at != NULL) {
		words = line;
		status = slice_make(at, strspn(at, "0123456789."));
	}
	refusal_read(refusal, 550, status, words);
}

static void tell_bounce(struct email_session *s, const struct mail *m,
	const struct memory_mail *parent)
{
	const struct mail_report *report = &m->report;
	struct refusal refusal;
	char text[900];

	read_bounce(m, &refusal);
	text_format(text, sizeof(text), "%s%s%s",
		report->recipient != NULL ? report->recipient : "",
		report->recipient != NULL ? ": " : "", refusal.text);
	/* It came back: nobody tries again. */
	const struct gw_result result = {
		.stage = GW_FAILED, .reason = refusal.reason, .text = text
	};

	tell_all(s, parent, &result);
}

static void tell_delay(struct email_session *s, const struct mail *m,
	const struct memory_mail *parent)
{
	char text[700];

	if (parent->in_room)
		return;
	text_format(text, sizeof(text),
		"Your mail \"%s\" has not arrived yet; it is still being "
		"tried.%s%s",
		parent->subject != NULL ? parent->subject : "",
		m->report.words != NULL ? " " : "",
		m->report.words != NULL ? m->report.words : "");
	const struct gw_message notice = {
		.kind = GW_NOTICE,
		.from = parent->name,
		.text = text,
		.quiet = true,
	};

	gw_message(s->session, NULL, &notice);
}

/* Anybody can write one: only who got the mail has read it. */
static void tell_displayed(struct email_session *s, const struct mail *m,
	const struct memory_mail *parent)
{
	const struct gw_result result = { .stage = GW_DISPLAYED };

	if (!parent->in_room && address_equals(m->from.address, parent->name))
		tell_all(s, parent, &result);
}

/* Otherwise he has his receipt, or is to have none. */
static void tell_delivered(
	struct email_session *s, const struct memory_mail *parent)
{
	const struct gw_result result = { .stage = GW_DELIVERED };

	if (s->gateway->config->receipt == RECEIPT_DSN && !parent->in_room)
		tell_all(s, parent, &result);
}

bool report_tell(struct email_session *s, const struct mail *m,
	const struct memory_mail *parent)
{
	if (!parent->is_own || parent->requests == NULL)
		return false;
	switch ((int)m->kind) {
	case MAIL_BOUNCE:
		tell_bounce(s, m, parent);
		return true;
	case MAIL_DELAYED:
		tell_delay(s, m, parent);
		return true;
	case MAIL_RECEIPT:
		tell_displayed(s, m, parent);
		return true;
	case MAIL_DELIVERED:
		tell_delivered(s, parent);
		return true;
	default:
		return false;
	}
}
