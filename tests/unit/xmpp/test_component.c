/* The stream of a component: logging in, its ends, silence, stopping. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "base/encoding.h"
#include "xmpp/fixture.h"

/* --- Authentication ------------------------------------------------------ */

static void test_handshake(void **state)
{
	(void)state;
	settle(10);
	assert_int_equal(server.accepted, 0);
	component_start(component);
	component_start(component);
	settle(10);
	assert_int_equal(server.accepted, 1);
	check_heard("<?xml version='1.0'?><stream:stream xmlns='" NS_COMPONENT
		    "' xmlns:stream='" NS_STREAM "' to='irc.example.org'>");
	/* The vector of XEP-0114. */
	server_say(&server, HEADER_OF("3BF96D32"));
	check_heard("<handshake>aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e"
		    "</handshake>");
	settle(10 * SECOND);
	assert_int_equal(component_state(component), COMPONENT_HANDSHAKE);
	server_say(&server, "<handshake></handshake>");
	check_heard("");
	assert_int_equal(component_state(component), COMPONENT_READY);
	check_said("ready: handshake accepted\n");
	assert_true(has_logged("attached to the XMPP server"));
	assert_false(has_logged("test"));
	settle(20 * SECOND);
	check_heard("");
}

static void test_handshake_ids(void **state)
{
	static const struct {
		const char *written;
		const char *id;
	} rows[] = {
		{ "a&amp;b", "a&b" },
		{ "&quot;&apos;&lt;&#62;", "\"'<>" },
		{ " ", " " },
		{ "\xc3\xa4", "\xc3\xa4" },
	};
	struct str text;

	(void)state;
	component_start(component);
	str_init(&text, 4096);
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned char digest[SHA1_SIZE];
		while (server.conn == NULL || server.heard.len == 0)
			settle(100);
		server_forget(&server);
		str_reset(&text);
		str_addf(&text, "%stest", rows[i].id);
		crypto_sha1(str_slice(&text), digest);
		str_reset(&text);
		str_addf(&text, HEADER_OF("%s"), rows[i].written);
		server_say(&server, str_text(&text));
		str_reset(&text);
		str_add(&text, "<handshake>");
		hex_encode(&text, slice_make((char *)digest, sizeof(digest)));
		str_add(&text, "</handshake>");
		check_heard(str_text(&text));
		server_hang_up(&server);
		settle(10);
	}
	/* A very long one. */
	while (server.conn == NULL || server.heard.len == 0)
		settle(100);
	str_reset(&text);
	for (size_t i = 0; i < 1024; i++)
		str_add_char(&text, 'x');
	server_say(&server, "<stream:stream xmlns:stream='" NS_STREAM
			    "' xmlns='" NS_COMPONENT "' id='");
	server_say(&server, str_text(&text));
	server_say(&server, "'>");
	settle(10);
	assert_int_equal(component_state(component), COMPONENT_HANDSHAKE);
	str_finish(&text);
}

/* Nothing leaves before the handshake was accepted, nor is anything read. */
static void test_before_ready(void **state)
{
	(void)state;
	send_message("0");
	component_start(component);
	send_message("1");
	send_presence();
	settle(10);
	server_forget(&server);
	server_say(&server, HEADER_OF("1"));
	settle(10);
	server_forget(&server);
	send_message("2");
	server_say(&server, "<message from='x@y' to='irc.example.org'/>"
			    "<iq from='x@y' to='irc.example.org' type='get' "
			    "id='1'><q xmlns='u'/></iq>");
	check_heard("");
	check_said("");
	assert_true(has_logged("ignored <message/> while handshake"));
	server_say(&server, "<handshake/>");
	check_heard(MESSAGE("0") MESSAGE("1") MESSAGE("2"));
	/* Once in, another handshake is nothing. */
	server_say(&server, "<handshake/>");
	check_heard("");
	assert_int_equal(ready_count, 1);
}

/* --- Ends ---------------------------------------------------------------- */

