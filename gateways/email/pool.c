/*
 * A worker's life:
 *
 *	none --> running --> (bad frame: killed) --> dead --> pause --> running
 *
 * Links and requests belong to a worker as long as it lives. What happens to
 * them without a word of the worker is told in a later turn.
 */
#include "email/pool.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/magic.h"
#include "base/map.h"
#include "net/backoff.h"
#include "net/child.h"

#define POOL_MAGIC    0x706f6f6cu
#define LINK_MAGIC    0x6c696e6bu
#define REQUEST_MAGIC 0x72657175u

#define WORKERS_DEFAULT 2
#define WORKERS_MAX     64

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

struct slot {
	struct mail_pool *pool;
	struct child *child; /* NULL: none runs */
	volatile struct frame_blame *blame;
	struct list links;
	struct list requests;
	unsigned link_count;
	struct backoff pause;
	int64_t started_ms;
	int64_t may_start_ms;
	bool is_bad; /* killed for what it said: nothing is heard any more */
};

struct mail_pool {
	unsigned magic;
	struct loop *loop;
	char *program, *ca_file;
	bool verify;
	struct slot *slots;
	unsigned slot_count;
	struct map links, requests; /* by number */
	uint32_t last_link, last_request;
	struct list lost_links, lost_requests; /* to be told so */
	struct deferred tell_lost;
	uint64_t crashes;
};

struct mail_link {
	unsigned magic;
	uint32_t id;
	struct list list; /* of its worker, or of those lost */
	struct mail_pool *pool;
	struct slot *slot; /* NULL: its worker is gone */
	mail_fn fn;
	void *arg;
	bool is_blamed;
	uint64_t blamed_uid;
};

struct mail_request {
	unsigned magic;
	uint32_t id;
	struct list list; /* of its worker, or of those lost */
	struct mail_pool *pool;
	struct slot *slot;      /* NULL: its worker is gone */
	struct mail_link *link; /* NULL: none */
	enum frame_type type;
	mail_fn fn; /* NULL: nobody wants to know */
	void *arg;
	struct slice body; /* what is not sent yet */
	bool has_body;
	bool is_given;          /* all bytes it wanted are with the worker */
	uint64_t room;          /* bytes that it takes now */
	struct deferred invite; /* tell that there is room */
	bool is_blamed;
};

/* --- Numbers ------------------------------------------------------------- */

static struct slice key(const uint32_t *id)
{
	return slice_make((const char *)id, sizeof(*id));
}

/* One that is not in use. */
static uint32_t next_id(const struct map *map, uint32_t *last)
{
	do
		++*last;
	while (*last == 0 || map_get(map, key(last)) != NULL);
	return *last;
}

/* --- Saying -------------------------------------------------------------- */

static void send_frame(struct slot *s, const struct frame *f, int fd)
{
	struct conn *conn = s->child != NULL ? child_conn(s->child) : NULL;
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
		child_kill(s->child);
	}
	/* It may hold a password. */
	if (bytes.data != NULL)
		explicit_bzero(bytes.data, bytes.len);
	str_finish(&bytes);
}

static void say(struct slot *s, enum frame_type type, uint32_t link,
	uint32_t request, uint64_t number)
{
	struct frame f = { .type = type,
		.link = link,
		.request = request,
		.numbers = { number },
		.fd = -1 };

	if (s != NULL)
		send_frame(s, &f, -1);
}

/* --- The end of requests and links --------------------------------------- */

static void destroy_request(struct mail_request *r)
{
	(void)map_remove(&r->pool->requests, key(&r->id));
	list_remove(&r->list);
	deferred_stop(&r->invite);
	r->magic = 0;
	xfree(r);
}

/* The last word to its owner; `f` is DONE. */
static void end_request(struct mail_request *r, const struct frame *f)
{
	mail_fn fn = r->fn;
	void *arg = r->arg;

	destroy_request(r);
	if (fn != NULL)
		fn(f, arg);
}

static void lose_request(struct mail_request *r)
{
	struct frame f = { .type = FRAME_DONE,
		.request = r->id,
		.link = r->link != NULL ? r->link->id : 0,
		.numbers = { LINK_CRASHED, 0, r->is_blamed },
		.fd = -1 };

	f.texts[0] = slice_of("an internal error of the gateway");
	if (r->type == FRAME_SUBMIT && r->is_given)
		f.numbers[0] = LINK_UNKNOWN;
	end_request(r, &f);
}

