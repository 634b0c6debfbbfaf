/*
 * Files that the user sends, as links of his server's upload service: fetched,
 * to be attached. What cannot be fetched stays a link.
 */
#ifndef EMAIL_DOWNLOAD_H
#define EMAIL_DOWNLOAD_H

#include "base/str.h"
#include "email/email.h"

struct download;

/* All bytes are in `body`, which belongs to the receiver then; or it could not
 * be fetched (NULL), and why. `type` as the server says, or NULL. */
typedef void (*download_fn)(
	struct str *body, const char *type, const char *why, void *arg);

/* `fn` is called once, never before this returns; the download is gone then. */
struct download *download_start(struct email_gateway *g, const char *url,
	download_fn fn, void *arg) MUST_CHECK;
/* Nothing is called after this; takes NULL inside, sets NULL. */
void download_cancel(struct download **slot);

#endif
