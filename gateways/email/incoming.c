#include "email/incoming_private.h"

#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "email/block.h"
#include "email/files.h"
#include "email/group.h"
#include "email/report.h"
#include "email/revision.h"
#include "email/seen.h"
#include "email_wire/address.h"

/* Text of 1 MB, its encoding, and what is remembered of parents. */
#define ARENA_MAX ((size_t)8 * MIB)

/* Servers that a mail can have passed through. */
#define RECEIVED_MAX 50

void incoming_finish(struct incoming *in)
{
	in->fn(in, in->messages, !in->is_incomplete, in->arg);
}

void incoming_give_up(struct incoming *in)
{
	in->is_incomplete = true;
	incoming_finish(in);
}

/* --- Parents ------------------------------------------------------------- */

static void find_parent(struct incoming *in);

/* Good news are read with that; of a bounce he may want to see the mail. */
static void reported(struct incoming *in)
{
	if (in->mail.kind == MAIL_RECEIPT || in->mail.kind == MAIL_DELIVERED)
		seen_by_us(in->session->seen, in->uid, in->flags);
	incoming_finish(in);
}

/* The mail that a report is about has been looked for. */
static void on_reported(const char *name, struct slice data, bool ok, void *arg)
{
	struct incoming *in = arg;

	if (name != NULL)
		in->has_parent = memory_mail_decode(data, &in->arena,
					 &in->parent_mail) == 0;
	else if (ok && in->has_parent &&
		 report_tell(in->session, &in->mail, &in->parent_mail))
		reported(in);
	else if (ok)
		find_parent(in);
	else
		incoming_give_up(in);
}

static void recall_id(struct incoming *in, const char *id, memory_fn fn)
{
	memory_recall_mail(in->session->memory, id, fn, in);
}

static void recall_mail(
	struct incoming *in, const char *message_id, memory_fn fn)
{
	char id[MEMORY_ID_SIZE];

	memory_id(message_id, id);
	recall_id(in, id, fn);
}

static void on_parent(const char *name, struct slice data, bool ok, void *arg)
{
	struct incoming *in = arg;

	if (name != NULL)
		in->has_parent = memory_mail_decode(data, &in->arena,
					 &in->parent_mail) == 0;
	else if (ok)
		find_parent(in);
	else
		incoming_give_up(in);
}

static void find_parent(struct incoming *in)
{
	if (in->has_parent || in->parent == in->parent_count)
		incoming_choose(in);
	else
		recall_mail(in, in->parents[in->parent++], on_parent);
}

static void list_parents(struct incoming *in)
{
	const struct mail *m = &in->mail;

	if (m->in_reply_to != NULL)
		in->parents[in->parent_count++] = m->in_reply_to;
	for (size_t i = m->reference_count;
		i > 0 && in->parent_count < PARENTS_MAX; i--)
		if (!text_equals(m->references[i - 1], m->in_reply_to))
			in->parents[in->parent_count++] = m->references[i - 1];
}

/* It said what others say now; or it is one like others after all. */
static void revised(unsigned messages, bool ok, void *arg)
{
	struct incoming *in = arg;

	in->revision = NULL;
	in->messages += messages;
	if (!ok) {
		incoming_give_up(in);
	} else if (messages == 0) {
		find_parent(in);
	} else {
		seen_by_us(in->session->seen, in->uid, in->flags);
		incoming_finish(in);
	}
}

/* --- Is it one of ours? -------------------------------------------------- */

/* It goes around between servers (RFC 5321 section 6.3); nobody has to read it
 * each time. */
static bool is_looping(const struct incoming *in)
{
	if (in->mail.received <= RECEIVED_MAX)
		return false;
	in->session->gateway->loops++;
	log_warning("email",
		"[%s] UID %u is not shown: %u servers passed it "
		"on, it is in a loop; %lu such mails so far",
		in->session->session->id, in->uid, in->mail.received,
		in->session->gateway->loops);
	return true;
}

/* Of somebody whom the user blocked: wherever it belongs. */
static bool is_hidden(const struct incoming *in)
{
	struct block *b = in->session->block;

	if (!block_has(b, in->mail.from.address))
		return false;
	block_dispose(b, in->uid);
	return true;
}

/* Some providers, and lists, give a mail another Message-ID on its way; answers
 * are to that one. */
static void remember_alias(struct incoming *in, struct memory_mail *self)
{
	self->message_id = in->mail.message_id;
	memory_keep_mail(in->session->memory, in->id, self);
}

