/*
 * systemd's notification socket (sd_notify(3)); does nothing without it.
 */
#ifndef NET_NOTIFY_H
#define NET_NOTIFY_H

#include <stdint.h>

/* Send one state such as "READY=1" or "STATUS=..." to $NOTIFY_SOCKET. */
void notify_send(const char *state);

/* Half of $WATCHDOG_USEC in milliseconds; 0: no watchdog is wanted. */
int64_t notify_watchdog_ms(void);

#endif
