/*
 * data_coding (SMPP 3.4 section 5.2.19, 3GPP TS 23.038 section 4): which
 * alphabet a text is in, and what alphabet 0 is at this SMSC.
 */
#ifndef SMS_SMPP_CODING_H
#define SMS_SMPP_CODING_H

#include <stdint.h>

#include "base/macros.h"
#include "base/str.h"
#include "sms_carrier/carrier.h"
#include "sms_smpp/config.h"

/* Append the data of a segment as the SMSC wants it, and say what it is. The
 * header is there already. -1: there are no such characters there. */
int smpp_coding_write(struct str *out, const struct smpp_config *config,
	const struct carrier_submit *submit, uint8_t *coding_r) MUST_CHECK;

/* What `data` is that came with this coding, behind a header of `header`
 * octets, its length included. What is to be unpacked is in `out` then. */
enum sms_alphabet smpp_coding_read(const struct smpp_config *config,
	uint8_t coding, size_t header, struct slice *data, struct str *out);

#endif
