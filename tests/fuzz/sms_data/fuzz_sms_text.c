/*
 * Octets as each alphabet: clean text, and what it was made of comes back from
 * it. The first octet picks the tables.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "sms_data/alphabet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_clean(const struct str *text)
{
	struct slice rest = str_slice(text);
	uint32_t code;

	assert(!text->overflow);
	while (rest.len > 0) {
		size_t len = utf8_next(rest, &code);

		assert(len > 0 && utf8_is_xml_char(code) && code != '\r');
		rest = slice_make(rest.data + len, rest.len - len);
	}
}

static void check_gsm(struct gsm_tables tables, struct slice in)
{
	struct str text, septets, back;
	size_t count;

	str_init(&text, in.len * 3 + 1);
	str_init(&septets, in.len * 6 + 1);
	str_init(&back, in.len * 3 + 1);
	gsm_decode(&text, tables, in);
	check_clean(&text);
	/* All but U+FFFD is in the tables. */
	if (gsm_encode(&septets, tables, str_slice(&text)) == 0) {
		assert(gsm_count(tables, str_slice(&text), &count) == 0);
		assert(count == septets.len && count <= in.len);
		gsm_decode(&back, tables, str_slice(&septets));
		assert(back.len == text.len);
		assert(strcmp(str_text(&back), str_text(&text)) == 0);
	}
	str_finish(&text);
	str_finish(&septets);
	str_finish(&back);
}

static void check_ucs2(struct slice in)
{
	struct str text, octets, back;

	str_init(&text, in.len * 3 + 4);
	str_init(&octets, in.len * 2 + 4);
	str_init(&back, in.len * 3 + 4);
	ucs2_decode(&text, in);
	check_clean(&text);
	ucs2_encode(&octets, str_slice(&text));
	assert(octets.len == ucs2_count(str_slice(&text)) * 2);
	assert(octets.len <= in.len + 1);
	ucs2_decode(&back, str_slice(&octets));
	/* A mark that stood behind another is at the start now. */
	if (octets.len < 2 || memcmp(octets.data, "\xfe\xff", 2) != 0)
		assert(strcmp(str_text(&back), str_text(&text)) == 0);
	str_finish(&text);
	str_finish(&octets);
	str_finish(&back);
}

static void check_octets(struct slice in)
{
	struct str text;

	str_init(&text, in.len * 3 + 1);
	latin1_decode(&text, in);
	check_clean(&text);
	str_reset(&text);
	utf8_decode(&text, in);
	check_clean(&text);
	str_finish(&text);
}

static void check_packed(struct slice in, unsigned fill)
{
	struct str septets, packed;

	str_init(&septets, in.len * 2 + 2);
	str_init(&packed, in.len + 2);
	gsm_unpack(&septets, in, in.len * 2, fill);
	gsm_pack(&packed, str_slice(&septets), fill);
	assert(!septets.overflow && !packed.overflow && packed.len <= in.len);
	for (size_t i = 1; i + 1 < packed.len; i++)
		assert(packed.data[i] == in.data[i]);
	str_finish(&septets);
	str_finish(&packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct gsm_tables tables = { data[0] & 0xf, data[0] >> 4 };
	struct slice in = slice_make((const char *)data + 1, size - 1);

	check_gsm(tables, in);
	check_ucs2(in);
	check_octets(in);
	check_packed(in, data[0] % 7);
	return 0;
}
