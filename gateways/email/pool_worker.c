/*
 * One worker: started when there is work for it, spoken to and heard in
 * frames, killed for nonsense, and buried, with a pause before the next.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "email/pool_private.h"

/* A further worker is started when all others have so many links. */
#define LINKS_BEFORE_NEXT 20

/* Frames from and to one worker; what is under way is bounded by the credit of
 * each request, so that more than this is a worker that does not read. */
#define INPUT_MAX  (2 * FRAME_MAX)
#define OUTPUT_MAX ((size_t)128 * 1024 * 1024)

/* Between the deaths of a worker and its next start. */
#define PAUSE_MIN_MS 100
#define PAUSE_MAX_MS 30000
/* Who lived so long did not die of its start. */
#define GOOD_LIFE_MS 60000

/* For a worker to say farewell to its servers. */
#define FAREWELL_MS 6000

/* --- Saying --------------------------------------------------------------- */

void mail_worker_send(struct mail_worker *w, const struct frame *f, int fd)
{
	struct conn *conn = w->child != NULL ? child_conn(w->child) : NULL;
	struct str bytes;

	if (conn == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	str_init(&bytes, FRAME_MAX + 64);
	frame_encode(&bytes, f);
	if (fd >= 0)
		conn_write_fd(conn, fd);
	if (bytes.overflow || conn_write(conn, str_slice(&bytes)) != 0) {
		log_error("email", "a worker does not read: killed");
		child_kill(w->child);
	}
	/* It may hold a password. */
	if (bytes.data != NULL)
		explicit_bzero(bytes.data, bytes.len);
	str_finish(&bytes);
}

void mail_worker_say(struct mail_worker *w, enum frame_type type, uint32_t link,
	uint32_t request, uint64_t number)
{
	struct frame f = { .type = type,
		.link = link,
		.request = request,
		.numbers = { number },
		.fd = -1 };

	if (w != NULL)
		mail_worker_send(w, &f, -1);
}

/* --- Death ---------------------------------------------------------------- */

static void end_blame(struct mail_worker *w)
{
	void *page;

	memcpy(&page, &w->blame, sizeof(page));
	munmap(page, sizeof(struct frame_blame));
	w->blame = NULL;
}

static void log_death(
	const struct mail_worker *w, const struct frame_blame *blame)
{
	log_warning("email",
		"the mail worker %d %s; links=%u link=%u request=%u uid=%llu",
		child_pid(w->child), child_end(w->child), w->link_count,
		blame->link, blame->request, (unsigned long long)blame->uid);
}

static void bury(struct mail_worker *w)
{
	struct frame_blame blame = { w->blame->link, w->blame->request,
		w->blame->uid };
	int64_t now_ms = loop_now_ms(w->pool->loop);

	log_death(w, &blame);
	w->pool->crashes++;
	if (now_ms - w->started_ms >= GOOD_LIFE_MS)
		backoff_reset(&w->pause);
	w->may_start_ms = now_ms + backoff_next_ms(&w->pause);
	end_blame(w);
	child_free(&w->child, 0);
	mail_links_lose(w, &blame);
	mail_requests_lose(w, &blame);
	mail_pool_tell_lost(w->pool);
}

void mail_worker_replace(struct mail_worker *w)
{
	const struct frame_blame nobody = { 0, 0, 0 };

	if (w->child == NULL)
		return;
	mail_worker_end(w);
	mail_links_lose(w, &nobody);
	mail_requests_lose(w, &nobody);
	mail_pool_tell_lost(w->pool);
}

void mail_worker_end(struct mail_worker *w)
{
	if (w->child != NULL)
		end_blame(w);
	child_free(&w->child, FAREWELL_MS);
}

/* --- Hearing -------------------------------------------------------------- */

static int hear(struct mail_worker *w, const struct frame *f)
{
	return f->request != 0 ? mail_request_hear(w, f) : mail_link_hear(w, f);
}

static void read_frames(struct mail_worker *w)
{
	struct conn *conn = child_conn(w->child);
	struct frame f;
	long used = 0;

	while (!w->is_bad &&
		(used = frame_decode(conn_input(conn), TO_DAEMON, &f)) != 0) {
		if (used < 0 || hear(w, &f) != 0) {
			log_error("email",
				"a mail worker says what makes no sense: "
				"killed");
			w->is_bad = true;
			child_kill(w->child);
			break;
		}
		conn_consume(conn, (size_t)used);
	}
	if (w->is_bad)
		conn_consume(conn, conn_input(conn).len);
}

static void on_child(struct child *c UNUSED, enum child_event event, void *arg)
{
	struct mail_worker *w = arg;

	if (event == CHILD_DATA)
		read_frames(w);
	else if (event == CHILD_ENDED)
		bury(w);
}

/* --- Starting ------------------------------------------------------------- */

void mail_worker_init(struct mail_worker *w, struct mail_pool *p)
{
	w->pool = p;
	list_init(&w->links);
	list_init(&w->requests);
	backoff_init(&w->pause, PAUSE_MIN_MS, PAUSE_MAX_MS);
}

/* The page in which the worker notes what it does. -1 with errno. */
static int make_blame(struct mail_worker *w)
{
	int fd = memfd_create("blame", MFD_CLOEXEC);
	void *page = MAP_FAILED;

	if (fd < 0)
		return -1;
	if (ftruncate(fd, sizeof(struct frame_blame)) == 0)
		page = mmap(NULL, sizeof(struct frame_blame),
			PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED) {
		close(fd);
		return -1;
	}
	w->blame = page;
	return fd;
}

static struct child *start_child(struct mail_worker *w, const int *fds)
{
	const struct mail_pool *p = w->pool;
	const char *args[4] = { NULL };
	size_t count = 0;
	struct child_program program = {
		.path = p->program,
		.args = args,
		.fds = fds,
		.fd_count = 1,
		.limits = { INPUT_MAX, OUTPUT_MAX, 0 },
	};

	if (p->ca_file != NULL) {
		args[count++] = "--ca-file";
		args[count++] = p->ca_file;
	}
	if (!p->verify)
		args[count++] = "--no-verify";
	return child_start(p->loop, &program, on_child, w);
}

static int start(struct mail_worker *w)
{
	int fd;

	if (w->child != NULL)
		return w->is_bad ? -1 : 0;
	if (loop_now_ms(w->pool->loop) < w->may_start_ms)
		return -1;
	fd = make_blame(w);
	if (fd >= 0) {
		w->child = start_child(w, &fd);
		close(fd);
		if (w->child == NULL)
			end_blame(w);
	}
	if (w->child == NULL) {
		log_error("email", "a mail worker can't be started: %s",
			strerror(errno));
		w->may_start_ms =
			loop_now_ms(w->pool->loop) + backoff_next_ms(&w->pause);
		return -1;
	}
	w->is_bad = false;
	w->started_ms = loop_now_ms(w->pool->loop);
	return 0;
}

struct mail_worker *mail_worker_choose(struct mail_pool *p)
{
	struct mail_worker *best = NULL;
	for (unsigned i = 0; i < p->worker_count; i++) {
		struct mail_worker *w = &p->workers[i];
		if (w->child != NULL && !w->is_bad &&
			(best == NULL || w->link_count < best->link_count))
			best = w;
	}
	if (best != NULL && best->link_count < LINKS_BEFORE_NEXT)
		return best;
	for (unsigned i = 0; i < p->worker_count; i++) {
		if (p->workers[i].child == NULL && start(&p->workers[i]) == 0)
			return &p->workers[i];
	}
	return best;
}
