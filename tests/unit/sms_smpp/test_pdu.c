/*
 * The codec: octets made by another implementation (npm smpp 0.5.1) are read
 * and written, and what SMSCs do wrong is endured.
 */
#include "octets.h"
#include "sms_smpp/tlv.h"

static struct str octets;

static int setup(void **state)
{
	(void)state;
	str_init(&octets, 200000);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	str_finish(&octets);
	return 0;
}

/* The PDU points into `octets`. */
static uint32_t decode(const char *hex, struct smpp_pdu *pdu)
{
	str_reset(&octets);
	octets_add(&octets, hex);
	assert_int_equal(smpp_pdu_length(str_slice(&octets)), octets.len);
	return smpp_pdu_decode(str_slice(&octets), pdu);
}

static const char submit[] =
	"00000050 00000004 00000000 00000007 434d5400 0500 41434d4500 0101"
	"313535353132333435363700 400000 00 3030303030313030303030303030305200"
	"01 00 08 00 08 0500030102010041 0426 0001 01";
static const char receipt[] =
	"00000053 00000005 00000000 7fffffff 00 0101 313535353737373030303000"
	"0101 313535353132333435363700 040000 00 00 00 00 00 00 11"
	"69643a3120737461743a44454c49565244 001e 0002 3100 0427 0001 02";

static void test_fields(void **state)
{
	(void)state;
	struct smpp_pdu p;
	uint32_t number;

	assert_int_equal(decode(submit, &p), 0);
	assert_int_equal(p.command, SMPP_SUBMIT_SM);
	assert_int_equal(p.sequence, 7);
	assert_slice(p.service_type, "CMT");
	assert_int_equal(p.source.ton, 5);
	assert_int_equal(p.source.npi, 0);
	assert_slice(p.source.digits, "ACME");
	assert_int_equal(p.destination.ton, 1);
	assert_slice(p.destination.digits, "15551234567");
	assert_int_equal(p.esm_class, 0x40);
	assert_slice(p.validity, "000001000000000R");
	assert_slice(p.schedule, "");
	assert_int_equal(p.registered_delivery, 1);
	assert_int_equal(p.data_coding, 8);
	assert_octets(p.message, "0500030102010041");
	assert_true(smpp_tlv_number(p.tlvs, SMPP_TAG_MORE_MESSAGES, &number));
	assert_int_equal(number, 1);

	assert_int_equal(decode(receipt, &p), 0);
	assert_int_equal(p.sequence, SMPP_SEQUENCE_MAX);
	assert_slice(p.message, "id:1 stat:DELIVRD");
	assert_true(smpp_tlv_number(p.tlvs, SMPP_TAG_STATE, &number));
	assert_int_equal(number, 2);
	assert_false(smpp_tlv_number(p.tlvs, SMPP_TAG_CONGESTION, &number));

	assert_int_equal(decode("0000002a 00000009 00000000 00000001"
				"65736d653100 73656372657400 564d4100 34 0101"
				"5e3135353500",
				 &p),
		0);
	assert_slice(p.system_id, "esme1");
	assert_slice(p.password, "secret");
	assert_slice(p.system_type, "VMA");
	assert_int_equal(p.interface_version, 0x34);
	assert_int_equal(p.range_npi, 1);
	assert_slice(p.address_range, "^1555");
}

/* All commands: what is read is written back as it was. */
static void test_round_trip(void **state)
{
	(void)state;
	static const char *const rows[] = {
		submit,
		receipt,
		"0000001a 80000009 00000000 00000001 736d736300 02100001 34",
		"00000016 80000004 00000000 00000007 363535343600",
		"00000011 80000005 00000000 00000009 00",
		"00000022 00000103 00000000 00000003 00 0000 3100 0000 3200"
		"00 00 04 0424 0002 00ff",
		"00000010 00000015 00000000 00000002",
		"00000010 80000015 00000000 00000002",
		"00000010 00000006 00000000 00000002",
		"00000010 80000006 00000000 00000005",
		"00000018 0000000b 00000000 00000001 736d736300 707700",
		"0000001c 00000102 00000000 00000001 0000 31323300"
		"0000 34353600",
		"00000010 80000000 00000003 00000004",
	};
	struct smpp_pdu p;
	struct str out;

	str_init(&out, 1000);
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(decode(rows[i], &p), 0);
		assert_string_not_equal(smpp_command_name(p.command), "");
		str_reset(&out);
		/* Behind something else. */
		str_add(&out, "x");
		assert_int_equal(smpp_pdu_encode(&out, &p), 0);
		assert_octets(slice_make(out.data + 1, out.len - 1), rows[i]);
	}
	str_finish(&out);
}

static void test_lengths(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		long length;
	} rows[] = {
		{ "", 0 }, { "000000", 0 }, { "00000000", -1 },
		{ "0000000f", -1 }, { "00000010", 16 },
		{ "00011000", SMPP_PDU_MAX }, { "00011001", -1 },
		{ "ffffffff", -1 }, { "80000010", -1 },
		{ "47455420 2f", -1 }, /* GET / */
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		str_reset(&octets);
		octets_add(&octets, rows[i].hex);
		assert_int_equal(
			smpp_pdu_length(str_slice(&octets)), rows[i].length);
	}
}

