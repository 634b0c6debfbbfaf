/*
 * History on joining, read from the archive (XEP-0045 sections 7.2.13 and
 * 7.2.14), and private chats in the archive.
 */
#include "host/history.h"

#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "host/room_private.h"
#include "host/withdrawal.h"
#include "xmpp/jid.h"

/* --- On joining ---------------------------------------------------------- */

static void message_text(const struct room *room,
	const struct archive_message *m, struct room_text *out)
{
	*out = (struct room_text){
		.from = m->from[0] != '\0' ? m->from : NULL,
		.body = m->text,
		.id = m->stanza_id,
		.occupant = m->occupant,
		.number = m->number,
		.delay_ms = m->wall_ms,
		.markable = room_is_markable(
			room_ops(room), m->network_id, m->stanza_id),
	};
}

/* Where to begin so that all stanzas together stay within `max_chars`. */
static size_t first_within(const struct room *room, const struct seat *seat,
	const struct archive_page *page, size_t max_chars)
{
	size_t start = page->count, used = 0;
	while (start > 0) {
		struct room_text text;
		const struct archive_message *m = &page->messages[start - 1];
		if (withdrawal_has_text(m)) {
			message_text(room, m, &text);
			used += room_text_size(room, seat, &text);
		}
		if (used > max_chars)
			break;
		start--;
	}
	return start;
}

static void send_page(struct room *room, const struct seat *seat,
	const struct archive_page *page)
{
	size_t start = 0;
	if (seat->join->max_chars >= 0)
		start = first_within(
			room, seat, page, (size_t)seat->join->max_chars);
	for (size_t i = start; i < page->count; i++) {
		const struct archive_message *m = &page->messages[i];
		struct room_text text;
		if (!withdrawal_has_text(m))
			continue;
		message_text(room, m, &text);
		room_send_to(room, seat, &text);
	}
}

static void got_page(int status, const struct archive_page *page, void *arg)
{
	struct seat *seat = arg;
	if (status == 0)
		send_page(seat->room, seat, page);
	seat_go_live(seat->room, seat);
}

static int64_t start_of(const struct seat_join *join)
{
	int64_t start = join->since_ms;
	int64_t age = join->seconds < INT64_MAX / 1000
			      ? (int64_t)join->seconds * 1000
			      : INT64_MAX;
	int64_t now = clock_wall_ms();
	if (join->seconds >= 0 && age < now && now - age > start)
		start = now - age;
	return start;
}

/* XEP-0045 section 7.2.14: the smallest that meets all limits. */
void history_send(struct room *room, struct seat *seat)
{
	const struct gateway *g = account_gateway(room->account);
	struct archive *archive = history_archive(g);
	const struct seat_join *join = seat->join;
	long max = join->max_stanzas >= 0 ? join->max_stanzas
					  : room_history_choice(room);
	if (max > HISTORY_MAX)
		max = HISTORY_MAX;
	if (archive == NULL || max <= 0 || join->max_chars == 0 ||
		join->seconds == 0 || room->channel == NULL) {
		seat_go_live(room, seat);
		return;
	}
	const struct archive_query q = {
		.channel = *channel_id(room->channel),
		.reader = room->account->user->jid,
		.start_ms = start_of(join),
		.before = room_first_held(room, seat),
		.max = (size_t)max,
		.from_end = true,
	};
	archive_query(archive, &q, got_page, seat);
}

void history_forget(struct room *room, struct seat *seat)
{
	struct archive *archive =
		history_archive(account_gateway(room->account));
	if (archive != NULL)
		archive_forget(archive, seat);
}

/* --- Private chats ------------------------------------------------------- */

/* As it stands in his JID, where small and capital letters are one. */
static void prepare_name(
	const struct account *a, const char *person, struct str *out)
{
	char local[GATEWAY_JID_SIZE];
	if (!gateway_local(
		    account_gateway(a), GW_PERSON, a->key, person, local) ||
		jid_prepare_local(out, slice_of(local)) != 0) {
		str_reset(out);
		str_add(out, person);
	}
}

void history_chat_id(const struct account *a, const char *person,
	struct archive_channel_id *out)
{
	const struct gateway *g = account_gateway(a);
	struct str name = { .max = GATEWAY_JID_SIZE };
	struct str in = { .max = GW_ACCOUNT_SIZE + GATEWAY_JID_SIZE + 8192 };
	unsigned char digest[SHA256_SIZE];
	str_add_bytes(&in, "chat", sizeof("chat"));
	str_add_bytes(&in, g->options->jid, strlen(g->options->jid) + 1);
	str_add_bytes(&in, a->user->jid, strlen(a->user->jid) + 1);
	str_add_bytes(&in, a->key, strlen(a->key) + 1);
	prepare_name(a, person, &name);
	str_add_slice(&in, str_slice(&name));
	str_finish(&name);
	crypto_sha256(str_slice(&in), digest);
	memcpy(out->bytes, digest, sizeof(out->bytes));
	str_finish(&in);
}

void history_record_chat(
	struct account *a, const char *person, const struct archive_message *m)
{
	const struct gateway *g = account_gateway(a);
	const struct gateway_ops *ops = g->api.ops;
	struct archive *archive = history_archive(g);
	if (archive == NULL ||
		(ops->is_confidential != NULL &&
			ops->is_confidential(&g->api, a->key, person)))
		return;
	struct archive_source source = { .gateway = g->options->jid,
		.reader = a->user->jid,
		.account = a->key,
		.name = person,
		.is_chat = true };
	history_chat_id(a, person, &source.channel);
	if (!archive_is_gathering(archive, &source.channel))
		archive_note(archive, &source);
	struct archive_message row = *m;
	row.number = archive_next_number(archive);
	archive_append(archive, &source.channel, &row);
}
