/*
 * What of a text is new: earlier mails, signatures and the lines of devices
 * are cut from its end. Precision before recall: what is not surely a quote
 * stays.
 */
#ifndef EMAIL_WORKER_QUOTE_H
#define EMAIL_WORKER_QUOTE_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"

struct quote_result {
	bool is_cut;
	bool is_forward; /* passes on another mail, which was left in */
};

/* Append what is new in `text` (lines end in \n). `is_forward`: the subject
 * says so; `is_list`: a mailing list may have added a footer. If nothing
 * would be left, all of it. */
void quote_cut(struct str *out, struct slice text, bool is_forward,
	bool is_list, struct quote_result *result);

#endif
