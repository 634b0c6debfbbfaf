/*
 * Modems as a carrier: AT commands in PDU mode (3GPP TS 27.005) on serial
 * lines, each with a SIM of its own.
 *
 * Texts that come are kept by the modem until settle() has said that they are
 * on disk, and are read again when it said that they are not; what a modem
 * passes on without keeping it is acknowledged then, where it can be.
 *
 * Receipts: a report says who got which of 256 texts. The id of a text is
 * "NAME:REFERENCE:DIGITS", of the modem's name, that number, and the last digits
 * of the receiver's; so reports find their texts after a restart too. Another
 * text with the same id is newer, and the one that reports are about.
 */
#ifndef SMS_MODEM_MODEM_H
#define SMS_MODEM_MODEM_H

#include "net/conn.h"
#include "sms_carrier/carrier.h"

extern const struct carrier_ops carrier_modem;

/* As tty_open() in tty.h. */
typedef struct conn *(*modem_line_fn)(struct loop *l, const char *path,
	int speed, const struct conn_limits *limits, conn_fn fn, void *arg,
	const char **reason_r);

/* carrier_modem.open() with other lines, for tests. */
struct carrier *modem_open_on(
	const struct carrier_setup *setup, modem_line_fn open_line);

#endif
