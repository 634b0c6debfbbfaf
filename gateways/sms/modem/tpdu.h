/*
 * Texts as they travel between a modem and a service centre: the transfer
 * protocol data units of 3GPP TS 23.040 section 9.2, with the address of the
 * service centre in front (27.005 section 3.1, <pdu>). Pure.
 */
#ifndef SMS_MODEM_TPDU_H
#define SMS_MODEM_TPDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"
#include "sms_carrier/carrier.h"
#include "sms_data/alphabet.h"

/* User data: octets, of them the header's, and septets. */
#define TPDU_OCTETS  140
#define TPDU_SEPTETS 160

/* An address: its text in UTF-8. 20 digits, or 11 characters of up to 3 bytes
 * and some. */
#define TPDU_ADDRESS_SIZE 64

/* --- Out ----------------------------------------------------------------- */

/* SMS-SUBMIT (section 9.2.2.2). */
struct tpdu_submit {
	const char *centre; /* "+1555..."; NULL: the one in the SIM */
	const char *to;     /* as number.h writes it; no word */
	enum sms_alphabet alphabet;
	struct slice header; /* without its length octet */
	struct slice data;   /* as in struct carrier_submit */
	bool wants_report;
	int64_t valid_ms; /* 0: as the service centre likes */
};

/* Append it in hexadecimal digits; *octets_r is its length as AT+CMGS wants
 * it, without the service centre. -1 with a reason and nothing appended when it
 * cannot be sent. */
int tpdu_put_submit(struct str *out, const struct tpdu_submit *s,
	size_t *octets_r, const char **reason_r) MUST_CHECK;

/* --- In ------------------------------------------------------------------ */

enum tpdu_kind {
	TPDU_DELIVER, /* section 9.2.2.1 */
	TPDU_REPORT,  /* SMS-STATUS-REPORT, section 9.2.2.3 */
	TPDU_OWN,     /* SMS-SUBMIT: a draft or a copy; nothing of it is read */
};

struct tpdu_address {
	enum number_origin origin;
	char text[TPDU_ADDRESS_SIZE]; /* "": hidden */
};

struct tpdu {
	enum tpdu_kind kind;
	struct tpdu_address who; /* the sender; the receiver of a report */
	int64_t sent_ms; /* when the service centre got it; 0: unknown */
	/* A report: */
	uint8_t reference; /* TP-MR, as +CMGS said */
	uint8_t status;    /* TP-ST */
	int64_t done_ms;   /* when that was; 0: unknown */
	/* A text: */
	enum sms_alphabet alphabet;
	uint8_t header_len, data_len;
	char header[TPDU_OCTETS]; /* without its length octet */
	char data[TPDU_SEPTETS];  /* a septet an octet */
};

/* Read one in hexadecimal digits. `octets` is the length that the modem said,
 * without the service centre, which some leave out. -1 when it is none. */
int tpdu_read(struct tpdu *t, struct slice hex, int octets) MUST_CHECK;

static inline struct slice tpdu_header(const struct tpdu *t)
{
	return slice_make(t->header, t->header_len);
}

static inline struct slice tpdu_data(const struct tpdu *t)
{
	return slice_make(t->data, t->data_len);
}

#endif
