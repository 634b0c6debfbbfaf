#include "gateways/kit/fake_core.h"

#include "gateways/kit/fake_kept.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "net/dns.h"
#include "net/http_client.h"

#define WALL_MS        INT64_C(1700000000000)
#define LINE_MAX_BYTES (64 * 1024)
#define REQUESTS_MAX   4096
#define SETTINGS_MAX   32

struct fake_setting {
	char *name, *value;
};

struct fake_session {
	struct gw_session api;
	struct list link;
	bool is_open;   /* until the link is lost */
	bool is_opened; /* until close() */
	struct list rooms;
	struct fake_setting settings[SETTINGS_MAX];
	size_t setting_count;
	/* Of each request from `first_request` on: 0 none made, 1 made, then
	 * its stage + 2. */
	gw_request first_request;
	unsigned char requests[REQUESTS_MAX];
};

struct fake_room {
	struct gw_room api;
	struct list link;
	bool is_over, is_joined;
	char *own; /* the user's nick there */
};

struct fake_core {
	struct gw gw;
	struct gw_env env;
	struct fake_setting defaults[SETTINGS_MAX];
	size_t default_count;
	struct list sessions;
	char **lines;
	size_t count, cap;
	size_t seen; /* lines that were looked at */
	gw_request last_request;
	uint32_t last_question;
	unsigned last_id;
	unsigned long calls;
	bool is_muted, shows_own;
	const char *user_name;
	unsigned stall_after;
	int64_t work_ms;             /* of each note */
	bool is_stalled, is_awaited; /* ... and the gateway knows */
	bool is_draining;
	struct fake_kept kept;
	int64_t upload_limit; /* 0: no uploads */
	uint32_t last_upload;
};

static _Noreturn void __attribute__((format(printf, 1, 2)))
broken(const char *fmt, ...)
{
	va_list args;

	fputs("fake core: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

static struct fake_core *core_of(const struct gw_session *s)
{
	return CONTAINER(s->gw, struct fake_core, gw);
}

static struct fake_session *session_of(const struct gw_session *s)
{
	return (struct fake_session *)((uintptr_t)s -
				       offsetof(struct fake_session, api));
}

static struct fake_room *room_of(const struct gw_room *r)
{
	return (struct fake_room *)((uintptr_t)r -
				    offsetof(struct fake_room, api));
}

/* --- Lines --------------------------------------------------------------- */

static void note(struct fake_core *core, struct str *line)
{
	core->calls++;
	clock_advance(core->work_ms);
	if (line->overflow)
		str_add(line, "(cut)");
	if (!utf8_is_valid(str_slice(line)))
		broken("not UTF-8: %s", str_text(line));
	if (!core->is_muted) {
		if (core->count == core->cap) {
			core->cap = core->cap * 2 + 64;
			core->lines = xrealloc(
				core->lines, core->cap, sizeof(core->lines[0]));
		}
		core->lines[core->count++] = xstrdup(str_text(line));
	}
	str_finish(line);
}

static void begin(struct str *line)
{
	str_init(line, LINE_MAX_BYTES);
}

/* `text` with what fnmatch and people would stumble over made visible. */
static void add_text(struct str *line, const char *text)
{
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '\n')
			str_add(line, "\\n");
		else if (*p == '\r')
			str_add(line, "\\r");
		else if ((unsigned char)*p < ' ' && *p != '\t')
			broken("control character %d in: %s", *p, text);
		else
			str_add_char(line, *p);
	}
}

static void add_word(struct str *line, const char *before, const char *text)
{
	if (text == NULL)
		return;
	str_add(line, before);
	add_text(line, text);
}

/* --- The rules ----------------------------------------------------------- */

static void check_open(const struct gw_session *s, const char *service)
{
	if (!session_of(s)->is_open)
		broken("%s() about a session that is closed", service);
}

static void check_room(const struct gw_room *r, const char *service)
{
	check_open(r->session, service);
	if (room_of(r)->is_over)
		broken("%s() about room %s, which is over", service, r->name);
}

struct fake_kept *fake_kept_of(const struct gw_session *s)
{
	return &core_of(s)->kept;
}

struct fake_kept *fake_kept_of_gw(struct gw *gw)
{
	return &CONTAINER(gw, struct fake_core, gw)->kept;
}

void fake_check_open(const struct gw_session *s, const char *service)
{
	if (!session_of(s)->is_opened)
		broken("%s() about a session that was closed", service);
}

void fake_note_gw(struct gw *gw, const char *text)
{
	struct str line;

	begin(&line);
	add_text(&line, text);
	note(CONTAINER(gw, struct fake_core, gw), &line);
}

void fake_note(const struct gw_session *s, const char *text)
{
	fake_note_gw(s->gw, text);
}

/* The name is the test's own, and may be a hostile one. */
static void begin_room(struct str *line, const struct gw_room *r)
{
	begin(line);
	for (const char *p = r->name; *p != '\0'; p++)
		str_add_char(line, (unsigned char)*p < ' ' ? '?' : *p);
	str_add(line, ": ");
}

