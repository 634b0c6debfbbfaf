#include "host/parcel.h"

#include <string.h>

#include "base/crypto.h"
#include "base/limits.h"
#include "base/pack.h"
#include "base/utf8.h"
#include "host/message.h"
#include "host/receivers.h"

/* The first number in what is stored. */
#define VERSION 1

static const size_t texts[] = {
	offsetof(struct parcel, from),
	offsetof(struct parcel, to),
	offsetof(struct parcel, id),
	offsetof(struct parcel, origin),
	offsetof(struct parcel, name),
	offsetof(struct parcel, text),
	offsetof(struct parcel, subject),
	offsetof(struct parcel, thread),
	offsetof(struct parcel, ref),
	offsetof(struct parcel, replaces),
	offsetof(struct parcel, retracts),
	offsetof(struct parcel, file.url),
	offsetof(struct parcel, file.name),
	offsetof(struct parcel, file.type),
	offsetof(struct parcel, file.sha256),
};

void parcel_pack(const struct parcel *p, struct str *out)
{
	const int64_t numbers[] = { VERSION, p->kind, p->type, p->wishes,
		p->notice, p->reaction, p->wall_ms, p->file.size,
		(int64_t)p->cut_start, (int64_t)p->cut_end };
	for (size_t i = 0; i < COUNT(numbers); i++)
		pack_number(out, numbers[i]);
	for (size_t i = 0; i < COUNT(texts); i++) {
		const char *text;
		memcpy(&text, (const char *)p + texts[i], sizeof(text));
		pack_text(out, text);
	}
	receivers_pack(out, p->receivers, p->receiver_count);
}

int parcel_unpack(struct parcel *p, struct slice data)
{
	struct unpack u = { .rest = data };
	memset(p, 0, sizeof(*p));
	if (unpack_number(&u) != VERSION)
		return -1;
	p->kind = (enum gw_kind)unpack_number(&u);
	p->type = (enum stanza_type)unpack_number(&u);
	p->wishes = (unsigned)unpack_number(&u);
	p->notice = unpack_number(&u) != 0;
	p->reaction = unpack_number(&u) != 0;
	p->wall_ms = unpack_number(&u);
	p->file.size = unpack_number(&u);
	p->cut_start = (size_t)unpack_number(&u);
	p->cut_end = (size_t)unpack_number(&u);
	for (size_t i = 0; i < COUNT(texts); i++) {
		const char *text = unpack_text(&u);
		memcpy((char *)p + texts[i], &text, sizeof(text));
	}
	p->receiver_count = receivers_unpack(&u, p->receivers);
	bool whole = !u.is_broken && p->from != NULL && p->to != NULL &&
		     p->name != NULL && p->text != NULL &&
		     (p->kind == GW_PERSON || p->kind == GW_ROOM) &&
		     p->cut_start <= p->cut_end &&
		     p->cut_end <= strlen(p->text);
	return whole ? 0 : -1;
}

/* An id alone would not do: there are clients that count from 1 at each
 * start. */
void parcel_pack_same(
	const struct parcel *p, const char *account, struct str *out)
{
	struct parcel same = *p;
	unsigned char digest[SHA256_SIZE];
	if (p->id == NULL)
		return;
	same.from = same.to = account;
	same.wall_ms = 0;
	same.wishes = 0;
	struct str bytes = { .max = 2 * LIMIT_STANZA_IN };
	parcel_pack(&same, &bytes);
	crypto_sha256(str_slice(&bytes), digest);
	str_finish(&bytes);
	str_add_bytes(out, digest, sizeof(digest));
}

void parcel_shrink(struct parcel *p, char excerpt[PARCEL_EXCERPT_SIZE])
{
	size_t len = strcspn(p->text, "\n");
	if (len >= PARCEL_EXCERPT_SIZE)
		len = utf8_prefix(slice_of(p->text), PARCEL_EXCERPT_SIZE - 1);
	memcpy(excerpt, p->text, len);
	excerpt[len] = '\0';
	p->text = excerpt;
	p->subject = p->thread = NULL;
	p->ref = p->replaces = p->retracts = NULL;
	p->cut_start = p->cut_end = 0;
	p->receiver_count = 0;
	p->file = (struct gw_file){ .size = -1 };
}

struct receipt_sender parcel_sender(
	const struct gateway *g, const struct parcel *p)
{
	return (struct receipt_sender){ .stream = g->component,
		.from = p->from,
		.to = p->to,
		.id = p->id,
		.type = p->type };
}

static void bare_of(const char *full, char bare[GATEWAY_JID_SIZE])
{
	text_copy(bare, GATEWAY_JID_SIZE, full);
	bare[strcspn(bare, "/")] = '\0';
}

/* RFC 6121 section 8.5: servers keep no errors, and drop those to a client
 * that has gone. Whoever is away finds a message instead. */
static void say(struct gateway *g, const struct parcel *p, const char *text)
{
	char start[PARCEL_EXCERPT_SIZE], bare[GATEWAY_JID_SIZE];
	struct parcel shown = *p;
	struct str words = { .max = 2 * LIMIT_CONFIG_STRING };
	parcel_shrink(&shown, start);
	bool cut = strlen(p->text) > strlen(start);
	str_addf(&words, "Your message \"%s%s\" could not be delivered",
		shown.text, cut ? "..." : "");
	if (text != NULL)
		str_addf(&words, ": %s%s", text, text_stop(text));
	else
		str_add(&words, ".");
	bare_of(p->from, bare);
	/* A room's own address would not be shown as a chat. */
	message_answer(g, p->kind == GW_ROOM ? g->options->jid : p->to, bare,
		NULL, str_text(&words));
	str_finish(&words);
}

void parcel_fail(struct gateway *g, const struct parcel *p,
	enum gw_reason reason, const char *text)
{
	const struct stanza_head head = {
		.from = p->to, .to = p->from, .type = "error", .id = p->id
	};
	const struct stanza_error_detail detail = { .error = reason_error(
							    reason),
		.type = reason_type(reason),
		.text = text };
	struct xml_writer *w =
		stanza_begin(g->component, STANZA_MESSAGE, &head);
	stanza_put_error(w, &detail);
	stanza_end(g->component);
	char bare[GATEWAY_JID_SIZE];
	const char *status;
	bare_of(p->from, bare);
	const struct user *u = user_find(g, bare);
	if (u == NULL || user_presence(u, &status) == GW_OFFLINE)
		say(g, p, text);
}
