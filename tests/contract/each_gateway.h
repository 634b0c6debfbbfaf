/*
 * Runs the same tests for the example gateways and for every gateway of the
 * program: one cmocka test each, named "<gateway>: <test>".
 */
#ifndef TESTS_CONTRACT_EACH_GATEWAY_H
#define TESTS_CONTRACT_EACH_GATEWAY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/gateway.h"
#include "base/alloc.h"
#include "base/str.h"

extern const struct gateway_ops gateway_echo, gateway_post;

struct each_test {
	const char *name;
	void (*run)(const struct gateway_ops *ops);
};

struct each_run {
	const struct each_test *test;
	const struct gateway_ops *ops;
};

static inline void each_call(void **state)
{
	const struct each_run *run = *state;
	run->test->run(run->ops);
}

static inline const struct gateway_ops *each_gateway(size_t index)
{
	static const struct gateway_ops *const examples[] = { &gateway_echo,
		&gateway_post };
	return index < COUNT(examples) ? examples[index]
				       : gateway_list[index - COUNT(examples)];
}

/* The result for main(). */
static inline int each_gateway_runs(const struct each_test *tests, size_t count)
{
	size_t gateways = 0, filled = 0;
	while (each_gateway(gateways) != NULL)
		gateways++;
	struct CMUnitTest *all = xcalloc(gateways * count, sizeof(*all));
	struct each_run *runs = xcalloc(gateways * count, sizeof(*runs));
	char(*names)[128] = xcalloc(gateways * count, sizeof(*names));
	for (size_t g = 0; g < gateways; g++)
		for (size_t i = 0; i < count; i++, filled++) {
			const struct gateway_ops *ops = each_gateway(g);
			runs[filled] = (struct each_run){ &tests[i], ops };
			(void)text_format(names[filled], sizeof(names[filled]),
				"%s: %s", ops->name, tests[i].name);
			all[filled] =
				(struct CMUnitTest){ .name = names[filled],
					.test_func = each_call,
					.initial_state = &runs[filled] };
		}
	int failed =
		_cmocka_run_group_tests("gateways", all, filled, NULL, NULL);
	xfree(names);
	xfree(runs);
	xfree(all);
	return failed;
}

#define TEST(fn)        \
	{               \
#fn, fn \
	}

#endif
