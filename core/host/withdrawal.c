/*
 * In the archive a withdrawal has the number of the message that it is about as
 * its text, and a tombstone that of the withdrawal, and its id if it is not
 * made from the number.
 */
#include "host/withdrawal.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "host/history.h"
#include "xmpp/ns.h"

uint64_t withdrawal_record(
	struct room *room, uint64_t about, const struct archive_message *m)
{
	struct archive *archive =
		history_archive(account_gateway(room->account));
	char text[24], words[ARCHIVE_TOMBSTONE_MAX];
	struct archive_message row = *m;
	text_format(text, sizeof(text), "%llu", (unsigned long long)about);
	row.kind = ARCHIVE_RETRACTION;
	row.text = text;
	uint64_t number = channel_record(room, &row);
	if (number == 0)
		return 0;
	text_format(words, sizeof(words), "%llu", (unsigned long long)number);
	size_t len = strlen(words);
	const char *id = m->stanza_id;
	if (id != NULL && strlen(id) + len + 1 < sizeof(words))
		text_format(words + len, sizeof(words) - len, " %s", id);
	archive_bury(archive, channel_id(room->channel), about, words);
	return number;
}

bool withdrawal_has_text(const struct archive_message *m)
{
	return m->kind == ARCHIVE_MESSAGE || m->kind == ARCHIVE_NOTICE;
}

static void put_tombstone(struct xml_writer *w, const struct archive *archive,
	const struct archive_channel_id *channel, const char *words)
{
	char *rest, id[ARCHIVE_ID_SIZE], stamp[CLOCK_STAMP_SIZE];
	uint64_t number = strtoull(words, &rest, 10);
	archive_id_format(archive, channel, number, id);
	clock_format(stamp, archive_number_ms(number));
	xml_open(w, "retracted", NS_RETRACT);
	xml_put_attr(w, "id", *rest == ' ' ? rest + 1 : id);
	xml_put_attr(w, "stamp", stamp);
	xml_close(w);
}

void withdrawal_put(struct xml_writer *w, const struct archive *archive,
	const struct archive_channel_id *channel,
	const struct archive_message *m)
{
	char id[ARCHIVE_ID_SIZE];
	if (m->kind == ARCHIVE_TOMBSTONE) {
		put_tombstone(w, archive, channel, m->text);
	} else if (m->kind == ARCHIVE_RETRACTION) {
		archive_id_format(
			archive, channel, strtoull(m->text, NULL, 10), id);
		xml_open(w, "retract", NS_RETRACT);
		xml_put_attr(w, "id", id);
		xml_close(w);
	}
}
