/*
 * A gateway to a network that takes its time and loses nothing: to be read
 * after tests/gateways/echo, before writing one for mail and the like.
 *
 * The network: a post office in each valley. What you write is carried there
 * and delivered after a while, over as many restarts as it takes; everybody
 * answers with a letter of the same words. Addresses are those of the echo.
 *
 * What it shows:
 *	send, gw_keep, kept, gw_result	a letter is noted, then accepted
 *	gw_recall, recalled		what an earlier process noted goes on
 *	gw_message with `durable`, settled	an answer is given until it is
 *					taken over, then forgotten
 *	GW_CAP_REPLY and the others	what a letter can be besides text
 *	gw_room_open			clubs that write to you by themselves
 */
#include <string.h>

#include "api/services.h"
#include "base/alloc.h"
#include "base/str.h"
#include "net/loop.h"

/* How long the post takes. */
#define POST_MS 2000

/* Letters under way of one account. */
#define LETTERS_MAX 100

#define CLERK "Clerk"

extern const struct gateway_ops gateway_echo, gateway_post;

/* One letter under way: what is kept is its answer's text, under the name
 * "letter/" and its network_id. */
struct letter {
	struct list link;
	gw_request request; /* 0: it was accepted by an earlier process */
	bool is_given;      /* its answer, and not settled yet */
	char *id, *from, *text;
};

struct post {
	struct gw_session *session;
	struct list letters;
	unsigned count;
	struct timer cart; /* brings the answers */
};

static const struct gw_setting settings[] = {
	{ .name = "valley",
		.label = "Valley",
		.help = "Where your post office is",
		.use = GW_USE_ACCOUNT,
		.required = true,
		.max = 63 },
	{ .name = NULL },
};

/* --- Letters ------------------------------------------------------------- */

static struct letter *letter_find(const struct post *p, const char *id)
{
	list_for_each(it, &p->letters) {
		struct letter *l = CONTAINER(it, struct letter, link);
		if (strcmp(l->id, id) == 0)
			return l;
	}
	return NULL;
}

static struct letter *letter_add(
	struct post *p, const char *id, const char *from, const char *text)
{
	struct letter *l = xalloc(sizeof(*l));
	l->id = xstrdup(id);
	l->from = xstrdup(from);
	l->text = xstrdup(text);
	list_append(&p->letters, &l->link);
	p->count++;
	return l;
}

static void letter_drop(struct post *p, struct letter *l)
{
	list_remove(&l->link);
	p->count--;
	xfree(l->id);
	xfree(l->from);
	xfree(l->text);
	xfree(l);
}

static void name_of(const struct letter *l, char name[128])
{
	text_format(name, 128, "letter/%s", l->id);
}

/* The answers, each until it is settled: after a crash it comes again. */
static void bring(void *arg)
{
	struct post *p = arg;
	list_for_each(it, &p->letters) {
		struct letter *l = CONTAINER(it, struct letter, link);
		const struct gw_message m = { .from = l->from,
			.text = l->text,
			.network_id = l->id,
			.reply_to = l->id + strlen("re-"),
			.durable = true };
		if (!l->is_given && l->request == 0) {
			l->is_given = true;
			gw_message(p->session, NULL, &m);
		}
	}
}

static void settled(struct gw_session *s, const char *network_id, bool ok)
{
	struct post *p = s->impl;
	struct letter *l = letter_find(p, network_id);
	char name[128];
	if (l == NULL)
		return;
	l->is_given = false;
	if (!ok) {
		timer_start(&p->cart, POST_MS);
		return;
	}
	name_of(l, name);
	gw_forget(s, name);
	letter_drop(p, l);
}

/* --- Taking -------------------------------------------------------------- */

/* Noted on disk: now it is the network's. */
static void kept(struct gw_session *s, uint64_t token, bool ok)
{
	struct post *p = s->impl;
	char id[64];
	text_format(id, sizeof(id), "re-%u", (unsigned)token);
	struct letter *l = letter_find(p, id);
	if (l == NULL)
		return;
	gw_request request = l->request;
	const struct gw_result accepted = { .stage = GW_ACCEPTED,
		.network_id = l->id + strlen("re-") };
	const struct gw_result delivered = { .stage = GW_DELIVERED };
	l->request = 0;
	if (!ok) {
		letter_drop(p, l);
		gw_fail(s, request, GW_BUSY, "The post office has no paper.");
		return;
	}
	gw_result(s, request, &accepted);
	gw_result(s, request, &delivered);
	timer_start(&p->cart, POST_MS);
}