static const char *reason_name(enum gw_reason reason)
{
	static const char *const names[] = { "GW_OK", "GW_BAD_ADDRESS",
		"GW_NO_SUCH", "GW_NO_HOST", "GW_UNREACHABLE", "GW_LOST",
		"GW_BAD_PASSWORD", "GW_NOT_AUTHORIZED", "GW_MEMBERS_ONLY",
		"GW_BANNED", "GW_FORBIDDEN", "GW_NOT_ALLOWED", "GW_FULL",
		"GW_CONFLICT", "GW_NOT_ACCEPTABLE", "GW_POLICY", "GW_BUSY",
		"GW_UNSUPPORTED", "GW_OUT_OF_REACH", "GW_UNDELIVERABLE",
		"GW_NOT_NOW", "GW_FAULT" };

	if ((size_t)reason >= COUNT(names))
		broken("unknown reason %d", (int)reason);
	return names[reason];
}

/* The state of a request that was made. */
static unsigned char *request_state(
	const struct gw_session *s, gw_request request)
{
	struct fake_session *fs = session_of(s);
	gw_request index = request - fs->first_request;

	if (fs->first_request == 0 || request < fs->first_request ||
		index >= REQUESTS_MAX || fs->requests[index] == 0)
		broken("a result for request %u, which was not made",
			(unsigned)request);
	return &fs->requests[index];
}

/* What may be told of a request that was accepted, see enum gw_stage. */
static void check_later(const struct gw_session *s, gw_request request,
	unsigned char state, enum gw_stage stage)
{
	static const unsigned caps[] = { [GW_DELIVERED] = GW_CAP_RECEIPTS,
		[GW_DISPLAYED] = GW_CAP_DISPLAYED };

	if ((s->gw->ops->caps & caps[stage]) == 0)
		broken("request %u: stage %d is not among the caps",
			(unsigned)request, (int)stage);
	if (state < GW_ACCEPTED + 2 || state >= stage + 2)
		broken("request %u: stage %d after %d", (unsigned)request,
			(int)stage, state - 2);
}

static void check_request(
	const struct gw_session *s, gw_request request, enum gw_stage stage)
{
	unsigned char *state;

	if (request == 0)
		return;
	state = request_state(s, request);
	if (*state == GW_DISPLAYED + 2)
		broken("request %u was displayed already", (unsigned)request);
	if (stage == GW_DELIVERED || stage == GW_DISPLAYED)
		check_later(s, request, *state, stage);
	if (*state == GW_FAILED + 2)
		broken("request %u is completed again", (unsigned)request);
	if (*state != 1 && stage == GW_ACCEPTED)
		broken("request %u is accepted again", (unsigned)request);
	*state = (unsigned char)(stage + 2);
}

/* --- Services: session --------------------------------------------------- */

static const struct gw_setting *setting_row(
	const struct gw_session *s, const char *name)
{
	const struct gw_setting *row = s->gw->ops->settings;

	while (row->name != NULL && strcmp(row->name, name) != 0)
		row++;
	if (row->name == NULL)
		broken("gw_setting(\"%s\"): no such setting", name);
	return row;
}

const char *gw_setting(const struct gw_session *s, const char *name)
{
	struct fake_session *fs = session_of(s);
	const struct gw_setting *row = setting_row(s, name);

	for (size_t i = 0; i < fs->setting_count; i++) {
		if (strcmp(fs->settings[i].name, name) == 0)
			return fs->settings[i].value;
	}
	const struct fake_core *core = core_of(s);

	for (size_t i = 0; i < core->default_count; i++)
		if (strcmp(core->defaults[i].name, name) == 0)
			return core->defaults[i].value;
	return row->def != NULL ? row->def : "";
}

void fake_set_default(
	struct fake_core *core, const char *name, const char *value)
{
	struct fake_setting *d = &core->defaults[core->default_count++];

	if (core->default_count > SETTINGS_MAX)
		broken("too many settings");
	d->name = xstrdup(name);
	d->value = xstrdup(value);
}

void gw_delayed(struct gw_session *s, int64_t delay_ms)
{
	struct str line;

	check_open(s, "gw_delayed");
	begin(&line);
	str_addf(&line, "delayed %lld", (long long)delay_ms);
	note(core_of(s), &line);
}

static const char *show_name(enum gw_show show)
{
	static const char *const names[] = { "offline", "available", "chat",
		"away", "xa", "dnd" };

	return names[show];
}

void gw_status(struct gw_session *s, enum gw_show show, const char *text)
{
	struct str line;

	check_open(s, "gw_status");
	if (show != GW_AVAILABLE && show != GW_AWAY && show != GW_XA)
		broken("gw_status() with a show that is none of an account");
	begin(&line);
	add_word(&line, "status ", show_name(show));
	add_word(&line, " ", text);
	note(core_of(s), &line);
}

