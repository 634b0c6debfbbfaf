/*
 * Requests that need no mail server: a fiber each.
 */
#ifndef EMAIL_WORKER_JOB_H
#define EMAIL_WORKER_JOB_H

#include "email_worker/request.h"

/* COMPOSE, READ. Always 0. */
int job_start(struct worker *w, const struct frame *f);

#endif
