/*
 * Any bytes as what a mail server or mail program reports of a mail: delivery
 * status, disposition, or words, by the first byte. What is read of it is
 * clean, and there only if it is a report.
 */
#include <string.h>

#include "email_worker/mime.h"

#include "mail_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const heads[] = {
	"From: MAILER-DAEMON@example.net\r\nMIME-Version: 1.0\r\n"
	"Content-Type: multipart/report; report-type=delivery-status; "
	"boundary=b\r\n\r\n--b\r\n\r\nNo.\r\n--b\r\n"
	"Content-Type: message/delivery-status\r\n\r\n",
	"From: bob@example.net\r\nMIME-Version: 1.0\r\n"
	"Content-Type: multipart/report; report-type=disposition-notification;"
	" boundary=b\r\n\r\n--b\r\n\r\nRead.\r\n--b\r\n"
	"Content-Type: message/disposition-notification\r\n\r\n",
	"From: MAILER-DAEMON@example.net\r\nReturn-Path: <>\r\n"
	"X-Failed-Recipients: a@example.net\r\n\r\n",
	"From: MAILER-DAEMON@example.net\r\nMIME-Version: 1.0\r\n"
	"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n"
	"Content-Type: message/delivery-status\r\n"
	"Content-Transfer-Encoding: base64\r\n\r\n",
};

static const char original[] =
	"\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
	"Message-ID: <original@example.org>\r\n\r\n--b--\r\n";

static void check_report(const struct mail *m)
{
	const struct mail_report *r = &m->report;
	const char *const lines[] = { r->message_id, r->recipient, r->status,
		r->words };

	for (size_t i = 0; i < COUNT(lines); i++)
		if (lines[i] != NULL) {
			check_text(lines[i], true);
			assert(lines[i][0] != '\0');
		}
	assert(r->recipient == NULL ||
		address_is_valid(slice_of(r->recipient)));
	assert(r->status == NULL || strlen(r->status) <= 9);
	assert(r->status == NULL ||
		strspn(r->status, "0123456789.") == strlen(r->status));
	assert(r->words == NULL || strlen(r->words) <= 2000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct mail_read_context context = { .full = false };
	struct arena arena;
	struct mail m;
	struct str bytes;

	if (size == 0)
		return 0;
	str_init(&bytes, size + 4096);
	str_add(&bytes, heads[data[0] % COUNT(heads)]);
	str_add_slice(&bytes, slice_make((const char *)data + 1, size - 1));
	str_add(&bytes, original);
	arena_init(&arena, MAIL_ARENA_MAX);
	assert(mail_read(str_slice(&bytes), &context, &arena, &m) == 0);
	check_report(&m);
	arena_finish(&arena);
	str_finish(&bytes);
	return 0;
}