static void lose_link(struct mail_link *link)
{
	struct frame f = { .type = FRAME_STATE,
		.link = link->id,
		.numbers = { LINK_FAILED, LINK_CRASHED, link->is_blamed,
			link->blamed_uid },
		.fd = -1 };

	list_remove(&link->list);
	f.texts[0] = slice_of("an internal error of the gateway");
	link->fn(&f, link->arg);
}

/* Those whose worker died; each may end others while it hears of it. */
static void tell_lost(void *arg)
{
	struct mail_pool *p = arg;

	while (!list_is_empty(&p->lost_requests))
		lose_request(CONTAINER(
			p->lost_requests.next, struct mail_request, list));
	while (!list_is_empty(&p->lost_links))
		lose_link(
			CONTAINER(p->lost_links.next, struct mail_link, list));
}

/* --- Death of a worker --------------------------------------------------- */

static void log_death(const struct slot *s, const struct frame_blame *blame)
{
	log_warning("email",
		"the mail worker %d %s; links=%u link=%u request=%u uid=%llu",
		child_pid(s->child), child_end(s->child), s->link_count,
		blame->link, blame->request, (unsigned long long)blame->uid);
}

static void leave_slot(struct slot *s, const struct frame_blame *blame)
{
	struct mail_pool *p = s->pool;

	while (!list_is_empty(&s->links)) {
		struct mail_link *link =
			CONTAINER(s->links.next, struct mail_link, list);

		link->slot = NULL;
		link->is_blamed = link->id == blame->link;
		link->blamed_uid = link->is_blamed ? blame->uid : 0;
		list_remove(&link->list);
		list_append(&p->lost_links, &link->list);
	}
	while (!list_is_empty(&s->requests)) {
		struct mail_request *r =
			CONTAINER(s->requests.next, struct mail_request, list);

		r->slot = NULL;
		r->is_blamed = r->id == blame->request;
		list_remove(&r->list);
		list_append(&p->lost_requests, &r->list);
	}
	s->link_count = 0;
}

static void end_blame(struct slot *s)
{
	void *page;

	memcpy(&page, &s->blame, sizeof(page));
	munmap(page, sizeof(struct frame_blame));
	s->blame = NULL;
}

static void bury(struct slot *s)
{
	struct frame_blame blame = { s->blame->link, s->blame->request,
		s->blame->uid };
	int64_t now_ms = loop_now_ms(s->pool->loop);

	log_death(s, &blame);
	s->pool->crashes++;
	if (now_ms - s->started_ms >= GOOD_LIFE_MS)
		backoff_reset(&s->pause);
	s->may_start_ms = now_ms + backoff_next_ms(&s->pause);
	end_blame(s);
	child_free(&s->child, 0);
	leave_slot(s, &blame);
	tell_lost(s->pool);
}

/* --- Hearing ------------------------------------------------------------- */

static void give_body(struct mail_request *r);

static void on_more(struct mail_request *r, const struct frame *f)
{
	struct frame told = *f;

	r->room += f->numbers[0];
	if (r->has_body) {
		give_body(r);
		return;
	}
	told.numbers[0] = r->room;
	if (r->fn != NULL && !r->is_given)
		r->fn(&told, r->arg);
}

/* -1: it has no business saying that. */
static int hear_request(struct slot *s, const struct frame *f)
{
	struct mail_request *r = map_get(&s->pool->requests, key(&f->request));

	if (r == NULL)
		return 0;
	if (r->slot != s)
		return -1;
	if (f->type == FRAME_DONE)
		end_request(r, f);
	else if (f->type == FRAME_MORE)
		on_more(r, f);
	else if (r->fn != NULL)
		r->fn(f, r->arg);
	else if (f->type == FRAME_DATA)
		mail_request_used(r, f->texts[0].len);
	return 0;
}

static int hear_link(struct slot *s, const struct frame *f)
{
	struct mail_link *link = map_get(&s->pool->links, key(&f->link));

	/* It may have been closed while this was under way. */
	if (link == NULL)
		return 0;
	if (link->slot != s)
		return -1;
	link->fn(f, link->arg);
	return 0;
}

static int hear(struct slot *s, const struct frame *f)
{
	return f->request != 0 ? hear_request(s, f) : hear_link(s, f);
}

static void read_frames(struct slot *s)
{
	struct conn *conn = child_conn(s->child);
	struct frame f;
	long used = 0;

	while (!s->is_bad &&
		(used = frame_decode(conn_input(conn), TO_DAEMON, &f)) != 0) {
		if (used < 0 || hear(s, &f) != 0) {
			log_error("email",
				"a mail worker says what makes no sense: "
				"killed");
			s->is_bad = true;
			child_kill(s->child);
			break;
		}
		conn_consume(conn, (size_t)used);
	}
	if (s->is_bad)
		conn_consume(conn, conn_input(conn).len);
}

