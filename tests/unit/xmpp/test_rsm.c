#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "xmpp/rsm.h"
#include "xmpp/tree.h"

#define SET(inside) "<set xmlns='" NS_RSM "'>" inside "</set>"

static const struct {
	const char *inside;
	int rc;
	struct rsm rsm;
} rows[] = {
	{ "", 0, { false, -1, NULL, NULL, -1 } },
	{ "<set/>", 0, { false, -1, NULL, NULL, -1 } },
	{ SET(""), 0, { true, -1, NULL, NULL, -1 } },
	{ SET("<max>10</max>"), 0, { true, 10, NULL, NULL, -1 } },
	{ SET("<max>0</max><after>x</after>"), 0, { true, 0, "x", NULL, -1 } },
	{ SET("<before/>"), 0, { true, -1, NULL, "", -1 } },
	{ SET("<before>b</before><index>7</index>"), 0,
		{ true, -1, NULL, "b", 7 } },
	{ SET("<max>999999999</max>"), 0, { true, 999999999, NULL, NULL, -1 } },
	{ SET("<max xmlns='u'>1</max>"), 0, { true, -1, NULL, NULL, -1 } },
	{ SET("<max>1000000000</max>"), -1, { 0 } },
	{ SET("<max>99999999999999999999999</max>"), -1, { 0 } },
	{ SET("<max>-1</max>"), -1, { 0 } },
	{ SET("<max/>"), -1, { 0 } },
	{ SET("<max> 1</max>"), -1, { 0 } },
	{ SET("<max>x</max>"), -1, { 0 } },
	{ SET("<index>1.5</index>"), -1, { 0 } },
};

static bool same(const char *a, const char *b)
{
	return (a == NULL) == (b == NULL) && (a == NULL || !strcmp(a, b));
}

static void test_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tree t;
		struct rsm rsm;
		char xml[512];
		snprintf(xml, sizeof(xml), "<q>%s</q>", rows[i].inside);
		tree_init(&t, xml);
		int rc = rsm_read(&rsm, t.root, &t.arena);
		const struct rsm *want = &rows[i].rsm;
		if (rc != rows[i].rc)
			fail_msg("row %zu: %d", i, rc);
		if (rc == 0 &&
			(rsm.present != want->present || rsm.max != want->max ||
				rsm.index != want->index ||
				!same(rsm.after, want->after) ||
				!same(rsm.before, want->before)))
			fail_msg("row %zu", i);
		tree_finish(&t);
	}
}

static void test_put(void **state)
{
	static const struct {
		struct rsm_page page;
		const char *inside;
	} pages[] = {
		{ { "a", "b", 3, 10 },
			"<first index='3'>a</first><last>b</last>"
			"<count>10</count>" },
		{ { "<", ">", -1, -1 },
			"<first>&lt;</first><last>&gt;</last>" },
		{ { NULL, NULL, -1, 0 }, "<count>0</count>" },
		{ { "a", "a", 0, 1 }, "<first index='0'>a</first><last>a</last>"
				      "<count>1</count>" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(pages); i++) {
		struct xml_writer w;
		struct str out;
		char want[256];
		tree_writer(&out, &w);
		rsm_put(&w, &pages[i].page);
		snprintf(want, sizeof(want), SET("%s"), pages[i].inside);
		if (strcmp(str_text(&out), want) != 0)
			fail_msg("row %zu: %s", i, str_text(&out));
		str_finish(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_put),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
