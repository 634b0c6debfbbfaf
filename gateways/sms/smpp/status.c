#include "sms_smpp/status.h"

#include "base/macros.h"
#include "base/str.h"

static const char config_words[] =
	"the operator of the gateway has to correct its settings for this "
	"provider";
static const char tlv_words[] = "the provider takes no such optional parameter";
static const char service_words[] = "the provider does not offer this service";

static const struct smpp_status table[] = {
	{ 0x00, "ROK", SMS_OK, "accepted" },
	{ 0x01, "RINVMSGLEN", SMS_BAD_CONTENT, "the text is too long" },
	{ 0x02, "RINVCMDLEN", SMS_BAD_CONTENT, "the request is malformed" },
	{ 0x03, "RINVCMDID", SMS_FAULT, "the provider knows no such request" },
	{ 0x04, "RINVBNDSTS", SMS_LINK, "the link is not ready" },
	{ 0x05, "RALYBND", SMS_LINK, "the link is bound already" },
	{ 0x06, "RINVPRTFLG", SMS_FAULT, config_words },
	{ 0x07, "RINVREGDLVFLG", SMS_FAULT, config_words },
	{ 0x08, "RSYSERR", SMS_RETRY, "the provider has an internal error" },
	{ 0x0A, "RINVSRCADR", SMS_BAD_SRC,
		"texts may not be sent from this number" },
	{ 0x0B, "RINVDSTADR", SMS_BAD_DEST, "there is no such number" },
	{ 0x0C, "RINVMSGID", SMS_PERM, "there is no such message" },
	{ 0x0D, "RBINDFAIL", SMS_AUTH, "the provider refuses the login" },
	{ 0x0E, "RINVPASWD", SMS_AUTH, "the password is wrong" },
	{ 0x0F, "RINVSYSID", SMS_AUTH, "the system id is unknown" },
	{ 0x11, "RCANCELFAIL", SMS_PERM, "it cannot be taken back" },
	{ 0x13, "RREPLACEFAIL", SMS_PERM, "it cannot be replaced" },
	{ 0x14, "RMSGQFUL", SMS_THROTTLE, "the provider's queue is full" },
	{ 0x15, "RINVSERTYP", SMS_FAULT, config_words },
	{ 0x33, "RINVNUMDESTS", SMS_PERM, "too many receivers" },
	{ 0x34, "RINVDLNAME", SMS_PERM, "there is no such list" },
	{ 0x40, "RINVDESTFLAG", SMS_FAULT, config_words },
	{ 0x42, "RINVSUBREP", SMS_FAULT, config_words },
	{ 0x43, "RINVESMCLASS", SMS_FAULT, config_words },
	{ 0x44, "RCNTSUBDL", SMS_PERM, "it cannot be sent to a list" },
	{ 0x45, "RSUBMITFAIL", SMS_RETRY, "the provider could not take it" },
	{ 0x48, "RINVSRCTON", SMS_FAULT, config_words },
	{ 0x49, "RINVSRCNPI", SMS_FAULT, config_words },
	{ 0x50, "RINVDSTTON", SMS_FAULT, config_words },
	{ 0x51, "RINVDSTNPI", SMS_FAULT, config_words },
	{ 0x53, "RINVSYSTYP", SMS_FAULT, config_words },
	{ 0x54, "RINVREPFLAG", SMS_FAULT, config_words },
	{ 0x55, "RINVNUMMSGS", SMS_PERM, "the number of texts is wrong" },
	{ 0x58, "RTHROTTLED", SMS_THROTTLE, "too many texts in a short time" },
	{ 0x61, "RINVSCHED", SMS_FAULT, config_words },
	{ 0x62, "RINVEXPIRY", SMS_FAULT, config_words },
	{ 0x63, "RINVDFTMSGID", SMS_FAULT, config_words },
	{ 0x64, "RX_T_APPN", SMS_RETRY, "not now" },
	{ 0x65, "RX_P_APPN", SMS_PERM, "refused for good" },
	{ 0x66, "RX_R_APPN", SMS_BLOCKED, "refused" },
	{ 0x67, "RQUERYFAIL", SMS_PERM, "nothing is known of it" },
	{ 0xC0, "RINVTLVSTREAM", SMS_FAULT, tlv_words },
	{ 0xC1, "RTLVNOTALLWD", SMS_FAULT, tlv_words },
	{ 0xC2, "RINVTLVLEN", SMS_FAULT, tlv_words },
	{ 0xC3, "RMISSINGTLV", SMS_FAULT, "an optional parameter is missing" },
	{ 0xC4, "RINVTLVVAL", SMS_FAULT, tlv_words },
	{ 0xFE, "RDELIVERYFAILURE", SMS_PERM, "it could not be delivered" },
	{ 0xFF, "RUNKNOWNERR", SMS_RETRY, "an error without a name" },
	{ 0x100, "RSERTYPUNAUTH", SMS_BLOCKED, service_words },
	{ 0x101, "RPROHIBITED", SMS_BLOCKED, "the provider forbids it" },
	{ 0x102, "RSERTYPUNAVAIL", SMS_BLOCKED, service_words },
	{ 0x103, "RSERTYPDENIED", SMS_BLOCKED, service_words },
	{ 0x104, "RINVDCS", SMS_BAD_CONTENT,
		"the provider cannot carry these characters" },
	{ 0x105, "RINVSRCADDRSUBUNIT", SMS_FAULT, config_words },
	{ 0x106, "RINVDSTADDRSUBUNIT", SMS_FAULT, config_words },
	{ 0x107, "RINVBCASTFREQINT", SMS_FAULT, config_words },
	{ 0x108, "RINVBCASTALIAS_NAME", SMS_FAULT, config_words },
	{ 0x109, "RINVBCASTAREAFMT", SMS_FAULT, config_words },
	{ 0x10A, "RINVNUMBCAST_AREAS", SMS_FAULT, config_words },
	{ 0x10B, "RINVBCASTCNTTYPE", SMS_FAULT, config_words },
	{ 0x10C, "RINVBCASTMSGCLASS", SMS_FAULT, config_words },
	{ 0x10D, "RBCASTFAIL", SMS_FAULT, config_words },
	{ 0x10E, "RBCASTQUERYFAIL", SMS_FAULT, config_words },
	{ 0x10F, "RBCASTCANCELFAIL", SMS_FAULT, config_words },
	{ 0x110, "RINVBCAST_REP", SMS_FAULT, config_words },
	{ 0x111, "RINVBCASTSRVGRP", SMS_FAULT, config_words },
	{ 0x112, "RINVBCASTCHANIND", SMS_FAULT, config_words },
};

static const struct smpp_status other = { 0, NULL, SMS_PERM,
	"the provider refuses it for a reason of its own" };

const struct smpp_status *smpp_status_find(uint32_t code)
{
	for (size_t i = 0; i < COUNT(table); i++) {
		if (table[i].code == code)
			return &table[i];
	}
	return &other;
}

void smpp_status_text(uint32_t code, char out[SMPP_STATUS_TEXT])
{
	const struct smpp_status *status = smpp_status_find(code);

	(void)text_format(out, SMPP_STATUS_TEXT, "%s (SMPP 0x%02X%s%s)",
		status->words, (unsigned)code, status->name != NULL ? " " : "",
		status->name != NULL ? status->name : "");
}
