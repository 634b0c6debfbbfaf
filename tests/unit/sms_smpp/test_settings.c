/*
 * What the operator can set about an SMSC, and what that does to texts in
 * both directions.
 */
#include "octets.h"
#include "sms_smpp/incoming.h"
#include "sms_smpp/outgoing.h"
#include "sms_smpp/tlv.h"

#define REQUIRED "host = \"smsc.example\"; system_id = \"esme1\"; "

static struct smpp_config *config;
static struct smpp_outgoing out;
static struct smpp_incoming in;

static int setup(void **state)
{
	(void)state;
	smpp_outgoing_init(&out);
	smpp_incoming_init(&in);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	smpp_outgoing_finish(&out);
	smpp_incoming_finish(&in);
	cfg_free(config, &smpp_config_group);
	config = NULL;
	return 0;
}

/* Beside what is required. */
static void set(const char *text)
{
	struct str error, all;

	str_init(&error, 1000);
	str_init(&all, 5000);
	str_addf(&all, "%s%s", REQUIRED, text);
	cfg_free(config, &smpp_config_group);
	config = cfg_parse(
		str_text(&all), "smpp.conf", &smpp_config_group, &error);
	if (config == NULL)
		fail_msg("%s", str_text(&error));
	str_finish(&error);
	str_finish(&all);
}

static const struct smpp_pdu *build(const struct carrier_submit *submit)
{
	struct carrier_refusal refusal = { .text = "" };

	if (smpp_outgoing_build(&out, config, submit, &refusal) != 0)
		fail_msg("refused: %s", refusal.text);
	return &out.pdu;
}

static void expect_refusal(
	const struct carrier_submit *submit, enum sms_class class)
{
	struct carrier_refusal refusal = { .class = SMS_OK };

	assert_int_equal(
		smpp_outgoing_build(&out, config, submit, &refusal), -1);
	assert_int_equal(refusal.class, class);
	assert_non_null(refusal.text);
}

static struct carrier_submit text_of(const char *octets, size_t len)
{
	return (struct carrier_submit){
		.from = "+15551234567",
		.to = "+15557770000",
		.data = slice_make(octets, len),
	};
}

/* --- Out ----------------------------------------------------------------- */

static void test_defaults(void **state)
{
	(void)state;
	set("");
	assert_int_equal(config->port, 2775);
	assert_int_equal(config->tls, SMPP_TLS_REQUIRED);
	assert_true(config->verify);
	assert_int_equal(config->window, 10);
	assert_int_equal(config->enquire_link, 30);
	assert_int_equal(config->inactivity, 180);
	assert_int_equal(config->response_timeout, 60);
	assert_int_equal(smpp_config_version(config), 0x34);
	assert_int_equal(smpp_config_class(config, 0x58), SMS_THROTTLE);
	set("version = \"3.3\";");
	assert_int_equal(smpp_config_version(config), 0x33);
	assert_false(smpp_config_has_tlvs(config));
}

static void test_addresses(void **state)
{
	(void)state;
	static const char shorty[] = "12345;phone-context=us.sms.example.org";
	static const char word[] = "acme;phone-context=alpha.sms.example.org";
	struct carrier_submit s = text_of("x", 1);
	const struct smpp_pdu *pdu;

	set("");
	s.from = shorty;
	pdu = build(&s);
	assert_int_equal(pdu->source.ton, 3);
	assert_slice(pdu->source.digits, "12345");
	s.from = "hidden;phone-context=none.sms.example.org";
	assert_slice(build(&s)->source.digits, "");
	s.from = "a-very-long-name-of-one;phone-context=alpha.x";
	expect_refusal(&s, SMS_BAD_SRC);
	s.from = word;
	s.to = s.from;
	pdu = build(&s);
	assert_int_equal(pdu->destination.ton, 5);
	set("plus = true; number_ton = 0; short_ton = 6; short_npi = 1; "
	    "word_npi = 1;");
	s.from = shorty;
	s.to = "+15557770000";
	pdu = build(&s);
	assert_int_equal(pdu->source.ton, 6);
	assert_int_equal(pdu->source.npi, 1);
	assert_int_equal(pdu->destination.ton, 0);
	assert_slice(pdu->destination.digits, "+15557770000");
}

