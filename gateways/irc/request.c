#include "irc/request.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/intern.h"
#include "base/limits.h"
#include "irc/outbox.h"

/* Answers come at once, or are lost; clients wait some 30 s themselves. LIST
 * takes its time. */
#define DEADLINE_MS      20000
#define DEADLINE_LIST_MS 90000

/* Of the answer to a typed command. */
#define TEXT_MAX (16 * KIB)

#define PING_TOKEN "cw-"

/* Messages wait this long for a proof before it is asked for, and in the midst
 * of many lines, where it would cost the place of one, longer. */
#define PROOF_MS      3000
#define PROOF_LATE_MS 30000

struct recent_line {
	uint64_t target;
	int64_t sent_ms; /* 0: free */
	gw_request request;
};

struct irc_recent {
	struct recent_line lines[IRC_RECENT];
	unsigned next;    /* how many left, ever */
	unsigned arrived; /* as many are known to have arrived */
	bool has_own;     /* lines to the server among those that are not */
};

/* All up to this number have arrived. */
static void settle(struct irc_session *s, unsigned count)
{
	if (s->recent != NULL && (int)(count - s->recent->arrived) > 0)
		s->recent->arrived = count;
}

/* --- Requests ------------------------------------------------------------ */

static const char *intern_folded(const struct irc_session *s, const char *name)
{
	char buffer[IRC_NAME_SIZE];
	struct slice folded;

	if (name == NULL)
		return NULL;
	folded = irc_session_fold(s, slice_of(name), buffer);
	return folded.len > 0 ? intern_slice(folded) : NULL;
}

struct irc_request *irc_request_new(struct irc_session *s,
	enum irc_request_kind kind, gw_request id, const char *command,
	const char *const names[2])
{
	struct irc_request *r;

	if (s->request_count >= LIMIT_REQUESTS) {
		gw_fail(s->core, id, GW_BUSY,
			"Too many requests wait for this network. Try again "
			"in a minute.");
		return NULL;
	}
	r = xalloc(sizeof(*r));
	r->kind = kind;
	r->id = id;
	r->command = command;
	r->target = intern_folded(s, names[0]);
	r->other = intern_folded(s, names[1]);
	r->after = s->recent != NULL ? s->recent->next : 0;
	r->sent_ms = irc_now_ms(s->irc);
	r->deadline_ms =
		r->sent_ms +
		(kind == IRC_REQUEST_LIST ? DEADLINE_LIST_MS : DEADLINE_MS);
	str_init(&r->text, TEXT_MAX);
	list_append(&s->requests, &r->link);
	s->request_count++;
	irc_session_check_in(s, r->deadline_ms - r->sent_ms);
	return r;
}

static void request_free(struct irc_session *s, struct irc_request *r)
{
	list_remove(&r->link);
	s->request_count--;
	intern_drop(&r->target);
	intern_drop(&r->other);
	str_finish(&r->text);
	xfree(r);
}

void irc_request_follow(struct irc_session *s, struct irc_request *r)
{
	char token[32];

	r->barrier = ++s->barrier;
	if (r->barrier == 0)
		r->barrier = ++s->barrier;
	(void)text_format(
		token, sizeof(token), PING_TOKEN "%u", (unsigned)r->barrier);
	/* In the queue behind what it follows. */
	(void)irc_command(s, "PING", (const char *const[]){ NULL }, token);
}

void irc_request_done(
	struct irc_session *s, struct irc_request *r, const char *text)
{
	if (text == NULL && r->is_text && r->text.len > 0)
		text = str_text(&r->text);
	settle(s, r->after);
	gw_done(s->core, r->id, text);
	request_free(s, r);
}

void irc_request_fail(struct irc_session *s, struct irc_request *r,
	enum gw_reason reason, const char *text)
{
	gw_fail(s->core, r->id, reason, text);
	request_free(s, r);
}

void irc_request_refused(struct irc_session *s, struct irc_request *r,
	enum gw_reason reason, const char *text)
{
	settle(s, r->after);
	if (r->barrier == 0) {
		irc_request_fail(s, r, reason, text);
		return;
	}
	gw_fail(s->core, r->id, reason, text);
	r->id = 0;
}

