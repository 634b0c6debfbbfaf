/*
 * The sandbox of a worker: from here on no file is opened, no socket made, no
 * program run, whatever a mail does to us.
 */
#ifndef EMAIL_WORKER_SANDBOX_H
#define EMAIL_WORKER_SANDBOX_H

#include "base/macros.h"

/* Limits, and a filter of system calls that ends the process at any other.
 * -1 with the reason when the system does not let us. */
int sandbox_enter(const char **reason_r) MUST_CHECK;

#endif
