/*
 * What a provider calls us with: texts and reports, by the rules of its file.
 */
#ifndef SMS_HTTP_CALLBACK_H
#define SMS_HTTP_CALLBACK_H

#include "base/macros.h"
#include "sms_carrier/carrier.h"
#include "sms_http/provider.h"
#include "sms_http/template.h"
#include "sms_http/web_request.h"

/* Where events go, in their order; each with the ticket. */
struct callback_sink {
	uint64_t ticket;
	void (*incoming)(void *arg, const struct carrier_incoming *incoming);
	void (*report)(void *arg, const struct carrier_report *report);
	void *arg;
};

/* How many events there were, ignored ones not counted; -1 with a reason: it
 * is nothing that can be read. The values are those of the backend. */
int callback_read(const struct provider *p,
	const struct template_values *values, const struct web_request *r,
	const struct callback_sink *sink, const char **reason_r) MUST_CHECK;

#endif
