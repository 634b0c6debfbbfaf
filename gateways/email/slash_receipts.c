#include <string.h>

#include "email/errand.h"
#include "email/peers.h"
#include "email/readback.h"

/* In a chat: does he hear what the user has read? */
void slash_receipts(struct errand *e)
{
	struct peers *p = e->session->peers;
	const unsigned both = PEER_TELL | PEER_TELL_NOT;

	if (e->in_room) {
		errand_fail(e, GW_NOT_ACCEPTABLE,
			"Groups and lists are never told. Write it in the "
			"chat with one person.");
		return;
	}
	if (strcmp(e->args, "on") == 0) {
		peers_set(p, e->name, both, PEER_TELL);
	} else if (strcmp(e->args, "off") == 0) {
		peers_set(p, e->name, both, PEER_TELL_NOT);
	} else if (e->args[0] != '\0') {
		errand_fail(e, GW_NOT_ACCEPTABLE,
			"Write /receipts on, /receipts off, or /receipts.");
		return;
	}
	errand_done(e, readback_is_wished(e->session, e->name)
			       ? "Who asks for it here is told when you have "
				 "read a mail."
			       : "Nobody is told here when you have read a "
				 "mail.");
}