static void on_child(struct child *c UNUSED, enum child_event event, void *arg)
{
	struct slot *s = arg;

	if (event == CHILD_DATA)
		read_frames(s);
	else if (event == CHILD_ENDED)
		bury(s);
}

/* --- Starting ------------------------------------------------------------ */

/* The page in which the worker notes what it does. -1 with errno. */
static int make_blame(struct slot *s)
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
	s->blame = page;
	return fd;
}

static struct child *start_child(struct slot *s, const int *fds)
{
	const struct mail_pool *p = s->pool;
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
	return child_start(p->loop, &program, on_child, s);
}

static int start(struct slot *s)
{
	int fd;

	if (s->child != NULL)
		return s->is_bad ? -1 : 0;
	if (loop_now_ms(s->pool->loop) < s->may_start_ms)
		return -1;
	fd = make_blame(s);
	if (fd >= 0) {
		s->child = start_child(s, &fd);
		close(fd);
		if (s->child == NULL)
			end_blame(s);
	}
	if (s->child == NULL) {
		log_error("email", "a mail worker can't be started: %s",
			strerror(errno));
		s->may_start_ms =
			loop_now_ms(s->pool->loop) + backoff_next_ms(&s->pause);
		return -1;
	}
	s->is_bad = false;
	s->started_ms = loop_now_ms(s->pool->loop);
	return 0;
}

/* The running one with the fewest links; or a new one, when that has too many
 * or there is none. NULL: none can be had now. */
static struct slot *choose(struct mail_pool *p)
{
	struct slot *best = NULL;
	for (unsigned i = 0; i < p->slot_count; i++) {
		struct slot *s = &p->slots[i];
		if (s->child != NULL && !s->is_bad &&
			(best == NULL || s->link_count < best->link_count))
			best = s;
	}
	if (best != NULL && best->link_count < LINKS_BEFORE_NEXT)
		return best;
	for (unsigned i = 0; i < p->slot_count; i++) {
		if (p->slots[i].child == NULL && start(&p->slots[i]) == 0)
			return &p->slots[i];
	}
	return best;
}

/* --- The pool ------------------------------------------------------------ */

/* Beside this program, or where it is installed; NULL: nowhere. */
static char *find_program(void)
{
	char path[PATH_MAX + sizeof("/causeway-mail")];
	ssize_t len = readlink("/proc/self/exe", path, PATH_MAX);
	char *slash;

	if (len > 0) {
		path[len] = '\0';
		slash = strrchr(path, '/');
		if (slash != NULL) {
			(void)text_copy(slash + 1,
				sizeof(path) - (size_t)(slash + 1 - path),
				"causeway-mail");
			if (access(path, X_OK) == 0)
				return xstrdup(path);
		}
	}
	if (access(CAUSEWAY_PRIVATE "/causeway-mail", X_OK) == 0)
		return xstrdup(CAUSEWAY_PRIVATE "/causeway-mail");
	return NULL;
}

static void init_slot(struct slot *s, struct mail_pool *p)
{
	s->pool = p;
	list_init(&s->links);
	list_init(&s->requests);
	backoff_init(&s->pause, PAUSE_MIN_MS, PAUSE_MAX_MS);
}

struct mail_pool *mail_pool_new(struct loop *l,
	const struct mail_pool_config *config, const char **reason_r)
{
	char *program = config->program != NULL ? xstrdup(config->program)
						: find_program();
	struct mail_pool *p;

	if (program == NULL || access(program, X_OK) != 0) {
		xfree(program);
		*reason_r = "the program causeway-mail, which has to be beside "
			    "causeway or in " CAUSEWAY_PRIVATE ", is not there";
		return NULL;
	}
	p = xalloc(sizeof(*p));
	p->magic = POOL_MAGIC;
	p->loop = l;
	p->program = program;
	p->ca_file = xstrdup(config->ca_file);
	p->verify = config->verify;
	p->slot_count = config->workers > 0 ? config->workers : WORKERS_DEFAULT;
	if (p->slot_count > WORKERS_MAX)
		p->slot_count = WORKERS_MAX;
	p->slots = xcalloc(p->slot_count, sizeof(*p->slots));
	for (unsigned i = 0; i < p->slot_count; i++)
		init_slot(&p->slots[i], p);
	list_init(&p->lost_links);
	list_init(&p->lost_requests);
	deferred_init(&p->tell_lost, l, "mail pool", tell_lost, p);
	return p;
}