void gw_online(struct gw_session *s, const char *own_name)
{
	struct str line;

	check_open(s, "gw_online");
	begin(&line);
	add_word(&line, "online ", own_name);
	note(core_of(s), &line);
}

static void end_rooms(struct fake_session *fs)
{
	list_for_each(it, &fs->rooms)
		CONTAINER(it, struct fake_room, link)->is_over = true;
}

void gw_want(struct gw_session *s, const char *setting)
{
	struct str line;

	check_open(s, "gw_want");
	begin(&line);
	str_addf(&line, "want %s", setting);
	note(core_of(s), &line);
}

void gw_closed(struct gw_session *s, enum gw_reason reason, const char *text,
	enum gw_retry retry)
{
	static const char *const names[] = { "retry", "slowly", "never" };
	struct str line;

	check_open(s, "gw_closed");
	session_of(s)->is_open = false;
	end_rooms(session_of(s));
	begin(&line);
	str_addf(&line, "closed %s %s", reason_name(reason), names[retry]);
	add_word(&line, " ", text);
	note(core_of(s), &line);
}

void gw_result(struct gw_session *s, gw_request request,
	const struct gw_result *result)
{
	static const char *const names[] = { "failed", "accepted", "delivered",
		"displayed" };
	struct str line;

	/* Of what was accepted or is durable, also while the link is down. */
	if ((s->gw->ops->caps & GW_CAP_DURABLE) == 0 &&
		(request == 0 || *request_state(s, request) < GW_ACCEPTED + 2))
		check_open(s, "gw_result");
	else if (!session_of(s)->is_opened)
		broken("gw_result() after close()");
	check_request(s, request, result->stage);
	if (request == 0)
		return;
	begin(&line);
	str_addf(&line, "%s %u", names[result->stage], (unsigned)request);
	if (result->stage == GW_FAILED)
		add_word(&line, " ", reason_name(result->reason));
	add_word(&line, " ", result->text);
	add_word(&line, " id=", result->network_id);
	note(core_of(s), &line);
}

const char *gw_user_name(struct gw_session *s)
{
	const struct fake_core *core = core_of(s);

	check_open(s, "gw_user_name");
	return core->user_name != NULL ? core->user_name : "";
}

void fake_user_name(struct fake_core *core, const char *name)
{
	core->user_name = name;
}

bool gw_shows_own(struct gw_session *s)
{
	return CONTAINER(s->gw, struct fake_core, gw)->shows_own;
}

void gw_displayed_elsewhere(
	struct gw_session *s, const char *person, const char *network_id)
{
	struct str line;

	check_open(s, "gw_displayed_elsewhere");
	if (s->gw->ops->displayed == NULL)
		broken("gw_displayed_elsewhere() without ops->displayed");
	if (!gw_shows_own(s))
		return;
	begin(&line);
	add_word(&line, "elsewhere ", person);
	add_word(&line, " id=", network_id);
	note(core_of(s), &line);
}

void gw_room_displayed_elsewhere(
	struct gw_session *s, const char *room, const char *network_id)
{
	struct str line;

	check_open(s, "gw_room_displayed_elsewhere");
	if (!gw_shares_displayed(s))
		return;
	begin(&line);
	add_word(&line, "elsewhere room ", room);
	add_word(&line, " id=", network_id);
	note(core_of(s), &line);
}

bool gw_shares_displayed(struct gw_session *s)
{
	return gw_shows_own(s);
}

void fake_show_own(struct fake_core *core, bool on)
{
	core->shows_own = on;
}

bool gw_is_own_domain(const struct gw *gw, const char *domain)
{
	return strcasecmp(gw->jid, domain) == 0 ||
	       strcasecmp(FAKE_OTHER_GATEWAY, domain) == 0;
}

bool gw_is_relayed(const struct gw_session *s)
{
	const char *at = strchr(s->user, '@');

	return at != NULL && strcmp(at + 1, FAKE_RELAY) == 0;
}

bool gw_must_wait(struct gw *gw)
{
	struct fake_core *core = CONTAINER(gw, struct fake_core, gw);

	if (core->stall_after > 0)
		core->is_stalled = --core->stall_after == 0;
	core->is_awaited |= core->is_stalled;
	return core->is_stalled;
}

void fake_drain(struct fake_core *core)
{
	core->is_draining = true;
	core->gw.ops->drain(&core->gw);
}

void gw_drained(struct gw *gw)
{
	struct fake_core *core = CONTAINER(gw, struct fake_core, gw);

	if (!core->is_draining)
		broken("gw_drained() and no drain, or twice");
	core->is_draining = false;
	fake_note_gw(gw, "drained");
}

void fake_stall_after(struct fake_core *core, unsigned count)
{
	core->stall_after = count + 1;
	fake_stall(core, false);
}

void fake_work(struct fake_core *core, int64_t ms)
{
	core->work_ms = ms;
}

void fake_stall(struct fake_core *core, bool on)
{
	core->is_stalled = on;
	if (on || !core->is_awaited)
		return;
	core->is_awaited = false;
	core->gw.ops->resume(&core->gw);
}