void irc_request_item(struct irc_session *s, struct irc_request *r,
	const struct gw_item *item, const char *label)
{
	r->is_found = true;
	r->items++;
	if (!r->is_text) {
		gw_item(s->core, r->id, item);
		return;
	}
	if (r->text.len > 0)
		str_add_char(&r->text, '\n');
	str_add(&r->text, label);
	if (item->value == NULL && item->number == 0)
		return;
	str_add(&r->text, ": ");
	if (item->value != NULL)
		str_add(&r->text, item->value);
	else
		str_addf(&r->text, "%ld", item->number);
}

static bool is_name(const char *interned, struct slice folded)
{
	return interned != NULL && intern_len(interned) == folded.len &&
	       memcmp(interned, folded.data, folded.len) == 0;
}

struct irc_request *irc_request_find(const struct irc_session *s,
	enum irc_request_kind kind, struct slice target)
{
	char buffer[IRC_NAME_SIZE];
	struct slice folded = irc_session_fold(s, target, buffer);

	list_for_each(it, &s->requests) {
		struct irc_request *r = CONTAINER(it, struct irc_request, link);

		if (r->kind == kind &&
			(target.len == 0 || is_name(r->target, folded)))
			return r;
	}
	return NULL;
}

struct irc_request *irc_request_about(
	const struct irc_session *s, struct slice target, const char *command)
{
	char buffer[IRC_NAME_SIZE];
	struct slice folded = irc_session_fold(s, target, buffer);

	if (folded.len == 0)
		return NULL;
	list_for_each(it, &s->requests) {
		struct irc_request *r = CONTAINER(it, struct irc_request, link);

		if (command != NULL && strcmp(r->command, command) != 0)
			continue;
		if (is_name(r->target, folded) || is_name(r->other, folded))
			return r;
	}
	return NULL;
}

struct irc_request *irc_request_of_command(
	const struct irc_session *s, struct slice command)
{
	list_for_each(it, &s->requests) {
		struct irc_request *r = CONTAINER(it, struct irc_request, link);

		if (r->kind != IRC_REQUEST_CTCP &&
			slice_equals_nocase(command, r->command))
			return r;
	}
	return NULL;
}

/* PING of a look-up: the time it took is the answer. */
static void finish_ping(struct irc_session *s, struct irc_request *r)
{
	struct gw_item item = {
		.key = "ping",
		.number = (long)(irc_now_ms(s->irc) - r->sent_ms),
	};

	irc_request_item(s, r, &item, "ping");
	irc_request_done(s, r, NULL);
}

bool irc_request_pong(struct irc_session *s, struct slice token)
{
	size_t len = strlen(PING_TOKEN);
	char digits[16];
	unsigned long number;

	if (token.len <= len || token.len - len >= sizeof(digits) ||
		memcmp(token.data, PING_TOKEN, len) != 0)
		return false;
	(void)text_format(digits, sizeof(digits), "%.*s",
		(int)(token.len - len), token.data + len);
	number = strtoul(digits, NULL, 10);
	list_for_each_safe(it, &s->requests) {
		struct irc_request *r = CONTAINER(it, struct irc_request, link);

		if (r->barrier == 0 || r->barrier > number)
			continue;
		if (r->kind == IRC_REQUEST_PING)
			finish_ping(s, r);
		else
			irc_request_done(s, r, NULL);
	}
	return true;
}

static const char *no_answer(const struct irc_request *r)
{
	if (r->kind == IRC_REQUEST_CTCP)
		return "This person's program gave no answer; not all do.";
	return "The network gave no answer in time. Try again later.";
}

int64_t irc_requests_check(struct irc_session *s, int64_t now_ms)
{
	int64_t next = 0;

	list_for_each_safe(it, &s->requests) {
		struct irc_request *r = CONTAINER(it, struct irc_request, link);

		if (r->deadline_ms <= now_ms)
			irc_request_fail(s, r, GW_UNREACHABLE, no_answer(r));
		else if (next == 0 || r->deadline_ms < next)
			next = r->deadline_ms;
	}
	return next;
}

