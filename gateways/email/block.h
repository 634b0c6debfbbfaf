/*
 * People whom the user does not want to hear: their mails are not shown, in no
 * chat and in no room, and nobody is told so. They stay in the mailbox, or are
 * moved to Junk if the user chose that (his setting "blocked"). The list is the
 * account's own, kept under a/x/<hash of the address>. What a user blocks at his
 * own server (XEP-0191) is known there alone: it refuses their mails one by one.
 */
#ifndef EMAIL_BLOCK_H
#define EMAIL_BLOCK_H

#include "base/str.h"
#include "email/email.h"

#define BLOCK_KEPT "a/x/"
#define BLOCK_MAX  1000

struct block;

struct block *block_new(struct email_session *s);
/* Takes NULL inside, sets NULL. */
void block_free(struct block **slot);

/* What was kept under a name that begins with BLOCK_KEPT. */
void block_load(struct block *b, struct slice data);

/* Is this sender blocked? `address` as a mail or a JID has it. */
bool block_has(const struct block *b, const char *address);
/* False when there are too many. A name as of email_person_name(). */
bool block_add(struct block *b, const char *person);
/* False when he was not. */
bool block_remove(struct block *b, const char *person);
/* One address a line. */
void block_list(const struct block *b, struct str *out);

/* A mail of one of them came, and is not shown. */
void block_dispose(struct block *b, uint32_t uid);
/* His own server refused what was shown with this id of this person: ops->
 * refused. The same happens to the mail, if it was that. */
void block_refused(struct block *b, const char *person, const char *network_id);
/* The link to the mailbox is over. */
void block_imap_lost(struct block *b);

#endif