/* All conditions of RFC 6120 section 4.9.3. */
static const struct {
	const char *name;
	bool is_slow;
	bool is_error;
} conditions[] = {
	{ "bad-format", false, false },
	{ "bad-namespace-prefix", false, false },
	{ "conflict", true, false },
	{ "connection-timeout", false, false },
	{ "host-gone", true, true },
	{ "host-unknown", true, true },
	{ "improper-addressing", false, false },
	{ "internal-server-error", false, false },
	{ "invalid-from", false, false },
	{ "invalid-namespace", true, true },
	{ "invalid-xml", false, false },
	{ "not-authorized", true, true },
	{ "not-well-formed", false, false },
	{ "policy-violation", false, false },
	{ "remote-connection-failed", false, false },
	{ "reset", false, false },
	{ "resource-constraint", false, false },
	{ "restricted-xml", false, false },
	{ "see-other-host", true, true },
	{ "system-shutdown", false, false },
	{ "undefined-condition", false, false },
	{ "unsupported-encoding", false, false },
	{ "unsupported-feature", false, false },
	{ "unsupported-stanza-type", false, false },
	{ "unsupported-version", false, false },
	{ "made-up", false, false },
};

static void test_stream_errors(void **state)
{
	char text[512];

	(void)state;
	assert_int_equal(COUNT(conditions), 25 + 1);
	for (size_t i = 0; i < COUNT(conditions); i++) {
		attach();
		/* Healthy, so that each starts with the shortest delay. */
		server_say(&server, " ");
		settle(59 * SECOND);
		server_say(&server, " ");
		settle(2 * SECOND);
		forget();
		snprintf(text, sizeof(text), STREAM_ERROR("%s", "w%zu"),
			conditions[i].name, i);
		server_say(&server, text);
		settle(10);
		assert_int_equal(component_state(component), COMPONENT_WAITING);
		assert_string_equal(
			str_text(&server.heard), "</stream:stream>");
		snprintf(text, sizeof(text), "stream error %s: w%zu",
			conditions[i].name, i);
		if (!has_logged(text))
			fail_msg("%s: %s", text, str_text(&logged));
		assert_int_equal(error_lines, conditions[i].is_error);
		int64_t waited = time_to_return(61 * SECOND);
		if (conditions[i].is_slow != (waited >= 30 * SECOND) ||
			waited > (conditions[i].is_slow ? 32 : 2) * SECOND)
			fail_msg("%s: back after %lld ms", conditions[i].name,
				(long long)waited);
		server_hang_up(&server);
		settle(10);
	}
	assert_int_equal(ready_count, COUNT(conditions));
	assert_int_equal(lost_count, COUNT(conditions));
}

/* Prosody: an empty id, then the error. */
static void test_host_unknown(void **state)
{
	(void)state;
	component_start(component);
	settle(10);
	server_forget(&server);
	server_say(&server, HEADER_OF(""));
	settle(500);
	server_say(&server, STREAM_ERROR("host-unknown", "no such host"));
	settle(10);
	assert_true(has_logged("stream error host-unknown: no such host; add "
			       "a component"));
	assert_int_equal(error_lines, 1);
	assert_string_equal(str_text(&server.heard), "</stream:stream>");
	assert_in_range(time_to_return(100 * SECOND), 30 * SECOND, 32 * SECOND);
	/* Told once. */
	server_say(&server,
		HEADER_OF("") STREAM_ERROR("host-unknown", "no such host"));
	settle(10);
	assert_int_equal(error_lines, 1);
	assert_int_equal(component_state(component), COMPONENT_WAITING);
	check_said("");
}

/* Before we are in, the other one may be our own ghost. */
static void test_conflict_at_login(void **state)
{
	(void)state;
	component_start(component);
	settle(10);
	server_say(&server, HEADER_OF("1"));
	settle(10);
	server_say(&server, STREAM_ERROR("conflict", ""));
	assert_in_range(time_to_return(100 * SECOND), 100, 2 * SECOND);
}

static void test_not_authorized(void **state)
{
	(void)state;
	component_start(component);
	settle(10);
	server_say(&server, HEADER_OF("1"));
	settle(10);
	server_say(&server, STREAM_ERROR("not-authorized", "nope"));
	assert_in_range(time_to_return(100 * SECOND), 30 * SECOND, 32 * SECOND);
	assert_true(has_logged("the gateway's secret must be"));
}

