/*
 * One-time codes in mails of machines.
 */
#ifndef EMAIL_WORKER_CODE_H
#define EMAIL_WORKER_CODE_H

#include <stdbool.h>

#include "base/slice.h"

/* The code that a text (UTF-8) tells, as it stands there; empty when there is
 * none. Near a word for it, four to eight digits ("123 456" and "123-456"
 * too), no year, amount or number of a telephone. */
struct slice code_find(struct slice text);

/* Does it speak of a code at all? */
bool code_is_meant(struct slice text);

#endif
