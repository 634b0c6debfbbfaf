/*
 * What incoming segments say: by alphabet, tables and port, alone and
 * together.
 */
#include "sms_data/content.h"

#include "sms_data/bytes.h"

#define MAX 4

struct written {
	enum sms_alphabet alphabet;
	const char *header, *data; /* hexadecimal; both NULL: it is missing */
	const char *text;          /* instead of them */
};

static struct content_segment segment_of(const struct written *w)
{
	return (struct content_segment){ .alphabet = w->alphabet,
		.header = bytes_from(w->header ? w->header : ""),
		.data = bytes_from(w->data ? w->data : ""),
		.text = w->text };
}

static struct content read_all(
	struct str *out, const struct written *written, size_t count)
{
	struct content_segment segments[MAX];
	const struct content_segment *pointers[MAX] = { NULL };

	for (size_t i = 0; i < count; i++) {
		bool is_there = written[i].data || written[i].text;

		segments[i] = segment_of(&written[i]);
		pointers[i] = is_there ? &segments[i] : NULL;
	}
	struct content content = content_read(out, pointers, count);
	for (size_t i = 0; i < count; i++) {
		bytes_free(segments[i].header);
		bytes_free(segments[i].data);
	}
	return content;
}

static void test_one(void **state)
{
	(void)state;
	static const struct {
		struct written segment;
		enum content_kind kind;
		const char *type, *body;
	} rows[] = {
		{ { SMS_GSM, "", "68691b65", NULL }, CONTENT_TEXT, "", "hi€" },
		{ { SMS_UCS2, "", "00480416", NULL }, CONTENT_TEXT, "", "HЖ" },
		{ { SMS_LATIN1, "", "e9", NULL }, CONTENT_TEXT, "", "é" },
		{ { SMS_GSM, "", "", NULL }, CONTENT_TEXT, "", "" },
		{ { SMS_GSM, NULL, NULL, "clean \x01" }, CONTENT_TEXT, "",
			"clean \xef\xbf\xbd" },
		/* With the tables of its header. */
		{ { SMS_GSM, "240101", "1b47", NULL }, CONTENT_TEXT, "", "Ğ" },
		{ { SMS_GSM, "250106", "2f", NULL }, CONTENT_TEXT, "", "न" },
		{ { SMS_UCS2, "250106", "0041", NULL }, CONTENT_TEXT, "", "A" },
		/* Not for reading. */
		{ { SMS_BINARY, "", "00ff41", NULL }, CONTENT_BINARY,
			"application/octet-stream", NULL },
		{ { SMS_GSM, "05040b840000", "410042", NULL }, CONTENT_BINARY,
			"application/octet-stream", NULL },
		{ { SMS_GSM, "7000", "4100", NULL }, CONTENT_BINARY,
			"application/octet-stream", NULL },
		{ { SMS_GSM, "0504158a0000", "410042", NULL }, CONTENT_BINARY,
			"application/octet-stream", NULL },
		/* Text with a port of its own. */
		{ { SMS_GSM, "050400500000", "41c3", NULL }, CONTENT_FILE,
			"text/plain", "A\xef\xbf\xbd" },
		{ { SMS_UCS2, "05041f400000", "0416", NULL }, CONTENT_FILE,
			"text/plain", "Ж" },
		{ { SMS_BINARY, "050423f40000", "424547494e3ac3a9", NULL },
			CONTENT_FILE, "text/vcard", "BEGIN:é" },
		{ { SMS_GSM, "050423f40000", "424547494e", NULL }, CONTENT_FILE,
			"text/vcard", "BEGIN" },
		{ { SMS_BINARY, "050423f50000", "42", NULL }, CONTENT_FILE,
			"text/calendar", "B" },
		/* Headers that say nothing. */
		{ { SMS_GSM, "ff", "41", NULL }, CONTENT_TEXT, "", "A" },
		{ { SMS_GSM, "05", "41", NULL }, CONTENT_TEXT, "", "A" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str out;

		str_init(&out, 200);
		struct content c = read_all(&out, &rows[i].segment, 1);
		if (c.kind != rows[i].kind || strcmp(c.type, rows[i].type) != 0)
			fail_msg("row %zu: %d %s", i, c.kind, c.type);
		if (rows[i].body != NULL)
			text_equal(i, "body", &out, rows[i].body);
		else
			bytes_equal(i, "body", str_slice(&out),
				rows[i].segment.data);
		str_finish(&out);
	}
}

static void test_several(void **state)
{
	(void)state;
	static const struct {
		struct written segments[MAX];
		size_t count;
		enum content_kind kind;
		const char *body;
	} rows[] = {
		{ { { .alphabet = SMS_GSM } }, 0, CONTENT_TEXT, "" },
		{ { { .alphabet = SMS_GSM } }, 1, CONTENT_TEXT, "" },
		{ { { SMS_GSM, "", "4142", NULL },
			  { SMS_GSM, "", "4344", NULL } },
			2, CONTENT_TEXT, "ABCD" },
		/* Each by its own alphabet, and by its own tables. */
		{ { { SMS_GSM, "", "00", NULL }, { SMS_UCS2, "", "0416", NULL },
			  { SMS_LATIN1, "", "e9", NULL },
			  { SMS_GSM, NULL, NULL, "ü" } },
			4, CONTENT_TEXT, "@Жéü" },
		{ { { SMS_GSM, "250101", "1c", NULL },
			  { SMS_GSM, "", "1c", NULL } },
			2, CONTENT_TEXT, "ŞÆ" },
		/* Cut inside a surrogate pair, a unit, an escape, UTF-8. */
		{ { { SMS_UCS2, "", "0041d83d", NULL },
			  { SMS_UCS2, "", "de000042", NULL } },
			2, CONTENT_TEXT, "A😀B" },
		{ { { SMS_UCS2, "", "0041d83dde", NULL },
			  { SMS_UCS2, "", "000042", NULL } },
			2, CONTENT_TEXT, "A😀B" },
		{ { { SMS_GSM, "", "411b", NULL },
			  { SMS_GSM, "", "6542", NULL } },
			2, CONTENT_TEXT, "A€B" },
		{ { { SMS_GSM, NULL, NULL, "a\xc3" },
			  { SMS_GSM, NULL, NULL, "\xa9z" } },
			2, CONTENT_TEXT, "aéz" },
		/* Gaps; what stands beside them is not joined. */
		{ { { SMS_GSM, "", "41", NULL }, { .alphabet = SMS_GSM },
			  { .alphabet = SMS_GSM },
			  { SMS_GSM, "", "42", NULL } },
			4, CONTENT_TEXT, "A[...]B" },
		{ { { .alphabet = SMS_GSM }, { SMS_UCS2, "", "0041", NULL },
			  { .alphabet = SMS_GSM } },
			3, CONTENT_TEXT, "[...]A[...]" },
		{ { { SMS_UCS2, "", "d83d", NULL }, { .alphabet = SMS_GSM },
			  { SMS_UCS2, "", "de00", NULL } },
			3, CONTENT_TEXT, "\xef\xbf\xbd[...]\xef\xbf\xbd" },
		/* The first one says what kind they are. */
		{ { { SMS_BINARY, "", "4100", NULL },
			  { SMS_BINARY, "", "42", NULL } },
			2, CONTENT_BINARY, NULL },
		{ { { SMS_BINARY, "050423f40000", "41c3", NULL },
			  { SMS_BINARY, "050423f40000", "a942", NULL } },
			2, CONTENT_FILE, "AéB" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str out;

		str_init(&out, 200);
		struct content c =
			read_all(&out, rows[i].segments, rows[i].count);
		if (c.kind != rows[i].kind)
			fail_msg("row %zu: %d", i, c.kind);
		if (rows[i].body != NULL)
			text_equal(i, "body", &out, rows[i].body);
		else
			bytes_equal(i, "body", str_slice(&out), "410042");
		str_finish(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_several),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
