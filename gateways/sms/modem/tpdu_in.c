/*
 * A reader walks over the octets and remembers whether there was one too few,
 * so that the fields stand below each other as in the tables of the
 * specification and are checked once.
 */
#include <assert.h>

#include "base/clock.h"
#include "base/encoding.h"
#include "sms_modem/tpdu.h"
#include "sms_modem/tpdu_fields.h"

struct reader {
	const unsigned char *at;
	size_t left;
	bool is_broken;
};

static unsigned take(struct reader *r)
{
	if (r->left == 0) {
		r->is_broken = true;
		return 0;
	}
	r->left--;
	return *r->at++;
}

static struct slice take_octets(struct reader *r, size_t len)
{
	struct slice s = slice_make((const char *)r->at, len);

	if (len > r->left) {
		r->is_broken = true;
		return slice_make(NULL, 0);
	}
	r->at += len;
	r->left -= len;
	return s;
}

static enum number_origin origin_of(unsigned type)
{
	switch (type >> 4 & 7) {
	case TYPE_INTERNATIONAL:
		return NUMBER_INTERNATIONAL;
	case TYPE_NATIONAL:
		return NUMBER_NATIONAL;
	case TYPE_SPECIFIC:
	case TYPE_ABBREVIATED:
		return NUMBER_ABBREVIATED;
	case TYPE_ALPHANUMERIC:
		return NUMBER_ALPHANUMERIC;
	default:
		return NUMBER_ANY;
	}
}

static void read_digits(struct tpdu_address *a, struct slice octets, size_t len)
{
	size_t n = 0;

	if (a->origin == NUMBER_INTERNATIONAL && len > 0)
		a->text[n++] = '+';
	for (size_t i = 0; i < len; i++) {
		unsigned octet = (unsigned char)octets.data[i / 2];
		unsigned digit = i % 2 == 0 ? octet & 15 : octet >> 4;

		/* 15 fills up; some count it. */
		if (digit < 15)
			a->text[n++] = tpdu_digits[digit];
	}
	a->text[n] = '\0';
}

static void read_word(struct tpdu_address *a, struct slice octets, size_t len)
{
	struct str septets, text;

	str_init(&septets, ADDRESS_DIGITS);
	str_init(&text, sizeof(a->text));
	gsm_unpack(&septets, octets, len * 4 / 7, 0);
	gsm_decode(&text, (struct gsm_tables){ 0 }, str_slice(&septets));
	(void)text_copy(a->text, sizeof(a->text), str_text(&text));
	str_finish(&text);
	str_finish(&septets);
}

/* Section 9.1.2.5: its length in digits. */
static void read_address(struct reader *r, struct tpdu_address *a)
{
	size_t len = take(r);
	unsigned type = take(r);
	struct slice octets = take_octets(r, (len + 1) / 2);

	a->origin = origin_of(type);
	if (len > ADDRESS_DIGITS)
		r->is_broken = true;
	if (r->is_broken)
		return;
	if (a->origin == NUMBER_ALPHANUMERIC)
		read_word(a, octets, len);
	else
		read_digits(a, octets, len);
}

/* Two digits, the first in the lower half; what is none counts as it is, and
 * is found when the whole is read as a time. */
static unsigned take_pair(struct reader *r)
{
	unsigned octet = take(r);

	return (octet & 15) * 10 + (octet >> 4);
}

/* TP-SCTS (section 9.2.3.11): the time at the service centre, and by how many
 * quarters of an hour that is ahead of UTC. 0: it is no time. */
static int64_t take_time(struct reader *r)
{
	unsigned part[6];
	char text[CLOCK_STAMP_SIZE + 16];
	int64_t ms = 0;

	for (size_t i = 0; i < COUNT(part); i++)
		part[i] = take_pair(r);
	unsigned zone = take(r);
	unsigned quarters = (zone & 7) * 10 + (zone >> 4);
	(void)text_format(text, sizeof(text),
		"20%02u-%02u-%02uT%02u:%02u:%02u%c%02u:%02u", part[0], part[1],
		part[2], part[3], part[4], part[5], zone & 8 ? '-' : '+',
		quarters / 4, quarters % 4 * 15);
	if (r->is_broken || clock_parse(slice_of(text), &ms) != 0)
		return 0;
	return ms;
}

