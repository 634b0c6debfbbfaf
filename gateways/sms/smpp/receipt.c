#include "sms_smpp/receipt.h"

#include <string.h>
#include <time.h>

#include "base/macros.h"
#include "base/str.h"
#include "sms_smpp/tlv.h"

/* Longest text that is read: an id, dates and a quotation are some 160. */
#define TEXT_MAX 512

void smpp_printable(char *out, size_t size, struct slice octets)
{
	size_t len = octets.len < size - 1 ? octets.len : size - 1;

	for (size_t i = 0; i < len; i++) {
		char c = octets.data[i];

		out[i] = (char)(c >= 0x20 && c < 0x7f ? c : '?');
	}
	out[len] = '\0';
}

void smpp_receipt_init(struct smpp_receipt *r)
{
	*r = (struct smpp_receipt){ .has_state = false };
}

/* --- Values -------------------------------------------------------------- */

static void read_id(struct smpp_receipt *r, struct slice value)
{
	if (r->id[0] == '\0')
		smpp_printable(r->id, sizeof(r->id), value);
}

/* Some write the words in full, or others of the same kind. */
static void read_state(struct smpp_receipt *r, struct slice value)
{
	static const struct {
		const char *start;
		enum sms_state state;
	} states[] = {
		{ "SCHED", SMS_SCHEDULED },
		{ "ENROU", SMS_ENROUTE },
		{ "DELIV", SMS_DELIVERED },
		{ "EXPIR", SMS_EXPIRED },
		{ "DELET", SMS_DELETED },
		{ "UNDEL", SMS_UNDELIVERABLE },
		{ "FAILE", SMS_UNDELIVERABLE },
		{ "ACCEP", SMS_ACCEPTED },
		{ "BUFFE", SMS_ENROUTE },
		{ "UNKNO", SMS_UNKNOWN },
		{ "REJEC", SMS_REJECTED },
		{ "SKIPP", SMS_SKIPPED },
	};

	if (r->has_state)
		return;
	value.len = value.len > 5 ? 5 : value.len;
	for (size_t i = 0; i < COUNT(states); i++) {
		if (slice_equals_nocase(value, states[i].start)) {
			r->has_state = true;
			r->state = states[i].state;
		}
	}
}

static void read_error(struct smpp_receipt *r, struct slice value)
{
	if (r->error[0] == '\0')
		smpp_printable(r->error, sizeof(r->error), value);
}

static int two_digits(const char *at)
{
	return (at[0] - '0') * 10 + (at[1] - '0');
}

/* YYMMDDhhmm, with or without seconds. */
static void read_done(struct smpp_receipt *r, struct slice value)
{
	struct tm tm = { .tm_isdst = 0 };
	time_t seconds;

	if (r->done_ms != 0 || (value.len != 10 && value.len != 12))
		return;
	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] < '0' || value.data[i] > '9')
			return;
	}
	tm.tm_year = 100 + two_digits(value.data);
	tm.tm_mon = two_digits(value.data + 2) - 1;
	tm.tm_mday = two_digits(value.data + 4);
	tm.tm_hour = two_digits(value.data + 6);
	tm.tm_min = two_digits(value.data + 8);
	tm.tm_sec = value.len == 12 ? two_digits(value.data + 10) : 0;
	if (tm.tm_mon < 0 || tm.tm_mon > 11 || tm.tm_mday < 1 ||
		tm.tm_mday > 31 || tm.tm_hour > 23 || tm.tm_min > 59 ||
		tm.tm_sec > 60)
		return;
	seconds = timegm(&tm);
	r->done_ms = (int64_t)seconds * 1000;
}

/* --- The text ------------------------------------------------------------ */

static const struct {
	const char *name; /* with the colon */
	void (*read)(struct smpp_receipt *r, struct slice value);
} keys[] = {
	{ "id:", read_id },
	{ "sub:", NULL },
	{ "dlvrd:", NULL },
	{ "submit date:", NULL },
	{ "done date:", read_done },
	{ "stat:", read_state },
	{ "err:", read_error },
	{ "text:", NULL },
};

/* The key that `text` begins with; -1: none. */
static int key_at(struct slice text)
{
	for (size_t i = 0; i < COUNT(keys); i++) {
		size_t len = strlen(keys[i].name);

		if (text.len >= len &&
			slice_equals_nocase(
				slice_make(text.data, len), keys[i].name))
			return (int)i;
	}
	return -1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0';
}

static void skip_blanks(struct slice *rest)
{
	while (rest->len > 0 && is_blank(rest->data[0])) {
		rest->data++;
		rest->len--;
	}
}

