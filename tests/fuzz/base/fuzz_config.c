/*
 * Any text as configuration: either a struct that holds to its table, or a
 * message that begins with file and line; nothing leaks in either case.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../unit/base/config_sample.h"
#include "base/intern.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libconfig 1.5 forgets a string in front of a syntax error. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
}

static void drop(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

static void check_values(const struct sample *s)
{
	assert(s->xmpp.port >= 1 && s->xmpp.port <= 65535);
	assert(s->ratio >= 0 && s->ratio <= 1);
	assert(s->level >= 0 && s->level < 3);
	assert(s->optional.days >= 1);
	for (size_t i = 0; i < s->ports.count; i++) {
		int port = *(int *)s->ports.items[i];

		assert(port >= 1 && port <= 65535);
	}
	for (size_t i = 0; i < s->gateways.count; i++) {
		struct sample_gateway *g = s->gateways.items[i];

		assert(g->type != NULL && g->jid != NULL);
		assert(g->secret != NULL && g->place.line > 0);
		assert((g->own == NULL) == (strcmp(g->type, "bare") == 0));
	}
}

static void check_message(const char *text)
{
	static const char name[] = "fuzz.conf:";
	char *end;

	/* Whatever a file says that was included is not ours to know. */
	if (strncmp(text, name, sizeof(name) - 1) != 0)
		return;
	long line = strtol(text + sizeof(name) - 1, &end, 10);
	assert(line > 0 && strncmp(end, ": ", 2) == 0);
	assert(strchr(text, '\n') == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct str error;

	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	log_set_sink(drop, NULL);
	str_init(&error, 4096);
	struct sample *s = cfg_parse(text, "fuzz.conf", &sample_group, &error);
	if (s != NULL)
		check_values(s);
	else
		check_message(str_text(&error));
	cfg_free(s, &sample_group);
	assert(intern_count() == 0);
	str_finish(&error);
	free(text);
	return 0;
}
