/*
 * Messages of rooms and chats in the archive: each channel message once per
 * network however many of our users saw it, join history, and XEP-0313.
 */
#ifndef HOST_HISTORY_H
#define HOST_HISTORY_H

#include "api/types.h"
#include "host/room.h"
#include "store/archive.h"
#include "xmpp/stanza.h"

struct channel;

/* The archive, or NULL when the operator turned it off. */
struct archive *history_archive(const struct gateway *g);

/* The name of a room in the archive: the same for all users of its network,
 * who each see only the times they were there. */
void channel_make_id(const struct gateway *g, const char *account,
	const char *room, struct archive_channel_id *out);

/* The same for a room. */
void channel_of_room(const struct room *room, struct archive_channel_id *out);

/* Appends what only this gateway can make of `text` in this channel: `bytes`
 * (at most SHA256_SIZE) of an HMAC in base64. `use` tells seals apart. */
void channel_seal(const struct gateway *g, const char *use,
	const struct archive_channel_id *channel, const char *text,
	size_t bytes, struct str *out);

/* What all rooms of one channel share: made with the first, gone with the
 * last. `room` starts to see messages now. */
void channel_open(struct room *room);
/* It sees no messages any more. */
void channel_close(struct room *room);

/* Archive one message that this room saw, unless another room's copy of it
 * was archived already; returns its number (0: the archive is off). The
 * number in `m` is ignored. */
uint64_t channel_record(struct room *room, const struct archive_message *m);

/* The same for what the user himself sent, when the network took it: others
 * of ours may hear a text of several lines in pieces, before or after. */
uint64_t channel_record_sent(
	struct room *room, const struct archive_message *m);

/* Its name in the archive; as long as `c`. */
const struct archive_channel_id *channel_id(const struct channel *c);

/* Send the join history of XEP-0045 section 7.2.13; then the seat goes live,
 * at once or later. */
void history_send(struct room *room, struct seat *seat);
/* The seat is going away: forget what is under way for it. */
void history_forget(struct room *room, struct seat *seat);

/* The archive was erased for the user: note again the rooms he is in. */
void history_enter_again(const struct account *a);

/* The name of a private chat in the archive: nobody shares it. */
void history_chat_id(const struct account *a, const char *person,
	struct archive_channel_id *out);

/* A private message, in either direction. `from` "" is the user. The number
 * in `m` is ignored. */
void history_record_chat(
	struct account *a, const char *person, const struct archive_message *m);

/* XEP-0313 at a room's bare JID: queries, form and metadata. */
void mam_iq(struct user *u, const struct target *t, const struct stanza *s);

#endif
