/*
 * Any values in a draft, divided by bytes of 0xff: if it can be composed at
 * all, the mail has the headers that it should, each once, in lines that may
 * be sent, and reads back as what was put in.
 */
#include <stdio.h>
#include <strings.h>

#include "email_worker/clean.h"
#include "email_worker/compose.h"
#include "email_worker/mime.h"
#include "mail_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const known[] = { "Date", "From", "Reply-To", "To", "Cc",
	"Subject", "Message-ID", "In-Reply-To", "References",
	"Content-Language", "Disposition-Notification-To", "X-Causeway",
	"Auto-Submitted", "MIME-Version", "Content-Type",
	"Content-Transfer-Encoding", "Content-Disposition", "Chat-Version",
	"Chat-Group-ID", "Chat-Group-Name", "Chat-Group-Name-Changed",
	"Chat-Group-Member-Added", "Chat-Group-Member-Removed",
	"Chat-Disposition-Notification-To" };

static int collect(void *context, struct slice bytes)
{
	str_add_slice(context, bytes);
	return 0;
}

static long read_zeros(void *context, char *buffer, size_t size)
{
	(void)context;
	memset(buffer, 0, size);
	return (long)size;
}

/* The next value, as text; invalid UTF-8 is none. */
static const char *next(struct slice *rest, struct arena *arena)
{
	struct slice value = slice_cut(rest, '\xff');
	const char *copy = arena_copy(arena, value);

	assert(copy != NULL);
	return utf8_is_valid(value) ? copy : "";
}

static const char *optional(struct slice *rest, struct arena *arena)
{
	const char *text = next(rest, arena);

	return text[0] != '\0' ? text : NULL;
}

static struct slice check_head(struct slice rest)
{
	unsigned seen[COUNT(known)] = { 0 };

	for (;;) {
		struct slice line = slice_cut(&rest, '\n');

		assert(line.len > 0 && line.len <= 999);
		assert(line.data[line.len - 1] == '\r');
		if (line.len == 1)
			return rest;
		if (line.data[0] == ' ')
			continue;
		struct slice name = slice_cut(&line, ':');
		size_t i = 0;
		while (i < COUNT(known) && !slice_equals(name, known[i]))
			i++;
		assert(i < COUNT(known));
		assert(++seen[i] == 1);
	}
}

static void check_wire(struct slice mail)
{
	size_t len = 0;

	for (size_t i = 0; i < mail.len; i++) {
		unsigned char c = (unsigned char)mail.data[i];

		assert(c != '\0');
		if (c == '\n') {
			assert(i > 0 && mail.data[i - 1] == '\r');
			len = 0;
		} else {
			assert(++len <= 999);
		}
		if (c == '\r')
			assert(i + 1 < mail.len && mail.data[i + 1] == '\n');
	}
}

static void check_line(const char *got, const char *put)
{
	struct str line;

	str_init(&line, 8000);
	clean_line(&line, slice_of(put), 1000);
	if (line.len < 900)
		assert(strcmp(got ? got : "", str_text(&line)) == 0);
	str_finish(&line);
}

static bool is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

static void check_back(
	struct slice bytes, const struct draft *d, struct arena *arena)
{
	struct mail_read_context context = { .full = true };
	char from[ADDRESS_MAX + 2];
	struct mail m;

	assert(mail_read(bytes, &context, arena, &m) == 0);
	assert(strcmp(m.message_id, d->message_id) == 0);
	if (d->unsubscribe_from == NULL) {
		check_line(m.subject, d->subject);
		/* Not all that looks like IDNA is. */
		assert(m.to.count == d->to.count ||
			strstr(d->to.items[0].address, "xn--") != NULL);
		assert(m.cc.count == d->cc.count);
	}
	assert(address_normalize(
		       slice_of(d->from.address), from, sizeof(from)) == 0);
	/* Some letters of a domain stand for others (IDNA). */
	assert(strcasecmp(m.from.address, from) == 0 ||
		!is_ascii(address_domain(from)) ||
		strstr(from, "xn--") != NULL);
	assert(m.part_count >= d->file_count || d->is_receipt ||
		d->reaction != NULL || d->calendar != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct str out;
	const char *error;

	if (size < 1 || size > 20000)
		return 0;
	unsigned flags = data[0];
	struct slice rest = slice_make((const char *)data + 1, size - 1);
	arena_init(&arena, 2 * MAIL_ARENA_MAX);
	str_init(&out, 4 << 20);
	struct mail_sink sink = { collect, &out };
	struct compose_source source = { read_zeros, NULL };
	struct mail_address to = { 0 };
	struct draft_file file = { 0 };
	struct draft d = { .message_id = next(&rest, &arena),
		.date_ms = (int64_t)size * 86400000 };

	d.text = next(&rest, &arena);
	d.subject = optional(&rest, &arena);
	d.from.name = optional(&rest, &arena);
	d.from.address = next(&rest, &arena);
	to.name = optional(&rest, &arena);
	to.address = next(&rest, &arena);
	d.to = (struct mail_addresses){ &to, to.address[0] != '\0', 0 };
	d.reply_to = optional(&rest, &arena);
	d.in_reply_to = optional(&rest, &arena);
	const char *references[2] = { next(&rest, &arena),
		next(&rest, &arena) };
	d.references = references;
	d.reference_count = (flags & 32) != 0 ? 2 : 0;
	d.language = optional(&rest, &arena);
	d.mark = optional(&rest, &arena);
	file.name = next(&rest, &arena);
	file.type = next(&rest, &arena);
	file.size = flags >> 4;
	d.files = &file;
	d.file_count = (flags & 1) != 0;
	d.is_chat = (flags & 2) != 0;
	d.is_receipt = (flags & 12) == 12;
	d.chat_group_id = optional(&rest, &arena);
	d.chat_group_name = optional(&rest, &arena);
	d.receipt_to = optional(&rest, &arena);
	d.unsubscribe_from = optional(&rest, &arena);
	if ((flags & 12) == 4)
		d.reaction = next(&rest, &arena);
	if ((flags & 12) == 8)
		d.calendar = next(&rest, &arena);
	d.calendar_method = optional(&rest, &arena);
	d.chat_edit = optional(&rest, &arena);
	d.chat_delete = optional(&rest, &arena);
	d.chat_member_added = optional(&rest, &arena);
	d.chat_member_removed = optional(&rest, &arena);
	d.chat_name_changed = optional(&rest, &arena);

	if (compose(&d, &source, &sink, &error) == 0) {
		check_head(str_slice(&out));
		check_wire(str_slice(&out));
		check_back(str_slice(&out), &d, &arena);
	} else {
		assert(error != NULL);
	}
	str_finish(&out);
	arena_finish(&arena);
	return 0;
}
