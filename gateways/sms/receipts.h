/*
 * Which report belongs to which segment: by the id that the network gave when
 * it accepted it. A report may come before that (it is parked while something
 * is unanswered), twice, or about something that is long forgotten; one with an
 * id that was never given may be about a text that was never answered (doubt.h).
 */
#ifndef SMS_RECEIPTS_H
#define SMS_RECEIPTS_H

#include "sms/backend.h"
#include "sms/outbound.h"

struct receipts *receipts_new(struct sms *s);
/* Takes NULL inside, sets NULL. */
void receipts_free(struct receipts **slot);

/* Its ids are known: all of its segments', or of one that was just accepted. */
void receipts_add(struct outbound *o);
void receipts_accepted(struct outbound_segment *seg);
/* It is being freed. */
void receipts_remove(struct outbound *o);

/* This backend is being closed: its reports that wait are forgotten. */
void receipts_detach(const struct backend *b);

/* Of backend.c: it is settled when what it says is on disk. */
void receipts_report(struct backend *b, const struct carrier_report *report);

#endif