void irc_requests_finish(struct irc_session *s)
{
	list_for_each_safe(it, &s->requests)
		request_free(s, CONTAINER(it, struct irc_request, link));
	xfree(s->recent);
	s->recent = NULL;
}

/* --- Messages that left -------------------------------------------------- */

uint64_t irc_recent_target(const struct irc_session *s, struct slice target)
{
	char buffer[IRC_NAME_SIZE];

	return map_hash(irc_session_fold(s, target, buffer));
}

void irc_recent_add(struct irc_session *s, uint64_t target, gw_request request)
{
	struct irc_recent *recent = s->recent;
	struct recent_line *line;

	if (recent == NULL)
		recent = s->recent = xalloc(sizeof(*s->recent));
	line = &recent->lines[recent->next++ % IRC_RECENT];
	line->target = target;
	line->request = request;
	line->sent_ms = irc_now_ms(s->irc);
	recent->has_own |= target == 0;
	irc_session_check_in(s, PROOF_MS);
}

/* It failed, so its other lines have nothing to report. */
static void forget(struct irc_recent *recent, gw_request request)
{
	for (unsigned i = 0; i < IRC_RECENT; i++) {
		if (recent->lines[i].request == request)
			recent->lines[i].request = 0;
	}
}

bool irc_recent_take(
	struct irc_session *s, struct slice target, gw_request *request_r)
{
	uint64_t hash = irc_recent_target(s, target);
	int64_t oldest = irc_now_ms(s->irc) - IRC_RECENT_MS;

	for (unsigned i = 1; s->recent != NULL && i <= IRC_RECENT; i++) {
		struct recent_line *line =
			&s->recent->lines[(s->recent->next - i) % IRC_RECENT];

		if (line->sent_ms == 0 || line->sent_ms < oldest)
			return false;
		if (line->target != hash || line->request == UINT32_MAX)
			continue;
		*request_r = line->request;
		forget(s->recent, line->request);
		line->request = UINT32_MAX; /* each fails once */
		return true;
	}
	return false;
}

void irc_recent_answered(struct irc_session *s)
{
	if (s->recent == NULL || !s->recent->has_own)
		return;
	s->recent->has_own = false;
	for (unsigned i = 0; i < IRC_RECENT; i++) {
		if (s->recent->lines[i].target == 0)
			s->recent->lines[i].request = 0;
	}
}

/* The oldest that is remembered and may not have arrived. */
static unsigned first_in_doubt(const struct irc_recent *recent)
{
	unsigned count = recent->next - recent->arrived;

	return recent->next - (count < IRC_RECENT ? count : IRC_RECENT);
}

int64_t irc_recent_check(struct irc_session *s, int64_t now_ms)
{
	const struct irc_recent *recent = s->recent;
	struct irc_request *r;
	int64_t waited_ms;

	if (recent == NULL || recent->arrived == recent->next)
		return 0;
	if (irc_request_find(s, IRC_REQUEST_PROOF, slice_of("")) != NULL)
		return now_ms + PROOF_MS;
	waited_ms = now_ms -
		    recent->lines[first_in_doubt(recent) % IRC_RECENT].sent_ms;
	if (waited_ms < PROOF_MS)
		return now_ms + PROOF_MS - waited_ms;
	if (s->request_count >= LIMIT_REQUESTS ||
		(!irc_is_idle(s) && waited_ms < PROOF_LATE_MS))
		return now_ms + PROOF_MS;
	r = irc_request_new(s, IRC_REQUEST_PROOF, 0, "PING",
		(const char *const[]){ NULL, NULL });
	irc_request_follow(s, r);
	if (s->pinged_ms == 0)
		s->pinged_ms = now_ms;
	return now_ms + PROOF_MS;
}

void irc_recent_doubt(struct irc_session *s)
{
	struct irc_recent *recent = s->recent;

	if (recent == NULL)
		return;
	for (unsigned i = first_in_doubt(recent); i != recent->next; i++) {
		gw_request request = recent->lines[i % IRC_RECENT].request;

		if (request == 0 || request == UINT32_MAX)
			continue;
		forget(recent, request);
		gw_fail(s->core, request, GW_LOST,
			"The connection to the network broke just after this "
			"was sent; it may not have arrived.");
	}
}
