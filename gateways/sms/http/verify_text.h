/*
 * What exactly a provider signs, where that is more than the body.
 */
#ifndef SMS_HTTP_VERIFY_TEXT_H
#define SMS_HTTP_VERIFY_TEXT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/macros.h"
#include "base/str.h"
#include "sms_http/json.h"
#include "sms_http/web_request.h"

/* Append what Twilio signs: the URL and, of a form, every parameter in order.
 * A body that is none is known by its digest in the URL: -1 if it is another. */
int verify_text_twilio(struct str *out, const struct web_request *r) MUST_CHECK;

/* Append the URL with the usual port if it has none, else without its port. */
void verify_text_other_port(struct str *out, const char *url);

/* Append what Vonage signs: all parameters but "sig", in order. */
void verify_text_vonage(
	struct str *out, const struct json *form, struct arena *a);

/* What a JSON web token says. */
struct verify_jwt {
	char issued[24], expires[24]; /* seconds; "": it does not say */
	unsigned char body_digest[SHA256_SIZE];
	bool has_digest;
};

/* False: it is none of HMAC-SHA256 with this key. */
bool verify_text_jwt(struct verify_jwt *out, struct slice token,
	struct slice key) MUST_CHECK;
/* True too if it says nothing of a body. */
bool verify_jwt_is_of(const struct verify_jwt *jwt, struct slice body);
/* Not expired; one that does not say when it does never is. */
bool verify_jwt_is_valid(const struct verify_jwt *jwt, int64_t wall_s);

#endif
