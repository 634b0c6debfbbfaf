/*
 * What the host did, in order: the stanzas it sent to the XMPP server and
 * what it asked of the network, each as a line of text; and what a test
 * expects of them. Stanzas are compared as they are written with single
 * quotes and without namespace prefixes.
 */
#ifndef TEST_HOST_EXPECT_H
#define TEST_HOST_EXPECT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/macros.h"
#include "base/str.h"

#define DONE_MAX 8192

/* Stanzas that were not looked at yet. */
static struct {
	char *sent[DONE_MAX];
	size_t count;
} heard;

/* Calls of the network; those before `next` were looked at. */
static struct {
	char *calls[DONE_MAX];
	size_t count, next;
} asked;

static UNUSED void hear(const char *stanza)
{
	assert_true(heard.count < DONE_MAX);
	heard.sent[heard.count++] = xstrdup(stanza);
}

static PRINTF(1, 2) void note(const char *fmt, ...)
{
	struct str line = { .max = 64 * KIB };
	va_list args;
	va_start(args, fmt);
	str_addv(&line, fmt, args);
	va_end(args);
	assert_true(asked.count < DONE_MAX);
	asked.calls[asked.count++] = xstrdup(str_text(&line));
	str_finish(&line);
}

static const char *or_dash(const char *text)
{
	return text != NULL ? text : "-";
}

static void drop_sent(void)
{
	for (size_t i = 0; i < heard.count; i++)
		xfree(heard.sent[i]);
	heard.count = 0;
}

static void drop_calls(void)
{
	for (size_t i = 0; i < asked.count; i++)
		xfree(asked.calls[i]);
	asked.count = asked.next = 0;
}

static void show_rest(void)
{
	for (size_t i = 0; i < heard.count && i < 20; i++)
		print_message("  sent: %.800s\n", heard.sent[i]);
	for (size_t i = asked.next; i < asked.count && i < asked.next + 20; i++)
		print_message("  network: %.800s\n", asked.calls[i]);
}

static bool has_all(const char *text, va_list parts)
{
	const char *part;
	while ((part = va_arg(parts, const char *)) != NULL) {
		bool absent = part[0] == '!';
		if ((strstr(text, part + absent) == NULL) != absent)
			return false;
	}
	return true;
}

/* The one taken out last, for a closer look. */
static char *last_sent;

static UNUSED void take_out(size_t index)
{
	static struct str kept = { .max = 1 * MIB };
	str_reset(&kept);
	str_add(&kept, heard.sent[index]);
	last_sent = kept.data;
	xfree(heard.sent[index]);
	memmove(&heard.sent[index], &heard.sent[index + 1],
		(heard.count - index - 1) * sizeof(heard.sent[0]));
	heard.count--;
}

/* The next stanza holds all these parts, and none after a '!'. */
static UNUSED void expect_at(const char *file, int line, ...)
{
	va_list parts;
	va_start(parts, line);
	bool good = heard.count > 0 && has_all(heard.sent[0], parts);
	va_end(parts);
	if (!good) {
		show_rest();
		fail_msg("%s:%d: not the stanza expected", file, line);
	}
	take_out(0);
}
#define EXPECT(...) expect_at(__FILE__, __LINE__, __VA_ARGS__, NULL)

/* The same for any of those not looked at yet. */
static UNUSED void expect_among_at(const char *file, int line, ...)
{
	for (size_t i = 0; i < heard.count; i++) {
		va_list parts;
		va_start(parts, line);
		bool good = has_all(heard.sent[i], parts);
		va_end(parts);
		if (good) {
			take_out(i);
			return;
		}
	}
	show_rest();
	fail_msg("%s:%d: no such stanza", file, line);
}
#define EXPECT_AMONG(...) expect_among_at(__FILE__, __LINE__, __VA_ARGS__, NULL)

/* Nothing more was sent, nothing more asked of the network. */
static UNUSED void expect_quiet_at(const char *file, int line)
{
	if (heard.count == 0 && asked.next == asked.count)
		return;
	show_rest();
	fail_msg("%s:%d: there is more", file, line);
}
#define EXPECT_QUIET() expect_quiet_at(__FILE__, __LINE__)

/* The next call of the network, exactly. */
static UNUSED void expect_call_at(const char *file, int line, const char *call)
{
	if (asked.next == asked.count ||
		strcmp(asked.calls[asked.next], call) != 0) {
		show_rest();
		fail_msg("%s:%d: no call: %s", file, line, call);
	}
	asked.next++;
}
#define EXPECT_CALL(call) expect_call_at(__FILE__, __LINE__, call)

#endif
