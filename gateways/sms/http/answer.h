/*
 * What a provider answered to a request, by the rules of its file.
 */
#ifndef SMS_HTTP_ANSWER_H
#define SMS_HTTP_ANSWER_H

#include <stdint.h>

#include "base/arena.h"
#include "net/http_client.h"
#include "sms_carrier/carrier.h"
#include "sms_http/provider.h"

enum answer_kind {
	ANSWER_ACCEPTED,
	ANSWER_REFUSED,
	ANSWER_UNCLEAR, /* it may have been taken */
};

struct answer {
	enum answer_kind kind;
	/* NULL: it has none; several, with a space between them, when it was
	 * cut and each part has its own reports. */
	const char *id;
	enum sms_class class;
	const char *text; /* the provider's words and code; or what is wrong */
	int64_t wait_ms;
};

/* `own` is what the text was called. What is found lives in the arena. */
void answer_read(const struct provider_result *rules,
	const struct http_answer *from, const char *own, struct arena *a,
	struct answer *out);

#endif
