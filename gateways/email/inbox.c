#include "email/inbox.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "email/arrivals.h"
#include "email/names.h"
#include "email/outbox.h"
#include "email/seen.h"
#include "email_wire/shape.h"

#define FOLDER "INBOX"

/* A mail at which the worker died so often is set aside. */
#define CRASHES_MAX 2

/* Clocks differ, and mails are late: after UIDVALIDITY changed, mails are
 * looked at again from this long before the last one. */
#define OVERLAP_MS (2 * 86400000LL)
#define AGAIN_MAX  1000

struct email_inbox {
	struct email_session *session;
	bool is_sent;     /* the folder of sent mails */
	bool is_watching; /* on this link */
	struct arrivals arrivals;
	/* Kept: */
	int64_t uidvalidity; /* 0: not known */
	uint32_t done;       /* all up to here */
	uint64_t modseq;
	int64_t last_ms; /* when the newest came in */
	uint32_t suspect;
	unsigned crashes; /* at that mail */
	bool is_kept;     /* it is there after a crash */

	uint32_t seen;     /* the worker gave us all up to here */
	bool is_rewound;   /* what comes before MAILBOX was under way before */
	uint32_t imported; /* kept: up to here mails are no news */
	inbox_import_fn import_fn; /* NULL: none is being looked for */
	void *import_arg;
	struct deferred keep, next;
	struct mail_request *search;
	/* What the folder is numbered like, while that is searched: */
	int64_t new_validity;
	uint32_t new_done;
};

/* --- What is kept -------------------------------------------------------- */

