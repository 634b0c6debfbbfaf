/*
 * Ways of writing are tried one after the other: each counts its units, and
 * where they do not fit into one segment, how many it takes. A text that fits
 * into one of the default alphabet is gone through once.
 */
#include "sms_data/segment.h"

#include "base/alloc.h"
#include "base/utf8.h"
#include "sms_data/translit.h"
#include "sms_data/udh.h"

/* User data of a short message (3GPP TS 23.040 section 9.2.3.24). */
#define OCTETS  140u
#define SEPTETS 160u

/* One way to write. */
struct script {
	enum sms_alphabet alphabet;
	struct gsm_tables tables;
};

/* The one that was chosen. */
struct plan {
	struct script script;
	bool has_wide_ref;
	enum gsm_subset subset;
	size_t count;
	struct slice text;
	struct str other; /* the text, transliterated; or unused */
};

/* --- Room ---------------------------------------------------------------- */

static struct udh header_of(const struct plan *p, size_t number, unsigned ref)
{
	struct udh udh = { .tables = p->script.tables };

	udh.part = (struct carrier_part){ .total = (unsigned)p->count,
		.number = (unsigned)number,
		.ref = ref,
		.method = p->has_wide_ref ? 'w' : '8' };
	return udh;
}

/* Units in a segment of a text of `count`. */
static size_t room_of(struct script script, bool has_wide_ref, size_t count)
{
	struct plan p = {
		.script = script, .has_wide_ref = has_wide_ref, .count = count
	};
	struct udh udh = header_of(&p, 1, 0);
	char header[UDH_SIZE];
	size_t len = udh_write(&udh, header);
	size_t octets = OCTETS - (len > 0 ? len + 1 : 0);

	return script.alphabet == SMS_UCS2 ? octets / 2 : octets * 8 / 7;
}

/* The units of a character; 0: this way does not have it. */
static size_t units_of(struct script script, uint32_t code)
{
	char septets[2];

	if (script.alphabet == SMS_UCS2)
		return code > 0xffff ? 2 : 1;
	return gsm_character(script.tables, code, septets);
}

/* How many bytes of `text` go into `room` units. The text has no character
 * that this way does not have. */
static size_t fitting(struct script script, struct slice text, size_t room)
{
	size_t at = 0;

	while (at < text.len) {
		uint32_t code = 0xfffd;
		size_t len = utf8_next(
			slice_make(text.data + at, text.len - at), &code);
		size_t units = units_of(script, code);

		if (units > room)
			return utf8_prefix_cluster(text, at);
		room -= units;
		at += len > 0 ? len : 1;
	}
	return at;
}

static struct slice behind(struct slice text, size_t len)
{
	return slice_make(text.data + len, text.len - len);
}

/* The segments of a text; 0: it cannot be written so. */
static size_t count_of(
	struct script script, bool has_wide_ref, struct slice text)
{
	size_t units, count = 0;

	if (script.alphabet == SMS_UCS2)
		units = ucs2_count(text);
	else if (gsm_count(script.tables, text, &units) != 0)
		return 0;
	if (units <= room_of(script, has_wide_ref, 1))
		return 1;
	for (size_t room = room_of(script, has_wide_ref, 2); text.len > 0;
		count++)
		text = behind(text, fitting(script, text, room));
	return count;
}

/* --- Choosing ------------------------------------------------------------ */

/* Take this way if it takes fewer segments than what was chosen. */
static void try_script(struct plan *p, enum sms_alphabet alphabet,
	unsigned char single, unsigned char locking)
{
	struct script script = { alphabet, { single, locking } };
	size_t count;

	if (p->count == 1 ||
		(alphabet == SMS_GSM && !gsm_subset_has(p->subset, p->text)))
		return;
	count = count_of(script, p->has_wide_ref, p->text);
	if (count == 0 || (p->count > 0 && count >= p->count))
		return;
	p->script = script;
	p->count = count;
}

static void try_languages(struct plan *p, unsigned languages)
{
	for (unsigned i = 1; i < LANGUAGE_COUNT; i++) {
		unsigned char l = (unsigned char)i;

		if ((languages & 1u << i) == 0)
			continue;
		try_script(p, SMS_GSM, l, LANGUAGE_DEFAULT);
		try_script(p, SMS_GSM, LANGUAGE_DEFAULT, l);
		try_script(p, SMS_GSM, l, l);
	}
}

