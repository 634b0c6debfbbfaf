/*
 * Numbers are 8 bytes, big-endian, two's complement.
 */
#include "email_wire/record.h"

#define HEADER      5
#define NUMBER_SIZE 8

static void put_big_endian(struct str *out, uint64_t value, unsigned bytes)
{
	char raw[NUMBER_SIZE];

	for (unsigned i = 0; i < bytes; i++)
		raw[i] = (char)(value >> (8 * (bytes - 1 - i)));
	str_add_bytes(out, raw, bytes);
}

static uint64_t big_endian(const char *data, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value = value << 8 | (unsigned char)data[i];
	return value;
}

void record_put(struct str *out, uint8_t field, struct slice value)
{
	if (value.len > UINT32_MAX) {
		out->overflow = true;
		return;
	}
	str_add_char(out, (char)field);
	put_big_endian(out, value.len, 4);
	str_add_slice(out, value);
}

void record_put_text(struct str *out, uint8_t field, const char *text)
{
	if (text != NULL)
		record_put(out, field, slice_of(text));
}

void record_put_number(struct str *out, uint8_t field, int64_t number)
{
	if (number == 0)
		return;
	str_add_char(out, (char)field);
	put_big_endian(out, NUMBER_SIZE, 4);
	put_big_endian(out, (uint64_t)number, NUMBER_SIZE);
}

bool record_next(struct slice *rest, uint8_t *field_r, struct slice *value_r)
{
	if (rest->len < HEADER)
		return false;
	uint64_t len = big_endian(rest->data + 1, 4);
	if (len > rest->len - HEADER)
		return false;
	*field_r = (uint8_t)rest->data[0];
	*value_r = slice_make(rest->data + HEADER, (size_t)len);
	*rest = slice_make(
		rest->data + HEADER + len, rest->len - HEADER - (size_t)len);
	return true;
}

int record_number(struct slice value, int64_t *number_r)
{
	if (value.len != NUMBER_SIZE)
		return -1;
	*number_r = (int64_t)big_endian(value.data, NUMBER_SIZE);
	return 0;
}