static void test_validity(void **state)
{
	(void)state;
	static const struct {
		int64_t seconds;
		const char *validity;
	} rows[] = {
		{ 0, "" },
		{ 1, "000000000100000R" },
		{ 60, "000000000100000R" },
		{ 24 * 3600, "000001000000000R" },
		{ 3661, "000000010101000R" },
		{ (int64_t)365 * 24 * 3600, "000030000000000R" },
	};
	struct carrier_submit s = text_of("x", 1);

	set("");
	for (size_t i = 0; i < COUNT(rows); i++) {
		s.valid_ms = rows[i].seconds * 1000;
		assert_slice(build(&s)->validity, rows[i].validity);
	}
}

/* "aä€" in septets. */
static void test_alphabets(void **state)
{
	(void)state;
	struct carrier_submit umlaut = text_of("a\x7b", 2);
	struct carrier_submit euro = text_of("\x1b\x65", 2);
	struct carrier_submit plain = text_of("hello", 5);

	set("");
	assert_octets(build(&umlaut)->message, "617b");
	assert_octets(build(&euro)->message, "1b65");
	assert_int_equal(out.pdu.data_coding, 0);
	set("default_alphabet = \"latin1\";");
	assert_octets(build(&umlaut)->message, "61e4");
	expect_refusal(&euro, SMS_BAD_CONTENT);
	set("default_alphabet = \"ascii\";");
	assert_slice(build(&plain)->message, "hello");
	expect_refusal(&umlaut, SMS_BAD_CONTENT);
	/* 3GPP TS 23.038: eight septets in seven octets. */
	set("default_alphabet = \"packed\";");
	assert_octets(build(&plain)->message, "e8329bfd06");
	/* Behind a header of six octets there is one bit to fill. */
	plain.header = slice_make("\x00\x03\x01\x02\x01", 5);
	assert_octets(build(&plain)->message, "050003010201 d06536fb0d");
	plain.alphabet = SMS_BINARY;
	assert_slice(slice_make(build(&plain)->message.data + 6, 5), "hello");
	assert_int_equal(out.pdu.data_coding, 4);
}

static void test_segments(void **state)
{
	(void)state;
	struct carrier_submit s = text_of("hello", 5);
	char ports[] = "\x05\x04\x23\xf4\x00\x00\x00\x03\x01\x02\x01";

	s.header = slice_make("\x08\x04\x12\x34\x02\x01", 6);
	set("long_texts = \"sar\";");
	assert_slice(build(&s)->message, "hello");
	assert_int_equal(out.pdu.esm_class, 0);
	assert_octets(out.pdu.tlvs, "020c 0002 1234 020e 0001 02 020f 0001 01");
	/* One that says more is kept. */
	s.header = slice_make(ports, sizeof(ports) - 1);
	assert_int_equal(build(&s)->message.len, 17);
	assert_int_equal(out.pdu.esm_class, 0x40);
	assert_int_equal(out.pdu.tlvs.len, 0);

	set("long_texts = \"payload\"; message_mode = 3;");
	s = (struct carrier_submit){
		.from = "+15551234567",
		.to = "+15557770000",
		.text = "h\xc3\xa9llo",
	};
	assert_int_equal(build(&s)->message.len, 0);
	assert_int_equal(out.pdu.esm_class, 3);
	assert_int_equal(out.pdu.data_coding, 0);
	assert_octets(out.pdu.tlvs, "0424 0005 68056c6c6f");
	s.text = "\xd0\xbf";
	assert_octets(build(&s)->tlvs, "0424 0002 043f");
	assert_int_equal(out.pdu.data_coding, 8);
	set("long_texts = \"payload\"; default_alphabet = \"ascii\";");
	s.text = "h[";
	assert_octets(build(&s)->tlvs, "0424 0002 685b");
	assert_int_equal(out.pdu.data_coding, 0);
	s.text = "\xc3\xa9";
	assert_octets(build(&s)->tlvs, "0424 0002 00e9");
	assert_int_equal(out.pdu.data_coding, 8);
}

