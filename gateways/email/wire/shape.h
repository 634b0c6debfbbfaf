/*
 * Structures as records: a table says which member is which field, and from
 * it follow encoder and decoder.
 */
#ifndef EMAIL_WIRE_SHAPE_H
#define EMAIL_WIRE_SHAPE_H

#include <stddef.h>

#include "base/arena.h"
#include "email_wire/record.h"

enum shape_kind {
	SHAPE_TEXT = 1, /* const char *; NULL when it is not there */
	SHAPE_WORD,     /* the same; "" when it is not there */
	SHAPE_NUMBER,   /* int64_t */
	SHAPE_SMALL,    /* unsigned, enum, uint32_t */
	SHAPE_SIZE,     /* size_t */
	SHAPE_INT,      /* int */
	SHAPE_PORT,     /* uint16_t */
	SHAPE_BOOL,     /* bool */
	SHAPE_CHARS,    /* char array of `count` bytes */
	SHAPE_ONE,      /* a struct of shape `of` */
	SHAPE_MANY,     /* array of these, its length at `count` */
	SHAPE_TEXTS,    /* array of texts, its length at `count` */
};

struct shape;

struct shape_field {
	uint8_t number; /* never 0 */
	enum shape_kind kind;
	size_t offset, count;
	const struct shape *of;
};

struct shape {
	const struct shape_field *fields;
	size_t field_count;
	size_t size; /* of the struct */
};

/* Append the struct at `data` as a record. */
void shape_encode(struct str *out, const struct shape *shape, const void *data);

/* The reverse into a zeroed struct; texts are copied to `arena`, which may
 * be NULL where there are none but SHAPE_CHARS. -1 when the record is damaged,
 * a text holds NUL or is not UTF-8, or does not fit, or a number. */
int shape_decode(struct slice in, const struct shape *shape,
	struct arena *arena, void *data) MUST_CHECK;

/* Rows of a table of fields. */
#define SHAPE_FIELD(number, kind, type, member)               \
	{                                                     \
		number, kind, offsetof(type, member), 0, NULL \
	}
#define SHAPE_ROOM(number, type, member)                     \
	{                                                    \
		number, SHAPE_CHARS, offsetof(type, member), \
			sizeof(((type *)0)->member), NULL    \
	}
#define SHAPE_STRUCT(number, type, member, shape)                   \
	{                                                           \
		number, SHAPE_ONE, offsetof(type, member), 0, shape \
	}
#define SHAPE_ARRAY(number, type, member, length, shape)    \
	{                                                   \
		number, SHAPE_MANY, offsetof(type, member), \
			offsetof(type, length), shape       \
	}

#endif
