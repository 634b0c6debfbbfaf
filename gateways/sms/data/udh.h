/*
 * User data headers (3GPP TS 23.040 section 9.2.3.24): what stands in front of
 * a segment's data and says to which text it belongs, with which tables it is
 * written, and for which program it is. A header is here without the octet
 * that has its length.
 */
#ifndef SMS_DATA_UDH_H
#define SMS_DATA_UDH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "base/slice.h"
#include "sms_data/national.h"

/* The longest that is built: 16 bits of reference and two tables. */
#define UDH_SIZE 12

/* How the parts of a text belong together. */
struct carrier_part {
	unsigned total;  /* 0, 1: it is whole */
	unsigned number; /* 1 to total */
	unsigned ref;
	char method; /* '8', 'w' (16 bits), 's' (SAR), 'p' (the provider's):
			references of different methods are different */
};

struct udh {
	struct carrier_part part; /* all zero when there is none */
	struct gsm_tables tables;
	bool has_ports;
	unsigned port, from_port;
	bool has_command; /* to the SIM, not for people (3GPP TS 31.115) */
};

/* Split user data that begins with a header (UDHI) into that and what is
 * behind it. -1: the header is longer than the data. */
int udh_split(struct slice data, struct slice *header_r,
	struct slice *body_r) MUST_CHECK;

/* What a header says; all that it does not say is zero. What is broken or
 * unknown is skipped, the last of two that contradict each other counts. */
void udh_read(struct slice header, struct udh *udh_r);

/* Write `part` (not when it is whole) and `tables`; returns how many octets,
 * 0 when there is nothing to say. */
size_t udh_write(const struct udh *udh, char out[UDH_SIZE]);

#endif
