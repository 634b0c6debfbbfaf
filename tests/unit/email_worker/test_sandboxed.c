/*
 * Reading in the sandbox gives what it gives outside: nothing is loaded from
 * disk at the first use. The worker of this test is made before anything of
 * the libraries was used.
 */
#include "email_worker/sandbox.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"
#include "email_worker/mime.h"

#define ROOM ((size_t)16 << 20)

/* clang-format off */
static const struct {
	const char *label, *bytes;
	size_t len;
	const char *text;
} samples[] = {
	{ "koi8-r", "\xf0\xd2\xc9\xd7\xc5\xd4", 6, "Привет" },
	{ "koi8-u", "\xf0\xd2\xc9\xd7\xa6\xd4", 6, "Привіт" },
	{ "windows-1251", "\xcf\xf0\xe8\xe2\xe5\xf2", 6, "Привет" },
	{ "iso-8859-5", "\xbf\xe0\xd8\xd2\xd5\xe2", 6, "Привет" },
	{ "ibm866", "\x8f\xe0\xa8\xa2\xa5\xe2", 6, "Привет" },
	{ "gb2312", "\xc4\xe3\xba\xc3\xa3\xac\xc5\xf3\xd3\xd1", 10, "你好，朋友" },
	{ "gbk", "\xc4\xe3\xba\xc3", 4, "你好" },
	{ "gb18030", "\xc4\xe3\xba\xc3\x81" "9\xee" "9", 8, "你好㐀" },
	{ "big5", "\xa7" "A\xa6n", 4, "你好" },
	{ "shift_jis", "\x82\xb1\x82\xf1\x82\xc9\x82\xbf\x82\xcd\x87@", 12, "こんにちは①" },
	{ "euc-jp", "\xa4\xb3\xa4\xf3\xa4\xcb\xa4\xc1\xa4\xcf", 10, "こんにちは" },
	{ "iso-2022-jp", "\x1b$B$3$s$K$A$O\x1b(B", 16, "こんにちは" },
	{ "euc-kr", "\xbe\xc8\xb3\xe7\xc7\xcf\xbc\xbc\xbf\xe4", 10, "안녕하세요" },
	{ "ks_c_5601-1987", "\xbe\xc8\xb3\xe7", 4, "안녕" },
	{ "iso-2022-kr", "\x1b$)C\x0e>H3g\x0f", 10, "안녕" },
	{ "tis-620", "\xca\xc7\xd1\xca\xb4\xd5", 6, "สวัสดี" },
	{ "windows-1255", "\xf9\xec\xe5\xed", 4, "שלום" },
	{ "iso-8859-8-i", "\xf9\xec\xe5\xed", 4, "שלום" },
	{ "windows-1256", "\xe3\xd1\xcd\xc8\xc7", 5, "مرحبا" },
	{ "iso-8859-6", "\xe5\xd1\xcd\xc8\xc7", 5, "مرحبا" },
	{ "windows-1253", "\xc3\xe5\xe9\xdc", 4, "Γειά" },
	{ "iso-8859-7", "\xc3\xe5\xe9\xdc", 4, "Γειά" },
	{ "iso-8859-2", "Za\xbf\xf3\xb3\xe6", 6, "Zażółć" },
	{ "windows-1250", "Za\xbf\xf3\xb3\xe6", 6, "Zażółć" },
	{ "iso-8859-9", "\xddyi g\xfcnler", 10, "İyi günler" },
	{ "windows-1257", "A\xe8i\xfb", 4, "Ačiū" },
	{ "iso-8859-15", "5 \xa4", 3, "5 €" },
	{ "macintosh", "Gr\x9f\xa7" "e", 5, "Grüße" },
	{ "ibm850", "Gr\x81\xe1" "e", 5, "Grüße" },
	{ "utf-7", "Gr+APwA3w-e", 11, "Grüße" },
	{ "unicode-1-1-utf-7", "Gr+APwA3w-e", 11, "Grüße" },
	{ "utf-16le", "G\x00r\x00\xfc\x00\xdf\x00" "e\x00", 10, "Grüße" },
	{ "utf-16be", "\x00G\x00r\x00\xfc\x00\xdf\x00" "e", 10, "Grüße" },
	{ "iso-8859-1", "Gr\xfc\xdf" "e \x93\x94", 8, "Grüße “”" },
	{ "ibm852", "Za\xbe\xa2\x88\x86", 6, "Zażółć" },
};
/* clang-format on */

