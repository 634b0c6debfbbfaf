/*
 * The kinds of carriers that this gateway is built with.
 */
#include "sms/config.h"
#include "sms_http/http.h"
#include "sms_modem/modem.h"
#include "sms_smpp/smpp.h"

const struct carrier_ops *const sms_carriers[] = { &carrier_smpp, &carrier_http,
	&carrier_modem, NULL };
