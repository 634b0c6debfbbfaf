/*
 * An arena for all tests of a program; each begins with arena_reset().
 */
#ifndef TESTS_EMAIL_WORKER_ARENA_FIXTURE_H
#define TESTS_EMAIL_WORKER_ARENA_FIXTURE_H

#include "base/arena.h"
#include "email_worker/mime.h"

static struct arena arena;

static inline int set_up(void **state)
{
	(void)state;
	arena_init(&arena, MAIL_ARENA_MAX);
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	arena_finish(&arena);
	return 0;
}

#endif
