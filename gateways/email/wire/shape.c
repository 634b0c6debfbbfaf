/*
 * A nested struct is a field whose value is a record; an array is one field
 * per element, in order.
 */
#include "email_wire/shape.h"

#include "base/utf8.h"

/* ------------------------------------------------------------------------
 * Encoding
 * ------------------------------------------------------------------------ */

/* The length of what is appended is known when it is there. */
static void put_struct(struct str *out, uint8_t number,
	const struct shape *shape, const void *data)
{
	struct str inner;

	str_init(&inner, out->max);
	shape_encode(&inner, shape, data);
	if (inner.overflow)
		out->overflow = true;
	else
		record_put(out, number, str_slice(&inner));
	str_finish(&inner);
}

static void put_array(
	struct str *out, const struct shape_field *f, const char *data)
{
	const char *items;
	size_t count;

	memcpy(&items, data + f->offset, sizeof(items));
	memcpy(&count, data + f->count, sizeof(count));
	for (size_t i = 0; i < count; i++)
		put_struct(out, f->number, f->of, items + i * f->of->size);
}

static void put_texts(
	struct str *out, const struct shape_field *f, const char *data)
{
	const char **items;
	size_t count;

	memcpy(&items, data + f->offset, sizeof(items));
	memcpy(&count, data + f->count, sizeof(count));
	for (size_t i = 0; i < count; i++)
		record_put_text(out, f->number, items[i]);
}

static void put_field(
	struct str *out, const struct shape_field *f, const char *data)
{
	const void *at = data + f->offset;

	switch (f->kind) {
	case SHAPE_TEXT:
	case SHAPE_WORD:
		record_put_text(out, f->number, *(const char *const *)at);
		break;
	case SHAPE_NUMBER:
		record_put_number(out, f->number, *(const int64_t *)at);
		break;
	case SHAPE_SMALL:
		record_put_number(out, f->number, *(const uint32_t *)at);
		break;
	case SHAPE_SIZE:
		record_put_number(
			out, f->number, (int64_t) * (const size_t *)at);
		break;
	case SHAPE_INT:
		record_put_number(out, f->number, *(const int *)at);
		break;
	case SHAPE_PORT:
		record_put_number(out, f->number, *(const uint16_t *)at);
		break;
	case SHAPE_BOOL:
		record_put_number(out, f->number, *(const bool *)at);
		break;
	case SHAPE_CHARS:
		record_put_text(out, f->number, at);
		break;
	case SHAPE_ONE:
		put_struct(out, f->number, f->of, at);
		break;
	case SHAPE_MANY:
		put_array(out, f, data);
		break;
	case SHAPE_TEXTS:
		put_texts(out, f, data);
		break;
	}
}

void shape_encode(struct str *out, const struct shape *shape, const void *data)
{
	for (size_t i = 0; i < shape->field_count; i++)
		put_field(out, &shape->fields[i], data);
}

/* ------------------------------------------------------------------------
 * Decoding
 * ------------------------------------------------------------------------ */

static const struct shape_field *find_field(
	const struct shape *shape, uint8_t number)
{
	for (size_t i = 0; i < shape->field_count; i++)
		if (shape->fields[i].number == number)
			return &shape->fields[i];
	return NULL;
}

static bool is_text(struct slice value)
{
	if (value.len > 0 && memchr(value.data, '\0', value.len) != NULL)
		return false;
	return utf8_is_valid(value);
}

static int get_text(struct slice value, struct arena *arena, const char **out)
{
	if (!is_text(value))
		return -1;
	*out = arena_copy(arena, value);
	return *out != NULL ? 0 : -1;
}

static int get_chars(struct slice value, char *out, size_t size)
{
	if (!is_text(value) || value.len >= size)
		return -1;
	if (value.len > 0)
		memcpy(out, value.data, value.len);
	out[value.len] = '\0';
	return 0;
}

