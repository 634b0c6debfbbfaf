/*
 * Holds the manual page and the example configuration against the tables of
 * the configuration. With UPDATE=1 in the environment the manual page's list
 * of keys is written anew instead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "host/options.h"

#define MANUAL  SOURCE_DIR "/docs/man/causeway.conf.5"
#define EXAMPLE SOURCE_DIR "/etc/causeway.conf"
#define BEGIN   ".\\\" BEGIN KEYS\n"
#define END     ".\\\" END KEYS\n"

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	char *text = xalloc(MIB + 1);
	size_t len = fread(text, 1, MIB, file);
	text[len] = '\0';
	fclose(file);
	return text;
}

/* The keys of everything, and of each gateway type in a section of its own. */
static void document(struct str *out)
{
	cfg_document(&options_group, out);
	for (size_t i = 0; gateway_list[i] != NULL; i++) {
		if (gateway_list[i]->config == NULL)
			continue;
		str_addf(out, ".SS Gateways of type \\(dq%s\\(dq\n",
			gateway_list[i]->name);
		cfg_document(gateway_list[i]->config, out);
	}
}

static void write_manual(
	const char *before, const char *keys, const char *after)
{
	FILE *file = fopen(MANUAL, "w");
	assert_non_null(file);
	fprintf(file, "%s%s%s", before, keys, after);
	fclose(file);
}

static void manual_lists_every_key(void **state)
{
	(void)state;
	struct str keys = { .max = MIB };
	document(&keys);
	assert_false(keys.overflow);
	char *text = read_file(MANUAL);
	char *begin = strstr(text, BEGIN), *end = strstr(text, END);
	assert_non_null(begin);
	assert_non_null(end);
	begin += strlen(BEGIN);
	if (getenv("UPDATE") != NULL) {
		char *before = xstrndup(text, (size_t)(begin - text));
		write_manual(before, str_text(&keys), end);
		xfree(before);
	} else {
		char *listed = xstrndup(begin, (size_t)(end - begin));
		assert_string_equal(listed, str_text(&keys));
		xfree(listed);
	}
	xfree(text);
	str_finish(&keys);
}

static void look_for_key(
	const char *dotted, const struct cfg_item *item, void *arg)
{
	const char *example = arg;
	char wanted[256];
	text_format(wanted, sizeof(wanted), "%s", item->name);
	if (strstr(example, wanted) == NULL)
		fail_msg("etc/causeway.conf does not show %s", dotted);
}

static void example_shows_every_key(void **state)
{
	(void)state;
	char *example = read_file(EXAMPLE);
	cfg_each_key(&options_group, look_for_key, example);
	for (size_t i = 0; gateway_list[i] != NULL; i++)
		if (gateway_list[i]->config != NULL)
			cfg_each_key(
				gateway_list[i]->config, look_for_key, example);
	xfree(example);
}

static void example_is_accepted(void **state)
{
	(void)state;
	struct str error = { .max = KIB };
	struct options *options = options_load(EXAMPLE, &error);
	if (options == NULL)
		fail_msg("%s", str_text(&error));
	options_free(&options);
	str_finish(&error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(manual_lists_every_key),
		cmocka_unit_test(example_shows_every_key),
		cmocka_unit_test(example_is_accepted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
