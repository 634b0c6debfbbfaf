/*
 * What is known of a person as a card.
 */
#ifndef HOST_CARD_H
#define HOST_CARD_H

#include "host/request.h"
#include "xmpp/xml.h"

/* Append the answer to a look-up (lookup.h) of GW_PROFILE, whose `arg` is the
 * person's name: as vCard4 (XEP-0292), or as vcard-temp (XEP-0054). */
void card_put_person(struct xml_writer *w, const struct request *r, bool is_v4);

#endif
