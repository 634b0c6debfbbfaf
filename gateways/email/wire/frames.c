#include "email_wire/frames.h"

#include <assert.h>
#include <string.h>

#include "email_wire/number.h"

/* The length of what follows; type, link and request; one number; the length
 * of a text. */
#define LENGTH 4
#define HEAD   9
#define NUMBER 8

struct shape {
	const char *name;
	unsigned ways; /* enum frame_way */
	unsigned numbers, texts;
};

#define SHAPE(name, ways, numbers, texts) { #name, ways, numbers, texts },
static const struct shape shapes[] = { { "", 0, 0, 0 }, FRAME_TABLE(SHAPE) };

#define FITS(name, ways, numbers, texts) \
	&&(numbers) <= FRAME_NUMBERS && (texts) <= FRAME_TEXTS
_Static_assert(1 FRAME_TABLE(FITS), "struct frame has too little room");

const char *frame_name(enum frame_type type)
{
	return type < FRAME_TYPES ? shapes[type].name : "";
}

static size_t size_of(const struct shape *shape, const struct frame *f)
{
	size_t size = HEAD + shape->numbers * (size_t)NUMBER;

	for (unsigned i = 0; i < shape->texts; i++)
		size += LENGTH + f->texts[i].len;
	return size;
}

void frame_encode(struct str *out, const struct frame *f)
{
	const struct shape *shape = &shapes[f->type];
	size_t size = size_of(shape, f);
	char *at;

	assert(f->type > FRAME_NONE && f->type < FRAME_TYPES);
	if (size > FRAME_MAX) {
		out->overflow = true;
		return;
	}
	at = str_reserve(out, LENGTH + size);
	if (at == NULL)
		return;
	number_write(at, LENGTH, size);
	at[LENGTH] = (char)f->type;
	number_write(at + LENGTH + 1, 4, f->link);
	number_write(at + LENGTH + 5, 4, f->request);
	at += LENGTH + HEAD;
	for (unsigned i = 0; i < shape->numbers; i++, at += NUMBER)
		number_write(at, NUMBER, f->numbers[i]);
	for (unsigned i = 0; i < shape->texts; i++) {
		const struct slice *text = &f->texts[i];

		number_write(at, LENGTH, text->len);
		if (text->len > 0)
			memcpy(at + LENGTH, text->data, text->len);
		at += LENGTH + text->len;
	}
	str_commit(out, LENGTH + size);
}

static int read_text(struct slice *rest, struct slice *text_r)
{
	uint64_t len;

	if (rest->len < LENGTH)
		return -1;
	len = number_read(rest->data, LENGTH);
	if (len > rest->len - LENGTH)
		return -1;
	*text_r = slice_make(rest->data + LENGTH, (size_t)len);
	rest->data += LENGTH + len;
	rest->len -= LENGTH + (size_t)len;
	return 0;
}

/* Numbers and texts, exactly. */
static int read_rest(
	struct slice rest, const struct shape *shape, struct frame *f)
{
	if (rest.len < shape->numbers * (size_t)NUMBER)
		return -1;
	for (unsigned i = 0; i < shape->numbers; i++)
		f->numbers[i] =
			number_read(rest.data + i * (size_t)NUMBER, NUMBER);
	rest.data += shape->numbers * (size_t)NUMBER;
	rest.len -= shape->numbers * (size_t)NUMBER;
	for (unsigned i = 0; i < shape->texts; i++) {
		if (read_text(&rest, &f->texts[i]) != 0)
			return -1;
	}
	return rest.len == 0 ? 0 : -1;
}

long frame_decode(struct slice in, enum frame_way way, struct frame *f)
{
	uint64_t size;
	unsigned type;

	if (in.len < LENGTH)
		return 0;
	size = number_read(in.data, LENGTH);
	if (size < HEAD || size > FRAME_MAX)
		return -1;
	if (in.len == LENGTH)
		return 0;
	/* Before the rest is waited for. */
	type = (unsigned char)in.data[LENGTH];
	if (type == FRAME_NONE || type >= FRAME_TYPES ||
		(shapes[type].ways & way) == 0)
		return -1;
	if (in.len - LENGTH < size)
		return 0;
	*f = (struct frame){ .type = (enum frame_type)type, .fd = -1 };
	f->link = (uint32_t)number_read(in.data + LENGTH + 1, 4);
	f->request = (uint32_t)number_read(in.data + LENGTH + 5, 4);
	if (read_rest(slice_make(in.data + LENGTH + HEAD, (size_t)size - HEAD),
		    &shapes[type], f) != 0)
		return -1;
	return (long)(LENGTH + size);
}
