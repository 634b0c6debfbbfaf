/*
 * The words by which mail programs mark quotes, in the languages that they
 * speak. ASCII letters match in either case.
 */
#ifndef EMAIL_WORKER_QUOTE_WORDS_H
#define EMAIL_WORKER_QUOTE_WORDS_H

#include <stdbool.h>

#include "base/slice.h"

enum quote_label { LABEL_NONE, LABEL_FROM, LABEL_OTHER };

/* Is the line "From: x", or another field of a quoted header ("Sent: x")? */
enum quote_label quote_label(struct slice line);

/* "-----Original Message-----" */
bool quote_is_original(struct slice line);
/* "---------- Forwarded message ---------", "Begin forwarded message:" */
bool quote_is_forward(struct slice line);

/* "... wrote:": ends in a colon, with a verb before it. */
bool quote_has_verb(struct slice line);
/* ... right before it. */
bool quote_ends_in_verb(struct slice line);
/* "On Tuesday", or a date. */
bool quote_has_opening(struct slice line);

/* "Sent from my phone" */
bool quote_is_device(struct slice line);

#endif
