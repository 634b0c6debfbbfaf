/*
 * What administrators see of texts that wait, and do about them.
 */
#ifndef SMS_ADMIN_QUEUE_H
#define SMS_ADMIN_QUEUE_H

#include "sms/sms.h"

extern const struct gw_setting admin_retry_rows[], admin_drop_rows[];

struct backend;

/* So many texts wait for the backend, or are under way there; since when the
 * oldest of them does (wall clock; 0: there is none). */
size_t admin_queue_of(
	const struct sms *s, const struct backend *b, int64_t *oldest_ms_r);

int admin_queues(struct sms *s, const char *const *values, struct str *out);
int admin_retry(struct sms *s, const char *const *values, struct str *out);
int admin_drop(struct sms *s, const char *const *values, struct str *out);

#endif
