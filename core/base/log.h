/*
 * The log: one line per event on standard error,
 *	TIME LEVEL AREA message key=value ...
 * Text from outside is escaped here, so that nobody can forge a line.
 * Secrets are never passed in; see secret.h.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "macros.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* Where lines (without newline) go instead of standard error; NULL restores
 * it. For tests. */
typedef void (*log_sink_fn)(enum log_level level, const char *line, void *arg);
/* `arg` is handed to `fn`. */
void log_set_sink(log_sink_fn fn, void *arg);

/* Lines above the level are not written; LOG_INFO at the start. */
void log_set_level(enum log_level level);
/* The level set last. */
enum log_level log_get_level(void);

/* A level by its configuration name ("error", ...); -1 when unknown. */
int log_level_by_name(const char *name);
/* Its configuration name; static. */
const char *log_level_name(enum log_level level);

/* `area` is the module: "xmpp", "irc", "store", ... Callers that log about
 * one session put its id first: log_info("irc", "[%s] ...", id). */
void log_error(const char *area, const char *fmt, ...) PRINTF(2, 3);
/* Something is wrong that the program can live with. */
void log_warning(const char *area, const char *fmt, ...) PRINTF(2, 3);
/* What an operator wants to see of normal life. */
void log_info(const char *area, const char *fmt, ...) PRINTF(2, 3);

/* log_debug evaluates its arguments only when debug is on. */
void log_debug_line(const char *area, const char *fmt, ...) PRINTF(2, 3);
#define log_debug(...)                               \
	do {                                         \
		if (log_get_level() >= LOG_DEBUG)    \
			log_debug_line(__VA_ARGS__); \
	} while (0)

/* For a line that somebody outside can cause without end: true at first, and
 * then at most once a minute. A zeroed pause is one that has not begun. */
struct log_pause {
	int64_t until_ms;
};
bool log_is_due(struct log_pause *p);

/* Log at error level and end the process with exit status 1. For what the
 * operator must mend before the program can run; never for outside input. */
NORETURN void fatal(const char *fmt, ...) PRINTF(1, 2);

#endif