static struct str mails[COUNT(samples) + 200];
static size_t mail_count;
static struct str from_worker;

static void load_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct str *mail = &mails[mail_count++];
	char piece[4096];
	size_t len;

	str_init(mail, ROOM);
	if (file == NULL)
		return;
	while ((len = fread(piece, 1, sizeof(piece), file)) > 0)
		str_add_bytes(mail, piece, len);
	fclose(file);
}

static void load_fixtures(void)
{
	struct dirent **names;
	int count = scandir(TEST_DATA "/eml", &names, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		char path[512];

		text_format(path, sizeof(path), "%s/eml/%s", TEST_DATA,
			names[i]->d_name);
		if (strstr(names[i]->d_name, ".eml") != NULL &&
			mail_count < COUNT(mails))
			load_file(path);
		free(names[i]);
	}
	free(names);
}

/* Each charset in a text and in a subject. */
static void make_samples(void)
{
	for (size_t i = 0; i < COUNT(samples); i++) {
		struct str *mail = &mails[mail_count++];

		str_init(mail, ROOM);
		str_addf(mail, "Subject: =?%s?Q?", samples[i].label);
		for (size_t j = 0; j < samples[i].len; j++)
			str_addf(mail, "=%02X",
				(unsigned char)samples[i].bytes[j]);
		str_addf(mail, "?=\nContent-Type: text/plain; charset=%s\n\n",
			samples[i].label);
		str_add_bytes(mail, samples[i].bytes, samples[i].len);
	}
}

static void read_mail(const struct str *bytes, struct str *out)
{
	static const struct mail_read_context context = { .now_ms = 0 };
	struct arena arena;
	struct mail mail;

	arena_init(&arena, MAIL_ARENA_MAX);
	if (mail_read(str_slice(bytes), &context, &arena, &mail) == 0)
		mail_encode(out, &mail);
	str_add(out, "\n====\n");
	arena_finish(&arena);
}

static void work(int fd)
{
	struct str out;
	const char *reason = "";

	str_init(&out, ROOM);
	mail_preload();
	if (sandbox_enter(&reason) != 0)
		_exit(2);
	for (size_t i = 0; i < mail_count; i++)
		read_mail(&mails[i], &out);
	for (size_t done = 0; done < out.len;) {
		ssize_t written = write(fd, out.data + done, out.len - done);

		if (written <= 0)
			_exit(3);
		done += (size_t)written;
	}
	_exit(0);
}

static int run_worker(void **state)
{
	(void)state;
	int ends[2], status;
	char piece[4096];
	ssize_t len;

	load_fixtures();
	make_samples();
	if (pipe(ends) != 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0)
		work(ends[1]);
	close(ends[1]);
	str_init(&from_worker, ROOM);
	while ((len = read(ends[0], piece, sizeof(piece))) > 0)
		str_add_bytes(&from_worker, piece, (size_t)len);
	close(ends[0]);
	if (waitpid(pid, &status, 0) != pid || status != 0) {
		fprintf(stderr, "worker: status %d\n", status);
		return -1;
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < mail_count; i++)
		str_finish(&mails[i]);
	str_finish(&from_worker);
	return 0;
}

static void test_same(void **state)
{
	(void)state;
	struct str out;

	assert_true(mail_count > COUNT(samples) + 50);
	str_init(&out, ROOM);
	for (size_t i = 0; i < mail_count; i++)
		read_mail(&mails[i], &out);
	assert_int_equal(out.len, from_worker.len);
	assert_memory_equal(out.data, from_worker.data, out.len);
	str_finish(&out);
}

static void test_charsets(void **state)
{
	(void)state;
	static const struct mail_read_context context = { .now_ms = 0 };
	size_t first = mail_count - COUNT(samples);

	for (size_t i = 0; i < COUNT(samples); i++) {
		struct arena arena;
		struct mail mail;

		arena_init(&arena, MAIL_ARENA_MAX);
		assert_int_equal(mail_read(str_slice(&mails[first + i]),
					 &context, &arena, &mail),
			0);
		if (!text_equals(mail.text, samples[i].text) ||
			!text_equals(mail.subject, samples[i].text))
			fail_msg("%s: '%s', '%s', not '%s'", samples[i].label,
				mail.text, mail.subject, samples[i].text);
		arena_finish(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_charsets),
	};
	return cmocka_run_group_tests(tests, run_worker, tear_down);
}
