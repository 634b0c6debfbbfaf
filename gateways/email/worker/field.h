/*
 * Header fields, written: every value is made one clean line first, encoded
 * where it is not ASCII and folded, so that no value can end its field.
 */
#ifndef EMAIL_WORKER_FIELD_H
#define EMAIL_WORKER_FIELD_H

#include <stdbool.h>

#include "base/macros.h"
#include "base/str.h"
#include "email_wire/mail.h"

/* RFC 5322 section 2.1.1. */
#define FIELD_LINE 78

/* "Name: value" for people (RFC 2047); nothing when the value is NULL or
 * empty. */
void field_text(struct str *out, const char *name, const char *value);

/* "Name: a <b@c>, ..." -1 (and nothing) when an address is not valid;
 * nothing when there is none. */
int field_people(struct str *out, const char *name,
	const struct mail_address *people, size_t count) MUST_CHECK;

/* "Name: <id> <id>" of those that are valid; nothing when none is. */
void field_ids(struct str *out, const char *name, const char *const *ids,
	size_t count);
bool field_is_id(const char *id);

/* "Date: Tue, 03 Nov 2026 10:00:00 +0100" */
void field_date(struct str *out, int64_t date_ms, int zone_minutes);

/* "; name=value" behind a type, on a line of its own (RFC 2231). */
void field_parameter(struct str *out, const char *name, const char *value);

/* Append the address as it stands in headers and commands: its domain in
 * ASCII. -1 when it is none. */
int field_address(struct str *out, const char *address) MUST_CHECK;

#endif
