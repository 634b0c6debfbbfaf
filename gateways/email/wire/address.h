/*
 * Mail addresses: what may be one (RFC 5321 section 4.1.2, with the UTF-8 of
 * RFC 6531), and their one form. Everything that goes into a command or a
 * header passes here first.
 */
#ifndef EMAIL_WIRE_ADDRESS_H
#define EMAIL_WIRE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "base/slice.h"

/* RFC 5321 section 4.5.3.1.3: 256 with the angle brackets. */
#define ADDRESS_MAX 254

/* A mailbox with local part (a dot-atom, or quoted) and domain: no control
 * characters, no angle brackets outside quotes, nothing that could end a
 * command. */
bool address_is_valid(struct slice text);

/* The same with the domain in lower case (ASCII) and quotes taken off where
 * none are needed; the local part keeps its case. -1: it is none, or does not
 * fit. */
int address_normalize(struct slice text, char *out, size_t size) MUST_CHECK;

/* Behind the last '@', which every valid address has. */
const char *address_domain(const char *address);

/* Do both mean the same mailbox, as far as one can tell? Case is ignored. */
bool address_equals(const char *a, const char *b);

/* Is the local part beyond ASCII, so that SMTPUTF8 is needed? */
bool address_needs_utf8(const char *address);

/* A host name as it may stand behind the '@': labels of letters, digits,
 * hyphens and what is beyond ASCII, with a dot between. */
bool address_is_domain(struct slice text);

#endif
