#include "sms_smpp/smpp.h"

#include "sms_smpp/config.h"
#include "sms_smpp/link.h"

const struct carrier_ops carrier_smpp = {
	.kind = "smpp",
	.config = &smpp_config_group,
	.open = smpp_link_open,
	.close = smpp_link_close,
	.drain = smpp_link_drain,
	.reconnect = smpp_link_reconnect,
	.caps = smpp_link_caps,
	.room = smpp_link_room,
	.submit = smpp_link_submit,
	.settle = smpp_link_settle,
	.waits = smpp_link_waits,
	.describe = smpp_link_describe,
	.measure = smpp_link_measure,
	.stall = smpp_link_stall,
};
