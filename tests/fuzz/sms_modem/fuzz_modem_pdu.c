/*
 * PDUs of a modem, from octets: what is read stays within its limits, and what
 * is written from it is read as a text of our own. The first octet is the
 * length that the modem says.
 */
#include <assert.h>
#include <stdint.h>

#include "base/encoding.h"
#include "base/str.h"
#include "base/utf8.h"
#include "sms_data/udh.h"
#include "sms_modem/cause.h"
#include "sms_modem/tpdu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The same text, sent on. */
static void send_on(const struct tpdu *t)
{
	struct tpdu_submit s = {
		.to = t->who.text,
		.alphabet = t->alphabet,
		.header = tpdu_header(t),
		.data = tpdu_data(t),
		.wants_report = t->header_len % 2 != 0,
		.valid_ms = t->sent_ms,
	};
	const char *reason = NULL;
	struct tpdu again;
	struct str out;
	size_t octets;

	str_init(&out, 1024);
	if (tpdu_put_submit(&out, &s, &octets, &reason) == 0) {
		assert(!out.overflow && out.len == 2 * octets + 2);
		assert(tpdu_read(&again, str_slice(&out), (int)octets) == 0);
		assert(again.kind == TPDU_OWN);
	} else {
		assert(reason != NULL && out.len == 0);
	}
	str_finish(&out);
}

static void check(const struct tpdu *t)
{
	struct udh udh;

	assert(strlen(t->who.text) < sizeof(t->who.text));
	assert(utf8_is_valid(slice_of(t->who.text)));
	assert(t->header_len < TPDU_OCTETS && t->data_len <= TPDU_SEPTETS);
	if (t->alphabet == SMS_GSM)
		for (size_t i = 0; i < t->data_len; i++)
			assert((unsigned char)t->data[i] < 0x80);
	else
		assert(t->data_len <= TPDU_OCTETS);
	udh_read(tpdu_header(t), &udh);
	if (t->kind == TPDU_REPORT)
		(void)cause_of_status(t->status);
	if (t->kind == TPDU_DELIVER)
		send_on(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tpdu t;
	struct str hex;

	if (size < 1)
		return 0;
	str_init(&hex, 2 * size + 1);
	hex_encode(&hex, slice_make((const char *)data + 1, size - 1));
	if (tpdu_read(&t, str_slice(&hex), data[0]) == 0)
		check(&t);
	str_finish(&hex);
	return 0;
}
