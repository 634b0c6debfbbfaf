/*
 * Addresses of every gateway: whatever comes from outside is read or refused
 * with words, what was read can be written, and both are inverse.
 */
#include "each_gateway.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "peer.h"

#define ROUNDS 20000

static struct fake_core *core;
static struct peer *peer;
static const struct gw *gw;
static const struct gateway_ops *ops;

static void begin(const struct gateway_ops *wanted)
{
	core = peer_core_new(wanted, PEER_SILENT, &peer);
	gw = fake_core_gw(core);
	ops = wanted;
}

static void end(void)
{
	peer_core_free(&core, &peer);
}

static void assert_reason(const char *reason, const char *input)
{
	if (reason == NULL || reason[0] == '\0' || strlen(reason) > 2000 ||
		!utf8_is_valid(slice_of(reason)))
		fail_msg("no reason why \"%s\" was refused", input);
}

static bool is_clean(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if ((*p >= 0 && *p < ' ') || *p == 0x7f)
			return false;
	return utf8_is_valid(slice_of(text));
}

static bool is_same(const struct gw_address *a, const struct gw_address *b)
{
	return a->kind == b->kind && strcmp(a->account, b->account) == 0 &&
	       strcmp(a->name, b->name) == 0;
}

/* What was read names an account in its one form, is clean, and is written in
 * exactly the room that it needs. */
static void check_address(const struct gw_address *a, const char *input)
{
	char account[GW_ACCOUNT_SIZE], text[4096], tight[4096];
	const char *reason = NULL;
	struct gw_address again;
	if (!is_clean(a->account) || !is_clean(a->name))
		fail_msg("\"%s\" gave something unclean", input);
	assert_int_equal(a->name[0] == '\0', a->kind == GW_NETWORK);
	bool is_shared =
		(ops->caps & GW_CAP_SHARED_NAMES) != 0 && a->kind != GW_NETWORK;
	if (is_shared) {
		assert_string_equal(a->account, "");
	} else {
		assert_int_equal(ops->canonical_account(gw, a->account, account,
					 sizeof(account), &reason),
			0);
		assert_string_equal(account, a->account);
	}
	assert_int_equal(ops->format_address(gw, a, text, sizeof(text)), 0);
	if (ops->parse_address(gw, text, &again, &reason) != 0 ||
		!is_same(a, &again))
		fail_msg("\"%s\" became \"%s\"", input, text);
	size_t len = strlen(text);
	memset(tight, 'x', sizeof(tight));
	assert_int_equal(ops->format_address(gw, a, tight, len + 1), 0);
	assert_string_equal(tight, text);
	assert_int_equal(tight[len + 1], 'x');
	memset(tight, 'x', sizeof(tight));
	assert_int_equal(ops->format_address(gw, a, tight, len), -1);
	assert_int_equal(tight[len], 'x');
}

/* Read it both ways; says whether it was an address. */
static bool feed(const char *input)
{
	struct gw_address a;
	const char *reason = NULL;
	memset(&a, 'x', sizeof(a));
	bool good = ops->parse_address(gw, input, &a, &reason) == 0;
	if (good)
		check_address(&a, input);
	else
		assert_reason(reason, input);
	reason = NULL;
	memset(&a, 'x', sizeof(a));
	if (ops->read_input(gw, input, &a, &reason) == 0)
		check_address(&a, input);
	else
		assert_reason(reason, input);
	return good;
}

/* --- Inputs -------------------------------------------------------------- */

static const char *const hostile[] = { "", " ", "%", "%%", "@", "#", "#%", "\\",
	"\\5c", "\\25", "\n", "\r\n", "a\nb", "\t", "\x01", "\x7f", "a b", " a",
	"a ", "a%", "%a", "#a", "#a%", "a@b@c", "a%b%c", "a/b", "xmpp:a@b",
	"irc://a/b", "..", ".", "-", "a..b", "[::1]", "127.0.0.1", "<a>", "&",
	"'", "\"", "\xc3\xa4", "\xf0\x9f\x98\x80", "\xe2\x80\xae",
	"\xef\xbb\xbf" };

static void hostile_addresses(const struct gateway_ops *wanted)
{
	char text[256];
	begin(wanted);
	const char *account = subject_of(wanted)->account;
	for (size_t i = 0; i < COUNT(hostile); i++) {
		feed(hostile[i]);
		text_format(text, sizeof(text), "%s%%%s", hostile[i], account);
		feed(text);
		text_format(text, sizeof(text), "%s@%s", hostile[i], account);
		feed(text);
		text_format(text, sizeof(text), "a%%%s", hostile[i]);
		feed(text);
	}
	end();
}

