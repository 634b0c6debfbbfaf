/*
 * What the files of the pool share (pool.h is for everybody else):
 *
 *	pool.c          the pool as a whole, numbers of links and requests
 *	pool_worker.c   one worker: started, heard, killed, buried
 *	pool_link.c     links, from opening to closing
 *	pool_request.c  requests and the bytes that go with them
 *
 * A worker's life:
 *
 *	none --> running --> (bad frame: killed) --> dead --> pause --> running
 *
 * Links and requests belong to a worker as long as it lives. When it dies they
 * move to the pool's lists of what is lost, and are told so from there.
 */
#ifndef EMAIL_POOL_PRIVATE_H
#define EMAIL_POOL_PRIVATE_H

#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#include "base/list.h"
#include "base/map.h"
#include "email/pool.h"
#include "net/backoff.h"
#include "net/child.h"

#define POOL_MAGIC 0x706f6f6cu
#define LINK_MAGIC 0x6c696e6bu

struct mail_worker {
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

/* Tells whether a file is the one it was. */
struct file_stamp {
	dev_t device;
	ino_t number;
	off_t size;
	struct timespec changed;
};

struct mail_pool {
	unsigned magic;
	struct loop *loop;
	char *program, *ca_file;
	struct file_stamp ca_stamp; /* of it, when it was last looked at */
	bool verify;
	struct mail_worker *workers;
	unsigned worker_count;
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
	struct mail_worker *worker; /* NULL: it is gone */
	mail_fn fn;
	void *arg;
	bool is_blamed;
	uint64_t blamed_uid;
};

/* --- The pool: pool.c ----------------------------------------------------- */

/* A number as the key of the maps; borrows it. */
struct slice mail_pool_key(const uint32_t *id);

/* One that is not in use in `map`; `last` is the one given before. Never 0. */
uint32_t mail_pool_next_id(const struct map *map, uint32_t *last);

/* Tell all that are lost, requests before links. What hears of it may end
 * others of them. */
void mail_pool_tell_lost(struct mail_pool *p);

/* --- A worker: pool_worker.c ---------------------------------------------- */

void mail_worker_init(struct mail_worker *w, struct mail_pool *p);

/* Let it say farewell to its servers; nothing is told of what it has. */
void mail_worker_end(struct mail_worker *w);
/* The same, and its links and requests are lost: others take them. */
void mail_worker_replace(struct mail_worker *w);

/* The one for the next link: the running one with the fewest, or a new one
 * when that has too many or there is none. NULL: none can be had now. */
struct mail_worker *mail_worker_choose(struct mail_pool *p);

/* `fd` goes with it and is closed, also when the worker is gone; -1: none. A
 * worker that does not read is killed. */
void mail_worker_send(struct mail_worker *w, const struct frame *f, int fd);

/* A frame without texts. `w` NULL: to nobody. */
void mail_worker_say(struct mail_worker *w, enum frame_type type, uint32_t link,
	uint32_t request, uint64_t number);

/* --- Links: pool_link.c --------------------------------------------------- */

/* A frame that is about a link alone; -1: not one of this worker's. */
int mail_link_hear(struct mail_worker *w, const struct frame *f) MUST_CHECK;

/* All links of a dead worker become lost. */
void mail_links_lose(struct mail_worker *w, const struct frame_blame *blame);

/* The last word to a lost link's owner. */
void mail_link_tell_lost(struct mail_link *link);

/* --- Requests: pool_request.c --------------------------------------------- */

/* A frame that is about a request; -1: not one of this worker's. */
int mail_request_hear(struct mail_worker *w, const struct frame *f) MUST_CHECK;

/* All requests of a dead worker become lost. */
void mail_requests_lose(struct mail_worker *w, const struct frame_blame *blame);

/* The last word to the owner of the first of `lost`. */
void mail_request_tell_lost(struct list *lost);

/* Those of a list that are about this link; NULL: all. Nobody hears of it. */
void mail_requests_forget(struct list *requests, const struct mail_link *link);

#endif
