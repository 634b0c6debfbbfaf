/*
 * Tables, each in the order of its numbers; what is not in them is known by
 * its range.
 */
#include "sms_modem/cause.h"

#include "base/macros.h"

#define MEMORY_FULL_CMS 322
#define MEMORY_FULL_CME 20
#define TIMEOUT_CMS     332
#define TIMEOUT_CME     31

struct row {
	int code;
	struct cause cause;
};

static const struct row cms[] = {
	/* RP causes: why the network did not take it. */
	{ 1, { SMS_BAD_DEST, "unassigned number" } },
	{ 8, { SMS_BLOCKED, "barred by the operator" } },
	{ 10, { SMS_BLOCKED, "barred" } },
	{ 17, { SMS_RETRY, "network failure" } },
	{ 21, { SMS_BLOCKED, "rejected by the network" } },
	{ 22, { SMS_THROTTLE, "memory of the network exceeded" } },
	{ 27, { SMS_RETRY, "destination out of order" } },
	{ 28, { SMS_AUTH, "unidentified subscriber" } },
	{ 29, { SMS_BLOCKED, "facility rejected" } },
	{ 30, { SMS_AUTH, "unknown subscriber" } },
	{ 38, { SMS_RETRY, "network out of order" } },
	{ 41, { SMS_RETRY, "temporary failure" } },
	{ 42, { SMS_THROTTLE, "congestion" } },
	{ 47, { SMS_THROTTLE, "resources unavailable" } },
	{ 50, { SMS_PERM, "facility not subscribed" } },
	{ 69, { SMS_PERM, "facility not implemented" } },
	{ 81, { SMS_RETRY, "invalid reference of a transfer" } },
	{ 95, { SMS_BAD_CONTENT, "invalid message" } },
	{ 96, { SMS_BAD_CONTENT, "invalid mandatory information" } },
	{ 97, { SMS_PERM, "unknown type of message" } },
	{ 98, { SMS_RETRY, "message at the wrong time" } },
	{ 99, { SMS_PERM, "unknown information element" } },
	{ 111, { SMS_PERM, "protocol error" } },
	{ 127, { SMS_RETRY, "interworking failed" } },
	/* TP failure causes: why the service centre did not. */
	{ 0x80, { SMS_PERM, "telematic interworking not supported" } },
	{ 0x81, { SMS_PERM, "type 0 not supported" } },
	{ 0x82, { SMS_PERM, "the text cannot be replaced" } },
	{ 0x8f, { SMS_PERM, "protocol not supported" } },
	{ 0x90, { SMS_BAD_CONTENT, "alphabet not supported" } },
	{ 0x91, { SMS_BAD_CONTENT, "message class not supported" } },
	{ 0x9f, { SMS_BAD_CONTENT, "coding not supported" } },
	{ 0xb0, { SMS_BAD_CONTENT, "PDU not supported" } },
	{ 0xc0, { SMS_THROTTLE, "service centre busy" } },
	{ 0xc1, { SMS_AUTH, "no subscription at the service centre" } },
	{ 0xc2, { SMS_RETRY, "failure of the service centre" } },
	{ 0xc3, { SMS_BAD_DEST, "invalid address" } },
	{ 0xc4, { SMS_BLOCKED, "destination barred" } },
	{ 0xc5, { SMS_PERM, "rejected as a repetition" } },
	{ 0xc6, { SMS_PERM, "validity format not supported" } },
	{ 0xc7, { SMS_PERM, "validity not supported" } },
	/* Of the modem and its SIM. */
	{ 300, { SMS_RETRY, "modem failure" } },
	{ 301, { SMS_RETRY, "service of the modem reserved" } },
	{ 302, { SMS_PERM, "operation not allowed" } },
	{ 303, { SMS_PERM, "operation not supported" } },
	{ 304, { SMS_BAD_CONTENT, "invalid PDU" } },
	{ 305, { SMS_PERM, "invalid parameter" } },
	{ 310, { SMS_LINK, "no SIM" } },
	{ 311, { SMS_LINK, "the SIM wants its PIN" } },
	{ 312, { SMS_LINK, "the phone wants its PIN" } },
	{ 313, { SMS_LINK, "SIM failure" } },
	{ 314, { SMS_RETRY, "SIM busy" } },
	{ 315, { SMS_LINK, "wrong SIM" } },
	{ 316, { SMS_LINK, "the SIM wants its PUK" } },
	{ 317, { SMS_LINK, "the SIM wants its PIN2" } },
	{ 318, { SMS_LINK, "the SIM wants its PUK2" } },
	{ 320, { SMS_RETRY, "memory failure" } },
	{ 321, { SMS_PERM, "invalid index" } },
	{ MEMORY_FULL_CMS, { SMS_RETRY, "memory full" } },
	{ 330, { SMS_PERM, "address of the service centre unknown" } },
	{ 331, { SMS_RETRY, "no network service" } },
	{ TIMEOUT_CMS, { SMS_RETRY, "the network did not answer" } },
	{ 340, { SMS_PERM, "no acknowledgement expected" } },
	{ 500, { SMS_RETRY, "unknown error" } },
	{ 513, { SMS_RETRY, "radio link failed" } },
	{ 515, { SMS_RETRY, "modem busy" } },
	{ 517, { SMS_RETRY, "SIM not ready" } },
};

