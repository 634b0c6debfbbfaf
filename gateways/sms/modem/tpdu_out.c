#include "sms_data/alphabet.h"
#include "sms_modem/tpdu.h"
#include "sms_modem/tpdu_fields.h"

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define WEEK   (7 * DAY)

static void put(struct str *o, unsigned octet)
{
	str_add_char(o, (char)(unsigned char)octet);
}

/* Two digits an octet, the first in its lower half, filled with 1111. */
static void put_digits(struct str *o, struct slice number)
{
	for (size_t i = 0; i < number.len; i += 2) {
		const char *low = strchr(tpdu_digits, number.data[i]);
		const char *high =
			i + 1 < number.len
				? strchr(tpdu_digits, number.data[i + 1])
				: tpdu_digits + 15;

		put(o, (unsigned)(low - tpdu_digits) |
				(unsigned)(high - tpdu_digits) << 4);
	}
}

/* The digits of an address without what follows them; false if it has others,
 * or too many. */
static bool split_number(
	const char *text, struct slice *number_r, unsigned *type_r)
{
	struct slice rest = slice_of(text);

	*number_r = slice_cut(&rest, ';');
	*type_r = PLAN_UNKNOWN;
	if (number_r->len > 0 && number_r->data[0] == '+') {
		*type_r = PLAN_INTERNATIONAL;
		number_r->data++;
		number_r->len--;
	}
	/* Not the letters, of which words are made. */
	for (size_t i = 0; i < number_r->len; i++)
		if (memchr(tpdu_digits, number_r->data[i], 12) == NULL)
			return false;
	return number_r->len > 0 && number_r->len <= ADDRESS_DIGITS;
}

/* Section 9.1.2.5, its length in octets (24.011 section 8.2.5.2). */
static bool put_centre(struct str *o, const char *centre)
{
	struct slice number;
	unsigned type;

	if (centre == NULL) {
		put(o, 0);
		return true;
	}
	if (!split_number(centre, &number, &type))
		return false;
	put(o, (unsigned)(1 + (number.len + 1) / 2));
	put(o, type);
	put_digits(o, number);
	return true;
}

/* TP-VP, relative (section 9.2.3.12.1), rounded up. */
static unsigned validity_of(int64_t ms)
{
	static const struct {
		int64_t until, from, step;
		unsigned base;
	} ranges[] = {
		{ 12 * HOUR, 5 * MINUTE, 5 * MINUTE, 0 },
		{ DAY, 12 * HOUR, 30 * MINUTE, 143 },
		{ 30 * DAY, 0, DAY, 166 },
		{ 63 * WEEK, 0, WEEK, 192 },
	};

	for (size_t i = 0; i < COUNT(ranges); i++) {
		int64_t above = ms - ranges[i].from;

		if (ms > ranges[i].until)
			continue;
		if (above <= 0)
			return ranges[i].base;
		return ranges[i].base +
		       (unsigned)((above + ranges[i].step - 1) /
				  ranges[i].step);
	}
	return 255;
}

static unsigned coding_of(const struct tpdu_submit *s)
{
	if (s->alphabet == SMS_UCS2)
		return CODING_UCS2;
	return s->alphabet == SMS_BINARY ? CODING_BINARY : 0;
}

/* TP-UDL and TP-UD. */
static bool put_data(struct str *o, const struct tpdu_submit *s)
{
	bool is_packed = s->alphabet == SMS_GSM;
	size_t header = s->header.len > 0 ? s->header.len + 1 : 0;
	size_t before = is_packed ? tpdu_septets_of(header) : header;

	if (header > TPDU_OCTETS ||
		before + s->data.len > (is_packed ? TPDU_SEPTETS : TPDU_OCTETS))
		return false;
	put(o, (unsigned)(before + s->data.len));
	if (header > 0) {
		put(o, (unsigned)s->header.len);
		str_add_slice(o, s->header);
	}
	if (!is_packed)
		str_add_slice(o, s->data);
	else if (s->data.len > 0)
		gsm_pack(o, s->data, gsm_fill(header));
	else if (gsm_fill(header) > 0)
		put(o, 0); /* the bits that fill are announced */
	return true;
}

static int put_submit(struct str *o, const struct tpdu_submit *s,
	size_t *before_r, const char **reason_r)
{
	struct slice number;
	unsigned type, first = MTI_SUBMIT;

	if (!put_centre(o, s->centre)) {
		*reason_r = "the service centre is no number";
		return -1;
	}
	*before_r = o->len;
	if (!split_number(s->to, &number, &type)) {
		*reason_r = "a modem sends to numbers only";
		return -1;
	}
	first |= s->valid_ms > 0 ? VALIDITY_RELATIVE : 0;
	first |= s->wants_report ? WANTS_REPORT : 0;
	first |= s->header.len > 0 ? HAS_HEADER : 0;
	put(o, first);
	put(o, 0); /* TP-MR: the modem's */
	put(o, (unsigned)number.len);
	put(o, type);
	put_digits(o, number);
	put(o, 0); /* TP-PID */
	put(o, coding_of(s));
	if (s->valid_ms > 0)
		put(o, validity_of(s->valid_ms));
	if (s->alphabet == SMS_LATIN1 || !put_data(o, s)) {
		*reason_r = "the text does not fit";
		return -1;
	}
	return 0;
}

int tpdu_put_submit(struct str *out, const struct tpdu_submit *s,
	size_t *octets_r, const char **reason_r)
{
	struct str o;
	size_t before = 0;
	int result;

	str_init(&o, PDU_MAX);
	result = put_submit(&o, s, &before, reason_r);
	*octets_r = o.len - before;
	/* In capitals: some modems know no others. */
	for (size_t i = 0; result == 0 && i < o.len; i++)
		str_addf(out, "%02X", (unsigned char)o.data[i]);
	str_finish(&o);
	return result;
}
