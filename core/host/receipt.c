#include "host/receipt.h"

#include <string.h>

#include "base/crypto.h"
#include "host/history.h"
#include "xmpp/ns.h"

/* --- To the sender ------------------------------------------------------- */

/* One row per kind: how it is asked for and told. */
static const struct receipt_row {
	enum receipt_wish wish;
	enum gw_cap cap;
	enum gw_stage stage; /* from this one on it is true */
	const char *ns, *request, *answer;
} rows[] = {
	{ RECEIPT_DELIVERED, GW_CAP_RECEIPTS, GW_DELIVERED, NS_RECEIPTS,
		"request", "received" },
	{ RECEIPT_DISPLAYED, GW_CAP_DISPLAYED, GW_DISPLAYED, NS_MARKERS,
		"markable", "displayed" },
};

unsigned receipt_wishes(const struct gateway_ops *ops, const struct stanza *s)
{
	unsigned wishes = 0;
	for (size_t i = 0; s->id != NULL && i < COUNT(rows); i++)
		if ((ops->caps & rows[i].cap) != 0 &&
			xml_child(s->xml, rows[i].request, rows[i].ns) != NULL)
			wishes |= rows[i].wish;
	return wishes;
}

/* XEP-0184 section 5.4: with an id of its own, of the same type, and never with
 * a request for a receipt. The hint is for clients that are away. */
static void tell(
	const struct receipt_sender *sender, const struct receipt_row *row)
{
	struct component *c = sender->stream;
	char id[CRYPTO_ID_SIZE];
	crypto_random_id(id);
	const struct stanza_head head = { .from = sender->to,
		.to = sender->from,
		.type = sender->type == TYPE_CHAT ? "chat" : NULL,
		.id = id };
	struct xml_writer *w = stanza_begin(c, STANZA_MESSAGE, &head);
	xml_open(w, row->answer, row->ns);
	xml_put_attr(w, "id", sender->id);
	xml_close(w);
	xml_put(w, "store", NS_HINTS, NULL);
	stanza_end(c);
}

unsigned receipt_tell(const struct receipt_sender *sender, unsigned wishes,
	enum gw_stage stage)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (stage < rows[i].stage || (wishes & rows[i].wish) == 0)
			continue;
		tell(sender, &rows[i]);
		wishes &= ~(unsigned)rows[i].wish;
	}
	return wishes;
}

/* --- Of the user --------------------------------------------------------- */

/* "<seal>.<id of the network>" */
#define SEAL_BYTES 15 /* no padding in base64 */
#define SEAL_CHARS 20

bool receipt_make_id(const struct account *a, const char *person,
	const char *network_id, char out[RECEIPT_ID_SIZE])
{
	struct archive_channel_id chat;
	if (strlen(network_id) > RECEIPT_ID_SIZE - SEAL_CHARS - 2)
		return false;
	history_chat_id(a, person, &chat);
	struct str seal = { .max = RECEIPT_ID_SIZE };
	channel_seal(account_gateway(a), "message-id", &chat, network_id,
		SEAL_BYTES, &seal);
	bool fits = text_format(
		out, RECEIPT_ID_SIZE, "%s.%s", str_text(&seal), network_id);
	str_finish(&seal);
	return fits;
}

void receipt_make_short_id(const struct account *a, const char *person,
	const char *network_id, char out[RECEIPT_ID_SIZE])
{
	struct archive_channel_id chat;
	struct str seal = { .max = RECEIPT_ID_SIZE };
	history_chat_id(a, person, &chat);
	channel_seal(account_gateway(a), "message-id", &chat, network_id,
		SHA256_SIZE, &seal);
	text_copy(out, RECEIPT_ID_SIZE, str_text(&seal));
	str_finish(&seal);
}

const char *receipt_network_id(
	const struct account *a, const char *person, const char *id)
{
	char real[RECEIPT_ID_SIZE];
	if (strlen(id) <= SEAL_CHARS)
		return NULL;
	const char *network_id = id + SEAL_CHARS + 1;
	return receipt_make_id(a, person, network_id, real) &&
			       crypto_equals(slice_of(real), slice_of(id))
		       ? network_id
		       : NULL;
}

void receipt_read(
	struct user *u, const struct target *t, const struct stanza *s)
{
	const char *id =
		xml_attr(xml_child(s->xml, "displayed", NS_MARKERS), "id");
	struct account *a = account_find(u, t->address.account);
	if (id == NULL || a == NULL || !account_is_online(a) ||
		account_ops(a)->displayed == NULL)
		return;
	const char *network_id = receipt_network_id(a, t->address.name, id);
	if (network_id != NULL)
		account_ops(a)->displayed(
			&a->session, NULL, t->address.name, network_id);
}
