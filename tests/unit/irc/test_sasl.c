/*
 * SASL, as conversations. What is base64 on the wire is plain text here: a
 * line of the server that starts with '*' is sent as AUTHENTICATE with the
 * rest of it encoded; what we send is shown as ">text|" with NUL as '0', or
 * as ">MECHANISM|", ">*|" and ">+|".
 */
#include "irc/sasl.h"

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/macros.h"
#include "irc/rows.h"

/* RFC 7677 section 3. */
#define NONCE        "rOprNGfwEbeRWgbNEkqO"
#define SERVER_NONCE NONCE "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define CLIENT_FIRST ">n,,n=user,r=" NONCE "|"
#define SERVER_FIRST "*r=" SERVER_NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096\n"
#define CLIENT_FINAL              \
	">c=biws,r=" SERVER_NONCE \
	",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=|"
#define SERVER_FINAL "*v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=\n"

static bool is_mechanism(struct slice s)
{
	return slice_equals(s, "PLAIN") || slice_equals(s, "EXTERNAL") ||
	       slice_equals(s, "SCRAM-SHA-256") || slice_equals(s, "*") ||
	       slice_equals(s, "+");
}

/* Show what was sent, chunks already joined. */
static void show_payload(struct slice payload, struct str *shown)
{
	struct str plain;

	str_init(&plain, 8192);
	str_add_char(shown, '>');
	if (is_mechanism(payload)) {
		str_add_slice(shown, payload);
	} else {
		if (base64_decode(&plain, payload) != 0)
			fail_msg("no base64: '%.*s'", (int)payload.len,
				payload.data);
		for (size_t i = 0; i < plain.len; i++)
			str_add_char(
				shown, plain.data[i] ? plain.data[i] : '0');
	}
	str_add_char(shown, '|');
	str_finish(&plain);
}

static void show_sent(struct str *sent, struct str *shown)
{
	struct slice rest = str_slice(sent);
	struct str payload;

	str_init(&payload, 8192);
	while (rest.len > 0) {
		struct slice line = slice_cut(&rest, '\n');

		assert_true(line.len > 14 && line.len <= 511);
		assert_memory_equal(line.data, "AUTHENTICATE ", 13);
		assert_int_equal(line.data[line.len - 1], '\r');
		line = slice_make(line.data + 13, line.len - 14);
		assert_true(line.len <= 400);
		if (payload.len == 0 || !slice_equals(line, "+"))
			str_add_slice(&payload, line);
		if (line.len == 400)
			continue;
		show_payload(str_slice(&payload), shown);
		str_reset(&payload);
	}
	assert_int_equal(payload.len, 0);
	str_finish(&payload);
	str_reset(sent);
}

static void receive_line(struct irc_sasl *s, struct slice line,
	enum irc_sasl_status *status, struct str *sent)
{
	struct irc_message m;
	struct str text;

	str_init(&text, 8192);
	if (line.data[0] == '*') {
		str_add(&text, "AUTHENTICATE ");
		base64_encode(&text, slice_make(line.data + 1, line.len - 1));
	} else {
		str_add_slice(&text, line);
	}
	assert_int_equal(irc_message_parse(&m, str_slice(&text)), 0);
	assert_true(irc_sasl_is_for(&m));
	*status = irc_sasl_receive(s, &m, sent);
	str_finish(&text);
}

static enum irc_sasl_status play(
	struct irc_sasl *s, const char *lines, struct str *shown)
{
	struct slice rest = slice_of(lines);
	enum irc_sasl_status status = IRC_SASL_PENDING;
	struct str sent;

	str_init(&sent, 32768);
	irc_sasl_start(s, &sent);
	show_sent(&sent, shown);
	while (rest.len > 0) {
		receive_line(s, slice_cut(&rest, '\n'), &status, &sent);
		show_sent(&sent, shown);
	}
	str_finish(&sent);
	return status;
}