void gw_done(struct gw_session *s, gw_request request, const char *text)
{
	const struct gw_result result = { .stage = GW_ACCEPTED, .text = text };

	gw_result(s, request, &result);
}

void gw_fail(struct gw_session *s, gw_request request, enum gw_reason reason,
	const char *text)
{
	const struct gw_result result = {
		.stage = GW_FAILED,
		.reason = reason,
		.text = text,
	};

	if (text == NULL || text[0] == '\0')
		broken("a failure without words");
	gw_result(s, request, &result);
}

void gw_item(
	struct gw_session *s, gw_request request, const struct gw_item *item)
{
	struct str line;

	check_open(s, "gw_item");
	if (*request_state(s, request) != 1)
		broken("an item for request %u, which is over",
			(unsigned)request);
	begin(&line);
	str_addf(&line, "item %u ", (unsigned)request);
	add_text(&line, item->key);
	add_word(&line, "=", item->value);
	if (item->number != 0)
		str_addf(&line, " #%ld", item->number);
	note(core_of(s), &line);
}

static void add_spans(struct str *line, const struct gw_message *m)
{
	size_t len = strlen(m->text);
	size_t end = 0;

	for (size_t i = 0; i < m->span_count; i++) {
		const struct gw_span *span = &m->spans[i];

		if (span->start < end || span->end <= span->start ||
			span->end > len)
			broken("span %zu of '%s' is wrong", i, m->text);
		end = span->end;
		str_addf(line, " [%zu-%zu:%u", span->start, span->end,
			span->style);
		if (span->fg >= 0)
			str_addf(line, " fg=%06x", (unsigned)span->fg);
		if (span->bg >= 0)
			str_addf(line, " bg=%06x", (unsigned)span->bg);
		str_add_char(line, ']');
	}
}

static void add_receivers(struct str *line, const struct gw_message *m)
{
	static const char *const names[] = { "to", "cc", "bcc", "replyto",
		"noreply" };

	if (m->receiver_count > LIMIT_RECEIVERS)
		broken("%zu receivers", m->receiver_count);
	for (size_t i = 0; i < m->receiver_count; i++) {
		const struct gw_receiver *r = &m->receivers[i];

		if (r->as == GW_BCC ||
			(r->person == NULL) != (r->as == GW_NO_REPLY))
			broken("receiver %zu of '%s' is wrong", i, m->text);
		str_addf(line, " %s=", names[r->as]);
		if (r->person != NULL)
			str_add(line, r->person);
	}
}

void gw_person_changed(struct gw_session *s, const char *person)
{
	struct str line;

	check_open(s, "gw_person_changed");
	begin(&line);
	add_word(&line, "changed ", person);
	note(core_of(s), &line);
}

void gw_message(
	struct gw_session *s, struct gw_room *room, const struct gw_message *m)
{
	static const char *const names[] = { "message", "action", "notice",
		"reaction" };
	struct fake_core *core = core_of(s);
	struct str line;

	check_open(s, "gw_message");
	if (m->durable &&
		(m->network_id == NULL || s->gw->ops->settled == NULL))
		broken("a durable message without id or ops->settled");
	if (m->kind == GW_REACTION && m->reply_to == NULL)
		broken("a reaction to nothing");
	if ((m->replaces != NULL || m->retracts != NULL) &&
		(m->own || m->file != NULL || m->kind == GW_REACTION))
		broken("a correction or withdrawal that is something else too");
	if (m->retracts != NULL && m->text[0] != '\0')
		broken("a withdrawal with a text");
	if (room != NULL)
		check_room(room, "gw_message");
	if (m->durable)
		fake_settle_later(s, m->network_id);
	if (core->is_muted) {
		core->calls++;
		return;
	}
	if (room != NULL)
		begin_room(&line, room);
	else
		begin(&line);
	str_addf(&line, "%s", names[m->kind]);
	add_word(&line, " ", m->from);
	add_word(&line, ": ", m->text);
	if (m->own)
		str_add(&line, " [own]");
	add_word(&line, " to=", m->to);
	add_word(&line, " id=", m->network_id);
	if (m->wall_ms != 0)
		str_addf(&line, " time=%lld", (long long)m->wall_ms);
	add_word(&line, " subject=", m->subject);
	add_word(&line, " thread=", m->thread);
	add_word(&line, " reply=", m->reply_to);
	add_word(&line, " replaces=", m->replaces);
	add_word(&line, " retracts=", m->retracts);
	if (m->file != NULL)
		add_word(&line, " file=", m->file->url);
	if (m->durable)
		str_add(&line, " [durable]");
	if (m->quiet)
		str_add(&line, " [quiet]");
	add_receivers(&line, m);
	add_spans(&line, m);
	note(core, &line);
}

void gw_presence(struct gw_session *s, const char *person, enum gw_show show,
	const char *status)
{
	struct str line;

	check_open(s, "gw_presence");
	begin(&line);
	add_word(&line, "presence ", person);
	add_word(&line, " ", show_name(show));
	add_word(&line, " ", status);
	note(core_of(s), &line);
}