static void go_on(struct incoming *in)
{
	if (!in->is_sent && report_is_one(&in->mail) && !in->is_old)
		recall_mail(in, in->mail.report.message_id, on_reported);
	else
		find_parent(in);
}

/* Under which id it left, if that is another than it has now: in our own header,
 * or in that of those who renamed it. False: nobody says so. Our header in what
 * others write to him says nothing. */
static bool first_id(const struct incoming *in, char id[MEMORY_ID_SIZE])
{
	const struct mail *m = &in->mail;
	bool is_his =
		in->is_sent || m->kind == MAIL_LIST ||
		address_equals(m->from.address, email_own_address(in->session));

	id[0] = '\0';
	if (is_his && m->our_mark != NULL &&
		strlen(m->our_mark) == MEMORY_ID_SIZE - 1 &&
		memory_is_id(m->our_mark))
		text_copy(id, MEMORY_ID_SIZE, m->our_mark);
	else if (in->is_sent && m->original_id != NULL)
		memory_id(m->original_id, id);
	return m->message_id != NULL && id[0] != '\0' &&
	       strcmp(id, in->id) != 0;
}

static void on_original(const char *name, struct slice data, bool ok, void *arg)
{
	struct incoming *in = arg;
	struct memory_mail self;

	if (name != NULL) {
		in->is_ours =
			memory_mail_decode(data, &in->arena, &self) == 0 &&
			self.requests != NULL;
		if (in->is_ours)
			remember_alias(in, &self);
	} else if (!ok) {
		incoming_give_up(in);
	} else if (in->is_ours) {
		incoming_finish(in);
	} else {
		go_on(in);
	}
}

static void on_self(const char *name, struct slice data, bool ok, void *arg)
{
	struct incoming *in = arg;
	struct memory_mail self;
	char first[MEMORY_ID_SIZE];

	if (name != NULL) {
		bool good = memory_mail_decode(data, &in->arena, &self) == 0;

		in->is_ours = good && self.is_own && self.requests != NULL;
		in->is_gathered = good && self.is_gathered;
		return;
	}
	/* What was sent from here comes back: by a list, or as a copy. */
	if (!ok)
		incoming_give_up(in);
	else if (in->is_ours || in->is_gathered ||
		 (!in->is_sent && (is_looping(in) || is_hidden(in))))
		incoming_finish(in);
	else if (first_id(in, first))
		recall_id(in, first, on_original);
	else if (!in->is_sent && revision_is_one(&in->mail))
		in->revision = revision_start(in->session, &in->mail, in->id,
			incoming_time(in), revised, in);
	else
		go_on(in);
}

void incoming_set_old(struct incoming *in)
{
	in->is_old = true;
}

void incoming_start(struct incoming *in)
{
	list_parents(in);
	recall_id(in, in->id, on_self);
}

/* --- Life ---------------------------------------------------------------- */

struct incoming *incoming_new(struct email_session *s, const struct frame *f,
	incoming_fn fn, void *arg)
{
	struct incoming *in = xalloc(sizeof(*in));

	in->session = s;
	in->fn = fn;
	in->arg = arg;
	in->is_sent = f->type == FRAME_SENT;
	in->uid = (uint32_t)f->numbers[0];
	in->flags = (unsigned)f->numbers[2];
	in->internal_ms = (int64_t)f->numbers[3];
	arena_init(&in->arena, ARENA_MAX);
	str_init(&in->news, 16 * KIB);
	str_init(&in->audience, 32 * KIB);
	str_init(&in->answers_to, 4 * KIB);
	if (mail_decode(f->texts[0], &in->arena, &in->mail) != 0) {
		incoming_free(&in);
		return NULL;
	}
	memory_id(in->mail.message_id != NULL ? in->mail.message_id
					      : in->mail.key,
		in->id);
	return in;
}

void incoming_free(struct incoming **slot)
{
	struct incoming *in = *slot;

	if (in == NULL)
		return;
	*slot = NULL;
	memory_forget_calls(in->session->memory, in);
	group_forget_calls(in->session, in);
	files_stop(&in->files);
	revision_cancel(&in->revision);
	arena_finish(&in->arena);
	str_finish(&in->news);
	str_finish(&in->audience);
	str_finish(&in->answers_to);
	xfree(in);
}

uint32_t incoming_uid(const struct incoming *in)
{
	return in->uid;
}

const char *incoming_id(const struct incoming *in)
{
	return in->id;
}
