/*
 * One text of a backend on its way to the provider, from submit() until it is
 * told what became of it.
 */
#ifndef SMS_HTTP_JOB_H
#define SMS_HTTP_JOB_H

#include "base/crypto.h"
#include "base/macros.h"
#include "sms_http/http_private.h"
#include "sms_http/request.h"

struct job {
	struct list link;
	struct http_carrier *carrier;
	uint64_t token;
	char id[CRYPTO_ID_SIZE]; /* ours, for providers that have none */
	char *from, *to, *text;
	char **others, **media; /* NULL at the end; or NULL */
	bool wants_report;
	int64_t valid_ms;
	struct http_call *call;
};

/* A copy of it, in no list. */
struct job *job_new(
	struct http_carrier *c, const struct carrier_submit *s) MUST_CHECK;
/* Out of its list; its call ends, without a word. */
void job_free(struct job *j);

/* The request that sends it. -1 with a reason: it would be too long. Release
 * with request_finish() in either case. */
int job_build(const struct job *j, struct request *out,
	const char **reason_r) MUST_CHECK;

#endif