void gw_typing(
	struct gw_session *s, struct gw_room *room, const char *person, bool on)
{
	struct str line;

	check_open(s, "gw_typing");
	if (room != NULL)
		begin_room(&line, room);
	else
		begin(&line);
	add_word(&line, "typing ", person);
	str_add(&line, on ? " on" : " off");
	note(core_of(s), &line);
}

void gw_invited(struct gw_session *s, const char *room_name,
	const char *inviter, const char *reason)
{
	struct str line;

	check_open(s, "gw_invited");
	begin(&line);
	add_word(&line, "invited ", room_name);
	add_word(&line, " by ", inviter);
	add_word(&line, ": ", reason);
	note(core_of(s), &line);
}

uint32_t gw_ask(
	struct gw_session *s, const char *text, const struct gw_setting *fields)
{
	struct fake_core *core = core_of(s);
	struct str line;

	check_open(s, "gw_ask");
	begin(&line);
	str_addf(&line, "ask %u ", (unsigned)++core->last_question);
	add_text(&line, text);
	for (; fields->name != NULL; fields++)
		add_word(&line, " ", fields->name);
	note(core, &line);
	return core->last_question;
}

void gw_tell(struct gw_session *s, const char *text)
{
	struct str line;

	check_open(s, "gw_tell");
	begin(&line);
	add_word(&line, "tell ", text);
	note(core_of(s), &line);
}

void gw_unask(struct gw_session *s, uint32_t question)
{
	struct str line;

	check_open(s, "gw_unask");
	begin(&line);
	str_addf(&line, "unask %u", (unsigned)question);
	note(core_of(s), &line);
}

/* --- Services: rooms ----------------------------------------------------- */

struct gw_room *gw_room_find(struct gw_session *s, const char *name)
{
	list_for_each(it, &session_of(s)->rooms) {
		struct fake_room *fr = CONTAINER(it, struct fake_room, link);

		if (!fr->is_over && strcmp(fr->api.name, name) == 0)
			return &fr->api;
	}
	return NULL;
}

void fake_allow_uploads(struct gw_session *s, int64_t limit)
{
	core_of(s)->upload_limit = limit;
}

int64_t gw_upload_limit(struct gw_session *s)
{
	check_open(s, "gw_upload_limit");
	return core_of(s)->upload_limit;
}

uint32_t gw_upload(
	struct gw_session *s, const char *name, const char *type, int64_t size)
{
	struct str line;

	check_open(s, "gw_upload");
	if (s->gw->ops->uploaded == NULL || s->gw->ops->upload_more == NULL)
		broken("gw_upload() without ops->uploaded and upload_more");
	begin(&line);
	str_addf(&line, "upload %s %s %lld", name, type, (long long)size);
	note(core_of(s), &line);
	return core_of(s)->upload_limit != 0 ? ++core_of(s)->last_upload : 0;
}

static void check_upload(struct gw_session *s, uint32_t upload)
{
	if (upload == 0 || upload > core_of(s)->last_upload)
		broken("there is no upload %u", upload);
}

void gw_upload_data(
	struct gw_session *s, uint32_t upload, const void *data, size_t len)
{
	struct str line;

	check_upload(s, upload);
	begin(&line);
	str_addf(
		&line, "upload %u: %.*s", upload, (int)len, (const char *)data);
	note(core_of(s), &line);
}

void gw_upload_cancel(struct gw_session *s, uint32_t upload)
{
	struct str line;

	check_upload(s, upload);
	begin(&line);
	str_addf(&line, "upload %u cancelled", upload);
	note(core_of(s), &line);
}

void gw_room_open(struct gw_session *s, const char *name, const char *words)
{
	struct str line;

	check_open(s, "gw_room_open");
	begin(&line);
	add_word(&line, "room-open ", name);
	add_word(&line, ": ", words);
	note(core_of(s), &line);
}

void gw_room_occupant(struct gw_room *r, const struct gw_occupant *o)
{
	static const char *const roles[] = { "none", "visitor", "participant",
		"moderator" };
	static const char *const affiliations[] = { "outcast", "none", "member",
		"admin", "owner" };
	struct str line;

	check_room(r, "gw_room_occupant");
	if (o->nick == NULL || o->nick[0] == '\0')
		broken("an occupant without nick");
	begin_room(&line, r);
	add_word(&line, "occupant ", o->nick);
	str_addf(&line, " %s %s", roles[o->role], affiliations[o->affiliation]);
	if (o->show != GW_AVAILABLE)
		add_word(&line, " ", show_name(o->show));
	if (o->hats != 0)
		str_addf(&line, " hats=%u", o->hats);
	add_word(&line, " person=", o->person);
	add_word(&line, " host=", o->host);
	add_word(&line, " stable=", o->stable);
	if (o->status != NULL) {
		add_word(&line, " (", o->status);
		str_add_char(&line, ')');
	}
	note(core_of(r->session), &line);
}

