#include "email/readback.h"

#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "email/outbox.h"
#include "email/peers.h"
#include "email_wire/address.h"

/* RFC 8098 section 2.1: who asks for somebody else is not answered by
 * himself; machines never are. */
const char *readback_asked(const struct mail *m)
{
	if (m->wants_receipt == NULL || m->kind != MAIL_PERSON ||
		m->is_automatic || m->list_id != NULL ||
		(m->warnings & (MAIL_NOT_AUTHENTIC | MAIL_NO_SENDER)) != 0 ||
		!address_equals(m->wants_receipt, m->from.address))
		return NULL;
	return m->wants_receipt;
}

bool readback_is_wished(const struct email_session *s, const char *name)
{
	unsigned flags = peers_get(s->peers, name);

	if ((flags & (PEER_TELL | PEER_TELL_NOT)) != 0)
		return (flags & PEER_TELL) != 0;
	return strcmp(gw_setting(s->session, "tell_read"), "1") == 0;
}

void readback_tell(struct email_session *s, const struct memory_mail *record)
{
	struct memory_mail told = *record;
	char id[MEMORY_ID_SIZE];

	if (record->receipt_to == NULL || record->in_room ||
		record->message_id[0] == '\0' ||
		!readback_is_wished(s, record->name))
		return;
	memory_id(record->message_id, id);
	told.receipt_to = NULL;
	const struct special receipt = {
		.kind = OUTGOING_RECEIPT,
		.reply_to = id,
		.text = "This mail was displayed. That says nothing of "
			"whether it was understood.",
	};

	memory_keep_mail(s->memory, id, &told);
	email_outbox_special(s->outbox, record->name, false, &receipt);
}
