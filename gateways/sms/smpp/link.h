/*
 * A link to an SMSC: the carrier that the gateway has (carrier.h), over as
 * many sessions as are configured. Which session takes what, when a lost one
 * comes back, how fast it all goes.
 */
#ifndef SMS_SMPP_LINK_H
#define SMS_SMPP_LINK_H

#include "base/str.h"
#include "sms_carrier/carrier.h"

/* As the ops of carrier.h say. */
struct carrier *smpp_link_open(
	const struct carrier_setup *setup, const char **reason_r);
void smpp_link_close(struct carrier **slot);
void smpp_link_drain(struct carrier *c);
void smpp_link_reconnect(struct carrier *c);
unsigned smpp_link_caps(const struct carrier *c);
size_t smpp_link_room(const struct carrier *c);
void smpp_link_submit(struct carrier *c, const struct carrier_submit *submit);
void smpp_link_settle(struct carrier *c, uint64_t ticket, bool ok);
bool smpp_link_waits(const struct carrier *c, uint64_t ticket);
void smpp_link_stall(struct carrier *c, bool on);
void smpp_link_describe(const struct carrier *c, struct str *out);
void smpp_link_measure(const struct carrier *c, struct str *out);

#endif