static void test_wrong_header(void **state)
{
	static const struct {
		const char *header;
		int64_t gone_ms; /* at the latest */
		bool is_slow;
		const char *words;
		const char *last;
	} rows[] = {
		{ "<stream:stream xmlns:stream='" NS_STREAM
		  "' xmlns='jabber:client' id='1'>",
			10, true, "speaks \"jabber:client\"",
			"invalid-namespace" },
		{ "<stream:stream xmlns:stream='" NS_STREAM
		  "' xmlns='" NS_COMPONENT "'>",
			2010, false, "no stream header with an id",
			"connection-timeout" },
		{ HEADER_OF(""), 2010, false, "no stream header with an id",
			"connection-timeout" },
		{ "", 20010, false, "no stream header with an id",
			"connection-timeout" },
		{ "HTTP/1.1 400 Bad Request\r\n\r\n", 10, false,
			"no XML stream (not-well-formed)", "not-well-formed" },
		{ "<html>", 10, false, "no XML stream (bad-format)",
			"bad-format" },
		{ "<stream:stream xmlns:stream='u' id='1'>", 10, false,
			"no XML stream (invalid-namespace)",
			"invalid-namespace" },
		{ HEADER_OF("1"), 20010, false, "did not answer the handshake",
			"connection-timeout" },
	};
	char last[512];

	(void)state;
	component_start(component);
	for (size_t i = 0; i < COUNT(rows); i++) {
		settle(10);
		assert_int_equal(component_state(component), COMPONENT_OPENING);
		forget();
		if (rows[i].header[0] != '\0')
			server_say(&server, rows[i].header);
		settle(rows[i].gone_ms);
		snprintf(last, sizeof(last),
			"<stream:error><%s xmlns='" NS_STREAM_ERRORS
			"'/></stream:error></stream:stream>",
			rows[i].last);
		if (component_state(component) != COMPONENT_WAITING ||
			!has_logged(rows[i].words) ||
			strstr(str_text(&server.heard), last) == NULL)
			fail_msg("row %zu: %s", i, str_text(&logged));
		int64_t waited = time_to_return(61 * SECOND);
		if (rows[i].is_slow && waited < 30 * SECOND)
			fail_msg("row %zu: %lld", i, (long long)waited);
	}
}

static void test_bad_input(void **state)
{
	static const struct {
		const char *input;
		const char *condition;
	} rows[] = {
		{ "<message></iq>", "not-well-formed" },
		{ "<message>\x01</message>", "not-well-formed" },
		{ "<!-- -->", "restricted-xml" },
		{ "<a>&b;</a>", "restricted-xml" },
		{ "text", "bad-format" },
	};
	char last[512];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		attach();
		server_say(&server, rows[i].input);
		snprintf(last, sizeof(last),
			"<stream:error><%s xmlns='" NS_STREAM_ERRORS
			"'/></stream:error></stream:stream>",
			rows[i].condition);
		check_heard(last);
		assert_int_equal(component_state(component), COMPONENT_WAITING);
		assert_int_equal(lost_count, i + 1);
	}
}

static void test_orderly_end(void **state)
{
	(void)state;
	attach();
	server_say(&server, "</stream:stream>");
	check_heard("</stream:stream>");
	assert_true(has_logged("ended the stream"));
	assert_int_equal(lost_count, 1);
	attach();
	server_hang_up(&server);
	settle(10);
	assert_int_equal(component_state(component), COMPONENT_WAITING);
	assert_true(has_logged("closed the connection"));
	assert_int_equal(lost_count, 2);
	attach();
	assert_int_equal(ready_count, 3);
}

/* The server is down at first, for long; nobody gives up. */
static void test_unreachable(void **state)
{
	uint16_t port = server.port;
	unsigned attempts = 0;

	(void)state;
	server_stop(&server);
	component_start(component);
	settle(600 * SECOND);
	assert_int_equal(component_state(component), COMPONENT_WAITING);
	for (const char *at = str_text(&logged);
		(at = strstr(at, "can't reach the XMPP server")) != NULL; at++)
		attempts++;
	/* Twice per line: as the event and as the change of state. */
	assert_in_range(attempts / 2, 10, 60);
	server_start(&server, loop, port);
	assert_in_range(time_to_return(61 * SECOND), 0, 61 * SECOND);
	settle(10);
	server_say(&server, HEADER_OF("1"));
	settle(10);
	server_say(&server, "<handshake/>");
	settle(10);
	assert_int_equal(component_state(component), COMPONENT_READY);
}

