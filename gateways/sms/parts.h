/*
 * Parts of long texts: each is stored and acknowledged, and waits for the
 * others. What is complete, or has waited too long, is one text (inbound.h).
 */
#ifndef SMS_PARTS_H
#define SMS_PARTS_H

#include "sms/backend.h"

#define PARTS_PREFIX "p/"

struct parts *parts_new(struct sms *s);
/* Takes NULL inside, sets NULL; what is kept stays. */
void parts_free(struct parts **slot);

/* One part, between these numbers. */
void parts_take(struct backend *b, const char *from, const char *to,
	const struct carrier_incoming *in);
/* This backend is being closed: it hears nothing about what is being stored. */
void parts_detach(const struct backend *b);

/* What an earlier process kept; then, that this was all. */
void parts_load(struct sms *s, const char *name, struct slice data);
void parts_loaded(struct sms *s);

#endif