/* Those that were cancelled, and are not answered yet. */
static void forget_all(struct list *requests)
{
	while (!list_is_empty(requests))
		destroy_request(
			CONTAINER(requests->next, struct mail_request, list));
}

void mail_pool_free(struct mail_pool **slot)
{
	struct mail_pool *p;

	if (slot == NULL || *slot == NULL)
		return;
	p = *slot;
	*slot = NULL;
	MAGIC_CHECK(p, POOL_MAGIC);
	assert(p->links.count == 0);
	deferred_stop(&p->tell_lost);
	forget_all(&p->lost_requests);
	for (unsigned i = 0; i < p->slot_count; i++) {
		struct slot *s = &p->slots[i];
		forget_all(&s->requests);
		if (s->child != NULL)
			end_blame(s);
		child_free(&s->child, FAREWELL_MS);
	}
	assert(p->requests.count == 0);
	map_finish(&p->links);
	map_finish(&p->requests);
	xfree(p->slots);
	xfree(p->program);
	xfree(p->ca_file);
	p->magic = 0;
	xfree(p);
}

/* Resident bytes of a process; 0 when that can't be told. */
static uint64_t memory_of(int pid)
{
	char path[64];
	unsigned long long size, resident = 0;
	FILE *file;

	(void)text_format(path, sizeof(path), "/proc/%d/statm", pid);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%llu %llu", &size, &resident) != 2)
		resident = 0;
	fclose(file);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

void mail_pool_look(const struct mail_pool *p, struct mail_pool_state *state_r)
{
	MAGIC_CHECK(p, POOL_MAGIC);
	*state_r = (struct mail_pool_state){
		.links = p->links.count,
		.requests = p->requests.count,
		.crashes = p->crashes,
	};
	for (unsigned i = 0; i < p->slot_count; i++) {
		const struct child *child = p->slots[i].child;

		if (child == NULL)
			continue;
		state_r->workers++;
		state_r->memory += memory_of(child_pid(child));
	}
}

/* --- Links --------------------------------------------------------------- */

struct mail_link *mail_link_open(struct mail_pool *p, int fd,
	const struct frame *open, mail_fn fn, void *arg)
{
	struct mail_link *link = xalloc(sizeof(*link));
	struct frame f = *open;

	MAGIC_CHECK(p, POOL_MAGIC);
	link->magic = LINK_MAGIC;
	link->pool = p;
	link->fn = fn;
	link->arg = arg;
	link->id = next_id(&p->links, &p->last_link);
	(void)map_put(&p->links, key(&link->id), link);
	list_init(&link->list);
	link->slot = choose(p);
	if (link->slot == NULL) {
		close(fd);
		list_append(&p->lost_links, &link->list);
		deferred_start(&p->tell_lost);
		return link;
	}
	list_append(&link->slot->links, &link->list);
	link->slot->link_count++;
	f.type = FRAME_OPEN;
	f.link = link->id;
	f.request = 0;
	send_frame(link->slot, &f, fd);
	return link;
}

void mail_link_send(struct mail_link *link, const struct frame *f)
{
	struct frame copy = *f;

	MAGIC_CHECK(link, LINK_MAGIC);
	copy.link = link->id;
	copy.request = 0;
	if (link->slot != NULL)
		send_frame(link->slot, &copy, -1);
}

static void forget_requests(struct list *ring, const struct mail_link *link)
{
	list_for_each_safe(it, ring) {
		struct mail_request *r =
			CONTAINER(it, struct mail_request, list);

		if (r->link == link)
			destroy_request(r);
	}
}

void mail_link_close(struct mail_link **slot)
{
	struct mail_link *link;

	if (slot == NULL || *slot == NULL)
		return;
	link = *slot;
	*slot = NULL;
	MAGIC_CHECK(link, LINK_MAGIC);
	if (link->slot != NULL) {
		forget_requests(&link->slot->requests, link);
		link->slot->link_count--;
		say(link->slot, FRAME_CLOSE, link->id, 0, 0);
	}
	forget_requests(&link->pool->lost_requests, link);
	(void)map_remove(&link->pool->links, key(&link->id));
	list_remove(&link->list);
	link->magic = 0;
	xfree(link);
}

/* --- Requests ------------------------------------------------------------ */

/* Does it want bytes that somebody has to give piece by piece? */
static bool is_hungry(const struct mail_request *r)
{
	return !r->has_body && !r->is_given &&
	       (r->type == FRAME_APPEND || r->type == FRAME_SUBMIT ||
		       r->type == FRAME_COMPOSE);
}

static void on_invite(void *arg)
{
	struct mail_request *r = arg;
	struct frame f = { .type = FRAME_MORE,
		.request = r->id,
		.link = r->link != NULL ? r->link->id : 0,
		.numbers = { r->room },
		.fd = -1 };

	if (r->fn != NULL && r->slot != NULL)
		r->fn(&f, r->arg);
}

static struct mail_request *ask(struct mail_pool *p, struct slot *s,
	struct mail_link *link, const struct frame *f, mail_fn fn, void *arg)
{
	struct mail_request *r = xalloc(sizeof(*r));
	struct frame copy = *f;

	r->magic = REQUEST_MAGIC;
	r->pool = p;
	r->slot = s;
	r->link = link;
	r->type = f->type;
	r->fn = fn;
	r->arg = arg;
	r->room = FRAME_CREDIT;
	r->id = next_id(&p->requests, &p->last_request);
	(void)map_put(&p->requests, key(&r->id), r);
	list_init(&r->list);
	deferred_init(&r->invite, p->loop, "mail request", on_invite, r);
	if (s == NULL) {
		list_append(&p->lost_requests, &r->list);
		deferred_start(&p->tell_lost);
		return r;
	}
	list_append(&s->requests, &r->list);
	copy.link = link != NULL ? link->id : 0;
	copy.request = r->id;
	send_frame(s, &copy, -1);
	return r;
}

/* As much of the body as there is room for. */
static void give_body(struct mail_request *r)
{
	while (!r->is_given && (r->room > 0 || r->body.len == 0)) {
		struct slice piece = r->body;

		if (piece.len > FRAME_DATA_MAX)
			piece.len = FRAME_DATA_MAX;
		if (piece.len > r->room)
			piece.len = (size_t)r->room;
		r->body.data += piece.len;
		r->body.len -= piece.len;
		mail_request_give(r, piece, r->body.len);
	}
}

struct mail_request *mail_link_ask(struct mail_link *link,
	const struct frame *f, struct slice body, mail_fn fn, void *arg)
{
	struct mail_request *r;

	MAGIC_CHECK(link, LINK_MAGIC);
	r = ask(link->pool, link->slot, link, f, fn, arg);
	r->has_body = body.data != NULL;
	r->body = body;
	if (r->has_body && r->slot != NULL)
		give_body(r);
	else if (is_hungry(r))
		deferred_start(&r->invite);
	return r;
}

struct mail_request *mail_pool_ask(
	struct mail_pool *p, const struct frame *f, mail_fn fn, void *arg)
{
	struct mail_request *r;

	MAGIC_CHECK(p, POOL_MAGIC);
	r = ask(p, choose(p), NULL, f, fn, arg);
	if (is_hungry(r))
		deferred_start(&r->invite);
	return r;
}

static void give_piece(
	struct mail_request *r, struct slice piece, uint64_t left)
{
	struct frame f = { .type = FRAME_DATA,
		.request = r->id,
		.link = r->link != NULL ? r->link->id : 0,
		.numbers = { left },
		.texts = { piece },
		.fd = -1 };

	r->room -= piece.len;
	if (r->slot != NULL)
		send_frame(r->slot, &f, -1);
}

void mail_request_give(
	struct mail_request *r, struct slice bytes, uint64_t left)
{
	MAGIC_CHECK(r, REQUEST_MAGIC);
	assert(!r->is_given && bytes.len <= r->room);
	r->is_given = left == 0;
	do {
		struct slice piece = bytes;

		if (piece.len > FRAME_DATA_MAX)
			piece.len = FRAME_DATA_MAX;
		bytes.data += piece.len;
		bytes.len -= piece.len;
		give_piece(r, piece,
			left < FRAME_LEFT_UNKNOWN ? left + bytes.len : left);
	} while (bytes.len > 0);
}

void mail_request_used(struct mail_request *r, size_t bytes)
{
	MAGIC_CHECK(r, REQUEST_MAGIC);
	say(r->slot, FRAME_MORE, r->link != NULL ? r->link->id : 0, r->id,
		bytes);
}

void mail_request_cancel(struct mail_request **slot)
{
	struct mail_request *r;

	if (slot == NULL || *slot == NULL)
		return;
	r = *slot;
	*slot = NULL;
	MAGIC_CHECK(r, REQUEST_MAGIC);
	r->fn = NULL;
	r->has_body = false;
	deferred_stop(&r->invite);
	if (is_hungry(r)) {
		r->is_given = true;
		give_piece(r, slice_of(""), FRAME_GIVEN_UP);
	}
}