/* --- Silence ------------------------------------------------------------- */

static void test_silence(void **state)
{
	(void)state;
	attach();
	settle(29 * SECOND);
	check_heard("");
	settle(2 * SECOND);
	assert_non_null(strstr(str_text(&server.heard),
		"<iq from='irc.example.org' to='example.org' type='get' id='"));
	assert_non_null(strstr(
		str_text(&server.heard), "<ping xmlns='urn:xmpp:ping'/></iq>"));
	server_forget(&server);
	/* Anything is a sign of life, an answer that nobody waits for too. */
	server_say(&server, "<iq from='example.org' to='irc.example.org' "
			    "type='result' id='whatever'/>");
	settle(29 * SECOND);
	check_heard("");
	assert_int_equal(component_state(component), COMPONENT_READY);
	settle(2 * SECOND);
	assert_non_null(strstr(str_text(&server.heard), "urn:xmpp:ping"));
	settle(31 * SECOND);
	assert_true(has_logged("has been silent for 6"));
	assert_int_equal(lost_count, 1);
	check_said("lost: the XMPP server has been silent for 60 s\n");
	attach();
}

static void test_no_needless_ping(void **state)
{
	(void)state;
	attach();
	for (int i = 0; i < 20; i++) {
		server_say(&server, "\n");
		settle(25 * SECOND);
	}
	check_heard("");
	assert_int_equal(lost_count, 0);
}

/* --- Stopping ------------------------------------------------------------ */

static void on_done(void *arg)
{
	bool *done = arg;

	*done = true;
}

static void test_stop(void **state)
{
	bool done = false;

	(void)state;
	attach();
	send_message("last");
	component_stop(component, on_done, &done);
	assert_false(done);
	assert_int_equal(component_state(component), COMPONENT_CLOSING);
	check_heard(MESSAGE("last") "</stream:stream>");
	settle(1 * SECOND);
	assert_false(done);
	server_say(&server, "<message from='x@y' to='irc.example.org'/>"
			    "</stream:stream>");
	settle(10);
	assert_true(done);
	assert_int_equal(component_state(component), COMPONENT_STOPPED);
	check_said("lost: stopped\n");
	settle(100 * SECOND);
	assert_int_equal(server.accepted, 1);
	/* And again. */
	attach();
	assert_int_equal(ready_count, 2);
}

static void test_stop_without_answer(void **state)
{
	bool done = false;

	(void)state;
	attach();
	component_stop(component, on_done, &done);
	settle(4900);
	assert_false(done);
	settle(200);
	assert_true(done);
	assert_int_equal(component_state(component), COMPONENT_STOPPED);
}

static void test_stop_when_gone(void **state)
{
	bool done = false;

	(void)state;
	attach();
	component_stop(component, on_done, &done);
	server_hang_up(&server);
	settle(10);
	assert_true(done);
}

/* In every state before READY, and twice. */
static void test_stop_early(void **state)
{
	(void)state;
	for (int stage = 0; stage < 4; stage++) {
		bool done = false;
		if (stage > 0)
			component_start(component);
		if (stage > 1)
			settle(10);
		if (stage > 2) {
			server_say(&server, HEADER_OF("1"));
			settle(10);
		}
		component_stop(component, on_done, &done);
		assert_false(done);
		settle(10);
		assert_true(done);
		assert_int_equal(component_state(component), COMPONENT_STOPPED);
	}
	bool done = false;
	component_start(component);
	settle(10);
	server_hang_up(&server);
	settle(10);
	assert_int_equal(component_state(component), COMPONENT_WAITING);
	component_stop(component, on_done, &done);
	settle(10);
	assert_true(done);
	assert_int_equal(ready_count + lost_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_handshake, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_handshake_ids, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_before_ready, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_stream_errors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_host_unknown, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_conflict_at_login, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_not_authorized, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_wrong_header, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_bad_input, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_orderly_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_unreachable, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_silence, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_no_needless_ping, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stop, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_stop_without_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_stop_when_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_stop_early, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