struct row {
	const char *offered, *lines, *shown;
	enum irc_sasl_status status;
	const char *reason; /* part of it */
};

#define PENDING IRC_SASL_PENDING
#define SUCCESS IRC_SASL_SUCCESS
#define FAILURE IRC_SASL_FAILURE

static void run(
	const struct row *rows, size_t count, bool external, bool secure)
{
	struct secret *password = secret_new(slice_of("pencil"));
	struct irc_sasl_login login = { "user", password, external, secure,
		NONCE };

	for (size_t i = 0; i < count; i++) {
		const char *reason = "";
		struct str shown;
		struct irc_sasl *s =
			irc_sasl_new(&login, rows[i].offered, &reason);

		if (s == NULL)
			fail_msg("row %zu: %s", i, reason);
		str_init(&shown, 8192);
		row_number(i, "status", play(s, rows[i].lines, &shown),
			rows[i].status);
		row_slice(i, "sent", str_slice(&shown), rows[i].shown);
		const char *part = rows[i].reason ? rows[i].reason : "";
		if (strstr(irc_sasl_reason(s), part) == NULL)
			fail_msg("row %zu: '%s'", i, irc_sasl_reason(s));
		str_finish(&shown);
		irc_sasl_free(&s);
		assert_null(s);
	}
	secret_free(&password);
}

static void test_plain(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "PLAIN", "", ">PLAIN|", PENDING, NULL },
		{ "FOO,plain", "", ">PLAIN|", PENDING, NULL },
		{ "PLAIN",
			"AUTHENTICATE +\n900 n n!u@h user :Logged in\n903 n :ok",
			">PLAIN|>0user0pencil|", SUCCESS, NULL },
		{ "PLAIN", "AUTHENTICATE +\n904 n :Invalid credentials",
			">PLAIN|>0user0pencil|", FAILURE,
			"Invalid credentials" },
		{ "PLAIN", "AUTHENTICATE +\n904", ">PLAIN|>0user0pencil|",
			FAILURE,
			"The login failed. Check user name and password in "
			"your settings." },
		{ "PLAIN", "AUTHENTICATE +\n904 n :", ">PLAIN|>0user0pencil|",
			FAILURE,
			"The login failed. Check user name and password in "
			"your settings." },
		{ "PLAIN",
			"AUTHENTICATE +\n904 n :a\x01"
			"b\xff",
			">PLAIN|>0user0pencil|", FAILURE,
			"a\xef\xbf\xbd"
			"b\xef\xbf\xbd" },
		{ "PLAIN", "AUTHENTICATE +\n905 n :too long",
			">PLAIN|>0user0pencil|", FAILURE, "too long" },
		{ "PLAIN", "902 n :nick is locked", ">PLAIN|", FAILURE,
			"locked" },
		{ "PLAIN", "906 n :aborted", ">PLAIN|", FAILURE, "aborted" },
		{ "PLAIN", "907 n :already", ">PLAIN|", SUCCESS, NULL },
		{ "PLAIN", "901 n n!u@h :logged out", ">PLAIN|", PENDING,
			NULL },
		/* The password is sent once, and nothing after it failed. */
		{ "PLAIN", "AUTHENTICATE +\nAUTHENTICATE +",
			">PLAIN|>0user0pencil|>*|", FAILURE, "does not end" },
		{ NULL, "AUTHENTICATE +\n904 n :wrong\nAUTHENTICATE +",
			">SCRAM-SHA-256|" CLIENT_FIRST ">PLAIN|"
			">0user0pencil|",
			PENDING, NULL },
		{ "PLAIN,SCRAM-SHA-256",
			"904 n :unknown\nAUTHENTICATE +\n904 n :wrong",
			">SCRAM-SHA-256|>PLAIN|>0user0pencil|", FAILURE,
			"wrong" },
		{ "PLAIN", "AUTHENTICATE +\n904 n :wrong\nAUTHENTICATE +",
			">PLAIN|>0user0pencil|", FAILURE, "wrong" },
		/* The server knows only others. */
		{ NULL, "908 n EXTERNAL,PLAIN :are available\n904 n :failed",
			">SCRAM-SHA-256|>PLAIN|", PENDING, NULL },
		{ NULL, "908 n EXTERNAL,FOO :are available\n904 n :failed",
			">SCRAM-SHA-256|", FAILURE, "failed" },
		{ "PLAIN", "908 n\n904 n :failed", ">PLAIN|", FAILURE,
			"failed" },
		{ NULL, "908\n904\n904\n904", ">SCRAM-SHA-256|", FAILURE,
			"The login failed. Check user name and password in "
			"your settings." },
	};

	run(rows, COUNT(rows), false, true);
}

