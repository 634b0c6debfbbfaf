/*
 * causeway-mail as it is installed, but for one thing: words in what it reads
 * or writes make it die, by each of the guards that end a worker. The linker
 * puts these functions in the place of the real ones (--wrap).
 *
 *	worker dies: fault | stack | call | memory | cpu | failure
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/macros.h"
#include "email_worker/compose.h"
#include "email_worker/imap_filter.h"
#include "email_worker/mime.h"

#define WORDS "worker dies: "

static volatile int sink;

static void by_fault(void)
{
	volatile int *volatile nowhere = NULL;

	*nowhere = 1;
}

/* The page below a fiber's stack. */
static int deeper(int depth)
{
	volatile char space[1024];

	space[0] = (char)depth;
	sink = space[0];
	return sink < 0 ? 0 : deeper((depth + 1) % 100) + space[0];
}

static void by_stack(void)
{
	sink = deeper(0);
}

static void by_call(void)
{
	sink = socket(AF_INET, SOCK_STREAM, 0);
}

static void by_memory(void)
{
	for (;;)
		sink = xalloc((size_t)64 << 20) != NULL;
}

static void by_time(void)
{
	for (;;)
		sink++;
}

static void by_failure(void)
{
	fatal("the test wants it");
}

static const struct {
	const char *word;
	void (*die)(void);
} deaths[] = {
	{ "fault", by_fault },
	{ "stack", by_stack },
	{ "call", by_call },
	{ "memory", by_memory },
	{ "cpu", by_time },
	{ "failure", by_failure },
};

static void obey(struct slice text)
{
	const char *at = text.len == 0 ? NULL
				       : memmem(text.data, text.len, WORDS,
						 strlen(WORDS));
	size_t left;

	if (at == NULL)
		return;
	at += strlen(WORDS);
	left = text.len - (size_t)(at - text.data);
	for (size_t i = 0; i < COUNT(deaths); i++) {
		size_t len = strlen(deaths[i].word);

		if (len <= left && memcmp(at, deaths[i].word, len) == 0)
			deaths[i].die();
	}
}

/* --- In the place of others ---------------------------------------------- */

int __real_mail_read(struct slice bytes,
	const struct mail_read_context *context, struct arena *arena,
	struct mail *m);
int __wrap_mail_read(struct slice bytes,
	const struct mail_read_context *context, struct arena *arena,
	struct mail *m);
int __wrap_mail_read(struct slice bytes,
	const struct mail_read_context *context, struct arena *arena,
	struct mail *m)
{
	obey(bytes);
	return __real_mail_read(bytes, context, arena, m);
}

int __real_mail_read_part(
	struct slice bytes, uint32_t number, const struct mail_sink *out);
int __wrap_mail_read_part(
	struct slice bytes, uint32_t number, const struct mail_sink *out);
int __wrap_mail_read_part(
	struct slice bytes, uint32_t number, const struct mail_sink *out)
{
	static const char words[] = "part " WORDS;

	if (memmem(bytes.data, bytes.len, words, strlen(words)) != NULL)
		by_fault();
	return __real_mail_read_part(bytes, number, out);
}

int __real_compose(const struct draft *d, const struct compose_source *source,
	const struct mail_sink *out, const char **error_r);
int __wrap_compose(const struct draft *d, const struct compose_source *source,
	const struct mail_sink *out, const char **error_r);
int __wrap_compose(const struct draft *d, const struct compose_source *source,
	const struct mail_sink *out, const char **error_r)
{
	obey(slice_of(d->text));
	return __real_compose(d, source, out, error_r);
}

/* Of a server: not in the mails that it sends. */
int __real_imap_filter_feed(struct imap_filter *f, struct slice in,
	size_t *used_r, struct str *out, const char **words_r);
int __wrap_imap_filter_feed(struct imap_filter *f, struct slice in,
	size_t *used_r, struct str *out, const char **words_r);
int __wrap_imap_filter_feed(struct imap_filter *f, struct slice in,
	size_t *used_r, struct str *out, const char **words_r)
{
	static const char words[] = "* OK [ALERT] " WORDS;

	if (memmem(in.data, in.len, words, strlen(words)) != NULL)
		obey(in);
	return __real_imap_filter_feed(f, in, used_r, out, words_r);
}
