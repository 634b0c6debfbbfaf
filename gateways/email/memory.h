/*
 * What an account remembers over restarts, through gw_keep(): who waits for
 * an answer, and the records.
 *
 *	a/settings	the servers that were found (own_servers.h)
 *	a/choices	how the user wants his mails shown (choices.h)
 *	a/f/<folder>	how far a folder has been read (inbox.h)
 *	a/o/<id>	a mail that is being sent (outbox.h)
 *	b/<id>/<n>	its bytes
 *	d/<when>.<id>	a newsletter for the digest (digest.h)
 *	c/<hash>	a conversation with a person, or in a room
 *	g/<hash>	a group: who is in it
 *	p/<hash>	people: which group they have
 *	e/<hash>, l/<id>	what can be corrected (late.h)
 *	u/<id>.<n>	a file of a mail: where it was uploaded
 *	a/p/<hash>	somebody whose program is special (peers.h)
 *	o/<id>		files of a mail that were not uploaded (files.h)
 *	v/<hash>	a person's picture (photos.h)
 *	m/<id>		a mail that was seen or sent, by its id
 *	i/<hash>	an invitation and its answer (invitation.h)
 */
#ifndef EMAIL_MEMORY_H
#define EMAIL_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "api/services.h"
#include "base/arena.h"
#include "base/list.h"
#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"

/* How long what is remembered of a mail can be referred to. */
#define MEMORY_DAYS 400

/* What users are told when it failed. */
#define MEMORY_FAILED "The gateway's storage does not work now."
/* ... of something that they can do again. */
#define MEMORY_RETRY  MEMORY_FAILED " Try again later."

struct memory;

/* The calls of one session; none is answered any more when it is freed. */
struct memory *memory_new(struct gw_session *s);
/* Takes NULL inside, sets NULL. */
void memory_free(struct memory **slot);

/* One thing kept under such a name; `name` NULL: that was all (`ok`), or the
 * store failed. */
typedef void (*memory_fn)(
	const char *name, struct slice data, bool ok, void *arg);
/* Every name that begins with `prefix`, in their order. */
void memory_recall(
	struct memory *m, const char *prefix, memory_fn fn, void *arg);
/* This name alone, if it is there. */
void memory_recall_one(
	struct memory *m, const char *name, memory_fn fn, void *arg);

typedef void (*memory_kept_fn)(bool ok, void *arg);
/* gw_keep(); `fn` NULL: nobody waits for it. */
void memory_keep(struct memory *m, const struct gw_kept *items, size_t count,
	memory_kept_fn fn, void *arg);
/* `fn` is called once, perhaps before this returns: what memory_keep() was given
 * last (and so all before it) is on disk, or (not `ok`) the store failed. */
void memory_await(struct memory *m, memory_kept_fn fn, void *arg);
/* Drop the calls with this argument. */
void memory_forget_calls(struct memory *m, void *arg);

/* ops->kept and ops->recalled. */
void memory_kept(struct memory *m, uint64_t token, bool ok);
void memory_recalled(struct memory *m, uint64_t token, const char *name,
	struct slice data, bool ok);

/* --- Names --------------------------------------------------------------- */

/* 32 hexadecimal digits that stand for a Message-ID or another text. */
#define MEMORY_ID_SIZE 33
void memory_id(const char *text, char out[MEMORY_ID_SIZE]);

/* Does it begin with such digits? What users send back may be anything. */
bool memory_is_id(const char *text);

#define MEMORY_NAME_SIZE 200

/* Of a mail: its id, of which only the digits count (those of its files have a
 * number behind them). */
void memory_mail_name(const char *id, char out[MEMORY_NAME_SIZE]);
/* Of the conversation with a person, or in a room. */
void memory_talk_name(const char *whose, char out[MEMORY_NAME_SIZE]);

/* --- Records ------------------------------------------------------------- */

/* A mail, in or out. */
struct memory_mail {
	const char *message_id; /* without <> */
	const char *name;       /* of the person or room it was shown in */
	bool in_room;
	bool is_own;            /* sent by the user, here or elsewhere */
	const char *thread;     /* as told to XMPP */
	const char *subject;    /* base subject, or NULL */
	const char *references; /* separated by spaces, oldest first */
	const char *requests;   /* of mails sent from here: "7 8", or NULL */
	const char *identity;   /* own address it was sent to or from */
	uint32_t uid;           /* in the inbox; 0: not there */
	int64_t uidvalidity;
	bool is_gathered;       /* it waits for a digest, or was in one */
	const char *author;     /* address of who wrote it; or NULL */
	const char *receipt_to; /* who asks whether it was read; or NULL */
	/* Where the user had it moved from here; NULL: it was not moved. Its
	 * UID says nothing then. */
	const char *folder;
};

void memory_mail_encode(struct str *out, const struct memory_mail *m);
/* Texts are copied into the arena. */
int memory_mail_decode(
	struct slice in, struct arena *arena, struct memory_mail *m) MUST_CHECK;
/* memory_recall_one() and memory_keep() of a mail; nobody waits for the
 * latter. */
void memory_recall_mail(
	struct memory *m, const char *id, memory_fn fn, void *arg);
void memory_keep_mail(
	struct memory *m, const char *id, const struct memory_mail *record);

/* A conversation: what the next mail in it needs. */
struct memory_talk {
	const char *address; /* as that person writes it; of a room NULL */
	const char *display; /* his name, or NULL */
	const char *last_id; /* Message-ID of the last mail, or NULL */
	const char *references, *thread, *subject;
	const char *identity;
	const char *last_in; /* id of the last mail that came, or NULL */
	/* Of a list or newsletter; or NULL. */
	const char *unsubscribe_url, *unsubscribe_mail;
	bool one_click;
	int64_t last_ms;
	const char *audience; /* of it, if there were others; audience.h */
	/* Where its sender wants answers (Reply-To), as an audience; NULL: from
	 * where it came. Nothing goes to another domain unless he says so. */
	const char *answers_to;
	bool answers_elsewhere;
	const char *invitation; /* name of the last one that came, or NULL */
};

void memory_talk_encode(struct str *out, const struct memory_talk *t);
/* Likewise. */
int memory_talk_decode(
	struct slice in, struct arena *arena, struct memory_talk *t) MUST_CHECK;
/* memory_recall_one() of a conversation. */
void memory_recall_talk(
	struct memory *m, const char *whose, memory_fn fn, void *arg);

#endif
