/*
 * Octets that become files of users, by the upload services of their servers
 * (gw_upload()): of one user one after the other.
 */
#ifndef SMS_UPLOADS_H
#define SMS_UPLOADS_H

#include "sms/owner.h"

struct uploads *uploads_new(void);
/* Takes NULL inside, sets NULL; nobody is called any more. */
void uploads_free(struct uploads **slot);

/* The file has this URL; NULL: it has none. Called once, later, or during
 * uploads_add(). */
typedef void (*upload_fn)(struct owner *owner, const char *url, void *arg);

/* The owner's session is open; `octets` are borrowed until `fn` is called or
 * forgotten. */
void uploads_add(struct owner *owner, const char *name, const char *type,
	struct slice octets, upload_fn fn, void *arg);

/* Nobody with this argument is called any more. */
void uploads_forget(struct sms *s, const void *arg);
/* The owner's session is closed: the core has ended his. */
void uploads_close(struct owner *owner);

/* ops->uploads_more and ops->uploaded. */
void uploads_more(struct owner *owner, uint32_t number, size_t room);
void uploads_done(
	struct owner *owner, uint32_t number, const char *url, const char *why);

#endif
