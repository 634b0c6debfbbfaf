/*
 * What is withdrawn in a room (XEP-0424): in the archive stands that it was,
 * and a tombstone where the message stood.
 */
#ifndef HOST_WITHDRAWAL_H
#define HOST_WITHDRAWAL_H

#include "host/room.h"
#include "store/archive.h"
#include "xmpp/xml.h"

/* Somebody withdraws the message with the number `about`; the number of that in
 * the archive, 0: it is off. `m` has no text. */
uint64_t withdrawal_record(
	struct room *room, uint64_t about, const struct archive_message *m);

/* Does the archive have something that was said? */
bool withdrawal_has_text(const struct archive_message *m);

/* What stands in the place of a text, if it is one of the two. */
void withdrawal_put(struct xml_writer *w, const struct archive *archive,
	const struct archive_channel_id *channel,
	const struct archive_message *m);

#endif