/* In a room all are at once: there is nothing to wait for. */
static void answer_room(struct gw_session *s, const struct gw_outgoing *m)
{
	char id[64];
	const struct gw_result accepted = { .stage = GW_ACCEPTED,
		.network_id = id };
	text_format(id, sizeof(id), "%u", (unsigned)m->request);
	gw_result(s, m->request, &accepted);
	char answer[64];
	text_format(answer, sizeof(answer), "re-%s", id);
	gw_message(s, m->room,
		&(struct gw_message){
			.kind = m->reaction ? GW_REACTION : GW_MESSAGE,
			.from = CLERK,
			.text = m->text,
			.network_id = answer,
			.reply_to = m->reply_to,
			.file = m->file,
			.durable = true });
}

static void note(struct gw_session *s, const struct letter *l, uint64_t token)
{
	char name[128];
	struct str data = { .max = 4 * 1024 * 1024 };
	name_of(l, name);
	str_addf(&data, "%s\n%s", l->from, l->text);
	gw_keep(s,
		&(struct gw_kept){ .name = name,
			.data = str_text(&data),
			.len = data.len,
			.days = 30 },
		1, token);
	str_finish(&data);
}

/* One letter, carried to all: each answers, only the first tells that it was
 * taken. */
static void copy_letter(struct gw_session *s, const struct gw_outgoing *m)
{
	struct post *p = s->impl;
	char id[64];
	for (size_t i = 0; i < m->receiver_count; i++) {
		const struct gw_receiver *r = &m->receivers[i];
		if (r->as == GW_REPLY_TO || r->as == GW_NO_REPLY ||
			strcmp(r->person, m->to) == 0)
			continue;
		text_format(
			id, sizeof(id), "re-%u-%zu", (unsigned)m->request, i);
		if (letter_find(p, id) == NULL)
			note(s, letter_add(p, id, r->person, m->text), 0);
	}
}

static void send_message(struct gw_session *s, const struct gw_outgoing *m)
{
	struct post *p = s->impl;
	char id[64];
	if (m->kind == GW_NETWORK) {
		gw_fail(s, m->request, GW_UNSUPPORTED,
			"The post office itself reads nothing.");
		return;
	}
	if (m->retracts != NULL) {
		gw_fail(s, m->request, GW_NOT_ALLOWED,
			"It is in the letter box already.");
		return;
	}
	if (m->kind == GW_ROOM) {
		answer_room(s, m);
		return;
	}
	/* With `again` it may be known; the id says so. */
	text_format(id, sizeof(id), "re-%u", (unsigned)m->request);
	struct letter *l = letter_find(p, id);
	if (l == NULL && p->count >= LETTERS_MAX) {
		gw_fail(s, m->request, GW_BUSY, "The letter box is full.");
		return;
	}
	if (l == NULL)
		l = letter_add(
			p, id, m->to, m->file != NULL ? m->file->url : m->text);
	l->request = m->request;
	copy_letter(s, m);
	note(s, l, m->request);
}

/* --- A session ----------------------------------------------------------- */

/* What an earlier session noted, then everything else. */
static void open_session(struct gw_session *s)
{
	struct post *p = s->impl;
	if (p == NULL) {
		p = xalloc(sizeof(*p));
		p->session = s;
		list_init(&p->letters);
		timer_init(&p->cart, s->gw->env->loop, "cart", bring, p);
		s->impl = p;
	}
	gw_recall(s, "letter/", 1);
}

static void recalled(struct gw_session *s, uint64_t token, const char *name,
	const void *data, size_t len, bool ok)
{
	struct post *p = s->impl;
	(void)token;
	if (name == NULL && !ok) {
		gw_closed(s, GW_UNREACHABLE, "The post office lost its books.",
			GW_RETRY);
		return;
	}
	if (name == NULL) {
		gw_online(s, "customer");
		timer_start(&p->cart, POST_MS);
		return;
	}
	const char *id = name + strlen("letter/");
	const char *end = memchr(data, '\n', len);
	if (end == NULL || letter_find(p, id) != NULL)
		return;
	char *from = xstrndup(data, (size_t)(end - (const char *)data));
	char *text =
		xstrndup(end + 1, len - (size_t)(end + 1 - (const char *)data));
	letter_add(p, id, from, text);
	xfree(from);
	xfree(text);
}

