#include <string.h>

#include "email/errand.h"
#include "email/peers.h"
#include "email/readback.h"

#define BOTH (PEER_TELL | PEER_TELL_NOT)

static void take_back(struct errand *e)
{
	peers_set(e->session->peers, e->name, BOTH, e->before);
}

/* In a chat: does he hear what the user has read? */
void slash_receipts(struct errand *e)
{
	struct peers *p = e->session->peers;

	e->before = peers_get(p, e->name) & BOTH;
	if (e->in_room) {
		errand_fail(e, GW_NOT_ACCEPTABLE,
			"Groups and lists are never told. Write it in the "
			"chat with one person.");
		return;
	}
	if (strcmp(e->args, "on") == 0) {
		peers_set(p, e->name, BOTH, PEER_TELL);
	} else if (strcmp(e->args, "off") == 0) {
		peers_set(p, e->name, BOTH, PEER_TELL_NOT);
	} else if (e->args[0] != '\0') {
		errand_fail(e, GW_NOT_ACCEPTABLE,
			"Write /receipts on, /receipts off, or /receipts.");
		return;
	}
	str_add(&e->text, readback_is_wished(e->session, e->name)
				  ? "Who asks for it here is told when you "
				    "have read a mail."
				  : "Nobody is told here when you have read a "
				    "mail.");
	errand_await(e, take_back);
}
