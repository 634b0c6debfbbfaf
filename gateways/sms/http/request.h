/*
 * The HTTP request that sends one text, made of the file of its provider.
 */
#ifndef SMS_HTTP_REQUEST_H
#define SMS_HTTP_REQUEST_H

#include "base/macros.h"
#include "base/str.h"
#include "sms_http/provider.h"
#include "sms_http/template.h"

#define REQUEST_HEADERS 16

struct request {
	const char *method; /* the provider's */
	struct str url, body;
	struct str lines[REQUEST_HEADERS];
	const char *headers[REQUEST_HEADERS + 1]; /* NULL at the end */
	size_t header_count;
};

/* `flags` of enum field_flag. -1 with a reason: it would be too long. Release
 * with request_finish() in either case. */
int request_build(struct request *out, const struct provider *p,
	const struct template_values *values, unsigned flags,
	const char **reason_r) MUST_CHECK;
/* Wipes it: there are passwords in it. */
void request_finish(struct request *r);

/* Append "Authorization: ..."; nothing when there is none. */
void request_authorize(struct str *out, const struct provider_auth *auth,
	const struct template_values *values);

#endif
