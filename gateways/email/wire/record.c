/*
 * Numbers are 8 bytes, big-endian, two's complement.
 */
#include "email_wire/record.h"

#include <string.h>

#include "email_wire/number.h"

/* Number of the field, and length of its value. */
#define HEAD   5
#define NUMBER 8

void record_put(struct str *out, uint8_t field, struct slice value)
{
	char *head;

	if (value.len > UINT32_MAX) {
		out->overflow = true;
		return;
	}
	head = str_reserve(out, HEAD + value.len);
	if (head == NULL)
		return;
	head[0] = (char)field;
	number_write(head + 1, 4, value.len);
	if (value.len > 0)
		memcpy(head + HEAD, value.data, value.len);
	str_commit(out, HEAD + value.len);
}

void record_put_text(struct str *out, uint8_t field, const char *text)
{
	if (text != NULL)
		record_put(out, field, slice_of(text));
}

void record_put_number(struct str *out, uint8_t field, int64_t number)
{
	char bytes[NUMBER];

	if (number == 0)
		return;
	number_write(bytes, NUMBER, (uint64_t)number);
	record_put(out, field, slice_make(bytes, NUMBER));
}

bool record_next(struct slice *rest, uint8_t *field_r, struct slice *value_r)
{
	uint64_t len;

	if (rest->len < HEAD)
		return false;
	len = number_read(rest->data + 1, 4);
	if (len > rest->len - HEAD)
		return false;
	*field_r = (uint8_t)rest->data[0];
	*value_r = slice_make(rest->data + HEAD, (size_t)len);
	rest->data += HEAD + len;
	rest->len -= HEAD + (size_t)len;
	return true;
}

int record_number(struct slice value, int64_t *number_r)
{
	if (value.len != NUMBER)
		return -1;
	*number_r = (int64_t)number_read(value.data, NUMBER);
	return 0;
}