void gw_room_joined(struct gw_room *r, const char *nick)
{
	struct str line;

	check_room(r, "gw_room_joined");
	if (room_of(r)->is_joined)
		broken("gw_room_joined() twice for %s", r->name);
	room_of(r)->is_joined = true;
	xstrset(&room_of(r)->own, nick);
	begin_room(&line, r);
	add_word(&line, "joined ", nick);
	note(core_of(r->session), &line);
}

void gw_room_failed(struct gw_room *r, enum gw_reason reason, const char *text)
{
	struct str line;

	check_room(r, "gw_room_failed");
	if (room_of(r)->is_joined)
		broken("gw_room_failed() for %s, which was joined", r->name);
	room_of(r)->is_over = true;
	begin_room(&line, r);
	add_word(&line, "failed ", reason_name(reason));
	add_word(&line, " ", text);
	note(core_of(r->session), &line);
}

void gw_room_gone(struct gw_room *r, const struct gw_gone *gone)
{
	static const char *const names[] = { "left", "kicked", "banned", "quit",
		"split", "removed" };
	struct str line;

	check_room(r, "gw_room_gone");
	begin_room(&line, r);
	add_word(&line, "gone ", gone->nick);
	add_word(&line, " ", names[gone->how]);
	add_word(&line, " by ", gone->actor);
	add_word(&line, ": ", gone->text);
	note(core_of(r->session), &line);
	if (room_of(r)->own != NULL && strcmp(room_of(r)->own, gone->nick) == 0)
		room_of(r)->is_over = true;
}

void gw_room_renamed(
	struct gw_room *r, const char *old_nick, const char *new_nick)
{
	struct str line;

	check_room(r, "gw_room_renamed");
	if (new_nick[0] == '\0')
		broken("renamed to nothing");
	if (room_of(r)->own != NULL && strcmp(room_of(r)->own, old_nick) == 0)
		xstrset(&room_of(r)->own, new_nick);
	begin_room(&line, r);
	add_word(&line, "renamed ", old_nick);
	add_word(&line, " ", new_nick);
	note(core_of(r->session), &line);
}

void gw_room_subject(struct gw_room *r, const char *text, const char *setter,
	int64_t wall_ms)
{
	struct str line;

	check_room(r, "gw_room_subject");
	begin_room(&line, r);
	str_add(&line, "subject");
	add_word(&line, " by ", setter);
	if (wall_ms != 0)
		str_addf(&line, " @%lld", (long long)wall_ms);
	add_word(&line, ": ", text);
	note(core_of(r->session), &line);
}

void gw_room_info(struct gw_room *r, const struct gw_room_info *info)
{
	static const char *const names[] = { "moderated", "members", "hidden",
		"locked" };
	struct str line;

	check_room(r, "gw_room_info");
	begin_room(&line, r);
	str_add(&line, "info");
	for (unsigned i = 0; i < COUNT(names); i++) {
		if (info->flags & 1u << i)
			add_word(&line, " ", names[i]);
	}
	add_word(&line, " password=", info->password);
	if (info->max_users != 0)
		str_addf(&line, " max=%ld", info->max_users);
	add_word(&line, " ", info->detail);
	add_word(&line, " title=", info->title);
	note(core_of(r->session), &line);
}

/* --- Life ---------------------------------------------------------------- */

static void *parse_config(const struct gateway_ops *ops, const char *config)
{
	struct str error;
	void *data;

	str_init(&error, 4096);
	data = cfg_parse(config, "test", ops->config, &error);
	if (data == NULL)
		broken("%s", str_text(&error));
	str_finish(&error);
	return data;
}

void fake_reload(struct fake_core *core, const char *config)
{
	void *old = (void *)(uintptr_t)core->gw.config;

	core->gw.config = parse_config(core->gw.ops, config);
	core->gw.ops->reload(&core->gw);
	cfg_free(old, core->gw.ops->config);
}

struct fake_core *fake_core_new(
	const struct gateway_ops *ops, const char *config)
{
	struct fake_core *core = xalloc(sizeof(*core));
	const char *reason = "";

	clock_use_virtual(WALL_MS);
	core->env.loop = loop_new();
	/* Nobody answers there: tests look up nothing. */
	core->env.resolver = resolver_new(core->env.loop, "127.0.0.1:9");
	core->env.policy = policy_new();
	core->env.software = "causeway test";
	core->env.http = http_client_new(core->env.loop, core->env.resolver,
		core->env.policy, NULL, core->env.software);
	core->env.dns = dns_new(core->env.loop, "127.0.0.1:9");
	core->gw.ops = ops;
	core->gw.env = &core->env;
	core->gw.jid = "gw.example.test";
	core->gw.config =
		ops->config != NULL ? parse_config(ops, config) : NULL;
	list_init(&core->sessions);
	fake_kept_init(&core->kept, core->env.loop);
	if (ops->start(&core->gw, &reason) != 0)
		broken("start: %s", reason);
	return core;
}

