#include "email/errand.h"

#include "base/clock.h"
#include "base/limits.h"
#include "email/names.h"
#include "email/outbox.h"
#include "email_wire/address.h"

struct choice {
	const char *answer;  /* RFC 5545 section 3.2.12 */
	const char *subject; /* of the mail, before the event's name */
	const char *words;   /* to the user */
};

/* The event's name, in quotes. */
static const char *title(const struct errand *e)
{
	const char *summary = e->invitation.summary;

	return summary != NULL ? summary : "the invitation";
}

/* His mail is kept. What he said is only noted, so that he can be told that he
 * has said so already. */
static void on_noted(bool ok, void *arg)
{
	(void)ok;
	errand_kept(true, arg);
}

static void keep(struct errand *e)
{
	struct str data = { .max = 64 * KIB };
	struct invitation now = e->invitation;

	now.answer = e->choice;
	invitation_encode(&data, &now);
	const struct gw_kept item = { e->talk.invitation, data.data, data.len,
		INVITATION_DAYS };

	memory_keep(e->session->memory, &item, 1, on_noted, e);
	str_finish(&data);
}

static void on_mail_kept(bool ok, void *arg)
{
	if (ok)
		keep(arg);
	else
		errand_kept(false, arg);
}

static void send_answer(struct errand *e, const struct choice *c)
{
	const struct invitation *i = &e->invitation;
	struct str calendar = { .max = 64 * KIB }, text = { .max = 64 * KIB };
	char subject[600], person[GW_NAME_SIZE];

	if (!email_person_name(i->organizer, person, sizeof(person))) {
		errand_fail(e, GW_NO_SUCH,
			"The invitation does not say whom to answer.");
		return;
	}
	text_format(subject, sizeof(subject), "%s: %s", c->subject, title(e));
	str_add(&text, subject);
	if (e->args[0] != '\0')
		str_addf(&text, "\n\n%s", e->args);
	invitation_reply(&calendar, i, c->answer, e->args, clock_wall_ms());
	e->choice = c->answer;
	str_addf(&e->text, "%s: %s. %s gets a mail about it.", c->words,
		title(e), i->organizer);
	const struct letter letter = { .to = person,
		.subject = subject,
		.text = str_text(&text),
		.mail_id = i->mail,
		.calendar = str_text(&calendar) };

	email_outbox_write(e->session->outbox, &letter, on_mail_kept, e);
	str_finish(&calendar);
	str_finish(&text);
}

static void answer(struct errand *e, const struct choice *c)
{
	const struct invitation *i = &e->invitation;

	if (i->is_cancelled)
		errand_fail(e, GW_NOT_ALLOWED, "It was cancelled.");
	else if (i->organizer[0] == '\0' || i->attendee[0] == '\0')
		errand_fail(e, GW_NO_SUCH,
			"The invitation does not say whom to answer.");
	else if (address_equals(i->organizer, i->attendee))
		errand_fail(e, GW_NOT_ALLOWED, "It is your own invitation.");
	else if (text_equals(i->answer, c->answer) && e->args[0] == '\0')
		errand_done(e, "You have said so already.");
	else
		send_answer(e, c);
}

/* --- What is known of it ------------------------------------------------- */

static void recalled(struct errand *e, const char *name, struct slice data,
	bool ok, const struct choice *c)
{
	if (name != NULL)
		e->is_invited =
			invitation_decode(data, &e->arena, &e->invitation) == 0;
	else if (!ok)
		errand_fail(e, GW_BUSY, MEMORY_RETRY);
	else if (!e->is_invited)
		errand_fail(e, GW_NO_SUCH, "No invitation has come here.");
	else
		answer(e, c);
}

static void on_accept(const char *name, struct slice data, bool ok, void *arg)
{
	static const struct choice c = { "ACCEPTED", "Accepted",
		"You have accepted" };

	recalled(arg, name, data, ok, &c);
}

static void on_tentative(
	const char *name, struct slice data, bool ok, void *arg)
{
	static const struct choice c = { "TENTATIVE", "Tentative",
		"You perhaps come" };

	recalled(arg, name, data, ok, &c);
}

static void on_decline(const char *name, struct slice data, bool ok, void *arg)
{
	static const struct choice c = { "DECLINED", "Declined",
		"You have declined" };

	recalled(arg, name, data, ok, &c);
}

static void recall(struct errand *e, memory_fn fn)
{
	if (e->talk.invitation == NULL)
		errand_fail(e, GW_NO_SUCH, "No invitation has come here.");
	else
		memory_recall_one(
			e->session->memory, e->talk.invitation, fn, e);
}

void slash_accept(struct errand *e)
{
	recall(e, on_accept);
}

void slash_tentative(struct errand *e)
{
	recall(e, on_tentative);
}

void slash_decline(struct errand *e)
{
	recall(e, on_decline);
}
