/*
 * What reading and writing of TPDUs have in common: for tpdu_in.c and
 * tpdu_out.c alone.
 */
#ifndef SMS_MODEM_TPDU_FIELDS_H
#define SMS_MODEM_TPDU_FIELDS_H

#include <stddef.h>

/* Type of number and numbering plan (section 9.1.2.5): bits 6 to 4, 3 to 0. */
enum number_type {
	TYPE_INTERNATIONAL = 1,
	TYPE_NATIONAL = 2,
	TYPE_SPECIFIC = 3,
	TYPE_ALPHANUMERIC = 5,
	TYPE_ABBREVIATED = 6,
};
#define PLAN_INTERNATIONAL 0x91
#define PLAN_UNKNOWN       0x81

/* First octet: TP-MTI, TP-RD, TP-VPF, TP-UDHI, TP-SRR. */
#define MTI_MASK          0x03
#define MTI_SUBMIT        0x01
#define MTI_REPORT        0x02
#define VALIDITY_RELATIVE 0x10
#define WANTS_REPORT      0x20
#define HAS_HEADER        0x40

/* TP-DCS (23.038 section 4). */
#define CODING_BINARY 0x04
#define CODING_UCS2   0x08

#define PDU_MAX        255
#define ADDRESS_DIGITS 20

static const char tpdu_digits[] = "0123456789*#abc";

/* Section 9.2.3.24: behind a header text starts at the next whole septet. */
static inline size_t tpdu_septets_of(size_t octets)
{
	return (8 * octets + 6) / 7;
}

#endif
