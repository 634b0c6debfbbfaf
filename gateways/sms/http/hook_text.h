/*
 * What came with a callback in a line for operators, who try out the file of
 * a provider.
 */
#ifndef SMS_HTTP_HOOK_TEXT_H
#define SMS_HTTP_HOOK_TEXT_H

#include "base/str.h"
#include "sms_carrier/carrier.h"

/* Append "mo from=... to=... text=...", with a newline. */
void hook_text_incoming(
	struct str *out, const struct carrier_incoming *incoming);
/* Append "report id=... state=...", with a newline. */
void hook_text_report(struct str *out, const struct carrier_report *report);

#endif