static void test_scram(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "SCRAM-SHA-256",
			"AUTHENTICATE +\n" SERVER_FIRST SERVER_FINAL
			"900 n n!u@h user :Logged in\n903 n :ok",
			">SCRAM-SHA-256|" CLIENT_FIRST CLIENT_FINAL ">+|",
			SUCCESS, NULL },
		/* A success without proof is none. */
		{ NULL, "903 n :ok", ">SCRAM-SHA-256|", FAILURE, "prove" },
		{ NULL, "907 n :already", ">SCRAM-SHA-256|", FAILURE, "prove" },
		{ NULL, "AUTHENTICATE +\n" SERVER_FIRST "903 n :ok",
			">SCRAM-SHA-256|" CLIENT_FIRST CLIENT_FINAL, FAILURE,
			"prove" },
		{ NULL,
			"AUTHENTICATE +\n" SERVER_FIRST
			"*v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=\n",
			">SCRAM-SHA-256|" CLIENT_FIRST CLIENT_FINAL ">*|",
			FAILURE, "prove" },
		{ NULL, "AUTHENTICATE +\n" SERVER_FIRST "*v=\n",
			">SCRAM-SHA-256|" CLIENT_FIRST CLIENT_FINAL ">*|",
			FAILURE, "prove" },
		{ NULL, "AUTHENTICATE +\n" SERVER_FIRST "*e=invalid-proof\n",
			">SCRAM-SHA-256|" CLIENT_FIRST CLIENT_FINAL ">*|",
			FAILURE, "rejected" },
		{ NULL, "AUTHENTICATE +\n" SERVER_FIRST "904 n :wrong\n",
			">SCRAM-SHA-256|" CLIENT_FIRST CLIENT_FINAL, FAILURE,
			"wrong" },
		{ NULL,
			"AUTHENTICATE +\n" SERVER_FIRST SERVER_FINAL
			"AUTHENTICATE +\n",
			">SCRAM-SHA-256|" CLIENT_FIRST CLIENT_FINAL ">+|>*|",
			FAILURE, "does not end" },
		/* What a hostile server may answer. */
		{ NULL, "AUTHENTICATE +\n*r=other,s=QQ==,i=4096\n",
			">SCRAM-SHA-256|" CLIENT_FIRST ">*|", FAILURE,
			"nonce" },
		{ NULL, "AUTHENTICATE +\n*r=" NONCE ",s=QQ==,i=4096\n",
			">SCRAM-SHA-256|" CLIENT_FIRST ">*|", FAILURE,
			"nonce" },
		{ NULL, "AUTHENTICATE +\n*r=,s=QQ==,i=4096\n",
			">SCRAM-SHA-256|" CLIENT_FIRST ">*|", FAILURE,
			"nonce" },
		{ NULL, "AUTHENTICATE +\n*m=x,r=" NONCE "1,s=QQ==,i=4096\n",
			">SCRAM-SHA-256|" CLIENT_FIRST ">*|", FAILURE,
			"malformed" },
		{ NULL, "AUTHENTICATE +\n*r=" NONCE "1,s=,i=4096\n",
			">SCRAM-SHA-256|" CLIENT_FIRST ">*|", FAILURE, "salt" },
		{ NULL, "AUTHENTICATE +\n*r=" NONCE "1,s=!,i=4096\n",
			">SCRAM-SHA-256|" CLIENT_FIRST ">*|", FAILURE, "salt" },
		{ NULL, "AUTHENTICATE +\n*r=" NONCE "1,s=QQ==\n",
			">SCRAM-SHA-256|" CLIENT_FIRST ">*|", FAILURE,
			"malformed" },
		{ NULL, "AUTHENTICATE +\n*r=" NONCE "1,s=QQ==,i=4095\n",
			">SCRAM-SHA-256|" CLIENT_FIRST ">*|", FAILURE,
			"rounds" },
		{ NULL, "AUTHENTICATE +\n*r=" NONCE "1,s=QQ==,i=100001\n",
			">SCRAM-SHA-256|" CLIENT_FIRST ">*|", FAILURE,
			"rounds" },
		{ NULL, "AUTHENTICATE +\n*r=" NONCE "1,s=QQ==,i=4294971392\n",
			">SCRAM-SHA-256|" CLIENT_FIRST ">*|", FAILURE,
			"rounds" },
		{ NULL, "AUTHENTICATE +\n*r=" NONCE "1,s=QQ==,i=\n",
			">SCRAM-SHA-256|" CLIENT_FIRST ">*|", FAILURE,
			"rounds" },
		{ NULL, "AUTHENTICATE +\n*r=" NONCE "1,s=QQ==,i=409x\n",
			">SCRAM-SHA-256|" CLIENT_FIRST ">*|", FAILURE,
			"rounds" },
		{ NULL, "AUTHENTICATE +\nAUTHENTICATE +\n",
			">SCRAM-SHA-256|" CLIENT_FIRST ">*|", FAILURE,
			"malformed" },
		{ NULL, "AUTHENTICATE +\nAUTHENTICATE not-base64\n",
			">SCRAM-SHA-256|" CLIENT_FIRST ">*|", FAILURE,
			"malformed" },
		{ NULL, "AUTHENTICATE\n904 n :x",
			">SCRAM-SHA-256|" CLIENT_FIRST, FAILURE, "x" },
	};

	/* Not secure: PLAIN is never fallen back to. */
	run(rows, COUNT(rows), false, false);
}

