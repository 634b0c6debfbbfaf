/*
 * A line is built on the stack and leaves with one write(), so lines of two
 * threads never mix. Whatever could start a new line or steer a terminal is
 * escaped: control characters (C0, DEL, C1) and bytes that are not UTF-8.
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/slice.h"
#include "base/utf8.h"

#define PAUSE_MS 60000 /* see log_is_due() */

static const char *const level_names[] = { "error", "warning", "info",
	"debug" };

static atomic_int current_level = LOG_INFO;
static log_sink_fn sink;
static void *sink_arg;

void log_set_sink(log_sink_fn fn, void *arg)
{
	sink = fn;
	sink_arg = arg;
}

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&current_level, (int)level, memory_order_relaxed);
}

enum log_level log_get_level(void)
{
	return (enum log_level)atomic_load_explicit(
		&current_level, memory_order_relaxed);
}

int log_level_by_name(const char *name)
{
	for (size_t i = 0; i < COUNT(level_names); i++) {
		if (strcmp(name, level_names[i]) == 0)
			return (int)i;
	}
	return -1;
}

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

struct line {
	char text[LIMIT_LOG_LINE];
	size_t len;
};

/* Add `len` bytes, all or none; one byte stays free for the newline. */
static bool put(struct line *line, const char *text, size_t len)
{
	if (len >= sizeof(line->text) - line->len)
		return false;
	memcpy(line->text + line->len, text, len);
	line->len += len;
	return true;
}

static bool put_escaped(struct line *line, unsigned char c)
{
	char hex[] = "\\x00";

	if (c == '\n')
		return put(line, "\\n", 2);
	if (c == '\r')
		return put(line, "\\r", 2);
	if (c == '\t')
		return put(line, "\\t", 2);
	hex[2] = "0123456789abcdef"[c >> 4];
	hex[3] = "0123456789abcdef"[c & 15];
	return put(line, hex, 4);
}

static void put_message(struct line *line, struct slice rest)
{
	bool fits = true;

	while (fits && rest.len > 0) {
		uint32_t code;
		size_t len = utf8_next(rest, &code);

		if (len == 0 || code < 0x20 || code == 0x7f) {
			fits = put_escaped(line, (unsigned char)rest.data[0]);
			len = 1;
		} else if (code >= 0x80 && code < 0xa0) {
			fits = put_escaped(line, 0xc2) &&
			       put_escaped(line, (unsigned char)rest.data[1]);
		} else {
			fits = put(line, rest.data, len);
		}
		rest = slice_make(rest.data + len, rest.len - len);
	}
}

static void put_head(struct line *line, enum log_level level, const char *area)
{
	char stamp[CLOCK_STAMP_SIZE];
	char head[CLOCK_STAMP_SIZE + 64];
	int64_t now = clock_wall_ms();

	/* Always three digits of milliseconds, so that columns line up. */
	clock_format(stamp, now - now % 1000);
	stamp[strlen(stamp) - 1] = '\0';
	snprintf(head, sizeof(head), "%s.%03dZ %s %s ", stamp,
		(int)(now % 1000), log_level_name(level), area);
	put(line, head, strlen(head));
}

static void write_all(const char *text, size_t len)
{
	while (len > 0) {
		ssize_t done = write(STDERR_FILENO, text, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return;
		text += done;
		len -= (size_t)done;
	}
}

PRINTF(3, 0)
static void log_line(
	enum log_level level, const char *area, const char *fmt, va_list args)
{
	char message[LIMIT_LOG_LINE];
	struct line line;
	int saved_errno = errno;

	line.len = 0;
	put_head(&line, level, area);
	int len = vsnprintf(message, sizeof(message), fmt, args);
	struct slice text = slice_of(len < 0 ? fmt : message);
	if (len >= (int)sizeof(message)) {
		/* Do not show half a character as broken bytes. */
		size_t lead = text.len - 1;

		while (lead > text.len - 4 && (text.data[lead] & 0xc0) == 0x80)
			lead--;
		if ((text.data[lead] & 0xc0) == 0xc0)
			text.len = lead;
	}
	put_message(&line, text);
	if (sink != NULL) {
		line.text[line.len] = '\0';
		sink(level, line.text, sink_arg);
	} else {
		line.text[line.len] = '\n';
		write_all(line.text, line.len + 1);
	}
	errno = saved_errno;
}

#define LOG_AT(level)                             \
	do {                                      \
		va_list args;                     \
                                                  \
		if (log_get_level() < (level))    \
			return;                   \
		va_start(args, fmt);              \
		log_line(level, area, fmt, args); \
		va_end(args);                     \
	} while (0)

void log_error(const char *area, const char *fmt, ...)
{
	LOG_AT(LOG_ERROR);
}

void log_warning(const char *area, const char *fmt, ...)
{
	LOG_AT(LOG_WARNING);
}

void log_info(const char *area, const char *fmt, ...)
{
	LOG_AT(LOG_INFO);
}

void log_debug_line(const char *area, const char *fmt, ...)
{
	LOG_AT(LOG_DEBUG);
}

bool log_is_due(struct log_pause *p)
{
	int64_t now = clock_ms();

	if (now < p->until_ms)
		return false;
	p->until_ms = now + PAUSE_MS;
	return true;
}

void fatal(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_line(LOG_ERROR, "main", fmt, args);
	va_end(args);
	exit(EXIT_FAILURE);
}