static void free_session(struct fake_session *fs)
{
	list_remove(&fs->link);
	list_for_each_safe(it, &fs->rooms) {
		struct fake_room *fr = CONTAINER(it, struct fake_room, link);

		xfree((char *)(uintptr_t)fr->api.name);
		xfree(fr->own);
		xfree(fr);
	}
	for (size_t i = 0; i < fs->setting_count; i++) {
		xfree(fs->settings[i].name);
		xfree(fs->settings[i].value);
	}
	xfree((char *)(uintptr_t)fs->api.account);
	xfree((char *)(uintptr_t)fs->api.user);
	xfree((char *)(uintptr_t)fs->api.id);
	xfree(fs);
}

static void stop_gateway(struct fake_core *core)
{
	list_for_each(it, &core->sessions) {
		struct fake_session *fs =
			CONTAINER(it, struct fake_session, link);

		if (fs->is_opened)
			fake_close(&fs->api, NULL);
	}
	fake_run(core, 10000);
	core->gw.ops->stop(&core->gw);
	fake_kept_stop(&core->kept);
}

/* Whoever was told may not have had the time to write it down. */
static void forget_failures(struct fake_session *fs)
{
	for (size_t i = 0; i < REQUESTS_MAX; i++)
		if (fs->requests[i] == GW_FAILED + 2)
			fs->requests[i] = 1;
}

void fake_core_restart(struct fake_core *core)
{
	const char *reason = "";

	stop_gateway(core);
	list_for_each(it, &core->sessions)
		forget_failures(CONTAINER(it, struct fake_session, link));
	if (core->gw.ops->start(&core->gw, &reason) != 0)
		broken("start: %s", reason);
}

void fake_core_free(struct fake_core **slot)
{
	struct fake_core *core = *slot;
	struct policy *policy;

	*slot = NULL;
	if (core == NULL)
		return;
	stop_gateway(core);
	list_for_each_safe(it, &core->sessions)
		free_session(CONTAINER(it, struct fake_session, link));
	fake_kept_finish(&core->kept);
	for (size_t i = 0; i < core->default_count; i++) {
		xfree(core->defaults[i].name);
		xfree(core->defaults[i].value);
	}
	policy = (struct policy *)(uintptr_t)core->env.policy;
	policy_free(&policy);
	http_client_free(&core->env.http);
	dns_free(&core->env.dns);
	resolver_free(&core->env.resolver);
	loop_free(&core->env.loop);
	if (core->gw.config != NULL)
		cfg_free((void *)(uintptr_t)core->gw.config,
			core->gw.ops->config);
	fake_clear(core);
	xfree(core->lines);
	xfree(core);
	clock_use_real();
}

struct loop *fake_core_loop(struct fake_core *core)
{
	return core->env.loop;
}

struct gw *fake_core_gw(struct fake_core *core)
{
	return &core->gw;
}

struct policy *fake_core_policy(struct fake_core *core)
{
	return (struct policy *)(uintptr_t)core->env.policy;
}

/* --- Sessions and rooms -------------------------------------------------- */

/* Of all accounts the same one, who has none twice. */
static void next_user(
	const struct fake_core *core, const char *account, char user[32])
{
	unsigned same = 0;

	list_for_each(it, &core->sessions)
		same += strcmp(CONTAINER(it, struct fake_session, link)
					->api.account,
				account) == 0;
	(void)text_format(user, 32, "user@example.test");
	if (same > 0)
		(void)text_format(user, 32, "user%u@example.test", same + 1);
}

struct gw_session *fake_session(struct fake_core *core, const char *account)
{
	char user[32];

	next_user(core, account, user);
	return fake_session_of(core, user, account);
}

struct gw_session *fake_session_of(
	struct fake_core *core, const char *user, const char *account)
{
	struct fake_session *fs = xalloc(sizeof(*fs));
	char id[16];

	(void)text_format(id, sizeof(id), "s%u", ++core->last_id);
	fs->api.gw = &core->gw;
	fs->api.account = xstrdup(account);
	fs->api.user = xstrdup(user);
	fs->api.id = xstrdup(id);
	list_init(&fs->rooms);
	list_append(&core->sessions, &fs->link);
	return &fs->api;
}

void fake_session_free(struct gw_session **s)
{
	struct fake_session *fs = session_of(*s);

	*s = NULL;
	if (fs->is_open)
		fake_close(&fs->api, NULL);
	free_session(fs);
}

void fake_set(struct gw_session *s, const char *name, const char *value)
{
	struct fake_session *fs = session_of(s);

	(void)setting_row(s, name);
	for (size_t i = 0; i < fs->setting_count; i++) {
		if (strcmp(fs->settings[i].name, name) == 0) {
			xstrset(&fs->settings[i].value, value);
			return;
		}
	}
	if (fs->setting_count == SETTINGS_MAX)
		broken("too many settings");
	fs->settings[fs->setting_count].name = xstrdup(name);
	fs->settings[fs->setting_count++].value = xstrdup(value);
}

