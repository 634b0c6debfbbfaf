/*
 * All contacts of a user offered to his client, to be added to its contact
 * list (XEP-0144).
 */
#ifndef HOST_CONTACTS_OFFER_H
#define HOST_CONTACTS_OFFER_H

#include "host/command.h"

/* The command "contacts": networks and people, LIMIT_PAGE in a stanza. To a
 * client that knows it as requests, so that it answers; else as messages, which
 * wait for one that does (section 5), and the addresses as text. */
void contacts_offer(
	struct command_call *call, const struct settings_values *values);

#endif
