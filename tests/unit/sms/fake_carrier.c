#include "sms/fake_carrier.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/config.h"
#include "base/limits.h"
#include "base/str.h"
#include "sms/config.h"
#include "sms_data/udh.h"
#include "sms_http/config.h"

#define CARRIERS_MAX 4
#define LINES_MAX    256

struct fake_core *core;

static struct fake_carrier *carriers[CARRIERS_MAX];
static char lines[LINES_MAX][512];
static size_t count, seen;

static void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *fmt, ...)
{
	va_list args;
	assert_true(count < LINES_MAX);
	va_start(args, fmt);
	(void)vsnprintf(lines[count++], sizeof(lines[0]), fmt, args);
	va_end(args);
}

void carriers_reset(void)
{
	count = seen = 0;
}

void expect_line(const char *file, int line, const char *text)
{
	if (seen < count && strcmp(lines[seen], text) == 0) {
		seen++;
		return;
	}
	for (size_t i = seen; i < count; i++)
		print_error("  %s\n", lines[i]);
	fail_msg("%s:%d: not: %s", file, line, text);
}

const char *last_line(void)
{
	return count > 0 ? lines[count - 1] : "";
}

void expect_no_line(const char *file, int line)
{
	if (seen != count)
		fail_msg("%s:%d: there is: %s", file, line, lines[seen]);
}

/* --- The carrier ---------------------------------------------------------- */

static struct carrier *fake_open_carrier(
	const struct carrier_setup *setup, const char **reason_r)
{
	(void)reason_r;
	struct fake_carrier *c = xalloc(sizeof(*c));
	c->setup = *setup;
	const struct http_config *brought = setup->config;
	text_copy(c->name, sizeof(c->name),
		setup->is_users ? brought->account : setup->name);
	c->room = 10;
	size_t i = 0;
	while (carriers[i] != NULL)
		i++;
	assert_true(i < CARRIERS_MAX);
	carriers[i] = c;
	return &c->carrier;
}

static struct fake_carrier *of(struct carrier *c)
{
	return CONTAINER(c, struct fake_carrier, carrier);
}

static void fake_close_carrier(struct carrier **slot)
{
	struct fake_carrier *c = of(*slot);
	*slot = NULL;
	for (size_t i = 0; i < CARRIERS_MAX; i++)
		if (carriers[i] == c)
			carriers[i] = NULL;
	xfree(c);
}

static void fake_drain_carrier(struct carrier *base)
{
	note("drain %s", of(base)->setup.name);
}

static void fake_reconnect(struct carrier *base)
{
	note("reconnect %s", of(base)->setup.name);
}

static unsigned fake_caps(const struct carrier *c)
{
	return ((const struct fake_carrier *)(const void *)c)->caps;
}

static size_t fake_group_max(const struct carrier *c)
{
	return ((const struct fake_carrier *)(const void *)c)->group_max;
}

static size_t fake_room(const struct carrier *c)
{
	return ((const struct fake_carrier *)(const void *)c)->room;
}

static void read_submit(struct str *out, const struct carrier_submit *s,
	struct gsm_tables tables)
{
	if (s->text != NULL)
		str_add(out, s->text);
	else if (s->alphabet == SMS_UCS2)
		ucs2_decode(out, s->data);
	else
		gsm_decode(out, tables, s->data);
}

static const char *part_words(const struct carrier_part *part)
{
	return part->total < 2       ? ""
	       : part->method == 'w' ? " [wide part]"
				     : " [part]";
}

