/*
 * Is a request really the provider's? By what its file says of signatures and
 * passwords. Secrets are compared in constant time.
 */
#ifndef SMS_HTTP_VERIFY_H
#define SMS_HTTP_VERIFY_H

#include <stdbool.h>

#include "base/macros.h"
#include "sms_http/provider.h"
#include "sms_http/template.h"
#include "sms_http/web_request.h"

/* False with a reason, for a log. */
bool verify_request(const struct provider_verify *rules,
	const struct template_values *values, const struct web_request *r,
	const char **reason_r) MUST_CHECK;

/* An address or a network, "192.0.2.0/24". */
bool verify_network_is_good(const char *cidr);

#endif
