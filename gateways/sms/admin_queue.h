/*
 * What administrators see of texts that wait, and do about them.
 */
#ifndef SMS_ADMIN_QUEUE_H
#define SMS_ADMIN_QUEUE_H

#include "sms/sms.h"

extern const struct gw_setting admin_retry_rows[], admin_drop_rows[];

int admin_queues(struct sms *s, const char *const *values, struct str *out);
int admin_retry(struct sms *s, const char *const *values, struct str *out);
int admin_drop(struct sms *s, const char *const *values, struct str *out);

#endif