static void fake_submit(struct carrier *base, const struct carrier_submit *s)
{
	struct fake_carrier *c = of(base);
	assert_true(c->room > 0);
	c->room--;
	assert_true(c->given < COUNT(c->tokens));
	c->tokens[c->given++] = s->token;
	struct udh udh;
	struct str text = { .max = 4 * KIB }, to = { .max = 4 * KIB };
	udh_read(s->header, &udh);
	read_submit(&text, s, udh.tables);
	if (s->media != NULL)
		str_addf(&text, " [file %s]", s->media[0]);
	str_add(&to, s->to);
	for (size_t i = 0; s->others != NULL && s->others[i] != NULL; i++)
		str_addf(&to, " & %s", s->others[i]);
	note("submit %s %s > %s: %s%s%s%s%s%s", c->name, s->from, str_text(&to),
		str_text(&text), s->alphabet == SMS_UCS2 ? " [ucs2]" : "",
		udh.tables.single != 0 ? " [single]" : "",
		udh.tables.locking != 0 ? " [locking]" : "",
		part_words(&udh.part), s->is_more ? " +" : "");
	str_finish(&to);
	str_finish(&text);
}

static void fake_settle(struct carrier *base, uint64_t ticket, bool ok)
{
	note("settled %s %u %s", of(base)->name, (unsigned)ticket,
		ok ? "ok" : "not");
}

static bool fake_waits(const struct carrier *c, uint64_t ticket)
{
	return ticket > ((const struct fake_carrier *)(const void *)c)->gone;
}

struct keys {
	char *pin;
};

static const struct cfg_item key_items[] = {
	{ .name = "pin",
		.type = CFG_STRING,
		.offset = offsetof(struct keys, pin) },
	{ .name = NULL },
};
static const struct cfg_group keys = { .items = key_items,
	.size = sizeof(struct keys) };

const char *carrier_pin(const char *name)
{
	const struct keys *own = carrier(name)->setup.config;
	return own->pin != NULL ? own->pin : "";
}

#define FAKE(name)                                                          \
	{                                                                   \
		.kind = (name), .config = &keys, .open = fake_open_carrier, \
		.close = fake_close_carrier, .drain = fake_drain_carrier,   \
		.reconnect = fake_reconnect, .caps = fake_caps,             \
		.group_max = fake_group_max, .room = fake_room,             \
		.submit = fake_submit, .settle = fake_settle,               \
		.waits = fake_waits                                         \
	}

static const struct carrier_ops carrier_fake = FAKE("fake");
static const struct carrier_ops carrier_fake_http = FAKE("http");

/* In place of those that the program has. */
const struct carrier_ops *const sms_carriers[] = { &carrier_fake,
	&carrier_fake_http, NULL };

/* --- What it says --------------------------------------------------------- */

struct fake_carrier *carrier(const char *name)
{
	for (size_t i = 0; i < CARRIERS_MAX; i++)
		if (carriers[i] != NULL && strcmp(carriers[i]->name, name) == 0)
			return carriers[i];
	fail_msg("no carrier %s", name);
	return NULL;
}

static uint64_t next_token(struct fake_carrier *c)
{
	assert_true(c->answered < c->given);
	c->room++;
	return c->tokens[c->answered++];
}

static void happen(void)
{
	fake_run(core, 0);
}

void carrier_accepts(const char *name, const char *id)
{
	struct fake_carrier *c = carrier(name);
	c->setup.events->accepted(c->setup.arg, next_token(c), id);
	c->setup.events->ready(c->setup.arg);
	happen();
}

void carrier_rejects(const char *name, enum sms_class class, const char *text)
{
	struct fake_carrier *c = carrier(name);
	const struct carrier_refusal refusal = { .class = class, .text = text };
	c->setup.events->rejected(c->setup.arg, next_token(c), &refusal);
	c->setup.events->ready(c->setup.arg);
	happen();
}

void carrier_rejects_alphabet(const char *name)
{
	struct fake_carrier *c = carrier(name);
	const struct carrier_refusal refusal = { .class = SMS_BAD_CONTENT,
		.is_alphabet = true };
	c->setup.events->rejected(c->setup.arg, next_token(c), &refusal);
	c->setup.events->ready(c->setup.arg);
	happen();
}

void carrier_loses(const char *name)
{
	struct fake_carrier *c = carrier(name);
	c->setup.events->lost(c->setup.arg, next_token(c));
	happen();
}

void carrier_answers_late(
	const char *name, size_t n, const char *id, enum sms_class class)
{
	struct fake_carrier *c = carrier(name);
	const struct carrier_refusal refusal = { .class = class };
	assert_true(n < c->answered);
	c->setup.events->late(
		c->setup.arg, c->tokens[n], id, id == NULL ? &refusal : NULL);
	happen();
}

