/*
 * Messages between a user and persons, networks or the gateway. Those of rooms
 * are in room.h.
 */
#ifndef HOST_MESSAGE_H
#define HOST_MESSAGE_H

#include "host/account.h"
#include "host/receipt.h"
#include "host/target.h"
#include "host/user.h"
#include "xmpp/stanza.h"

struct receivers; /* receivers.h */

/* --- What is in one of a user (message.c) -------------------------------- */

/* The body in the language of the stanza, else the one without a language, else
 * the first; NULL: none. */
const char *message_body(const struct stanza *s);
/* Likewise, if the network has such things. */
const char *message_subject(
	const struct gateway_ops *ops, const struct stanza *s);
/* XEP-0201; NULL: none. */
const char *message_thread(const struct stanza *s);
/* Is the body only a stand-in for an encrypted message (XEP-0380)? */
bool message_is_encrypted(const struct stanza *s);
/* A network without corrections (XEP-0308) gets the new text, marked as what
 * it is: what to put before `*body`, which may lose its "/me ". "" for other
 * messages. */
const char *message_correction_prefix(
	const struct stanza *s, const char **body);
/* Can the network read it? False: it is encrypted, and the user was told;
 * `where` is "chat" or "room". */
bool message_is_readable(
	struct user *u, const struct stanza *s, const char *where);
/* May it leave now? False: the user was told why not. */
bool message_may_leave(struct user *u, const struct stanza *s);
/* "/who" is a command: what follows the slash. NULL for text, as are "/ x",
 * "//x" and "/me x", and for networks without such commands. */
const char *message_slash_line(const struct gateway_ops *ops, const char *body);

/* --- From a user (message_out.c) ----------------------------------------- */

/* Send the text of a message, or the extras of one without text (`body` NULL),
 * to a person, to a network, or to several (their first is `t`; or none);
 * what fails is an error of the stanza. */
void message_send_text(struct user *u, const struct target *t,
	const struct stanza *s, const char *body,
	const struct receivers *several);
/* Send what waited for the session. */
void message_send_waiting(struct account *a);

/* --- To a user (message_in.c) -------------------------------------------- */

/* From a person or, without `from`, the network itself; archived. What the
 * user wrote himself elsewhere is only archived. One that `is_new` not was sent
 * (and archived) before. `own_id`: the id of the user's own message that it is
 * about, if it is about one of his. */
void message_send(struct account *a, const struct gw_message *m, bool is_new,
	const char *own_id);
/* Does it say anything itself? A reaction and a withdrawal do not. */
bool message_has_text(const struct gw_message *m);
/* XEP-0203; `from` (or NULL) is who delays. */
void message_put_delay(struct xml_writer *w, const char *from, int64_t wall_ms);
/* The network's id of the message that this one is about; or NULL. */
const char *message_about(const struct gw_message *m);
/* What it says to those who cannot be told what it corrects: in archives.
 * `space` is made, and may hold the text. */
const char *message_as_record(
	const struct gw_message *m, const char *body, struct str *space);
/* The id of its stanza; of one with a network_id it is the same each time. True
 * when the user can tell the network by it that he saw the message. */
bool message_id(const struct account *a, const struct gw_message *m,
	char id[RECEIPT_ID_SIZE]);
/* Words of ours, from one of the gateway's JIDs to a bare or full one; `thread`
 * (or NULL): of the conversation the user began. */
void message_answer(struct gateway *g, const char *from, const char *to,
	const char *thread, const char *text);
/* A message of ours to a user, from the gateway's JID or, with an account,
 * from its network's JID. */
void message_notice(struct user *u, const struct account *a, const char *text);

#endif
