/*
 * The lines of a server during login, read by the capability negotiation and
 * by SASL: what they send are lines of the protocol, they end, and the
 * password never leaves over a mechanism that shows it when it must not.
 */
#include <assert.h>
#include <stdint.h>

#include "irc/caps.h"
#include "irc/line.h"
#include "irc/sasl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_sent(struct str *sent)
{
	struct slice rest = str_slice(sent);

	assert(!sent->overflow);
	while (rest.len > 0) {
		struct irc_message m;
		struct slice line = slice_cut(&rest, '\n');

		assert(rest.data != NULL);
		assert(line.len > 1 && line.len + 1 <= IRC_LINE_LIMIT);
		assert(line.data[line.len - 1] == '\r');
		line.len--;
		assert(irc_message_parse(&m, line) == 0);
		assert(irc_is_command(&m, "CAP") ||
			irc_is_command(&m, "AUTHENTICATE"));
		assert(m.count >= 1 && m.source.len == 0);
		assert(!slice_equals(m.params[0], "PLAIN"));
	}
	str_reset(sent);
}

static void check_caps(const struct irc_caps *c)
{
	assert((c->pending & c->single) == 0);
	assert(((c->enabled | c->pending | c->todo) & ~IRC_CAPS_ALL) == 0);
	assert(c->state >= IRC_CAPS_LISTING && c->state <= IRC_CAPS_SETTLED);
	/* Never stuck: whoever waits has asked, or waits for the list. */
	assert(c->state != IRC_CAPS_REQUESTING || c->pending != 0);
	assert((c->todo | c->single) == 0 || c->pending != 0 ||
		c->state == IRC_CAPS_LISTING);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_make((const char *)data, size);
	struct secret *password = secret_new(slice_of("pencil"));
	struct irc_sasl_login login = { "user", password, true, false,
		"rOprNGfwEbeRWgbNEkqO" };
	const char *reason;
	struct irc_sasl *sasl = irc_sasl_new(&login, NULL, &reason);
	struct irc_caps caps;
	struct str sent;

	str_init(&sent, 65536);
	irc_caps_init(&caps, IRC_CAPS_ALL);
	irc_caps_start(&caps, &sent);
	irc_sasl_start(sasl, &sent);
	check_sent(&sent);
	while (rest.len > 0) {
		struct irc_message m;

		if (irc_message_parse(&m, slice_cut(&rest, '\n')) != 0)
			continue;
		if (irc_is_command(&m, "CAP"))
			irc_caps_receive(&caps, &m, &sent);
		else if (irc_sasl_is_for(&m))
			irc_sasl_receive(sasl, &m, &sent);
		check_caps(&caps);
		check_sent(&sent);
	}
	irc_caps_end(&caps, &sent);
	check_sent(&sent);
	irc_caps_finish(&caps);
	irc_sasl_free(&sasl);
	str_finish(&sent);
	secret_free(&password);
	return 0;
}