static void test_external(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "PLAIN,EXTERNAL", "AUTHENTICATE +\n903 n :ok",
			">EXTERNAL|>+|", SUCCESS, NULL },
		{ "PLAIN,EXTERNAL",
			"AUTHENTICATE +\n904 n :unknown\nAUTHENTICATE +\n"
			"903 n :ok",
			">EXTERNAL|>+|>PLAIN|>0user0pencil|", SUCCESS, NULL },
		{ "EXTERNAL", "AUTHENTICATE +\n904 n :unknown certificate",
			">EXTERNAL|>+|", FAILURE, "unknown certificate" },
		{ "EXTERNAL", "AUTHENTICATE +\nAUTHENTICATE +",
			">EXTERNAL|>+|>*|", FAILURE, "does not end" },
	};

	run(rows, COUNT(rows), true, true);
}

static void test_choice(void **state)
{
	(void)state;
	static const struct {
		const char *offered;
		bool password, external, secure;
		const char *mechanism; /* NULL: none */
		const char *reason;
	} rows[] = {
		{ NULL, true, false, true, "SCRAM-SHA-256", "" },
		{ NULL, true, true, true, "EXTERNAL", "" },
		{ NULL, false, true, false, "EXTERNAL", "" },
		{ "PLAIN,SCRAM-SHA-256", true, true, true, "SCRAM-SHA-256",
			"" },
		{ "PLAIN", true, false, true, "PLAIN", "" },
		{ "PLAIN", true, false, false, NULL, "not encrypted" },
		{ "PLAIN", false, true, true, NULL, "need a password" },
		{ "EXTERNAL", true, false, true, NULL, "certificate" },
		{ "ECDSA-NIST256P-CHALLENGE", true, true, true, NULL,
			"that is known" },
		{ "", true, true, true, NULL, "that is known" },
		{ ",,PLAIN,", true, false, true, "PLAIN", "" },
		{ "SCRAM-SHA-256-PLUS,SCRAM-SHA-512", true, false, true, NULL,
			"that is known" },
		{ NULL, false, false, true, NULL, "need a password" },
	};
	struct secret *password = secret_new(slice_of("pencil"));

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *reason = "";
		struct irc_sasl_login login = { "user",
			rows[i].password ? password : NULL, rows[i].external,
			rows[i].secure, NULL };
		struct irc_sasl *s =
			irc_sasl_new(&login, rows[i].offered, &reason);

		row_number(i, "found", s != NULL, rows[i].mechanism != NULL);
		if (s != NULL)
			row_slice(i, "mechanism",
				slice_of(irc_sasl_mechanism(s)),
				rows[i].mechanism);
		if (strstr(reason, rows[i].reason) == NULL)
			fail_msg("row %zu: '%s'", i, reason);
		irc_sasl_free(&s);
	}
	secret_free(&password);
}

