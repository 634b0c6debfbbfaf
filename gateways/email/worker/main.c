/*
 * causeway-mail: a worker. It talks to mail servers and reads mails for the
 * daemon, which started it and to which alone it speaks; nothing else is to
 * be had from it, see sandbox.h.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "email_worker/fiber.h"
#include "email_worker/mime.h"
#include "email_worker/sandbox.h"
#include "email_worker/stream.h"
#include "email_worker/worker.h"
#include "net/child.h"

/* Processor time between two waits of a fiber: a large mail takes a tenth.
 * The sanitizers take ten times as much. */
#if WITH_ASAN
#define CPU_MS 30000
#else
#define CPU_MS 5000
#endif

#if WITH_ASAN
/* It would look into files for leaks, at the end. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}
#endif

struct options {
	const char *ca_file;
	bool verify;
};

static int read_options(int argc, char **argv, struct options *o)
{
	*o = (struct options){ .verify = true };
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--no-verify") == 0)
			o->verify = false;
		else if (strcmp(argv[i], "--ca-file") == 0 && i + 1 < argc)
			o->ca_file = argv[++i];
		else if (strcmp(argv[i], "--patience") == 0 && i + 1 < argc)
			stream_limit_patience(
				1000 * strtol(argv[++i], NULL, 10));
		else
			return -1;
	}
	return 0;
}

/* Shared with the pool; a worker that was started by hand has none. */
static volatile struct frame_blame *map_blame(void)
{
	void *page = mmap(NULL, sizeof(struct frame_blame),
		PROT_READ | PROT_WRITE, MAP_SHARED, CHILD_CHANNEL + 1, 0);

	return page != MAP_FAILED ? page : NULL;
}

int main(int argc, char **argv)
{
	struct options options;
	struct worker worker;
	struct tls_client *tls;
	struct loop *loop;
	const char *reason = "";

	alloc_set_up();
	if (read_options(argc, argv, &options) != 0) {
		fprintf(stderr, "causeway-mail is started by causeway.\n");
		return 2;
	}
	/* Who has a whole group reread its configuration means the daemon. */
	(void)signal(SIGHUP, SIG_IGN);
	/* Everything that reads files. */
	tzset();
	mail_preload();
	tls = tls_client_new(options.ca_file, options.verify, &reason);
	if (tls == NULL)
		fatal("%s", reason);
	loop = loop_new();
	fiber_set_up(map_blame(), CPU_MS);
	worker_start(&worker, loop, tls, CHILD_CHANNEL);
	if (sandbox_enter(&reason) != 0)
		fatal("%s", reason);
	loop_run(loop);
	/* What libraries do at the end is of no use, and not allowed. */
	_exit(0);
}
