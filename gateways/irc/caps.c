/*
 * One REQ is under way at any time, so that an answer needs no matching. A
 * REQ is accepted or refused as a whole; after a refusal its capabilities
 * are asked for one by one, and the one that is refused alone is given up.
 *
 *	todo -> pending -> enabled		(ACK)
 *	        pending -> single -> pending	(NAK of several)
 *	        pending -> nothing		(NAK of one)
 */
#include "irc/caps.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/macros.h"
#include "irc/line.h"

/* Room for the names in one REQ. The server repeats them in its answer, with
 * its own name and our nick in front, so half a line is what surely fits. */
#define REQUEST_BYTES 400

/* The value of sasl: a list of mechanisms. */
#define VALUE_MAX 512

static const struct {
	enum irc_cap cap;
	const char *name;
} wanted_caps[] = {
	{ IRC_CAP_ACCOUNT_NOTIFY, "account-notify" },
	{ IRC_CAP_ACCOUNT_TAG, "account-tag" },
	{ IRC_CAP_AWAY_NOTIFY, "away-notify" },
	{ IRC_CAP_CAP_NOTIFY, "cap-notify" },
	{ IRC_CAP_CHGHOST, "chghost" },
	{ IRC_CAP_EXTENDED_JOIN, "extended-join" },
	{ IRC_CAP_MESSAGE_TAGS, "message-tags" },
	{ IRC_CAP_MULTI_PREFIX, "multi-prefix" },
	{ IRC_CAP_SASL, "sasl" },
	{ IRC_CAP_SERVER_TIME, "server-time" },
	{ IRC_CAP_SETNAME, "setname" },
	{ IRC_CAP_USERHOST_IN_NAMES, "userhost-in-names" },
};

static_assert((1u << COUNT(wanted_caps)) - 1 == IRC_CAPS_ALL, "a row each");

const char *irc_cap_name(enum irc_cap cap)
{
	for (size_t i = 0; i < COUNT(wanted_caps); i++)
		if (wanted_caps[i].cap == cap)
			return wanted_caps[i].name;
	return "";
}

/* Names are opaque and compare with case. 0: one we do not know. */
static uint32_t cap_by_name(struct slice name)
{
	for (size_t i = 0; i < COUNT(wanted_caps); i++)
		if (slice_equals(name, wanted_caps[i].name))
			return (uint32_t)wanted_caps[i].cap;
	return 0;
}

void irc_caps_init(struct irc_caps *c, uint32_t wanted)
{
	*c = (struct irc_caps){ .wanted = wanted & IRC_CAPS_ALL };
}

void irc_caps_finish(struct irc_caps *c)
{
	xfree(c->sasl);
	c->sasl = NULL;
}

void irc_caps_start(struct irc_caps *c, struct str *out)
{
	c->state = IRC_CAPS_LISTING;
	str_add(out, "CAP LS 302\r\n");
}

/* Requests -------------------------------------------------------------- */

static uint32_t lowest(uint32_t set)
{
	return set & -set;
}

/* Move capabilities from `*from` to `pending`, as many as `max` and the
 * length of a REQ allow, and append the REQ. */
static void request(
	struct irc_caps *c, uint32_t *from, unsigned max, struct str *out)
{
	struct str names;
	struct irc_line l;

	str_init(&names, REQUEST_BYTES);
	while (*from != 0 && max-- > 0) {
		uint32_t cap = lowest(*from);
		size_t before = names.len;

		str_addf(&names, "%s%s", before > 0 ? " " : "",
			irc_cap_name((enum irc_cap)cap));
		if (names.overflow)
			break;
		*from &= ~cap;
		c->pending |= cap;
	}
	irc_line_begin(&l, out, "CAP");
	irc_line_text(&l, "REQ");
	irc_line_trailing(&l, str_slice(&names));
	/* Fails only when `out` is full; the session notices that itself. */
	if (irc_line_end(&l) != 0)
		c->pending = 0;
	str_finish(&names);
}

/* Send the next request, or settle when there is none. */
static unsigned go_on(struct irc_caps *c, struct str *out)
{
	if (c->pending != 0)
		return 0;
	c->single &= ~c->enabled;
	c->todo &= ~(c->enabled | c->single);
	if (c->todo != 0)
		request(c, &c->todo, COUNT(wanted_caps), out);
	else if (c->single != 0)
		request(c, &c->single, 1, out);
	if (c->pending != 0) {
		if (c->state == IRC_CAPS_LISTING)
			c->state = IRC_CAPS_REQUESTING;
		return 0;
	}
	if (c->state != IRC_CAPS_LISTING && c->state != IRC_CAPS_REQUESTING)
		return 0;
	c->state = IRC_CAPS_SETTLED;
	return IRC_CAPS_CHANGED_SETTLED;
}

/* Answers --------------------------------------------------------------- */

static unsigned set_enabled(struct irc_caps *c, uint32_t enabled)
{
	if (enabled == c->enabled)
		return 0;
	c->enabled = enabled;
	return IRC_CAPS_CHANGED_ENABLED;
}

