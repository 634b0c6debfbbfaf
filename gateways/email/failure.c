#include "email/failure.h"

#include "base/macros.h"
#include "base/str.h"
#include "base/utf8.h"

static const struct row {
	enum gw_reason reason;
	enum gw_retry retry;
	const char *words;
} rows[LINK_ERRORS] = {
	[LINK_OK] = { GW_LOST, GW_RETRY, "closed the connection" },
	[LINK_LOST] = { GW_UNREACHABLE, GW_RETRY, "closed the connection" },
	[LINK_TLS] = { GW_UNREACHABLE, GW_RETRY_SLOWLY,
		"has no certificate that can be trusted" },
	[LINK_PROTOCOL] = { GW_UNREACHABLE, GW_RETRY_SLOWLY,
		"does not speak as a mail server should" },
	[LINK_TOO_MUCH] = { GW_UNREACHABLE, GW_RETRY_SLOWLY,
		"sends without an end" },
	[LINK_REFUSED] = { GW_BAD_PASSWORD, GW_RETRY_NEVER,
		"did not accept the login" },
	[LINK_BUSY] = { GW_BUSY, GW_RETRY_SLOWLY, "has too much to do" },
	[LINK_NO_WAY] = { GW_NOT_ACCEPTABLE, GW_RETRY_NEVER,
		"offers no safe way to log in" },
	[LINK_NO_SUCH] = { GW_NO_SUCH, GW_RETRY_SLOWLY, "has no inbox" },
	[LINK_NO] = { GW_NOT_ALLOWED, GW_RETRY_SLOWLY, "said no" },
	[LINK_LATER] = { GW_BUSY, GW_RETRY, "asks to try again later" },
	[LINK_BAD] = { GW_NOT_ACCEPTABLE, GW_RETRY_NEVER,
		"cannot be told what the settings say" },
	[LINK_UNKNOWN] = { GW_LOST, GW_RETRY, "closed the connection" },
	[LINK_CRASHED] = { GW_LOST, GW_RETRY,
		"sent something that could not be read" },
};

void failure_words(struct slice words, char out[FAILURE_WORDS])
{
	struct str clean = { .max = FAILURE_WORDS };

	/* Each byte can become the three of U+FFFD. */
	utf8_clean(&clean,
		slice_make(words.data, utf8_prefix(words, FAILURE_WORDS / 3)));
	text_copy(out, FAILURE_WORDS, str_text(&clean));
	str_finish(&clean);
}

static const struct row *row_of(enum link_error error)
{
	return &rows[error < LINK_ERRORS ? error : LINK_PROTOCOL];
}

enum gw_reason failure_reason(enum link_error error)
{
	return row_of(error)->reason;
}

void failure_read(struct failure *f, const char *protocol, const char *host,
	enum link_error error, struct slice words)
{
	const struct row *row = row_of(error);
	char said[FAILURE_WORDS];

	failure_words(words, said);
	f->reason = row->reason;
	f->retry = row->retry;
	text_format(f->text, sizeof(f->text), "The %s server %s %s%s%s%s",
		protocol, host, row->words, said[0] != '\0' ? ": " : "", said,
		said[0] != '\0' ? "" : ".");
}
