/*
 * A header is a row of elements: identifier, length, value. Those that are
 * known have their reader in a table, with the only length they can have.
 */
#include "sms_data/udh.h"

#include <string.h>

/* Identifiers (section 9.2.3.24). */
enum {
	IE_PART_8 = 0x00,
	IE_PORTS_8 = 0x04,
	IE_PORTS_16 = 0x05,
	IE_PART_16 = 0x08,
	IE_SINGLE = 0x24,
	IE_LOCKING = 0x25,
	IE_COMMAND_FIRST = 0x70,
	IE_COMMAND_LAST = 0x7f,
};

int udh_split(struct slice data, struct slice *header_r, struct slice *body_r)
{
	size_t len = data.len > 0 ? (unsigned char)data.data[0] : 0;

	if (data.len < len + 1)
		return -1;
	*header_r = slice_make(data.data + 1, len);
	*body_r = slice_make(data.data + 1 + len, data.len - 1 - len);
	return 0;
}

/* --- Reading ------------------------------------------------------------- */

/* One that says nonsense is to be ignored (section 9.2.3.24.1). */
static void set_part(struct udh *udh, char method, unsigned ref,
	const unsigned char count[2])
{
	if (count[0] == 0 || count[1] == 0 || count[1] > count[0])
		return;
	udh->part = (struct carrier_part){ .total = count[0],
		.number = count[1],
		.ref = ref,
		.method = method };
}

static void read_part_8(struct udh *udh, const unsigned char *value)
{
	set_part(udh, '8', value[0], value + 1);
}

static void read_part_16(struct udh *udh, const unsigned char *value)
{
	set_part(udh, 'w', value[0] * 256u + value[1], value + 2);
}

static void read_ports_8(struct udh *udh, const unsigned char *value)
{
	udh->has_ports = true;
	udh->port = value[0];
	udh->from_port = value[1];
}

static void read_ports_16(struct udh *udh, const unsigned char *value)
{
	udh->has_ports = true;
	udh->port = value[0] * 256u + value[1];
	udh->from_port = value[2] * 256u + value[3];
}

/* A language that is not known leaves the default. */
static unsigned char read_language(const unsigned char *value)
{
	return value[0] < LANGUAGE_COUNT ? value[0] : LANGUAGE_DEFAULT;
}

static void read_single(struct udh *udh, const unsigned char *value)
{
	udh->tables.single = read_language(value);
}

static void read_locking(struct udh *udh, const unsigned char *value)
{
	udh->tables.locking = read_language(value);
}

static const struct {
	unsigned char id, len;
	void (*read)(struct udh *udh, const unsigned char *value);
} elements[] = {
	{ IE_PART_8, 3, read_part_8 },
	{ IE_PART_16, 4, read_part_16 },
	{ IE_PORTS_8, 2, read_ports_8 },
	{ IE_PORTS_16, 4, read_ports_16 },
	{ IE_SINGLE, 1, read_single },
	{ IE_LOCKING, 1, read_locking },
};

static void read_element(struct udh *udh, unsigned char id,
	const unsigned char *value, size_t len)
{
	if (id >= IE_COMMAND_FIRST && id <= IE_COMMAND_LAST)
		udh->has_command = true;
	for (size_t i = 0; i < COUNT(elements); i++)
		if (elements[i].id == id && elements[i].len == len)
			elements[i].read(udh, value);
}

void udh_read(struct slice header, struct udh *udh_r)
{
	const unsigned char *p = (const unsigned char *)header.data;
	size_t left = header.len;

	*udh_r = (struct udh){ 0 };
	while (left >= 2 && left - 2 >= p[1]) {
		size_t len = p[1];

		read_element(udh_r, p[0], p + 2, len);
		p += 2 + len;
		left -= 2 + len;
	}
}

/* --- Writing ------------------------------------------------------------- */

struct header {
	char *out;
	size_t len;
};

static void put(struct header *h, unsigned octet)
{
	h->out[h->len++] = (char)octet;
}

static void put_part(struct header *h, const struct carrier_part *part)
{
	bool is_wide = part->method == 'w';

	put(h, is_wide ? IE_PART_16 : IE_PART_8);
	put(h, is_wide ? 4 : 3);
	if (is_wide)
		put(h, part->ref >> 8 & 0xff);
	put(h, part->ref & 0xff);
	put(h, part->total);
	put(h, part->number);
}

static void put_language(struct header *h, unsigned id, unsigned language)
{
	if (language == LANGUAGE_DEFAULT)
		return;
	put(h, id);
	put(h, 1);
	put(h, language);
}

size_t udh_write(const struct udh *udh, char out[UDH_SIZE])
{
	struct header h = { .out = out };

	if (udh->part.total > 1)
		put_part(&h, &udh->part);
	put_language(&h, IE_SINGLE, udh->tables.single);
	put_language(&h, IE_LOCKING, udh->tables.locking);
	return h.len;
}
