/*
 * Encoded words.
 */
#include "email_worker/words.h"

#include "email_worker/rows.h"

static void test_decode(void **state)
{
	(void)state;
	static const struct text_row rows[] = {
		{ "plain", "plain" },
		{ "=?utf-8?Q?a_b=20c?=", "a b c" },
		{ "=?utf-8?q?a?= =?utf-8?q?b?=", "ab" },
		{ "=?utf-8?q?a?=\r\n =?iso-8859-1?q?=FC?=", "aü" },
		{ "=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c" },
		/* A character over two words. */
		{ "=?utf-8?B?5pel5g==?= =?utf-8?B?nKw=?=", "日本" },
		{ "=?UTF-8?Q?=E6=97?= =?utf-8?Q?=A5?=", "日" },
		{ "=?utf-8*de?q?a?=", "a" },
		{ "=?iso-2022-jp?B?GyRCMnE1RCRON28bKEI=?=", "会議の件" },
		{ "=?gb2312?B?xOO6ww==?=", "你好" },
		{ "=?ks_c_5601-1987?B?vsiz5w==?=", "안녕" },
		{ "=?nonsense?q?=FC?=", "ü" },
		{ "=?nonsense?q?=C3=BC?=", "ü" },
		/* None at all. */
		{ "a=?utf-8?q?b?=", "a=?utf-8?q?b?=" },
		{ "=?utf-8?x?b?=", "=?utf-8?x?b?=" },
		{ "=?utf-8?q?b", "=?utf-8?q?b" },
		{ "=?utf-8?q?a\nb?=", "=?utf-8?q?a\nb?=" },
		{ "=?", "=?" },
		/* As people write them all the same. */
		{ "\"=?utf-8?q?a?=\"", "\"a\"" },
		{ "(=?utf-8?q?a?=)", "(a)" },
		{ "=?utf-8?q?a b?=", "a b" },
		{ "=?utf-8?q?a?=b", "ab" },
		{ "=?utf-8?Q?=?=", "=" },
		/* Raw bytes. */
		{ "Gr\xfc\xdf"
		  "e",
			"Grüße" },
		{ "Gr\xc3\xbc\xc3\x9f"
		  "e",
			"Grüße" },
	};

	CHECK_ROWS(rows, words_decode);
}

static void test_recode(void **state)
{
	(void)state;
	static const struct text_row rows[] = {
		{ "a <b@c.d>", "a <b@c.d>" },
		{ "=?iso-8859-1?q?J=FCrgen?= <b@c.d>",
			"=?UTF-8?B?SsO8cmdlbg==?= <b@c.d>" },
		{ "=?utf-8?B?5pel5g==?= =?utf-8?B?nKw=?= <b@c.d>",
			"=?UTF-8?B?5pel5pys?= <b@c.d>" },
	};

	CHECK_ROWS(rows, words_recode);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_recode),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