/* Responses may end early, and have no NUL. */
static void test_sloppy_responses(void **state)
{
	(void)state;
	static const struct {
		const char *hex, *id;
	} rows[] = {
		{ "00000010 80000004 00000058 00000008", "" },
		{ "00000010 80000004 00000000 00000008", "" },
		{ "00000011 80000004 00000000 00000008 00", "" },
		{ "00000013 80000004 00000000 00000008 616263", "abc" },
		/* A parameter cut off. */
		{ "00000019 80000004 00000000 00000008 6100 0424 00ff 0000 00",
			"a" },
		{ "00000010 80000009 0000000e 00000001", "" },
	};
	struct smpp_pdu p;

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(decode(rows[i].hex, &p), 0);
		assert_slice(p.message_id, rows[i].id);
	}
}

/* Requests may not, but for octets behind the last parameter. */
static void test_broken_requests(void **state)
{
	(void)state;
	struct smpp_pdu p;
	struct str whole;

	assert_int_equal(
		decode("00000010 0000dead 00000000 00000001", &p), 0x03);
	assert_int_equal(p.sequence, 1);
	assert_int_equal(
		decode("00000010 00000005 00000000 00000001", &p), 0x02);
	assert_int_equal(p.command, SMPP_DELIVER_SM);
	/* No NUL in the body. */
	assert_int_equal(
		decode("00000014 00000005 00000000 00000001 61616161", &p),
		0x02);

	/* Cut off anywhere. */
	str_init(&whole, 1000);
	octets_add(&whole, receipt);
	for (size_t len = SMPP_HEAD; len < whole.len; len++) {
		uint32_t want = len == whole.len - 5 || len == whole.len - 11 ||
						(len > whole.len - 5 &&
							len < whole.len - 1) ||
						(len > whole.len - 11 &&
							len < whole.len - 7)
					? 0
					: 0x02;

		assert_int_equal(
			smpp_pdu_decode(slice_make(whole.data, len), &p), want);
	}
	str_finish(&whole);

	/* A NUL too many, and a tag nobody knows. */
	assert_int_equal(
		decode("0000002d 00000005 00000000 00000001 00 0000 3100 0000"
		       "3200 000000 00 00 00 00 00 00 02 6869"
		       "3abc 0003 010203 00",
			&p),
		0);
	assert_slice(p.message, "hi");
}

static void test_limits(void **state)
{
	(void)state;
	char text[300];
	struct smpp_pdu p = { .command = SMPP_SUBMIT_SM, .sequence = 1 };
	struct str out;

	memset(text, '1', sizeof(text));
	str_init(&out, 2000);
	str_add(&out, "before");
	p.source.digits = slice_make(text, SMPP_ADDRESS_MAX + 1);
	assert_int_equal(smpp_pdu_encode(&out, &p), -1);
	assert_string_equal(str_text(&out), "before");
	p.source.digits.len = SMPP_ADDRESS_MAX;
	p.message = slice_make(text, SMPP_MESSAGE_MAX + 1);
	assert_int_equal(smpp_pdu_encode(&out, &p), -1);
	p.message.len = SMPP_MESSAGE_MAX;
	assert_int_equal(smpp_pdu_encode(&out, &p), 0);
	/* A text cannot hold what ends it. */
	p.service_type = slice_make("a\0b", 3);
	assert_int_equal(smpp_pdu_encode(&out, &p), -1);
	p.service_type.len = 1;
	p.command = 0x21;
	assert_int_equal(smpp_pdu_encode(&out, &p), -1);
	str_finish(&out);
	str_init(&out, 20);
	p.command = SMPP_SUBMIT_SM;
	assert_int_equal(smpp_pdu_encode(&out, &p), -1);
	assert_int_equal(out.len, 0);
	p = (struct smpp_pdu){ .command = SMPP_UNBIND, .sequence = 2 };
	assert_int_equal(smpp_pdu_encode(&out, &p), 0);
	str_finish(&out);
}

static void test_tlvs(void **state)
{
	(void)state;
	struct slice rest, value;
	struct smpp_tlv tlv;
	struct str out;
	uint32_t number;

	str_init(&out, 100);
	smpp_tlv_add_number(&out, SMPP_TAG_SAR_REFERENCE, 2, 0x1234);
	smpp_tlv_add(&out, 0x1401, slice_of("abc"));
	smpp_tlv_add(&out, 0x1401, slice_of(""));
	assert_octets(
		str_slice(&out), "020c 0002 1234 1401 0003 616263 1401 0000");
	rest = str_slice(&out);
	assert_true(smpp_tlv_next(&rest, &tlv));
	assert_int_equal(tlv.tag, SMPP_TAG_SAR_REFERENCE);
	assert_true(smpp_tlv_next(&rest, &tlv));
	assert_slice(tlv.value, "abc");
	assert_true(smpp_tlv_next(&rest, &tlv));
	assert_false(smpp_tlv_next(&rest, &tlv));
	assert_int_equal(rest.len, 0);
	/* The first of two counts. */
	assert_true(smpp_tlv_find(str_slice(&out), 0x1401, &value));
	assert_slice(value, "abc");
	/* No number: too long, or empty. */
	smpp_tlv_add(&out, 0x1402, slice_of("abcde"));
	assert_false(smpp_tlv_number(str_slice(&out), 0x1402, &number));
	assert_true(smpp_tlv_number(str_slice(&out), 0x1401, &number));
	assert_int_equal(number, 0x616263);
	str_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fields, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lengths, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_sloppy_responses, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_broken_requests, setup, teardown),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_tlvs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