static void huge_addresses(const struct gateway_ops *wanted)
{
	static const size_t sizes[] = { 62, 63, 64, 199, 200, 201, 252, 253,
		254, 255, 256, 257, 1022, 1023, 1024, 1025, 10000 };
	char *text = xalloc(20 * KIB);
	begin(wanted);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		memset(text, 'a', sizes[i]);
		text[sizes[i]] = '\0';
		feed(text);
		text_format(text + sizes[i], KIB, "%%%s",
			subject_of(wanted)->account);
		feed(text);
		text[0] = '#';
		feed(text);
		memset(text, 'a', 2 * sizes[i] + 2);
		text[sizes[i]] = '%';
		text[2 * sizes[i] + 1] = '\0';
		feed(text);
	}
	xfree(text);
	end();
}

static uint64_t seed;

static size_t draw(size_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (size_t)(seed % below);
}

static void random_addresses(const struct gateway_ops *wanted)
{
	static const char *const parts[] = { "a", "B", "7", "-", ".", "_", "#",
		"&", "+", "!", "%", "\\", "\\25", "\\5c", "\\20", "5c", "25",
		"@", "/", ":", "'", "\"", "<", " ", ",", "*", "?", "[", "]",
		"{", "}", "|", "^", "~", "\xc3\xa9", "\xe4\xb8\xad", "\x01" };
	unsigned good = 0;
	begin(wanted);
	seed = 88172645463325252u;
	for (size_t i = 0; i < ROUNDS; i++) {
		char text[512];
		struct str out = { .max = sizeof(text) };
		for (size_t n = draw(12); n > 0; n--)
			str_add(&out, parts[draw(COUNT(parts))]);
		if (draw(4) > 0)
			str_addf(&out, "%%%s", subject_of(wanted)->account);
		text_copy(text, sizeof(text), str_text(&out));
		str_finish(&out);
		good += feed(text);
	}
	if (good == 0)
		fail_msg("none of %d inputs was an address", ROUNDS);
	end();
}

/* --- Accounts ------------------------------------------------------------ */

static void accounts(const struct gateway_ops *wanted)
{
	char out[GW_ACCOUNT_SIZE], small[GW_ACCOUNT_SIZE];
	const char *reason = NULL;
	begin(wanted);
	const char *account = subject_of(wanted)->account;
	assert_non_null(account);
	assert_int_equal(
		ops->canonical_account(gw, account, out, sizeof(out), &reason),
		0);
	assert_string_equal(out, account);
	size_t len = strlen(account);
	memset(small, 'x', sizeof(small));
	assert_int_equal(
		ops->canonical_account(gw, account, small, len + 1, &reason),
		0);
	memset(small, 'x', sizeof(small));
	assert_int_equal(
		ops->canonical_account(gw, account, small, len, &reason), -1);
	assert_int_equal(small[len], 'x');
	end();
}

static void refuse_account(const char *text)
{
	char out[GW_ACCOUNT_SIZE];
	const char *reason = NULL;
	if (ops->canonical_account(gw, text, out, sizeof(out), &reason) == 0)
		fail_msg("\"%.40s\" is no account", text);
	assert_reason(reason, text);
}

static void hostile_accounts(const struct gateway_ops *wanted)
{
	char *big = xalloc(10 * KIB);
	begin(wanted);
	refuse_account("");
	refuse_account("a\nb");
	refuse_account("a\x01"
		       "b");
	refuse_account("a b");
	refuse_account("\x7f");
	memset(big, 'a', 10 * KIB - 1);
	refuse_account(big);
	for (size_t i = 0; i < COUNT(hostile); i++) {
		char out[GW_ACCOUNT_SIZE], again[GW_ACCOUNT_SIZE];
		const char *reason = NULL;
		if (ops->canonical_account(
			    gw, hostile[i], out, sizeof(out), &reason) != 0) {
			assert_reason(reason, hostile[i]);
			continue;
		}
		assert_true(is_clean(out));
		assert_int_equal(ops->canonical_account(gw, out, again,
					 sizeof(again), &reason),
			0);
		assert_string_equal(out, again);
	}
	xfree(big);
	end();
}

static void known_accounts(const struct gateway_ops *wanted)
{
	const char *account, *title, *reason;
	begin(wanted);
	for (size_t i = 0; ops->known_account != NULL &&
			   ops->known_account(gw, i, &account, &title);
		i++) {
		char out[GW_ACCOUNT_SIZE];
		assert_true(i < 10000);
		assert_int_equal(ops->canonical_account(gw, account, out,
					 sizeof(out), &reason),
			0);
		assert_string_equal(out, account);
		assert_true(title != NULL && is_clean(title));
	}
	end();
}

int main(void)
{
	static const struct each_test tests[] = {
		TEST(hostile_addresses),
		TEST(huge_addresses),
		TEST(random_addresses),
		TEST(accounts),
		TEST(hostile_accounts),
		TEST(known_accounts),
	};
	return each_gateway_runs(tests, COUNT(tests));
}
