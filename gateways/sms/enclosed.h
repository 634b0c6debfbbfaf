/*
 * Files that came with texts: fetched from the provider as the carrier said,
 * under the outbound policy, and uploaded to where the user can get them
 * (XEP-0363). What cannot be fetched after some tries is told in words, with
 * the address. Bounded in size and in how many are under way; what is not done
 * when the program ends begins anew, as the text it came with is kept.
 */
#ifndef SMS_ENCLOSED_H
#define SMS_ENCLOSED_H

#include "sms/inbound.h"

struct enclosures;

struct enclosures *enclosed_new(struct sms *s);
/* Takes NULL inside, sets NULL; nobody is told. */
void enclosed_free(struct enclosures **slot);

/* Bring the file of this text to this owner, whose session is open;
 * inbound_give_file() follows once, in a later turn, unless it is stopped. */
void enclosed_start(struct inbound *text, struct owner *owner);
/* Nothing of it goes on: of this text, of this owner; NULL: of any. */
void enclosed_stop(
	struct sms *s, const struct inbound *text, const struct owner *owner);

/* ops->upload_more and uploaded. */
void enclosed_more(struct owner *owner, uint32_t upload, size_t room);
void enclosed_uploaded(struct owner *owner, uint32_t upload, const char *url,
	enum gw_reason reason, const char *text);

#endif