void carrier_reports(
	const char *name, uint64_t ticket, const char *id, enum sms_state state)
{
	carrier_reports_to(name, ticket, id, NULL, state);
}

void carrier_reports_to(const char *name, uint64_t ticket, const char *id,
	const char *to, enum sms_state state)
{
	struct fake_carrier *c = carrier(name);
	const struct carrier_report report = { .ticket = ticket,
		.id = id,
		.to = { NUMBER_ANY, to },
		.state = state };
	c->setup.events->report(c->setup.arg, &report);
	happen();
}

void carrier_brings(const char *name, uint64_t ticket, const char *from,
	const char *to, const char *text, const char *id)
{
	carrier_brings_file(name, ticket, from, to, text, id, NULL);
}

void carrier_brings_part(const char *name, uint64_t ticket, const char *from,
	const char *to, const char *text, unsigned number)
{
	struct fake_carrier *c = carrier(name);
	const struct carrier_incoming in = { .ticket = ticket,
		.from = { NUMBER_INTERNATIONAL, from },
		.to = { NUMBER_INTERNATIONAL, to },
		.text = text,
		.part = { 2, number, 7, '8' } };
	c->setup.events->incoming(c->setup.arg, &in);
	happen();
}

void carrier_brings_file(const char *name, uint64_t ticket, const char *from,
	const char *to, const char *text, const char *id,
	const struct carrier_media *file)
{
	struct fake_carrier *c = carrier(name);
	const struct carrier_incoming in = { .ticket = ticket,
		.from = { NUMBER_INTERNATIONAL, from },
		.to = { NUMBER_INTERNATIONAL, to },
		.text = text,
		.id = id,
		.media = file,
		.media_count = file != NULL };
	c->setup.events->incoming(c->setup.arg, &in);
	happen();
}

void carrier_brings_group(const char *name, uint64_t ticket, const char *from,
	const char *to, const char *others, const char *text, const char *id)
{
	struct fake_carrier *c = carrier(name);
	struct carrier_address list[60];
	struct slice rest = slice_of(others);
	char *texts[COUNT(list)];
	size_t n = 0;
	while (rest.data != NULL && n < COUNT(list)) {
		struct slice one = slice_cut(&rest, ' ');
		texts[n] = xstrndup(one.data, one.len);
		list[n] = (struct carrier_address){ NUMBER_INTERNATIONAL,
			texts[n] };
		n++;
	}
	const struct carrier_incoming in = { .ticket = ticket,
		.from = { NUMBER_INTERNATIONAL, from },
		.to = { NUMBER_INTERNATIONAL, to },
		.text = text,
		.id = id,
		.others = list,
		.other_count = n };
	c->setup.events->incoming(c->setup.arg, &in);
	happen();
	while (n > 0)
		xfree(texts[--n]);
}

void carrier_goes(const char *name, enum carrier_state state)
{
	struct fake_carrier *c = carrier(name);
	c->setup.events->link(c->setup.arg, state, NULL);
	happen();
}

/* --- The gateway --------------------------------------------------------- */

struct gw_session *begin_gateway(const char *config, const char *account)
{
	struct gw_session *s = NULL;
	carriers_reset();
	core = fake_core_new(&gateway_sms, config);
	if (account != NULL) {
		s = fake_session(core, account);
		fake_open(s);
		fake_expect(core, "online *");
	} else {
		fake_run(core, 0);
	}
	return s;
}

int end_gateway(void **state)
{
	(void)state;
	fake_core_free(&core);
	return 0;
}

gw_request sent_text(struct gw_session *s, const char *to, const char *words)
{
	gw_request r = fake_send(s, to, words);
	fake_run(core, 0);
	return r;
}

void heard(const char *stage, gw_request r, const char *rest)
{
	char line[300];
	text_format(line, sizeof(line), "%s %u%s", stage, (unsigned)r, rest);
	fake_expect(core, line);
}
