/*
 * Structured data inside a frame: fields of a number each, in any order, as
 * often as one likes; unknown ones are skipped by the reader.
 *
 * On the wire: number (1 byte), length (4, big-endian), bytes.
 */
#ifndef EMAIL_WIRE_RECORD_H
#define EMAIL_WIRE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"

/* Append a field. NULL texts and zero numbers are left out. */
void record_put(struct str *out, uint8_t field, struct slice value);
void record_put_text(struct str *out, uint8_t field, const char *text);
void record_put_number(struct str *out, uint8_t field, int64_t number);

/* Cut the next field off `*rest`. False at the end; then `*rest` is empty, or,
 * when the record is damaged, not. */
bool record_next(struct slice *rest, uint8_t *field_r, struct slice *value_r);
/* -1 when the value is no number. */
int record_number(struct slice value, int64_t *number_r);

#endif