static const struct row cme[] = {
	{ 3, { SMS_PERM, "operation not allowed" } },
	{ 4, { SMS_PERM, "operation not supported" } },
	{ 5, { SMS_LINK, "the phone wants its PIN" } },
	{ 10, { SMS_LINK, "no SIM" } },
	{ 11, { SMS_LINK, "the SIM wants its PIN" } },
	{ 12, { SMS_LINK, "the SIM wants its PUK" } },
	{ 13, { SMS_LINK, "SIM failure" } },
	{ 14, { SMS_RETRY, "SIM busy" } },
	{ 15, { SMS_LINK, "wrong SIM" } },
	{ 16, { SMS_LINK, "wrong PIN" } },
	{ MEMORY_FULL_CME, { SMS_RETRY, "memory full" } },
	{ 21, { SMS_PERM, "invalid index" } },
	{ 30, { SMS_RETRY, "no network service" } },
	{ TIMEOUT_CME, { SMS_RETRY, "the network did not answer" } },
	{ 32, { SMS_RETRY, "emergency calls only" } },
	{ 100, { SMS_RETRY, "unknown error" } },
	{ 515, { SMS_RETRY, "modem busy" } },
};

static const struct cause *find(const struct row *rows, size_t count, int code)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].code == code)
			return &rows[i].cause;
	return NULL;
}

struct cause cause_of_error(enum at_error error, int code)
{
	const struct cause *known = NULL;

	if (error == AT_ERROR_CMS)
		known = find(cms, COUNT(cms), code);
	else if (error == AT_ERROR_CME)
		known = find(cme, COUNT(cme), code);
	if (known != NULL)
		return *known;
	/* The service centre's own, and those of a SIM's programs. */
	if (error == AT_ERROR_CMS && code >= 0x80 && code <= 0xff)
		return (struct cause){ SMS_PERM, "refused by the network" };
	return (struct cause){ SMS_RETRY, "the modem failed" };
}

bool cause_is_silence(enum at_error error, int code)
{
	return (error == AT_ERROR_CMS && code == TIMEOUT_CMS) ||
	       (error == AT_ERROR_CME && code == TIMEOUT_CME);
}

bool cause_is_full(enum at_error error, int code)
{
	return (error == AT_ERROR_CMS && code == MEMORY_FULL_CMS) ||
	       (error == AT_ERROR_CME && code == MEMORY_FULL_CME);
}

/* --- Status reports ------------------------------------------------------ */

/* Why it was not delivered yet, or why the service centre has given up. */
static const char *const temporary[] = { "congestion", "receiver busy",
	"no response from the receiver", "service rejected",
	"quality of service not available", "error of the receiver" };

static const struct {
	struct cause cause;
	enum sms_state state;
} permanent[] = {
	{ { SMS_OK, "remote procedure error" }, SMS_UNDELIVERABLE },
	{ { SMS_OK, "incompatible destination" }, SMS_UNDELIVERABLE },
	{ { SMS_BLOCKED, "rejected by the receiver" }, SMS_REJECTED },
	{ { SMS_OK, "not obtainable" }, SMS_UNDELIVERABLE },
	{ { SMS_OK, "quality of service not available" }, SMS_UNDELIVERABLE },
	{ { SMS_OK, "no interworking available" }, SMS_UNDELIVERABLE },
	{ { SMS_OK, "validity expired" }, SMS_EXPIRED },
	{ { SMS_OK, "deleted by the sender" }, SMS_DELETED },
	{ { SMS_OK, "deleted by the service centre" }, SMS_DELETED },
	{ { SMS_OK, "the text does not exist" }, SMS_UNKNOWN },
};

static struct cause_state of_temporary(enum sms_state state, unsigned which)
{
	return (struct cause_state){ state,
		{ SMS_OK,
			which < COUNT(temporary) ? temporary[which] : NULL } };
}

static struct cause_state of_permanent(unsigned which)
{
	if (which < COUNT(permanent))
		return (struct cause_state){ permanent[which].state,
			permanent[which].cause };
	return (struct cause_state){ SMS_UNDELIVERABLE, { SMS_OK, NULL } };
}

static struct cause_state of_success(unsigned which)
{
	if (which == 0)
		return (struct cause_state){ SMS_DELIVERED, { SMS_OK, NULL } };
	if (which == 2)
		return (struct cause_state){ SMS_DELETED,
			{ SMS_OK, "replaced" } };
	/* Passed on, and nobody can say whether it came. */
	return (struct cause_state){ SMS_ACCEPTED,
		{ SMS_OK, "delivery not confirmed" } };
}

struct cause_state cause_of_status(unsigned status)
{
	unsigned which = status & 0x1f;

	switch (status >> 5 & 7) {
	case 0:
		return of_success(which);
	case 1:
		return of_temporary(SMS_ENROUTE, which);
	case 2:
		return of_permanent(which);
	case 3:
		return of_temporary(SMS_EXPIRED, which);
	default:
		return (struct cause_state){ SMS_UNKNOWN, { SMS_OK, NULL } };
	}
}
