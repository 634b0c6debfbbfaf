/*
 * Arguments, configuration, start-up in order, signals.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/log.h"
#include "host/host.h"
#include "host/replay.h"
#include "net/notify.h"

struct daemon {
	struct loop *loop;
	struct host *host;
	const char *path;
	struct timer watchdog;
	bool announced; /* READY=1 was sent */
	bool stopping;
};

static const char usage[] =
	"Usage: causeway -c FILE        run in the foreground\n"
	"       causeway -t -c FILE     check the configuration and exit\n"
	"       causeway -c FILE --replay GATEWAY/BACKEND SAVED\n"
	"                               show how a saved request is read\n"
	"       causeway --version\n"
	"       causeway --help\n";

struct arguments {
	const char *path;
	bool test;
	const char *replay, *saved; /* NULL: not that */
};

/* -1: go on; else the exit status. */
static int read_arguments(int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "test", no_argument, NULL, 't' },
		{ "replay", required_argument, NULL, 'r' },
		{ "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;
	while ((c = getopt_long(argc, argv, "c:tvh", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			a->path = optarg;
			break;
		case 't':
			a->test = true;
			break;
		case 'r':
			a->replay = optarg;
			break;
		case 'v':
			puts("causeway " CAUSEWAY_VERSION);
			return 0;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 1;
		}
	}
	if (a->replay != NULL && optind < argc)
		a->saved = argv[optind++];
	if (a->path == NULL || optind < argc ||
		(a->replay != NULL) != (a->saved != NULL)) {
		fputs(usage, stderr);
		return 1;
	}
	return -1;
}

static struct options *load(const char *path)
{
	struct str error = { .max = LIMIT_LOG_LINE };
	struct options *options = options_load(path, &error);
	if (options == NULL)
		fprintf(stderr, "%s\n", str_text(&error));
	str_finish(&error);
	return options;
}

/* The exit status. */
static int replay(const struct arguments *a, const struct options *options)
{
	struct str out = { .max = 2 * MIB };
	const char *reason = "";
	int ret = replay_file(options, a->replay, a->saved, &out, &reason);

	fputs(str_text(&out), stdout);
	if (ret != 0)
		fprintf(stderr, "%s: %s: %s\n", a->replay, a->saved, reason);
	str_finish(&out);
	return ret != 0 ? 1 : 0;
}

/* --- Signals and requests of administrators ------------------------------ */

static void stopped(void *arg)
{
	struct daemon *d = arg;
	loop_stop(d->loop);
}

static void stop(void *arg)
{
	struct daemon *d = arg;
	if (d->stopping) {
		host_hurry(d->host);
		return;
	}
	d->stopping = true;
	notify_send("STOPPING=1");
	log_info("main", "stopping");
	host_stop(d->host, stopped, d);
}

static bool reload(void *arg)
{
	struct daemon *d = arg;
	if (d->stopping)
		return false;
	if (d->announced)
		notify_send("RELOADING=1");
	struct options *options = load(d->path);
	bool is_good = options != NULL;
	if (is_good)
		host_reload(d->host, options);
	else
		log_error("main", "configuration not reloaded: the old one "
				  "stays in force");
	/* Not before the first time: that says that the streams are up. */
	if (d->announced)
		notify_send("READY=1");
	return is_good;
}

static void on_stop(int signo, void *arg)
{
	(void)signo;
	stop(arg);
}

static void on_reload(int signo, void *arg)
{
	(void)signo;
	(void)reload(arg);
}

static void ready_changed(void *arg)
{
	struct daemon *d = arg;
	if (d->announced || !host_is_ready(d->host))
		return;
	d->announced = true;
	log_info("main", "ready");
	notify_send("READY=1");
}

static void feed_watchdog(void *arg)
{
	struct daemon *d = arg;
	notify_send("WATCHDOG=1");
	timer_start(&d->watchdog, notify_watchdog_ms());
}

/* --- Start-up ------------------------------------------------------------ */

/* Many sessions need many descriptors; secrets must not reach a core file. */
static void prepare_process(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	const struct rlimit none = { 0, 0 };
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
}

static int run(struct daemon *d, struct options *options)
{
	const char *reason = "unknown";
	d->loop = loop_new();
	d->host = host_start(d->loop, options, &reason);
	if (d->host == NULL)
		fatal("%s", reason);
	d->host->stop = stop;
	d->host->reload = reload;
	d->host->ready_changed = ready_changed;
	d->host->arg = d;
	struct watch *watches[] = {
		watch_signal(d->loop, "SIGTERM", SIGTERM, on_stop, d),
		watch_signal(d->loop, "SIGINT", SIGINT, on_stop, d),
		watch_signal(d->loop, "SIGHUP", SIGHUP, on_reload, d),
	};
	timer_init(&d->watchdog, d->loop, "watchdog", feed_watchdog, d);
	if (notify_watchdog_ms() > 0)
		timer_start(&d->watchdog, 0);
	log_info("main", "started version=" CAUSEWAY_VERSION);
	loop_run(d->loop);
	timer_stop(&d->watchdog);
	for (size_t i = 0; i < COUNT(watches); i++)
		watch_free(&watches[i]);
	host_free(&d->host);
	loop_free(&d->loop);
	log_info("main", "stopped");
	return 0;
}

int main(int argc, char **argv)
{
	struct arguments a = { .path = NULL };
	alloc_set_up();
	int status = read_arguments(argc, argv, &a);
	if (status >= 0)
		return status;
	struct options *options = load(a.path);
	if (options == NULL)
		return 1;
	if (a.test) {
		printf("%s: the configuration is good\n", a.path);
		options_free(&options);
		return 0;
	}
	if (a.replay != NULL) {
		status = replay(&a, options);
		options_free(&options);
		return status;
	}
	prepare_process();
	struct daemon d = { .path = a.path };
	return run(&d, options);
}
