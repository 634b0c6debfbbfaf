/*
 * What is remembered of a mail: itself, the conversation that it belongs to,
 * and the event in it.
 */
#include "email/incoming_private.h"

#include "base/clock.h"
#include "base/limits.h"
#include "email/inbox.h"
#include "email/reached.h"
#include "email/readback.h"

const struct invitation *incoming_event(const struct incoming *in)
{
	return in->was_invited ? &in->invited : NULL;
}

/* RFC 5322 section 3.6.4, for the answer to this mail. */
static void references_for_reply(const struct mail *m, struct str *out)
{
	for (size_t i = 0; i < m->reference_count; i++)
		str_addf(out, "%s%s", i > 0 ? " " : "", m->references[i]);
	if (m->reference_count == 0 && m->in_reply_to != NULL)
		str_add(out, m->in_reply_to);
}

static struct memory_mail mail_of(
	const struct incoming *in, const char *references)
{
	const struct mail *m = &in->mail;
	bool may_be_confirmed = !in->in_room && !in->is_blind && !in->is_own;

	return (struct memory_mail){
		.message_id = m->message_id != NULL ? m->message_id : "",
		.name = in->name,
		.in_room = in->in_room,
		.is_own = in->is_own,
		.thread = in->thread,
		.subject = m->base_subject,
		.references = references,
		.identity = incoming_identity(in),
		.author = m->from.address,
		.receipt_to = may_be_confirmed ? readback_asked(m) : NULL,
		.uid = in->is_sent ? 0 : in->uid,
		.uidvalidity = email_inbox_uidvalidity(in->session->inbox),
	};
}

/* Who the other is; of a room nobody. */
static void put_other(struct memory_talk *talk, const struct incoming *in)
{
	const struct mail_address *other =
		in->is_own ? &in->people[0] : &in->mail.from;

	if (in->in_room)
		return;
	talk->address = other->address;
	talk->display = other->name;
}

/* What only the others' mails say; what the user sent changes none of it. */
static void put_theirs(struct memory_talk *talk, const struct incoming *in)
{
	const struct mail *m = &in->mail;

	talk->last_in = in->is_own ? in->talk.last_in : in->id;
	talk->unsubscribe_url =
		in->is_own ? in->talk.unsubscribe_url : m->unsubscribe_url;
	talk->unsubscribe_mail =
		in->is_own ? in->talk.unsubscribe_mail : m->unsubscribe_mail;
	talk->one_click = in->is_own ? in->talk.one_click : m->one_click;
	if (in->is_own) {
		talk->answers_to = in->talk.answers_to;
		talk->answers_elsewhere = in->talk.answers_elsewhere;
	} else if (in->answers_to.len > 0) {
		talk->answers_to = str_text(&in->answers_to);
		talk->answers_elsewhere =
			(m->warnings & MAIL_REPLY_ELSEWHERE) != 0;
	}
}

/* `event`: name of the one in it, or NULL. */
static struct memory_talk talk_of(const struct incoming *in,
	const struct memory_mail *mail, const char *event)
{
	struct memory_talk talk = {
		.last_id = in->mail.message_id,
		.references = mail->references,
		.thread = mail->thread,
		.subject = mail->subject,
		.identity = mail->identity,
		.last_ms = clock_wall_ms(),
		.audience =
			in->audience.len > 0 ? str_text(&in->audience) : NULL,
		.invitation = event != NULL ? event : in->talk.invitation,
	};

	put_other(&talk, in);
	put_theirs(&talk, in);
	return talk;
}

/* Append what is to be known of its event from now on; false: nothing new. */
static bool put_event(const struct incoming *in, struct str *out)
{
	struct invitation invitation;

	if (in->is_own || !invitation_learn(&invitation, &in->mail, in->id,
				  in->own, incoming_event(in)))
		return false;
	invitation_encode(out, &invitation);
	return true;
}

void incoming_remember(struct incoming *in)
{
	struct str references = { .max = 64 * KIB };
	struct str mail = { .max = 128 * KIB }, talk = { .max = 128 * KIB };
	struct str event = { .max = 64 * KIB };
	char mail_name[MEMORY_NAME_SIZE], talk_name[MEMORY_NAME_SIZE];
	char event_name[MEMORY_NAME_SIZE] = "";
	bool has_event = put_event(in, &event);

	if (has_event)
		invitation_name(&in->mail.event, event_name);
	references_for_reply(&in->mail, &references);
	if (!in->in_room)
		reached_answers(&in->answers_to, &in->mail, in->own);
	const struct memory_mail record = mail_of(in, str_text(&references));
	const struct memory_talk now =
		talk_of(in, &record, has_event ? event_name : NULL);

	memory_mail_encode(&mail, &record);
	memory_talk_encode(&talk, &now);
	memory_mail_name(in->id, mail_name);
	memory_talk_name(in->name, talk_name);
	const struct gw_kept items[] = {
		{ mail_name, mail.data, mail.len, MEMORY_DAYS },
		{ talk_name, talk.data, talk.len, 0 },
		{ event_name, event.data, event.len, INVITATION_DAYS },
	};

	memory_keep(in->session->memory, items, has_event ? 3 : 2, NULL, NULL);
	str_finish(&references);
	str_finish(&mail);
	str_finish(&talk);
	str_finish(&event);
}