static void try_translit(struct plan *p)
{
	static const struct script plain = { .alphabet = SMS_GSM };
	size_t count;

	/* No replacement is twice as long as what it stands for. */
	str_init(&p->other, p->text.len * 2 + 1);
	if (translit(&p->other, p->text) != 0 ||
		!gsm_subset_has(p->subset, str_slice(&p->other)))
		return;
	count = count_of(plain, p->has_wide_ref, str_slice(&p->other));
	if (count >= p->count)
		return;
	p->script = plain;
	p->count = count;
	p->text = str_slice(&p->other);
}

static size_t most_of(const struct segment_options *options)
{
	return options->max == 0 || options->max > SEGMENT_MAX ? SEGMENT_MAX
							       : options->max;
}

/* Is it too long in any way? No septet stands for more than three bytes. */
static bool is_hopeless(
	const struct segment_options *options, struct slice text)
{
	return text.len > most_of(options) * SEPTETS * 3;
}

/* The caller releases `other`. */
static struct plan choose(
	const struct segment_options *options, struct slice text)
{
	struct plan p = { .has_wide_ref = options->has_wide_ref,
		.subset = options->subset,
		.text = text };

	try_script(&p, SMS_GSM, LANGUAGE_DEFAULT, LANGUAGE_DEFAULT);
	try_script(&p, SMS_UCS2, LANGUAGE_DEFAULT, LANGUAGE_DEFAULT);
	if (is_hopeless(options, text))
		return p;
	if (options->subset == GSM_WHOLE)
		try_languages(&p, options->languages);
	if (options->transliterate && p.count > 1)
		try_translit(&p);
	return p;
}

size_t segment_count(const struct segment_options *options, struct slice text)
{
	struct plan p = choose(options, text);

	str_finish(&p.other);
	return p.count;
}

bool segment_transliterate(struct str *out,
	const struct segment_options *options, struct slice text)
{
	struct plan p = choose(options, text);
	bool is_other = p.text.data != text.data;

	if (is_other)
		str_add_slice(out, p.text);
	str_finish(&p.other);
	return is_other;
}

/* --- Cutting ------------------------------------------------------------- */

static void add_segment(struct segments *out, const struct plan *p,
	const struct udh *udh, struct slice text)
{
	struct segment *s = &out->items[udh->part.number - 1];
	size_t before = out->bytes.len;
	char header[UDH_SIZE];

	s->header.len = udh_write(udh, header);
	str_add_bytes(&out->bytes, header, s->header.len);
	if (p->script.alphabet == SMS_UCS2)
		ucs2_encode(&out->bytes, text);
	else if (gsm_encode(&out->bytes, p->script.tables, text) != 0)
		return; /* not where it was counted with the same tables */
	s->data.len = out->bytes.len - before - s->header.len;
}

/* The bytes have stopped moving. */
static void point_items(struct segments *out)
{
	const char *at = str_text(&out->bytes);

	for (size_t i = 0; i < out->count; i++) {
		struct segment *s = &out->items[i];

		s->header.data = at;
		s->data.data = at + s->header.len;
		at += s->header.len + s->data.len;
	}
}

static void cut(struct segments *out, const struct plan *p, unsigned ref)
{
	size_t room = room_of(p->script, p->has_wide_ref, p->count);
	struct slice rest = p->text;

	out->items = xcalloc(p->count, sizeof(*out->items));
	str_init(&out->bytes, p->count * (UDH_SIZE + SEPTETS) + 1);
	for (size_t i = 0; i < p->count; i++) {
		struct udh udh = header_of(p, i + 1, ref);
		size_t len = fitting(p->script, rest, room);

		add_segment(out, p, &udh, slice_make(rest.data, len));
		rest = behind(rest, len);
	}
	point_items(out);
}

int segments_cut(struct segments *out, const struct segment_options *options,
	struct slice text, unsigned ref)
{
	struct plan p = choose(options, text);
	bool fits = p.count <= most_of(options);

	*out = (struct segments){ .alphabet = p.script.alphabet,
		.tables = p.script.tables,
		.is_transliterated = p.text.data != text.data,
		.count = p.count };
	if (fits)
		cut(out, &p, ref);
	str_finish(&p.other);
	return fits ? 0 : -1;
}

void segments_finish(struct segments *s)
{
	xfree(s->items);
	str_finish(&s->bytes);
	*s = (struct segments){ 0 };
}