static void test_extras(void **state)
{
	(void)state;
	struct carrier_submit s = text_of("x", 1);

	set("parameters = ( { tag = 0x1401; text = \"abc\"; }, "
	    "{ tag = 0x2153; hex = \"00ff\"; } ); service_type = \"CMT\"; "
	    "statuses = ( { code = 0x401; class = \"no_credit\"; }, "
	    "{ code = 0x0B; class = \"blocked\"; } );");
	assert_octets(build(&s)->tlvs, "1401 0004 61626300 2153 0002 00ff");
	assert_slice(out.pdu.service_type, "CMT");
	assert_int_equal(smpp_config_class(config, 0x401), SMS_NO_CREDIT);
	assert_int_equal(smpp_config_class(config, 0x0B), SMS_BLOCKED);
	assert_int_equal(smpp_config_class(config, 0x14), SMS_THROTTLE);
	/* Not with 3.3, which has none. */
	set("version = \"3.3\"; parameters = ( { tag = 5; hex = \"01\"; } );");
	assert_int_equal(build(&s)->tlvs.len, 0);
}

/* --- In ------------------------------------------------------------------ */

static struct smpp_pdu delivery(const char *octets, size_t len)
{
	return (struct smpp_pdu){
		.command = SMPP_DELIVER_SM,
		.source = { 1, 1, slice_of("15557770000") },
		.destination = { 1, 1, slice_of("15551234567") },
		.message = slice_make(octets, len),
	};
}

static void test_codings(void **state)
{
	(void)state;
	static const struct {
		uint8_t coding;
		enum sms_alphabet alphabet;
	} rows[] = {
		{ 0x00, SMS_GSM },
		{ 0x01, SMS_LATIN1 },
		{ 0x02, SMS_BINARY },
		{ 0x03, SMS_LATIN1 },
		{ 0x04, SMS_BINARY },
		{ 0x08, SMS_UCS2 },
		{ 0x10, SMS_GSM },
		{ 0x14, SMS_BINARY },
		{ 0x18, SMS_UCS2 },
		{ 0xc8, SMS_GSM },
		{ 0xd0, SMS_GSM },
		{ 0xe0, SMS_UCS2 },
		{ 0xf0, SMS_GSM },
		{ 0xf5, SMS_BINARY },
		{ 0x80, SMS_BINARY },
	};
	struct smpp_pdu pdu = delivery("hi", 2);

	set("");
	for (size_t i = 0; i < COUNT(rows); i++) {
		pdu.data_coding = rows[i].coding;
		assert_int_equal(smpp_incoming_read(&in, config, &pdu),
			SMPP_INCOMING_TEXT);
		assert_int_equal(in.text.alphabet, rows[i].alphabet);
		assert_slice(in.text.data, "hi");
	}
	/* Said to be ASCII, and septets: "@_". */
	pdu = delivery("\x00\x11", 2);
	pdu.data_coding = 0x01;
	(void)smpp_incoming_read(&in, config, &pdu);
	assert_int_equal(in.text.alphabet, SMS_GSM);
}

static void test_default_alphabet_in(void **state)
{
	(void)state;
	struct smpp_pdu pdu = delivery("\xe8\x32\x9b\xfd\x06", 5);

	set("default_alphabet = \"packed\";");
	(void)smpp_incoming_read(&in, config, &pdu);
	assert_int_equal(in.text.alphabet, SMS_GSM);
	assert_slice(in.text.data, "hello");
	pdu = delivery("", 0);
	(void)smpp_incoming_read(&in, config, &pdu);
	assert_int_equal(in.text.data.len, 0);
	pdu = delivery("\x05\x00\x03\x01\x02\x01\xd0\x65\x36\xfb\x0d", 11);
	pdu.esm_class = 0x40;
	(void)smpp_incoming_read(&in, config, &pdu);
	assert_slice(in.text.data, "hello");
	assert_int_equal(in.text.part.number, 1);
	set("default_alphabet = \"latin1\";");
	pdu = delivery("\xe4", 1);
	(void)smpp_incoming_read(&in, config, &pdu);
	assert_int_equal(in.text.alphabet, SMS_LATIN1);
}

