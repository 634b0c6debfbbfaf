/*
 * A line of key=value pairs that nobody can forge a part of.
 */
#ifndef SMS_AUDIT_LINE_H
#define SMS_AUDIT_LINE_H

#include "base/slice.h"
#include "base/str.h"

/* Append " key=value". Values of letters, digits and +-.,:;@/_* stay as they
 * are; "" and NULL are "-". Others are in quotes, where a backslash stands
 * before quotes and backslashes, and \xHH for a byte that is no UTF-8, a control
 * character, or one that breaks lines or turns them around. */
void audit_put(struct str *line, const char *key, struct slice value);
void audit_put_text(struct str *line, const char *key, const char *value);

#endif
