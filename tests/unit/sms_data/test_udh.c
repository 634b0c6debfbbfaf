/*
 * Headers of user data: read, written, broken.
 */
#include "sms_data/udh.h"

#include "sms_data/bytes.h"

static void test_read(void **state)
{
	(void)state;
	static const struct {
		const char *header;
		struct udh want;
	} rows[] = {
		{ "", { .port = 0 } },
		{ "0003ab0302", { .part = { 3, 2, 0xab, '8' } } },
		{ "080412340302", { .part = { 3, 2, 0x1234, 'w' } } },
		{ "240101", { .tables = { LANGUAGE_TURKISH, 0 } } },
		{ "25010d", { .tables = { 0, LANGUAGE_URDU } } },
		{ "24010525010e", { .tables = { LANGUAGE_GUJARATI, 0 } } },
		{ "040211ff",
			{ .has_ports = true, .port = 0x11, .from_port = 255 } },
		{ "050423f40000", { .has_ports = true, .port = 0x23f4 } },
		{ "00037f02010504158a0000240103",
			{ .part = { 2, 1, 0x7f, '8' },
				.has_ports = true,
				.port = 0x158a,
				.tables = { LANGUAGE_PORTUGUESE, 0 } } },
		{ "7000", { .has_command = true } },
		/* Unknown, and message waiting: skipped. */
		{ "0102800322010000030502020a03000110",
			{ .part = { 2, 2, 5, '8' } } },
		/* The last one counts. */
		{ "00030102010003020202", { .part = { 2, 2, 2, '8' } } },
		/* Nonsense. */
		{ "0003010001", { .port = 0 } },
		{ "0003010200", { .port = 0 } },
		{ "0003010203", { .port = 0 } },
		{ "0003010202000301ff00", { .part = { 2, 2, 1, '8' } } },
		/* Lengths that are wrong. */
		{ "00020102", { .port = 0 } },
		{ "000401020100", { .port = 0 } },
		{ "24020101", { .port = 0 } },
		{ "2400", { .port = 0 } },
		{ "00", { .port = 0 } },
		{ "0003", { .port = 0 } },
		{ "00030102", { .port = 0 } },
		{ "240101ff", { .tables = { LANGUAGE_TURKISH, 0 } } },
		{ "240101ffff00", { .tables = { LANGUAGE_TURKISH, 0 } } },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice header = bytes_from(rows[i].header);
		const struct udh *want = &rows[i].want;
		struct udh got;

		udh_read(header, &got);
		if (got.part.total != want->part.total ||
			got.part.number != want->part.number ||
			got.part.ref != want->part.ref ||
			got.part.method != want->part.method)
			fail_msg("row %zu: part", i);
		if (got.tables.single != want->tables.single ||
			got.tables.locking != want->tables.locking)
			fail_msg("row %zu: tables", i);
		if (got.has_ports != want->has_ports ||
			got.port != want->port ||
			got.from_port != want->from_port)
			fail_msg("row %zu: ports", i);
		if (got.has_command != want->has_command)
			fail_msg("row %zu: command", i);
		bytes_free(header);
	}
}

static void test_write(void **state)
{
	(void)state;
	static const struct {
		struct udh udh;
		const char *header;
	} rows[] = {
		{ { .port = 0 }, "" },
		{ { .part = { 1, 1, 5, '8' } }, "" },
		{ { .part = { 3, 2, 0x1ab, '8' } }, "0003ab0302" },
		{ { .part = { 3, 2, 0x1234, 'w' } }, "080412340302" },
		{ { .tables = { LANGUAGE_TURKISH, 0 } }, "240101" },
		{ { .tables = { 0, LANGUAGE_URDU } }, "25010d" },
		{ { .part = { 255, 255, 255, '8' }, .tables = { 3, 3 } },
			"0003ffffff240103250103" },
		{ { .part = { 2, 1, 0xffff, 'w' }, .tables = { 13, 13 } },
			"0804ffff020124010d25010d" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char out[UDH_SIZE];
		size_t len = udh_write(&rows[i].udh, out);
		struct udh back;

		bytes_equal(i, "header", slice_make(out, len), rows[i].header);
		udh_read(slice_make(out, len), &back);
		assert_int_equal(back.tables.single, rows[i].udh.tables.single);
		if (rows[i].udh.part.total > 1)
			assert_int_equal(
				back.part.number, rows[i].udh.part.number);
	}
}

static void test_split(void **state)
{
	(void)state;
	static const struct {
		const char *data, *header, *body; /* NULL: refused */
	} rows[] = {
		{ "", NULL, NULL },
		{ "00", "", "" },
		{ "0041", "", "41" },
		{ "050003010201", "0003010201", "" },
		{ "0500030102014142", "0003010201", "4142" },
		{ "0500030102", NULL, NULL },
		{ "ff00", NULL, NULL },
		{ "01", NULL, NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice data = bytes_from(rows[i].data);
		struct slice header, body;
		int result = udh_split(data, &header, &body);

		if ((result == 0) != (rows[i].header != NULL))
			fail_msg("row %zu: %d", i, result);
		if (result == 0) {
			bytes_equal(i, "header", header, rows[i].header);
			bytes_equal(i, "body", body, rows[i].body);
		}
		bytes_free(data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
