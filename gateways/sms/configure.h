/*
 * What the operator's keys mean for the gateway: taken over at the start, and
 * again with SIGHUP, when texts and links that are there go on. Of a backend,
 * what its carrier was opened with stays as it was, and so does one that is no
 * longer there; the log says so. New ones are opened.
 */
#ifndef SMS_CONFIGURE_H
#define SMS_CONFIGURE_H

#include "sms/sms.h"

/* At the start: gw->config. */
void sms_configure(struct sms *s);

/* ops->reload: another one. */
void sms_reload(struct gw *gw);

#endif
