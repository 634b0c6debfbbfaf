#include "sms/fate.h"

#include "base/macros.h"

static const struct fate classes[SMS_CLASS_COUNT] = {
	[SMS_OK] = { "ok", GW_OK, NULL, 0, false },
	[SMS_RETRY] = { "retry", GW_NOT_NOW,
		"The telephone network did not take your text, several times. "
		"Try again later.",
		3, true },
	[SMS_THROTTLE] = { "throttle", GW_BUSY,
		"The telephone network is too busy to take your text. Try "
		"again later.",
		FATE_ALWAYS, false },
	[SMS_BAD_DEST] = { "bad-destination", GW_NO_SUCH,
		"The telephone network knows no such number. Check it, and "
		"write it with \"+\" and the code of its country.",
		0, false },
	[SMS_BAD_SRC] = { "bad-source", GW_NOT_ALLOWED,
		"The telephone network does not let your number send this "
		"text. Ask the operator of this gateway.",
		0, true },
	[SMS_BAD_CONTENT] = { "bad-content", GW_NOT_ACCEPTABLE,
		"The telephone network does not take this text. Try other "
		"words, or a shorter one; of a file, a smaller one.",
		0, false },
	[SMS_BLOCKED] = { "blocked", GW_POLICY,
		"The telephone network does not deliver this: the receiver or "
		"an operator does not want texts of this kind.",
		0, false },
	[SMS_NO_CREDIT] = { "no-credit", GW_FAULT,
		"The gateway's provider has no credit left. Tell the operator "
		"of this gateway, and send this again when he has paid.",
		0, true },
	[SMS_AUTH] = { "unauthorized", GW_FAULT,
		"The gateway's provider does not accept it at present. Tell "
		"the operator of this gateway, and send this again when he "
		"has mended it.",
		0, true },
	[SMS_LINK] = { "link", GW_UNREACHABLE,
		"The telephone network cannot be reached. Try again later.",
		FATE_ALWAYS, true },
	[SMS_PERM] = { "refused", GW_NOT_ACCEPTABLE,
		"The telephone network refused your text. Tell the operator "
		"of this gateway if that is not what you expect.",
		0, false },
	[SMS_STOPPED] = { "stopped", GW_POLICY,
		"This person wants no more texts from this number, and has "
		"told its provider so (STOP). Only a START from there opens "
		"it again.",
		0, false },
	[SMS_FAULT] = { "fault", GW_FAULT,
		"The gateway is not set up as its provider wants it. Tell the "
		"operator of this gateway what follows, and send this again "
		"when he has mended it.",
		0, true },
};

/* What is the user's own affair where the account is his. */
static const struct fate own_classes[SMS_CLASS_COUNT] = {
	[SMS_BAD_SRC] = { "bad-source", GW_NOT_ALLOWED,
		"Your provider does not let your account send from this "
		"number. Look there which numbers are yours.",
		0, false },
	[SMS_NO_CREDIT] = { "no-credit", GW_BUSY,
		"Your account at your provider has no credit left. Fill it up, "
		"and send this again.",
		0, false },
	[SMS_AUTH] = { "unauthorized", GW_BAD_PASSWORD,
		"Your provider does not accept your account or your secret. "
		"Look them up there, and register your number again with "
		"them.",
		0, false },
	[SMS_PERM] = { "refused", GW_NOT_ACCEPTABLE,
		"Your provider refused your text. Look there for the reason.",
		0, false },
};

static const struct fate states[SMS_STATE_COUNT] = {
	[SMS_DELIVERED] = { "delivered", GW_OK, NULL, 0, false },
	[SMS_EXPIRED] = { "expired", GW_OUT_OF_REACH,
		"Your text could not be delivered in time: the phone was off "
		"or out of reach. Send it again later.",
		0, false },
	[SMS_DELETED] = { "deleted", GW_NO_SUCH,
		"The telephone network deleted your text before it was "
		"delivered.",
		0, false },
	[SMS_UNDELIVERABLE] = { "undeliverable", GW_UNDELIVERABLE,
		"Your text cannot be delivered to this number. Check that it "
		"is a mobile phone's.",
		0, false },
	[SMS_UNKNOWN] = { "unknown", GW_LOST,
		"The telephone network does not know what became of your "
		"text. It may have arrived; ask before you send it again.",
		0, false },
	[SMS_REJECTED] = { "rejected", GW_POLICY,
		"The telephone network rejected your text. The receiver or an "
		"operator may not want texts of this kind.",
		0, false },
	[SMS_SKIPPED] = { "skipped", GW_OUT_OF_REACH,
		"The telephone network did not try to deliver your text. Send "
		"it again later.",
		0, false },
};

const struct fate *fate_of_class(enum sms_class class, bool is_own)
{
	size_t row = class < SMS_CLASS_COUNT ? class : SMS_PERM;
	bool differs = is_own && own_classes[row].words != NULL;
	return differs ? &own_classes[row] : &classes[row];
}

const struct fate *fate_of_state(enum sms_state state)
{
	const struct fate *f =
		state < SMS_STATE_COUNT ? &states[state] : &states[SMS_UNKNOWN];
	return f->name != NULL ? f : NULL;
}