/* Up to the next blank. */
static struct slice cut_word(struct slice *rest)
{
	size_t len = 0;
	struct slice word;

	while (len < rest->len && !is_blank(rest->data[len]))
		len++;
	word = slice_make(rest->data, len);
	rest->data += len;
	rest->len -= len;
	return word;
}

/* Word by word. The first of several keys counts: what is quoted of the
 * text, at the end as a rule, can say anything. */
void smpp_receipt_read(struct smpp_receipt *r, struct slice text)
{
	for (skip_blanks(&text); text.len > 0; skip_blanks(&text)) {
		int key = key_at(text);
		size_t len;

		if (key < 0) {
			(void)cut_word(&text);
			continue;
		}
		len = strlen(keys[key].name);
		text = slice_make(text.data + len, text.len - len);
		skip_blanks(&text);
		/* A key without a value. */
		if (key_at(text) < 0 && keys[key].read != NULL)
			keys[key].read(r, cut_word(&text));
	}
}

void smpp_receipt_read_wide(struct smpp_receipt *r, struct slice text)
{
	char narrow[TEXT_MAX];
	size_t len = 0;

	for (size_t i = 0; i + 1 < text.len && len < sizeof(narrow); i += 2)
		narrow[len++] =
			(char)(text.data[i] == 0 ? text.data[i + 1] : '?');
	smpp_receipt_read(r, slice_make(narrow, len));
}

bool smpp_receipt_looks(struct slice text)
{
	struct smpp_receipt r;

	if (key_at(text) != 0)
		return false;
	smpp_receipt_init(&r);
	smpp_receipt_read(&r, text);
	return r.id[0] != '\0' && r.has_state;
}

/* --- Optional parameters ------------------------------------------------- */

void smpp_receipt_read_tlvs(struct smpp_receipt *r, struct slice tlvs)
{
	struct slice value;
	uint32_t number;

	if (smpp_tlv_find(tlvs, SMPP_TAG_RECEIPTED_ID, &value)) {
		value.len = strnlen(value.data, value.len);
		read_id(r, value);
	}
	if (smpp_tlv_number(tlvs, SMPP_TAG_STATE, &number) &&
		number < SMS_STATE_COUNT) {
		r->has_state = true;
		r->state = (enum sms_state)number;
	}
	if (smpp_tlv_find(tlvs, SMPP_TAG_NETWORK_ERROR, &value) &&
		value.len == 3) {
		r->has_network_error = true;
		r->network = (unsigned char)value.data[0];
		r->network_code = (unsigned)(unsigned char)value.data[1] << 8 |
				  (unsigned char)value.data[2];
	}
	if (smpp_tlv_find(tlvs, SMPP_TAG_STATUS_TEXT, &value)) {
		value.len = strnlen(value.data, value.len);
		smpp_printable(r->words, sizeof(r->words), value);
	}
}

/* --- Failures ------------------------------------------------------------ */

/* Those of the errors of 3GPP TS 29.002 section 17.6 that say more than the
 * state does. A phone that was off or full for a while (27, 31, 32, 34) is none:
 * the network tried as long as it was asked to. */
enum sms_class smpp_receipt_class(const struct smpp_receipt *r)
{
	static const struct {
		unsigned code;
		enum sms_class class;
	} errors[] = {
		{ 1, SMS_BAD_DEST },  /* unknown subscriber */
		{ 9, SMS_BLOCKED },   /* illegal subscriber */
		{ 11, SMS_BAD_DEST }, /* teleservice not provisioned */
		{ 13, SMS_BLOCKED },  /* call barred */
	};

	if (!r->has_network_error || r->network != 3)
		return SMS_OK;
	for (size_t i = 0; i < COUNT(errors); i++) {
		if (errors[i].code == r->network_code)
			return errors[i].class;
	}
	return SMS_OK;
}

void smpp_receipt_reason(
	const struct smpp_receipt *r, char out[SMPP_RECEIPT_TEXT])
{
	const char *words = r->words;
	const char *gap = words[0] != '\0' ? ", " : "";

	if (r->has_network_error && r->network_code != 0)
		(void)text_format(out, SMPP_RECEIPT_TEXT,
			"%s%snetwork error %u", words, gap, r->network_code);
	else if (strspn(r->error, "0") != strlen(r->error))
		(void)text_format(out, SMPP_RECEIPT_TEXT, "%s%serror %s", words,
			gap, r->error);
	else
		(void)text_copy(out, SMPP_RECEIPT_TEXT, words);
}
