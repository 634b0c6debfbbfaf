/*
 * The serial line to a modem: a terminal (tty, or one end of a pseudo-terminal)
 * as a connection.
 */
#ifndef SMS_MODEM_TTY_H
#define SMS_MODEM_TTY_H

#include <stdbool.h>

#include "base/macros.h"
#include "net/conn.h"

/* Bits per second that termios(3) knows and modems speak. */
bool tty_knows_speed(int speed);

/* Open `path` for us alone, as a line of raw bytes. NULL with a reason for
 * operators, in static memory, valid until the next call. */
struct conn *tty_open(struct loop *l, const char *path, int speed,
	const struct conn_limits *limits, conn_fn fn, void *arg,
	const char **reason_r) MUST_CHECK;

#endif
