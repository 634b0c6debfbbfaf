/*
 * The pool as a whole: what it is made of, and what it tells of itself. The
 * other files of it stand in pool_private.h.
 */
#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/magic.h"
#include "email/pool_private.h"

#define WORKERS_DEFAULT 2
#define WORKERS_MAX     64

/* --- Numbers -------------------------------------------------------------- */

struct slice mail_pool_key(const uint32_t *id)
{
	return slice_make((const char *)id, sizeof(*id));
}

uint32_t mail_pool_next_id(const struct map *map, uint32_t *last)
{
	do
		++*last;
	while (*last == 0 || map_get(map, mail_pool_key(last)) != NULL);
	return *last;
}

/* --- What is lost --------------------------------------------------------- */

void mail_pool_tell_lost(struct mail_pool *p)
{
	while (!list_is_empty(&p->lost_requests))
		mail_request_tell_lost(&p->lost_requests);
	while (!list_is_empty(&p->lost_links))
		mail_link_tell_lost(
			CONTAINER(p->lost_links.next, struct mail_link, list));
}

static void tell_lost(void *arg)
{
	mail_pool_tell_lost(arg);
}

/* --- Life ----------------------------------------------------------------- */

/* The folder of this program, with a slash; false: nobody knows. */
static bool own_folder(char *out, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", out, size - 1);
	char *slash;

	if (len <= 0)
		return false;
	out[len] = '\0';
	slash = strrchr(out, '/');
	if (slash == NULL)
		return false;
	slash[1] = '\0';
	return true;
}

/* Beside this program, where it is installed relative to it (a tree may be
 * elsewhere than it was configured for), or where it was to be installed;
 * NULL: nowhere. */
static char *find_program(void)
{
	char own[PATH_MAX] = "";
	bool has_own = own_folder(own, sizeof(own));
	const char *const places[][2] = {
		{ has_own ? own : NULL, "" },
		{ has_own ? own : NULL, CAUSEWAY_PRIVATE_FROM_BIN "/" },
		{ CAUSEWAY_PRIVATE, "/" },
	};

	for (size_t i = 0; i < COUNT(places); i++) {
		char path[2 * PATH_MAX];

		if (places[i][0] == NULL)
			continue;
		(void)text_format(path, sizeof(path), "%s%scauseway-mail",
			places[i][0], places[i][1]);
		if (access(path, X_OK) == 0)
			return xstrdup(path);
	}
	return NULL;
}

/* All 0 when it cannot be looked at. */
static struct file_stamp stamp_of(const char *path)
{
	struct stat st;

	if (path == NULL || stat(path, &st) != 0)
		return (struct file_stamp){ .size = 0 };
	return (struct file_stamp){ st.st_dev, st.st_ino, st.st_size,
		st.st_ctim };
}

static bool same_stamp(const struct file_stamp *a, const struct file_stamp *b)
{
	return a->device == b->device && a->number == b->number &&
	       a->size == b->size && a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
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
	p->ca_stamp = stamp_of(p->ca_file);
	p->verify = config->verify;
	p->worker_count =
		config->workers > 0 ? config->workers : WORKERS_DEFAULT;
	if (p->worker_count > WORKERS_MAX)
		p->worker_count = WORKERS_MAX;
	p->workers = xcalloc(p->worker_count, sizeof(*p->workers));
	for (unsigned i = 0; i < p->worker_count; i++)
		mail_worker_init(&p->workers[i], p);
	list_init(&p->lost_links);
	list_init(&p->lost_requests);
	deferred_init(&p->tell_lost, l, "mail pool", tell_lost, p);
	return p;
}

void mail_pool_trust(struct mail_pool *p, const char *ca_file, bool verify)
{
	struct file_stamp now = stamp_of(ca_file);

	if (text_equals(p->ca_file, ca_file) && p->verify == verify &&
		same_stamp(&now, &p->ca_stamp))
		return;
	p->ca_stamp = now;
	xstrset(&p->ca_file, ca_file);
	p->verify = verify;
	for (unsigned i = 0; i < p->worker_count; i++)
		mail_worker_replace(&p->workers[i]);
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
	mail_requests_forget(&p->lost_requests, NULL);
	for (unsigned i = 0; i < p->worker_count; i++) {
		struct mail_worker *w = &p->workers[i];
		mail_requests_forget(&w->requests, NULL);
		mail_worker_end(w);
	}
	assert(p->requests.count == 0);
	map_finish(&p->links);
	map_finish(&p->requests);
	xfree(p->workers);
	xfree(p->program);
	xfree(p->ca_file);
	p->magic = 0;
	xfree(p);
}

/* --- State ---------------------------------------------------------------- */

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
	for (unsigned i = 0; i < p->worker_count; i++) {
		const struct child *child = p->workers[i].child;

		if (child == NULL)
			continue;
		state_r->workers++;
		state_r->memory += memory_of(child_pid(child));
	}
}
