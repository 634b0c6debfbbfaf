/*
 * How many mails of the folder are unread: by ESEARCH (RFC 4731) in a few
 * bytes, else by a list of them.
 */
#include "email_worker/imap.h"

/* Of a larger folder the list could be too long. */
#define LIST_MAX 100000

#define UNREAD "UNDELETED UNSEEN"

static void hear(struct imap *m, const struct imap_response *r,
	struct slice response UNUSED)
{
	uint64_t *count = m->hear_arg;
	struct slice rest = r->rest;

	while (r->kind == IMAP_SEARCH && rest.len > 0)
		*count += slice_cut(&rest, ' ').len > 0;
	while (r->kind == IMAP_ESEARCH && rest.len > 0) {
		if (!slice_equals_nocase(slice_cut(&rest, ' '), "COUNT"))
			continue;
		if (imap_number(slice_cut(&rest, ' '), count) != 0)
			*count = 0;
	}
}

static enum link_error ask(struct imap *m, const char *command, uint64_t *count)
{
	enum link_error error;

	m->hear = hear;
	m->hear_arg = count;
	imap_begin(m, IMAP_TOLD_MAX * 2, IMAP_COMMAND_MS);
	(void)!imap_write(m, slice_of(command));
	error = imap_await(m);
	m->hear = NULL;
	return error;
}

enum link_error imap_count_unread(struct imap *m)
{
	bool is_short = imap_can(m, "ESEARCH");
	uint64_t count = 0;

	m->is_count_due = false;
	if (!is_short && m->exists > LIST_MAX)
		return LINK_OK;
	if (m->exists > 0 &&
		ask(m,
			is_short ? "UID SEARCH RETURN (COUNT) " UNREAD "\r\n"
				 : "UID SEARCH " UNREAD "\r\n",
			&count) != LINK_OK)
		return stream_error(m->stream);
	/* A server may say anything. */
	if (count > m->exists)
		count = m->exists;
	if (m->has_told_unread && m->unread == count)
		return LINK_OK;
	m->has_told_unread = true;
	m->unread = count;
	struct frame frame = { .type = FRAME_UNREAD,
		.link = m->link->id,
		.numbers = { count },
		.fd = -1 };

	worker_send(m->link->worker, &frame);
	return LINK_OK;
}
