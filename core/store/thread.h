/*
 * The store's thread with its two queues: jobs to run, and jobs that are
 * done. Groups what is queued into transactions.
 */
#ifndef STORE_THREAD_H
#define STORE_THREAD_H

#include "store/job.h"

struct thread;

/* Start; the database belongs to the thread until thread_stop(). `wake_fd`
 * (an eventfd) is written whenever there are done jobs to take. */
struct thread *thread_start(struct db *db, int wake_fd);

/* Queue one job. */
void thread_put(struct thread *t, struct job *j);

/* All done jobs, oldest first, linked by `next`; NULL: none. */
struct job *thread_take(struct thread *t);

/* The same, but waits for one. */
struct job *thread_wait(struct thread *t);

/* Wait until the job (with `is_awaited` set), which was put, is done. */
void thread_await(struct thread *t, struct job *j);

/* From now on give up soon instead of waiting for a database that does not
 * answer. */
void thread_hurry(struct thread *t);

/* Stop; nothing may be queued any more. Sets NULL. */
void thread_stop(struct thread **t);

/* False while the database can't be written. Any thread. */
bool thread_is_healthy(const struct thread *t);

#endif
