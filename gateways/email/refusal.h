/*
 * What a mail server's refusal means (RFC 5321 section 4.2, RFC 3463): in the
 * core's terms, and whether trying again makes sense.
 */
#ifndef EMAIL_REFUSAL_H
#define EMAIL_REFUSAL_H

#include <stdbool.h>

#include "api/types.h"
#include "base/slice.h"

struct refusal {
	enum gw_reason reason;
	bool is_temporary;
	char text[520]; /* for the user: the server's words, and, where it is
			   final, what he can do (advice.h) */
};

/* `code`: of SMTP, 0 when there was none; `status`: "5.1.1" or "". */
void refusal_read(struct refusal *r, unsigned code, struct slice status,
	struct slice words);

#endif