/* TP-DCS: 23.038 section 4. */
static void read_coding(struct tpdu *t, unsigned coding)
{
	static const enum sms_alphabet general[] = { SMS_GSM, SMS_BINARY,
		SMS_UCS2, SMS_GSM };
	unsigned group = coding >> 4;

	t->alphabet = SMS_GSM;
	if (group < 8) {
		/* Bit 5: compressed, as nobody does. */
		t->alphabet =
			coding & 0x20 ? SMS_BINARY : general[coding >> 2 & 3];
	} else if (group == 14) {
		t->alphabet = SMS_UCS2; /* of a waiting message */
	} else if (group == 15) {
		t->alphabet = coding & 4 ? SMS_BINARY : SMS_GSM;
	}
}

static void copy_data(struct tpdu *t, struct slice data)
{
	assert(data.len <= sizeof(t->data));
	t->data_len = (uint8_t)data.len;
	memcpy(t->data, data.data, data.len);
}

/* `len` septets are in `octets`, from the first bit of the header on. */
static void unpack_data(
	struct tpdu *t, struct slice octets, size_t header, size_t len)
{
	struct slice rest =
		slice_make(octets.data + header, octets.len - header);
	size_t before = tpdu_septets_of(header);
	struct str septets;

	str_init(&septets, TPDU_SEPTETS + 1);
	if (len > before)
		gsm_unpack(&septets, rest, len - before, gsm_fill(header));
	copy_data(t, str_slice(&septets));
	str_finish(&septets);
}

/* TP-UDL and TP-UD. What a modem has cut off is missed by nobody but the
 * reader; a header that is longer than all is none. */
static void read_data(struct reader *r, struct tpdu *t, bool has_header)
{
	bool is_packed = t->alphabet == SMS_GSM;
	size_t len = take(r);
	size_t count = is_packed ? (len * 7 + 7) / 8 : len;
	size_t header = 0;

	if (len > (is_packed ? TPDU_SEPTETS : TPDU_OCTETS)) {
		r->is_broken = true;
		return;
	}
	struct slice octets = take_octets(r, count < r->left ? count : r->left);
	if (has_header && octets.len > 0 &&
		(unsigned char)octets.data[0] < octets.len) {
		t->header_len = (uint8_t)octets.data[0];
		memcpy(t->header, octets.data + 1, t->header_len);
		header = t->header_len + 1u;
	}
	if (is_packed)
		unpack_data(t, octets, header, len);
	else
		copy_data(t,
			slice_make(octets.data + header, octets.len - header));
}

static void read_deliver(struct reader *r, struct tpdu *t, unsigned first)
{
	t->kind = TPDU_DELIVER;
	read_address(r, &t->who);
	(void)take(r); /* TP-PID */
	read_coding(t, take(r));
	t->sent_ms = take_time(r);
	read_data(r, t, (first & HAS_HEADER) != 0);
}

static void read_report(struct reader *r, struct tpdu *t)
{
	t->kind = TPDU_REPORT;
	t->reference = (uint8_t)take(r);
	read_address(r, &t->who);
	t->sent_ms = take_time(r);
	t->done_ms = take_time(r);
	t->status = (uint8_t)take(r);
	/* The rest tells nothing that we ask for. */
}

/* Over the service centre's address, if it is there. */
static void skip_centre(struct reader *r, int octets)
{
	if (octets >= 0 && r->left == (size_t)octets)
		return;
	(void)take_octets(r, take(r));
}

int tpdu_read(struct tpdu *t, struct slice hex, int octets)
{
	struct str raw;
	struct reader r;

	*t = (struct tpdu){ .kind = TPDU_DELIVER };
	str_init(&raw, PDU_MAX);
	if (hex_decode(&raw, hex) != 0 || raw.overflow) {
		str_finish(&raw);
		return -1;
	}
	r = (struct reader){ (const unsigned char *)str_text(&raw), raw.len,
		false };
	skip_centre(&r, octets);
	unsigned first = take(&r);
	/* The fourth kind is reserved, and read as a text. */
	if ((first & MTI_MASK) == MTI_SUBMIT)
		t->kind = TPDU_OWN;
	else if ((first & MTI_MASK) == MTI_REPORT)
		read_report(&r, t);
	else
		read_deliver(&r, t, first);
	str_finish(&raw);
	return r.is_broken ? -1 : 0;
}
