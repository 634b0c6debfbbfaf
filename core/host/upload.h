/*
 * Files on their way to an upload service (gw_upload()).
 */
#ifndef HOST_UPLOAD_H
#define HOST_UPLOAD_H

#include "host/account.h"

/* The session is closed: its uploads end, and nobody is told. */
void upload_close(struct account *a);

#endif
