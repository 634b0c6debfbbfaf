/*
 * Numbers on the wire: big-endian.
 */
#ifndef EMAIL_WIRE_NUMBER_H
#define EMAIL_WIRE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/* The lower `len` bytes of a number. */
static inline void number_write(char *out, size_t len, uint64_t number)
{
	for (size_t i = len; i > 0; i--) {
		out[i - 1] = (char)(number & 0xff);
		number >>= 8;
	}
}

/* A number of `len` bytes. */
static inline uint64_t number_read(const char *in, size_t len)
{
	uint64_t number = 0;

	for (size_t i = 0; i < len; i++)
		number = number << 8 | (unsigned char)in[i];
	return number;
}

#endif
