/*
 * The one table from a network's reasons to stanza errors.
 */
#include "host/gateway.h"
#include "xmpp/stanza.h"

/* Of another type than the condition's usual one: what is worth trying again, or
 * not. */
static const char *const types[GW_REASON_COUNT] = {
	[GW_UNDELIVERABLE] = "cancel",
	[GW_NOT_NOW] = "wait",
	[GW_FAULT] = "wait",
};

static const enum stanza_error errors[GW_REASON_COUNT] = {
	[GW_OK] = ERR_NONE,
	[GW_BAD_ADDRESS] = ERR_JID_MALFORMED,
	[GW_NO_SUCH] = ERR_ITEM_NOT_FOUND,
	[GW_NO_HOST] = ERR_REMOTE_SERVER_NOT_FOUND,
	[GW_UNREACHABLE] = ERR_REMOTE_SERVER_TIMEOUT,
	[GW_LOST] = ERR_REMOTE_SERVER_TIMEOUT,
	[GW_BAD_PASSWORD] = ERR_NOT_AUTHORIZED,
	[GW_NOT_AUTHORIZED] = ERR_NOT_AUTHORIZED,
	[GW_MEMBERS_ONLY] = ERR_REGISTRATION_REQUIRED,
	[GW_BANNED] = ERR_FORBIDDEN,
	[GW_FORBIDDEN] = ERR_FORBIDDEN,
	[GW_NOT_ALLOWED] = ERR_NOT_ALLOWED,
	[GW_FULL] = ERR_SERVICE_UNAVAILABLE,
	[GW_CONFLICT] = ERR_CONFLICT,
	[GW_NOT_ACCEPTABLE] = ERR_NOT_ACCEPTABLE,
	[GW_POLICY] = ERR_POLICY_VIOLATION,
	[GW_BUSY] = ERR_RESOURCE_CONSTRAINT,
	[GW_UNSUPPORTED] = ERR_FEATURE_NOT_IMPLEMENTED,
	[GW_OUT_OF_REACH] = ERR_RECIPIENT_UNAVAILABLE,
	[GW_UNDELIVERABLE] = ERR_RECIPIENT_UNAVAILABLE,
	[GW_NOT_NOW] = ERR_SERVICE_UNAVAILABLE,
	[GW_FAULT] = ERR_INTERNAL_SERVER_ERROR,
};

enum stanza_error reason_error(enum gw_reason reason)
{
	return errors[reason];
}

const char *reason_type(enum gw_reason reason)
{
	return types[reason];
}
