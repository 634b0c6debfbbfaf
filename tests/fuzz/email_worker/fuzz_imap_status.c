/*
 * Any line as what a server says of the folder of sent mails (STATUS): what it
 * says of others changes nothing, and numbers are only believed whole.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "email_worker/imap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FOLDER "Sent & \xc3\xa4"
#define NAME   "\"Sent &- &AOQ-\""

static void hear(struct imap *m, const struct str *line)
{
	struct imap_response r;

	if (imap_response_parse(str_slice(line), &r) == 0)
		imap_mirror_told(m, &r);
}

static struct imap fresh(void)
{
	static char folder[] = FOLDER;
	struct imap m = { .mirror = { .folder = folder, .done_uid = 41 } };

	m.mirror.status_next = m.mirror.status_validity = 1;
	return m;
}

/* The first byte says whether the folder is ours. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imap m = fresh(), again = fresh();
	const struct imap_mirror *mirror = &m.mirror;
	struct str line;

	if (size == 0)
		return 0;
	str_init(&line, size + 64);
	str_add(&line, data[0] & 1 ? "* STATUS " NAME " " : "* STATUS ");
	str_add_slice(&line, slice_make((const char *)data + 1, size - 1));
	hear(&m, &line);
	assert(mirror->is_due == (mirror->status_next > 42));
	assert(strcmp(mirror->folder, FOLDER) == 0);
	assert(mirror->done_uid == 41 && mirror->found == NULL);
	/* Told once more is nothing new. */
	hear(&again, &line);
	hear(&again, &line);
	assert(memcmp(&again.mirror, mirror, sizeof(*mirror)) == 0);
	str_finish(&line);
	return 0;
}
