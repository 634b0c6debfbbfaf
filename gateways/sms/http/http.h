/*
 * The carrier for providers with an HTTP interface. What is different from one
 * to the other stands in their files (etc/sms-providers), not here.
 */
#ifndef SMS_HTTP_HTTP_H
#define SMS_HTTP_HTTP_H

#include "sms_carrier/carrier.h"

extern const struct carrier_ops carrier_http;

#endif