/* Responses around the size of a chunk, and too long ones. */
static void test_chunks(void **state)
{
	(void)state;
	static const struct {
		size_t password;  /* bytes; "\0user\0" are 6 more */
		const char *wire; /* lengths of the chunks */
	} rows[] = {
		{ 1, "12," }, { 293, "400,1," }, /* 299 bytes: 400 characters */
		{ 294, "400,1," },               /* 300 bytes: 400 characters */
		{ 295, "400,4," }, { 594, "400,400,1," }, { 595, "400,400,4," },
		{ 5000, "1," }, /* aborted */
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[5000];
		memset(text, 'p', sizeof(text));
		struct secret *password =
			secret_new(slice_make(text, rows[i].password));
		struct irc_sasl_login login = { "user", password, false, true,
			NULL };
		const char *reason;
		struct irc_sasl *s = irc_sasl_new(&login, "PLAIN", &reason);
		struct str sent, wire;
		struct irc_message m = parsed("AUTHENTICATE +");

		str_init(&sent, 32768);
		str_init(&wire, 200);
		irc_sasl_start(s, &sent);
		str_reset(&sent);
		irc_sasl_receive(s, &m, &sent);
		struct slice rest = str_slice(&sent);
		while (rest.len > 0)
			str_addf(
				&wire, "%zu,", slice_cut(&rest, '\n').len - 14);
		row_slice(i, "chunks", str_slice(&wire), rows[i].wire);
		str_finish(&sent);
		str_finish(&wire);
		irc_sasl_free(&s);
		secret_free(&password);
	}
}

/* A challenge in two chunks, the second of them empty; and without end. */
static void test_long_challenge(void **state)
{
	(void)state;
	char chunk[401];
	struct secret *password = secret_new(slice_of("pencil"));
	struct irc_sasl_login login = { "user", password, false, true, NULL };
	const char *reason;
	struct str sent, line;

	memset(chunk, 'A', 400);
	chunk[400] = '\0';
	str_init(&sent, 8192);
	str_init(&line, 1000);
	str_addf(&line, "AUTHENTICATE %s", chunk);
	struct irc_message full = parsed(str_text(&line));
	struct irc_message empty = parsed("AUTHENTICATE +");

	struct irc_sasl *s = irc_sasl_new(&login, "PLAIN", &reason);
	irc_sasl_start(s, &sent);
	str_reset(&sent);
	assert_int_equal(irc_sasl_receive(s, &full, &sent), PENDING);
	assert_int_equal(sent.len, 0);
	assert_int_equal(irc_sasl_receive(s, &empty, &sent), PENDING);
	assert_true(sent.len > 0);
	irc_sasl_free(&s);

	s = irc_sasl_new(&login, "PLAIN", &reason);
	irc_sasl_start(s, &sent);
	str_reset(&sent);
	for (int i = 0; i < 10; i++)
		assert_int_equal(irc_sasl_receive(s, &full, &sent), PENDING);
	assert_int_equal(irc_sasl_receive(s, &full, &sent), FAILURE);
	assert_string_equal(str_text(&sent), "AUTHENTICATE *\r\n");
	assert_int_equal(irc_sasl_receive(s, &full, &sent), FAILURE);
	irc_sasl_free(&s);
	str_finish(&line);

	str_init(&line, 1000);
	str_addf(&line, "AUTHENTICATE %sAAAA", chunk);
	struct irc_message over = parsed(str_text(&line));
	s = irc_sasl_new(&login, "PLAIN", &reason);
	irc_sasl_start(s, &sent);
	assert_int_equal(irc_sasl_receive(s, &over, &sent), FAILURE);
	irc_sasl_free(&s);
	str_finish(&line);
	str_finish(&sent);
	secret_free(&password);
}

