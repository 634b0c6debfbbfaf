#include "email/advice.h"

static const char *const steps[GW_REASON_COUNT][ADVICE_COUNT] = {
	[GW_NO_SUCH] = { "Check the address.",
		"Look with a mail program whether it is still there." },
	[GW_NO_HOST] = { "Check what is behind the @ of the address.", NULL },
	[GW_UNREACHABLE] = { "Try again later.", "Try again in a minute." },
	[GW_LOST] = { "Try again later.", "Try again in a minute." },
	[GW_NOT_ALLOWED] = { "Your mail provider can say more.",
		"Try it with a mail program; if that fails as well, ask your "
		"mail provider." },
	[GW_NOT_ACCEPTABLE] = { "Change the message before you send it again, "
				"or make it smaller.",
		"Write it in another way." },
	[GW_POLICY] = { "To send it again does not help: write it in another "
			"way, or ask your mail provider.",
		"Ask your mail provider." },
	[GW_BUSY] = { "Try again in some hours.", "Try again in a minute." },
};

void advice_add(
	struct str *text, enum advice_about about, enum gw_reason reason)
{
	const char *step =
		reason < GW_REASON_COUNT ? steps[reason][about] : NULL;

	if (step != NULL)
		str_addf(text, "%s %s", text_stop(str_text(text)), step);
}
