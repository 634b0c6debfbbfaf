/*
 * What SMSCs write into receipts, and what statuses mean.
 */
#include "octets.h"
#include "sms_smpp/receipt.h"
#include "sms_smpp/status.h"
#include "sms_smpp/tlv.h"

#define NONE SMS_STATE_COUNT

static void test_texts(void **state)
{
	(void)state;
	static const struct {
		const char *text, *id;
		enum sms_state state;
		const char *error;
		int64_t done_ms;
	} rows[] = {
		/* As in the specification. */
		{ "id:0000065546 sub:001 dlvrd:001 submit date:2611222359 "
		  "done date:2611230001 stat:DELIVRD err:000 text:hello",
			"0000065546", SMS_DELIVERED, "000", 1795392060000 },
		/* With seconds, another case, another order. */
		{ "ID:a-B STAT:UNDELIV ERR:6B Done Date:260101000001 "
		  "Text:",
			"a-B", SMS_UNDELIVERABLE, "6B", 1767225601000 },
		{ "stat:EXPIRED id:1", "1", SMS_EXPIRED, "", 0 },
		/* Words in full. */
		{ "id:1 stat:DELIVERED", "1", SMS_DELIVERED, "", 0 },
		{ "id:1 stat:Rejected", "1", SMS_REJECTED, "", 0 },
		{ "id:1 stat:ACCEPTD", "1", SMS_ACCEPTED, "", 0 },
		{ "id:1 stat:ENROUTE", "1", SMS_ENROUTE, "", 0 },
		{ "id:1 stat:UNKNOWN", "1", SMS_UNKNOWN, "", 0 },
		{ "id:1 stat:DELETED", "1", SMS_DELETED, "", 0 },
		{ "id:1 stat:WHAT", "1", NONE, "", 0 },
		/* Missing values, and blanks behind colons. */
		{ "id: 17 stat: DELIVRD err: text:", "17", SMS_DELIVERED, "",
			0 },
		{ "id:1 err:", "1", NONE, "", 0 },
		/* The quotation says what it likes. */
		{ "id:1 stat:UNDELIV err:1 text:id:2 stat:DELIVRD err:0", "1",
			SMS_UNDELIVERABLE, "1", 0 },
		/* Dates that are none. */
		{ "id:1 done date:2613010000 stat:DELIVRD", "1", SMS_DELIVERED,
			"", 0 },
		{ "id:1 done date:26010100", "1", NONE, "", 0 },
		{ "id:1 done date:26010100xx", "1", NONE, "", 0 },
		/* Nothing of ours. */
		{ "", "", NONE, "", 0 },
		{ "hello there", "", NONE, "", 0 },
		{ "grid:1 substat:DELIVRD", "", NONE, "", 0 },
		/* Not printable. */
		{ "id:a\x01\xff stat:DELIVRD", "a??", SMS_DELIVERED, "", 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct smpp_receipt r;

		smpp_receipt_init(&r);
		smpp_receipt_read(&r, slice_of(rows[i].text));
		assert_string_equal(r.id, rows[i].id);
		assert_int_equal(r.has_state, rows[i].state != NONE);
		if (r.has_state)
			assert_int_equal(r.state, rows[i].state);
		assert_string_equal(r.error, rows[i].error);
		assert_int_equal(r.done_ms, rows[i].done_ms);
	}
}

static void test_long_id(void **state)
{
	(void)state;
	char text[500];
	struct smpp_receipt r;

	memset(text, 'x', sizeof(text));
	memcpy(text, "id:", 3);
	smpp_receipt_init(&r);
	smpp_receipt_read(&r, slice_make(text, sizeof(text)));
	assert_int_equal(strlen(r.id), SMPP_ID_MAX);
}

static void test_wide(void **state)
{
	(void)state;
	struct smpp_receipt r;
	struct str text;

	str_init(&text, 2000);
	for (const char *c = "id:7 stat:DELIVRD err:000 text:"; *c != '\0'; c++)
		str_add_bytes(&text, (char[]){ 0, *c }, 2);
	str_add_bytes(&text, "\x04\x10\x04", 3);
	smpp_receipt_init(&r);
	smpp_receipt_read_wide(&r, str_slice(&text));
	assert_string_equal(r.id, "7");
	assert_int_equal(r.state, SMS_DELIVERED);
	/* Longer than anything that is read. */
	while (text.len < 1900)
		str_add_bytes(&text, "\0a", 2);
	smpp_receipt_init(&r);
	smpp_receipt_read_wide(&r, str_slice(&text));
	assert_string_equal(r.id, "7");
	str_finish(&text);
}

static void test_tlvs_are_right(void **state)
{
	(void)state;
	struct smpp_receipt r;
	struct str tlvs;
	char reason[SMPP_RECEIPT_TEXT];

	str_init(&tlvs, 500);
	octets_add(&tlvs, "001e 0006 313030306100 0427 0001 05"
			  "0423 0003 03 0001 001d 0004 62757379 1401 0001 ff");
	smpp_receipt_init(&r);
	smpp_receipt_read_tlvs(&r, str_slice(&tlvs));
	smpp_receipt_read(&r, slice_of("id:65546 stat:DELIVRD err:012"));
	assert_string_equal(r.id, "1000a");
	assert_int_equal(r.state, SMS_UNDELIVERABLE);
	assert_int_equal(r.network, 3);
	assert_int_equal(r.network_code, 1);
	assert_int_equal(smpp_receipt_class(&r), SMS_BAD_DEST);
	smpp_receipt_reason(&r, reason);
	assert_string_equal(reason, "busy, network error 1");

	/* What a state cannot be, and an id without NUL. */
	str_reset(&tlvs);
	octets_add(&tlvs, "0427 0001 0a 001e 0001 37 0423 0002 0300");
	smpp_receipt_init(&r);
	smpp_receipt_read_tlvs(&r, str_slice(&tlvs));
	assert_false(r.has_state);
	assert_false(r.has_network_error);
	assert_string_equal(r.id, "7");
	smpp_receipt_read(&r, slice_of("stat:UNDELIV err:00a"));
	assert_int_equal(smpp_receipt_class(&r), SMS_OK);
	smpp_receipt_reason(&r, reason);
	assert_string_equal(reason, "error 00a");
	str_finish(&tlvs);
}

static void test_looks(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool looks;
	} rows[] = {
		{ "id:1 sub:001 dlvrd:001 stat:DELIVRD", true },
		{ "ID:1 stat:EXPIRED", true },
		{ "id:1 stat:fine", false },
		{ "id: stat:DELIVRD", false },
		{ "my id:1 stat:DELIVRD", false },
		{ "", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(smpp_receipt_looks(slice_of(rows[i].text)),
			rows[i].looks);
}

static void test_statuses(void **state)
{
	(void)state;
	static const struct {
		uint32_t code;
		enum sms_class class;
		const char *text;
	} rows[] = {
		{ 0x00, SMS_OK, "accepted (SMPP 0x00 ROK)" },
		{ 0x0B, SMS_BAD_DEST,
			"there is no such number (SMPP 0x0B RINVDSTADR)" },
		{ 0x0A, SMS_BAD_SRC,
			"texts may not be sent from this number (SMPP 0x0A "
			"RINVSRCADR)" },
		{ 0x0E, SMS_AUTH,
			"the password is wrong (SMPP 0x0E RINVPASWD)" },
		{ 0x14, SMS_THROTTLE,
			"the provider's queue is full (SMPP 0x14 RMSGQFUL)" },
		{ 0x58, SMS_THROTTLE,
			"too many texts in a short time (SMPP 0x58 "
			"RTHROTTLED)" },
		{ 0x08, SMS_RETRY,
			"the provider has an internal error (SMPP 0x08 "
			"RSYSERR)" },
		{ 0x04, SMS_LINK,
			"the link is not ready (SMPP 0x04 RINVBNDSTS)" },
		{ 0x101, SMS_BLOCKED,
			"the provider forbids it (SMPP 0x101 RPROHIBITED)" },
		{ 0x401, SMS_PERM,
			"the provider refuses it for a reason of its own "
			"(SMPP 0x401)" },
		{ 0xffffffff, SMS_PERM,
			"the provider refuses it for a reason of its own "
			"(SMPP 0xFFFFFFFF)" },
	};
	char text[SMPP_STATUS_TEXT];

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(
			smpp_status_find(rows[i].code)->class, rows[i].class);
		smpp_status_text(rows[i].code, text);
		assert_string_equal(text, rows[i].text);
	}
	/* No words are cut. */
	for (uint32_t code = 0; code < 0x120; code++) {
		smpp_status_text(code, text);
		assert_int_equal(text[strlen(text) - 1], ')');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_long_id),
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_tlvs_are_right),
		cmocka_unit_test(test_looks),
		cmocka_unit_test(test_statuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
