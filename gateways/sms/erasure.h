/*
 * A user leaves: what is kept about him goes, too. What stays is what holds
 * against abuse: counters under a hash of his address, and who said STOP to one
 * of our numbers.
 */
#ifndef SMS_ERASURE_H
#define SMS_ERASURE_H

#include "sms/sms.h"

/* ops->forget. Before all that was kept is known, it is done then. */
void sms_forget(struct gw *gw, const char *user, const char *account);

/* It is known now. */
void erasures_loaded(struct sms *s);
/* At the end: what is to be done yet is done by the next process. */
void erasures_free(struct sms *s);

#endif
