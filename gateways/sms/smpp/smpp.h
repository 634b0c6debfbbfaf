/*
 * Texts over SMPP 3.4, to an operator's or a provider's SMSC.
 */
#ifndef SMS_SMPP_SMPP_H
#define SMS_SMPP_SMPP_H

#include "sms_carrier/carrier.h"

extern const struct carrier_ops carrier_smpp;

#endif