/* A number that fits into `kind`. */
static int get_number(struct slice value, enum shape_kind kind, void *at)
{
	int64_t number;

	if (record_number(value, &number) != 0)
		return -1;
	if (kind == SHAPE_NUMBER) {
		*(int64_t *)at = number;
		return 0;
	}
	if (kind == SHAPE_INT) {
		*(int *)at = (int)number;
		return number >= INT32_MIN && number <= INT32_MAX ? 0 : -1;
	}
	if (number < 0)
		return -1;
	if (kind == SHAPE_SIZE) {
		*(size_t *)at = (size_t)number;
		return 0;
	}
	if (kind == SHAPE_PORT) {
		*(uint16_t *)at = (uint16_t)number;
		return number <= UINT16_MAX ? 0 : -1;
	}
	if (kind == SHAPE_BOOL) {
		*(bool *)at = number == 1;
		return number <= 1 ? 0 : -1;
	}
	*(uint32_t *)at = (uint32_t)number;
	return number <= UINT32_MAX ? 0 : -1;
}

/* Where the next element of an array is to go: reserved by make_arrays(). */
static void *next_element(const struct shape_field *f, char *data)
{
	char *items;
	size_t *count = (size_t *)(void *)(data + f->count);

	memcpy(&items, data + f->offset, sizeof(items));
	size_t size = f->kind == SHAPE_MANY ? f->of->size : sizeof(char *);
	return items + (*count)++ * size;
}

static int get_field(struct slice value, const struct shape_field *f,
	struct arena *arena, char *data)
{
	void *at = data + f->offset;

	switch (f->kind) {
	case SHAPE_TEXT:
	case SHAPE_WORD:
		return get_text(value, arena, at);
	case SHAPE_NUMBER:
	case SHAPE_SMALL:
	case SHAPE_SIZE:
	case SHAPE_INT:
	case SHAPE_PORT:
	case SHAPE_BOOL:
		return get_number(value, f->kind, at);
	case SHAPE_CHARS:
		return get_chars(value, at, f->count);
	case SHAPE_ONE:
		return shape_decode(value, f->of, arena, at);
	case SHAPE_MANY:
		return shape_decode(value, f->of, arena, next_element(f, data));
	case SHAPE_TEXTS:
		return get_text(value, arena, next_element(f, data));
	}
	return -1;
}

/* Memory for as many elements as there are in the record. */
static int make_array(struct slice in, const struct shape_field *f,
	struct arena *arena, char *data)
{
	size_t count = 0;
	uint8_t number;
	struct slice value;

	while (record_next(&in, &number, &value))
		count += number == f->number;
	if (count == 0)
		return 0;
	size_t size = f->kind == SHAPE_MANY ? f->of->size : sizeof(char *);
	void *items = arena_alloc(arena, count * size);
	memcpy(data + f->offset, &items, sizeof(items));
	return items != NULL ? 0 : -1;
}

/* What the struct holds before the first field is read. */
static int prepare(struct slice in, const struct shape *shape,
	struct arena *arena, char *data)
{
	for (size_t i = 0; i < shape->field_count; i++) {
		const struct shape_field *f = &shape->fields[i];

		if (f->kind == SHAPE_WORD)
			*(const char **)(void *)(data + f->offset) = "";
		if (f->kind == SHAPE_ONE &&
			prepare(slice_of(NULL), f->of, arena,
				data + f->offset) != 0)
			return -1;
		if ((f->kind == SHAPE_MANY || f->kind == SHAPE_TEXTS) &&
			make_array(in, f, arena, data) != 0)
			return -1;
	}
	return 0;
}

int shape_decode(struct slice in, const struct shape *shape,
	struct arena *arena, void *data)
{
	uint8_t number;
	struct slice value;

	if (prepare(in, shape, arena, data) != 0)
		return -1;
	while (record_next(&in, &number, &value)) {
		const struct shape_field *f = find_field(shape, number);

		if (f != NULL && get_field(value, f, arena, data) != 0)
			return -1;
	}
	return in.len == 0 ? 0 : -1;
}