void fake_open(struct gw_session *s)
{
	session_of(s)->is_open = session_of(s)->is_opened = true;
	s->gw->ops->open(s);
}

void fake_close(struct gw_session *s, const char *text)
{
	s->gw->ops->close(s, text);
	session_of(s)->is_open = session_of(s)->is_opened = false;
	fake_kept_close(fake_kept_of(s), s);
	end_rooms(session_of(s));
	if (s->impl != NULL)
		broken("close() left something behind");
}

struct gw_room *fake_join(struct gw_session *s, const char *name,
	const char *nick, const char *password)
{
	struct fake_room *fr = xalloc(sizeof(*fr));

	fr->api.session = s;
	fr->api.name = xstrdup(name);
	list_append(&session_of(s)->rooms, &fr->link);
	s->gw->ops->join(&fr->api, nick, password);
	return &fr->api;
}

void fake_leave(struct gw_room *r, const char *text)
{
	r->session->gw->ops->leave(r, text);
	room_of(r)->is_over = true;
}

gw_request fake_request(struct gw_session *s)
{
	struct fake_session *fs = session_of(s);
	gw_request request = ++core_of(s)->last_request;

	if (fs->first_request == 0)
		fs->first_request = request;
	if (request - fs->first_request >= REQUESTS_MAX)
		broken("too many requests in one test");
	fs->requests[request - fs->first_request] = 1;
	return request;
}

gw_request fake_send(struct gw_session *s, const char *to, const char *text)
{
	const struct gw_outgoing m = {
		.request = fake_request(s),
		.kind = to[0] != '\0' ? GW_PERSON : GW_NETWORK,
		.to = to,
		.text = text,
	};

	s->gw->ops->send(s, &m);
	return m.request;
}

gw_request fake_send_room(struct gw_room *r, const char *text)
{
	const struct gw_outgoing m = {
		.request = fake_request(r->session),
		.kind = GW_ROOM,
		.room = r,
		.text = text,
	};

	r->session->gw->ops->send(r->session, &m);
	return m.request;
}

/* --- What happened ------------------------------------------------------- */

static const char *look(struct fake_core *core, const char *pattern)
{
	for (size_t i = core->seen; i < core->count; i++) {
		if (fnmatch(pattern, core->lines[i], 0) == 0) {
			core->seen = i + 1;
			return core->lines[i];
		}
	}
	return NULL;
}

static _Noreturn void missing(const struct fake_core *core, const char *pattern)
{
	fprintf(stderr, "fake core: no line matches '%s'; there were:\n",
		pattern);
	for (size_t i = core->seen; i < core->count; i++)
		fprintf(stderr, "\t%s\n", core->lines[i]);
	abort();
}

/* Small steps: the other end of a connection is in this loop too, and
 * virtual time must not jump while bytes are under way. */
const char *fake_wait(struct fake_core *core, const char *pattern, int64_t ms)
{
	int64_t end_ms = clock_ms() + ms;
	const char *line = look(core, pattern);

	while (line == NULL && clock_ms() <= end_ms) {
		for (int i = 0; i < 4 && line == NULL; i++) {
			loop_settle(core->env.loop, 0, NULL);
			line = look(core, pattern);
		}
		if (line == NULL)
			loop_settle(core->env.loop, 20, NULL);
	}
	if (line == NULL)
		line = look(core, pattern);
	if (line == NULL)
		missing(core, pattern);
	return line;
}

const char *fake_expect(struct fake_core *core, const char *pattern)
{
	return fake_wait(core, pattern, 10000);
}

void fake_expect_none(struct fake_core *core, const char *pattern, int64_t ms)
{
	fake_run(core, ms);
	for (size_t i = core->seen; i < core->count; i++) {
		if (fnmatch(pattern, core->lines[i], 0) == 0)
			broken("there should be no '%s', but there is '%s'",
				pattern, core->lines[i]);
	}
}

void fake_run(struct fake_core *core, int64_t ms)
{
	int64_t end_ms = clock_ms() + ms;

	do {
		for (int i = 0; i < 4; i++)
			loop_settle(core->env.loop, 0, NULL);
		if (clock_ms() < end_ms)
			loop_settle(core->env.loop,
				end_ms - clock_ms() < 100 ? end_ms - clock_ms()
							  : 100,
				NULL);
	} while (clock_ms() < end_ms);
	loop_settle(core->env.loop, 0, NULL);
}

size_t fake_count(const struct fake_core *core, const char *pattern)
{
	size_t count = 0;

	for (size_t i = 0; i < core->count; i++)
		count += fnmatch(pattern, core->lines[i], 0) == 0;
	return count;
}

void fake_clear(struct fake_core *core)
{
	for (size_t i = 0; i < core->count; i++)
		xfree(core->lines[i]);
	core->count = 0;
	core->seen = 0;
}

void fake_mute(struct fake_core *core, bool on)
{
	core->is_muted = on;
}

unsigned long fake_calls(const struct fake_core *core)
{
	return core->calls;
}