/* Take the next name of a list, with what it begins with and its value. */
static bool next_name(
	struct slice *list, struct slice *name_r, struct slice *value_r)
{
	while (list->len > 0) {
		*value_r = slice_cut(list, ' ');
		*name_r = slice_cut(value_r, '=');
		if (name_r->len > 0)
			return true;
	}
	return false;
}

static unsigned keep_sasl(struct irc_caps *c, struct slice value)
{
	if (value.len > VALUE_MAX)
		value.len = 0;
	xfree(c->sasl);
	c->sasl = value.len > 0 ? xstrndup(value.data, value.len) : NULL;
	return c->state >= IRC_CAPS_SETTLED ? IRC_CAPS_CHANGED_SASL : 0;
}

/* LS and NEW. */
static unsigned offer(struct irc_caps *c, struct slice list, bool more)
{
	struct slice name, value;
	unsigned changed = 0;

	(void)more;
	while (next_name(&list, &name, &value)) {
		uint32_t cap = cap_by_name(name);

		c->offered |= cap;
		c->todo |= cap & c->wanted;
		if (cap == IRC_CAP_SASL)
			changed |= keep_sasl(c, value);
	}
	return changed;
}

/* ACK: may come in several lines, and counts when the last one is there. The
 * last is the one that completes what we asked for. */
static unsigned acknowledge(struct irc_caps *c, struct slice list, bool more)
{
	struct slice name, value;

	while (next_name(&list, &name, &value)) {
		bool off = name.data[0] == '-';

		if (off)
			name = slice_make(name.data + 1, name.len - 1);
		uint32_t cap = cap_by_name(name);
		if (off)
			c->dropped |= cap;
		else
			c->acked |= cap;
	}
	if (more || (c->pending & ~(c->acked | c->dropped)) != 0)
		return 0;
	uint32_t enabled = (c->enabled | c->acked) & ~c->dropped;
	c->pending = c->acked = c->dropped = 0;
	return set_enabled(c, enabled);
}

/* NAK: its list may be cut short, so it stands for the whole request. */
static unsigned refuse(struct irc_caps *c, struct slice list, bool more)
{
	(void)list;
	(void)more;
	if (c->pending != lowest(c->pending))
		c->single |= c->pending;
	c->pending = c->acked = c->dropped = 0;
	return 0;
}

static unsigned withdraw(struct irc_caps *c, struct slice list, bool more)
{
	struct slice name, value;
	uint32_t gone = 0;
	unsigned changed = 0;

	(void)more;
	while (next_name(&list, &name, &value))
		gone |= cap_by_name(name);
	if ((c->offered & gone & IRC_CAP_SASL) != 0)
		changed = keep_sasl(c, slice_make(NULL, 0));
	c->offered &= ~gone;
	c->todo &= ~gone;
	c->single &= ~gone;
	return changed | set_enabled(c, c->enabled & ~gone);
}

static const struct {
	const char *name;
	/* `more`: this is not the last line. Returns what changed. */
	unsigned (*handle)(struct irc_caps *c, struct slice list, bool more);
} subcommands[] = {
	{ "LS", offer },
	{ "NEW", offer },
	{ "ACK", acknowledge },
	{ "NAK", refuse },
	{ "DEL", withdraw },
};

unsigned irc_caps_receive(
	struct irc_caps *c, const struct irc_message *m, struct str *out)
{
	struct slice name = irc_param(m, 1);
	struct slice list = irc_param(m, 2);
	bool is_list = slice_equals_nocase(name, "LS");
	bool more = m->count > 3 && slice_equals(list, "*");

	if (c->state == IRC_CAPS_IDLE)
		return 0;
	if (more)
		list = m->params[3];
	for (size_t i = 0; i < COUNT(subcommands); i++) {
		if (!slice_equals_nocase(name, subcommands[i].name))
			continue;
		unsigned changed = subcommands[i].handle(c, list, more);
		/* Only the end of the list ends the wait for it. */
		if (c->state == IRC_CAPS_LISTING && (!is_list || more))
			return changed;
		return changed | go_on(c, out);
	}
	return 0;
}

unsigned irc_caps_refused(struct irc_caps *c)
{
	c->todo = c->pending = c->single = c->acked = c->dropped = 0;
	if (c->state != IRC_CAPS_LISTING && c->state != IRC_CAPS_REQUESTING)
		return 0;
	c->state = IRC_CAPS_SETTLED;
	return IRC_CAPS_CHANGED_SETTLED;
}

void irc_caps_end(struct irc_caps *c, struct str *out)
{
	if (c->state == IRC_CAPS_DONE || c->state == IRC_CAPS_IDLE)
		return;
	c->state = IRC_CAPS_DONE;
	str_add(out, "CAP END\r\n");
}

void irc_caps_registered(struct irc_caps *c)
{
	c->state = IRC_CAPS_DONE;
}