static void close_session(struct gw_session *s, const char *text)
{
	struct post *p = s->impl;
	(void)text;
	if (p == NULL)
		return;
	timer_stop(&p->cart);
	list_for_each_safe(it, &p->letters)
		letter_drop(p, CONTAINER(it, struct letter, link));
	xfree(p);
	s->impl = NULL;
}

/* --- Rooms --------------------------------------------------------------- */

static void join(struct gw_room *r, const char *nick, const char *password)
{
	const struct gw_occupant clerk = { .nick = CLERK,
		.role = GW_MODERATOR,
		.affiliation = GW_OWNER,
		.show = GW_AVAILABLE };
	const struct gw_occupant self = {
		.nick = nick != NULL ? nick : "customer",
		.role = GW_PARTICIPANT,
		.affiliation = GW_NONE,
		.show = GW_AVAILABLE,
	};
	(void)password;
	if (strcmp(self.nick, CLERK) == 0) {
		gw_room_failed(r, GW_CONFLICT, "The clerk has that name.");
		return;
	}
	gw_room_occupant(r, &clerk);
	gw_room_occupant(r, &self);
	gw_room_joined(r, self.nick);
}

static void leave(struct gw_room *r, const char *text)
{
	(void)r, (void)text;
}

/* A command, so that a test can make the network do something by itself. */
static const struct gw_setting found_settings[] = {
	{ .name = "club", .label = "Club", .required = true, .max = 50 },
	{ .name = NULL },
};

static const struct gw_command commands[] = {
	{ .name = "found",
		.label = "Found a club",
		.settings = found_settings },
	{ .name = NULL },
};

static void run_command(struct gw_session *s, gw_request request, size_t index,
	const char *const *values)
{
	(void)index;
	char name[64];
	text_format(name, sizeof(name), "#%s", values[0]);
	gw_room_open(s, name, "You are a member now");
	gw_done(s, request, "It exists.");
}

/* --- What is the same as in the echo -------------------------------------- */

static int start(struct gw *gw, const char **reason_r)
{
	return gateway_echo.start(gw, reason_r);
}

static void stop(struct gw *gw)
{
	gateway_echo.stop(gw);
}

static int parse_address(const struct gw *gw, const char *local,
	struct gw_address *out, const char **reason_r)
{
	return gateway_echo.parse_address(gw, local, out, reason_r);
}

static int format_address(
	const struct gw *gw, const struct gw_address *a, char *out, size_t size)
{
	return gateway_echo.format_address(gw, a, out, size);
}

static int read_input(const struct gw *gw, const char *text,
	struct gw_address *out, const char **reason_r)
{
	return gateway_echo.read_input(gw, text, out, reason_r);
}

static int canonical_account(const struct gw *gw, const char *text, char *out,
	size_t size, const char **reason_r)
{
	return gateway_echo.canonical_account(gw, text, out, size, reason_r);
}

const struct gateway_ops gateway_post = {
	.name = "post",
	.disco_type = "post",
	.person_type = "pc",
	.title = "Post",
	.account_title = "valley",
	.prompt = "Whom to write to, for example anna@canyon",
	.caps = GW_CAP_ROOMS | GW_CAP_RECEIPTS | GW_CAP_SUBJECT |
		GW_CAP_THREAD | GW_CAP_ALWAYS | GW_CAP_DURABLE | GW_CAP_REPLY |
		GW_CAP_CORRECT | GW_CAP_RETRACT | GW_CAP_REACT | GW_CAP_FILES |
		GW_CAP_ADDRESSES,
	.settings = settings,
	.commands = commands,
	.start = start,
	.stop = stop,
	.parse_address = parse_address,
	.format_address = format_address,
	.read_input = read_input,
	.canonical_account = canonical_account,
	.open = open_session,
	.close = close_session,
	.send = send_message,
	.command = run_command,
	.kept = kept,
	.recalled = recalled,
	.settled = settled,
	.join = join,
	.leave = leave,
};