static void test_receipt_settings(void **state)
{
	(void)state;
	static const char text[] =
		"id:1 done date:2611230001 stat:DELIVRD err:000";
	struct smpp_pdu pdu = delivery(text, strlen(text));

	set("");
	assert_int_equal(
		smpp_incoming_read(&in, config, &pdu), SMPP_INCOMING_TEXT);
	pdu.esm_class = 4;
	assert_int_equal(
		smpp_incoming_read(&in, config, &pdu), SMPP_INCOMING_REPORT);
	assert_int_equal(in.report.wall_ms, 1795392060000);
	set("guess_receipts = true; utc_offset = 120;");
	pdu.esm_class = 0;
	assert_int_equal(
		smpp_incoming_read(&in, config, &pdu), SMPP_INCOMING_REPORT);
	assert_int_equal(in.report.wall_ms, 1795392060000 - 120 * 60000);
}

static void test_origins(void **state)
{
	(void)state;
	static const struct {
		uint8_t ton;
		const char *digits;
		enum number_origin origin;
	} rows[] = {
		{ 0, "1555", NUMBER_ANY },
		{ 1, "15557770000", NUMBER_INTERNATIONAL },
		{ 2, "5557770000", NUMBER_NATIONAL },
		{ 3, "12345", NUMBER_ABBREVIATED },
		{ 3, "15557770000", NUMBER_ANY },
		{ 5, "ACME", NUMBER_ALPHANUMERIC },
		{ 6, "12345", NUMBER_ABBREVIATED },
		{ 99, "1", NUMBER_ANY },
	};
	struct smpp_pdu pdu = delivery("x", 1);

	set("");
	for (size_t i = 0; i < COUNT(rows); i++) {
		pdu.source.ton = rows[i].ton;
		pdu.source.digits = slice_of(rows[i].digits);
		(void)smpp_incoming_read(&in, config, &pdu);
		assert_int_equal(in.text.from.origin, rows[i].origin);
		assert_string_equal(in.text.from.text, rows[i].digits);
	}
}

/* --- Mistakes ------------------------------------------------------------ */

static void test_wrong_settings(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"password = \"nine long\";",
		"system_type = \"thirteen long\";",
		"service_type = \"sixsix\";",
		"port = 0;",
		"window = 0;",
		"tls = \"starttls\";",
		"parameters = ( { tag = 5; } );",
		"parameters = ( { tag = 5; hex = \"0\"; } );",
		"parameters = ( { tag = 5; hex = \"00\"; text = \"a\"; } );",
		"statuses = ( { code = 5; class = \"fine\"; } );",
		"outbind = { port = 2776; };",
		"version = \"3.3\"; long_texts = \"sar\";",
		"unknown = 1;",
	};
	struct str error, all;

	str_init(&error, 1000);
	str_init(&all, 5000);
	for (size_t i = 0; i < COUNT(rows); i++) {
		str_reset(&error);
		str_reset(&all);
		str_addf(&all, "%s%s", REQUIRED, rows[i]);
		if (cfg_parse(str_text(&all), "smpp.conf", &smpp_config_group,
			    &error) != NULL)
			fail_msg("'%s' was taken", rows[i]);
		assert_non_null(strstr(str_text(&error), "smpp.conf:1"));
	}
	str_finish(&error);
	str_finish(&all);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_defaults),
		TEST(test_addresses),
		TEST(test_validity),
		TEST(test_alphabets),
		TEST(test_segments),
		TEST(test_extras),
		TEST(test_codings),
		TEST(test_default_alphabet_in),
		TEST(test_receipt_settings),
		TEST(test_origins),
		TEST(test_wrong_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