#define FIELD(number, kind, member) \
	SHAPE_FIELD(number, SHAPE_##kind, struct email_inbox, member)

static const struct shape_field fields[] = {
	FIELD(1, NUMBER, uidvalidity),
	FIELD(2, SMALL, done),
	FIELD(3, NUMBER, modseq),
	FIELD(4, NUMBER, last_ms),
	FIELD(5, SMALL, suspect),
	FIELD(6, SMALL, crashes),
	FIELD(7, SMALL, imported),
};
static const struct shape shape = { fields, COUNT(fields),
	sizeof(struct email_inbox) };

static void kept(bool ok, void *arg)
{
	struct email_inbox *in = arg;

	in->is_kept = in->is_kept || ok;
	if (!in->is_sent)
		email_looked(in->session, ok);
}

static void keep(void *arg)
{
	struct email_inbox *in = arg;
	struct str data = { .max = 256 };
	bool is_first = !in->is_kept && in->uidvalidity != 0;

	shape_encode(&data, &shape, in);
	const struct gw_kept item = {
		.name = in->is_sent ? INBOX_KEPT_SENT : INBOX_KEPT,
		.data = data.data,
		.len = data.len,
	};

	memory_keep(in->session->memory, &item, 1, is_first ? kept : NULL, in);
	str_finish(&data);
}

void email_inbox_load(struct email_inbox *in, struct slice data)
{
	if (shape_decode(data, &shape, NULL, in) != 0)
		log_warning("email", "[%s] how far %s was read is damaged",
			in->session->session->id,
			in->is_sent ? "the folder of sent mails" : FOLDER);
	in->seen = in->done;
	in->is_kept = in->uidvalidity != 0;
}

/* --- Done ---------------------------------------------------------------- */

/* What is not done comes again with the next watch. */
static void read_again(struct email_inbox *in)
{
	arrivals_drop(&in->arrivals);
	in->seen = in->done;
}

/* What is done at the beginning of the line is done for good. */
static void advance(struct email_inbox *in)
{
	uint32_t done = arrivals_take_done(&in->arrivals);

	if (done == 0)
		return;
	in->done = done;
	deferred_start(&in->keep);
}

static void handed_over(void *arg)
{
	struct email_inbox *in = arg;

	deferred_start(&in->next);
}

/* The mails of the inbox wait for those of the other folder. */
static void start_next(void *arg)
{
	struct email_inbox *in = arg;
	struct email_session *s = in->session;

	advance(in);
	if (!s->is_announced ||
		(!in->is_sent && arrivals_are_busy(&s->sent->arrivals)))
		return;
	if (in->is_sent && !arrivals_are_busy(&in->arrivals))
		deferred_start(&s->inbox->next);
	arrivals_go_on(&in->arrivals);
}

/* --- The folder ---------------------------------------------------------- */

/* NULL: the mailbox has none. */
static const char *folder_of(const struct email_inbox *in)
{
	return in->is_sent ? folders_get(&in->session->folders, FOLDER_SENT)
			   : FOLDER;
}

static void watch(struct email_inbox *in)
{
	const struct frame f = {
		.type = in->is_sent ? FRAME_MIRROR : FRAME_WATCH,
		.numbers = { (uint64_t)in->uidvalidity, in->seen, in->modseq,
			WATCH_FLAGS },
		.texts = { slice_of(folder_of(in)) },
	};

	in->is_watching = true;
	mail_link_send(in->session->imap, &f);
}

/* All that is under way on this link comes again. */
static void give_back(struct email_inbox *in)
{
	arrivals_give_back(&in->arrivals);
	in->seen = in->done;
}

/* Nothing of before says anything now. */
static void begin(struct email_inbox *in, int64_t uidvalidity, uint32_t done)
{
	give_back(in);
	in->uidvalidity = uidvalidity;
	in->done = in->seen = done;
	in->modseq = 0;
	in->imported = 0;
	in->suspect = in->crashes = 0;
	deferred_start(&in->keep);
}

static uint32_t lowest(struct slice uids)
{
	uint32_t least = 0;

	while (uids.len > 0) {
		struct slice word = slice_cut(&uids, ' ');
		uint32_t uid = 0;

		for (size_t i = 0; i < word.len; i++)
			uid = uid * 10 + (uint32_t)(word.data[i] - '0');
		if (uid != 0 && (least == 0 || uid < least))
			least = uid;
	}
	return least;
}

static void searched(const struct frame *f, void *arg)
{
	struct email_inbox *in = arg;

	if (f->type != FRAME_DONE)
		return;
	in->search = NULL;
	if (f->numbers[0] != LINK_OK) {
		email_lose(in->session, GW_UNREACHABLE, GW_RETRY,
			"The mail server could not be asked what is new.");
		return;
	}
	uint32_t first = lowest(f->texts[1]);

	begin(in, in->new_validity, first != 0 ? first - 1 : in->new_done);
	if (!in->is_sent)
		seen_renumbered(in->session->seen);
	watch(in);
}

/* The server numbers its mails anew: what is recent is looked at again. Until
 * it is known where that begins the old numbers stay: a crash would lose it. */
static void renumbered(
	struct email_inbox *in, int64_t uidvalidity, uint32_t next)
{
	int64_t since = in->last_ms != 0 ? in->last_ms : clock_wall_ms();
	const struct frame f = {
		.type = FRAME_SEARCH,
		.numbers = { AGAIN_MAX, (uint64_t)(since - OVERLAP_MS) },
		.texts = { slice_of(folder_of(in)), slice_of("") },
	};

	log_info("email", "[%s] %s was numbered anew", in->session->session->id,
		folder_of(in));
	in->new_validity = uidvalidity;
	in->new_done = next > 0 ? next - 1 : 0;
	mail_request_cancel(&in->search);
	in->search = mail_link_ask(
		in->session->imap, &f, slice_make(NULL, 0), searched, in);
}

/* The folder of sent mails is not as it was known. */
static void on_mirrored(struct email_inbox *in, const struct frame *f)
{
	int64_t uidvalidity = (int64_t)f->numbers[0];

	if (folder_of(in) == NULL)
		return;
	if (in->uidvalidity == 0)
		begin(in, uidvalidity, (uint32_t)f->numbers[1]);
	else
		renumbered(in, uidvalidity, (uint32_t)f->numbers[1] + 1);
}

static void on_mailbox(struct email_inbox *in, const struct frame *f)
{
	struct email_inbox *sent = in->session->sent;
	int64_t uidvalidity = (int64_t)f->numbers[0];

	in->is_rewound = false;
	folders_set(&in->session->folders, f->texts[1]);
	email_outbox_wake(in->session->outbox);
	if (!sent->is_watching && folder_of(sent) != NULL)
		email_inbox_start(sent);
	uint32_t next = (uint32_t)f->numbers[1];

	if (in->uidvalidity == 0) {
		begin(in, uidvalidity, next > 0 ? next - 1 : 0);
	} else if (uidvalidity != in->uidvalidity) {
		renumbered(in, uidvalidity, next);
		return;
	}
	if (f->numbers[2] > in->modseq || !in->is_kept) {
		in->modseq = f->numbers[2];
		deferred_start(&in->keep);
	}
}

static void on_mail(struct email_inbox *in, const struct frame *f)
{
	uint32_t uid = (uint32_t)f->numbers[0];

	if (in->is_rewound) {
		arrivals_tell_taken(&in->arrivals, uid);
		return;
	}
	/* A server may repeat itself. */
	if (uid <= in->seen)
		return;
	in->seen = uid;
	if ((int64_t)f->numbers[3] > in->last_ms)
		in->last_ms = (int64_t)f->numbers[3];
	arrivals_add(&in->arrivals, f, uid <= in->imported);
	deferred_start(&in->next);
}

static void on_flagged(struct email_inbox *in, const struct frame *f)
{
	uint32_t uid = (uint32_t)f->numbers[0];

	seen_flagged(in->session->seen, uid, (unsigned)f->numbers[1],
		arrivals_have(&in->arrivals, uid));
}

/* --- Import -------------------------------------------------------------- */

static void end_import(struct email_inbox *in, unsigned count, const char *text)
{
	inbox_import_fn fn = in->import_fn;

	in->import_fn = NULL;
	if (fn != NULL)
		fn(count, text, in->import_arg);
}

/* The cursor goes back: what is above it comes again, and what the user has of
 * it already is the core's business. */
static void rewind_to(struct email_inbox *in, uint32_t done)
{
	in->imported = in->seen;
	in->done = done;
	give_back(in);
	in->is_rewound = true;
	keep(in);
	watch(in);
}

static void import_found(const struct frame *f, void *arg)
{
	struct email_inbox *in = arg;

	if (f->type != FRAME_DONE)
		return;
	in->search = NULL;
	uint32_t first = lowest(f->texts[1]);

	if (f->numbers[0] != LINK_OK) {
		end_import(in, 0, "The mail server could not be asked.");
		return;
	}
	if (first != 0 && first <= in->done)
		rewind_to(in, first - 1);
	end_import(in, (unsigned)f->numbers[1], NULL);
}

void email_inbox_import(
	struct email_inbox *in, unsigned count, inbox_import_fn fn, void *arg)
{
	const struct frame f = {
		.type = FRAME_SEARCH,
		.numbers = { count, 0 },
		.texts = { slice_of(FOLDER), slice_of("") },
		.fd = -1,
	};

	if (in->search != NULL || in->session->state != EMAIL_ONLINE ||
		in->uidvalidity == 0) {
		fn(0, "The mailbox is being looked at. Try again in a moment.",
			arg);
		return;
	}
	in->import_fn = fn;
	in->import_arg = arg;
	in->search = mail_link_ask(
		in->session->imap, &f, slice_make(NULL, 0), import_found, in);
}

void email_inbox_forget(struct email_inbox *in, void *arg)
{
	if (in->import_fn != NULL && in->import_arg == arg)
		in->import_fn = NULL;
}

void email_inbox_heard(struct email_inbox *in, const struct frame *f)
{
	switch ((int)f->type) {
	case FRAME_MAILBOX:
		on_mailbox(in, f);
		break;
	case FRAME_MAIL:
	case FRAME_SENT:
		on_mail(in, f);
		break;
	case FRAME_FLAGGED:
		on_flagged(in, f);
		break;
	case FRAME_MIRRORED:
		on_mirrored(in, f);
		break;
	default:
		break;
	}
}

void email_inbox_settled(
	struct email_inbox *in, const char *network_id, bool ok)
{
	if (!ok) {
		read_again(in);
		email_lose(
			in->session, GW_UNREACHABLE, GW_RETRY, MEMORY_FAILED);
		return;
	}
	arrivals_settled(&in->arrivals, network_id);
	advance(in);
}

void email_inbox_blame(struct email_inbox *in, uint64_t uid)
{
	uid &= UINT32_MAX;
	in->crashes = in->suspect == uid ? in->crashes + 1 : 1;
	in->suspect = (uint32_t)uid;
	deferred_start(&in->keep);
	if (in->crashes < CRASHES_MAX || uid <= in->seen)
		return;
	/* All before it have come: go on behind it. */
	in->seen = (uint32_t)uid;
	arrivals_add_done(&in->arrivals, in->seen);
	log_warning("email", "[%s] UID %u is set aside",
		in->session->session->id, in->seen);
	if (in->is_sent) {
		advance(in);
		return;
	}
	const struct gw_message notice = {
		.kind = GW_NOTICE,
		.from = NAME_NEWSLETTERS,
		.text = "A mail came that I could not read. You find it in "
			"your mail program.",
	};

	gw_message(in->session->session, NULL, &notice);
	advance(in);
}

void email_inbox_saved(struct email_inbox *in, uint64_t uid)
{
	if (uid != (uint64_t)in->seen + 1 || !arrivals_are_empty(&in->arrivals))
		return;
	in->done = in->seen = (uint32_t)uid;
	deferred_start(&in->keep);
}

bool email_inbox_is_kept(const struct email_inbox *in)
{
	return in->is_kept;
}

int64_t email_inbox_uidvalidity(const struct email_inbox *in)
{
	return in->uidvalidity;
}

/* --- Life ---------------------------------------------------------------- */

struct email_inbox *email_inbox_new(struct email_session *s, bool is_sent)
{
	struct loop *l = s->gateway->gw->env->loop;
	struct email_inbox *in = xalloc(sizeof(*in));

	in->session = s;
	in->is_sent = is_sent;
	arrivals_init(&in->arrivals, s, handed_over, in);
	deferred_init(&in->keep, l, "mail inbox keep", keep, in);
	deferred_init(&in->next, l, "mail inbox next", start_next, in);
	return in;
}

void email_inbox_free(struct email_inbox **slot)
{
	struct email_inbox *in = *slot;

	if (in == NULL)
		return;
	*slot = NULL;
	deferred_stop(&in->keep);
	deferred_stop(&in->next);
	mail_request_cancel(&in->search);
	read_again(in);
	xfree(in);
}

void email_inbox_start(struct email_inbox *in)
{
	/* What has come already was not begun before it was announced. */
	deferred_start(&in->next);
	deferred_start(&in->session->sent->next);
	if (in->is_watching)
		return;
	uint32_t incomplete = arrivals_drop_incomplete(&in->arrivals);

	if (incomplete != 0)
		in->seen = incomplete - 1;
	in->is_rewound = false;
	watch(in);
}

void email_inbox_stop(struct email_inbox *in)
{
	mail_request_cancel(&in->search);
	in->is_watching = false;
	end_import(in, 0, "The connection to the mail server was lost.");
}