static void test_names_and_account(void **state)
{
	(void)state;
	struct secret *password = secret_new(slice_of("pencil"));
	struct irc_sasl_login login = { "a,b=c", password, false, true, NONCE };
	const char *reason;
	struct str sent, shown;
	struct irc_message m = parsed("AUTHENTICATE +");

	str_init(&sent, 8192);
	str_init(&shown, 8192);
	struct irc_sasl *s = irc_sasl_new(&login, NULL, &reason);
	/* Not started: nothing is for it. */
	assert_int_equal(irc_sasl_receive(s, &m, &sent), PENDING);
	assert_int_equal(sent.len, 0);
	irc_sasl_start(s, &sent);
	str_reset(&sent);
	irc_sasl_receive(s, &m, &sent);
	show_sent(&sent, &shown);
	assert_string_equal(str_text(&shown), ">n,,n=a=2Cb=3Dc,r=" NONCE "|");
	assert_string_equal(irc_sasl_account(s), "");
	m = parsed("900 n n!u@h acc :You are now logged in as acc");
	irc_sasl_receive(s, &m, &sent);
	assert_string_equal(irc_sasl_account(s), "acc");
	m = parsed("900 n");
	irc_sasl_receive(s, &m, &sent);
	assert_string_equal(irc_sasl_account(s), "");
	irc_sasl_free(&s);
	irc_sasl_free(&s);

	/* Without a nonce of the test it is random. */
	login.nonce = NULL;
	char nonces[2][200];
	for (int i = 0; i < 2; i++) {
		s = irc_sasl_new(&login, NULL, &reason);
		str_reset(&sent);
		str_reset(&shown);
		irc_sasl_start(s, &sent);
		str_reset(&sent);
		m = parsed("AUTHENTICATE +");
		irc_sasl_receive(s, &m, &sent);
		show_sent(&sent, &shown);
		assert_true(shown.len > 30);
		text_copy(nonces[i], sizeof(nonces[i]), str_text(&shown));
		irc_sasl_free(&s);
	}
	assert_string_not_equal(nonces[0], nonces[1]);
	str_finish(&sent);
	str_finish(&shown);
	secret_free(&password);
}

static void test_is_for(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		bool is;
	} rows[] = {
		{ "AUTHENTICATE +", true },
		{ "authenticate +", true },
		{ "899 n", false },
		{ "900 n", true },
		{ "908 n", true },
		{ "909 n", false },
		{ "PRIVMSG n :AUTHENTICATE", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct irc_message m = parsed(rows[i].line);

		row_number(i, "is for", irc_sasl_is_for(&m), rows[i].is);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_scram),
		cmocka_unit_test(test_external),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_chunks),
		cmocka_unit_test(test_long_challenge),
		cmocka_unit_test(test_names_and_account),
		cmocka_unit_test(test_is_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
