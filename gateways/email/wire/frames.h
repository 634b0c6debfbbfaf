/*
 * What the daemon and a mail worker say to each other: one table of frames,
 * from which both sides have encoder, decoder and names. A frame is about one
 * link (a connection to an IMAP or SMTP server that the worker drives), or
 * about none (0), and about one request, or about none (0).
 *
 * On the wire: length of what follows (4 bytes, big-endian), type (1), link
 * (4), request (4), numbers (8 each), texts (length in 4 bytes, then bytes).
 * Their count is fixed for each type; anything else is a bad frame, and the
 * end of the process that sent it, or of the worker that got it. Descriptors
 * travel beside the first byte of their frame (SCM_RIGHTS).
 */
#ifndef EMAIL_WIRE_FRAMES_H
#define EMAIL_WIRE_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"

#define FRAME_NUMBERS 4
#define FRAME_TEXTS   5

/* One frame; what is longer goes in several FRAME_DATA. */
#define FRAME_MAX      ((size_t)2 * 1024 * 1024)
/* Bytes of one FRAME_DATA, and those that may be under way unasked. */
#define FRAME_DATA_MAX ((size_t)64 * 1024)
#define FRAME_CREDIT   ((size_t)256 * 1024)

enum frame_way { TO_WORKER = 1, TO_DAEMON = 2 };

/* X(name, way, numbers, texts): what they are stands below, per frame. */
#define FRAME_TABLE(X)                       \
	/* --- links ----------------- */    \
	X(OPEN, TO_WORKER, 4, 5)             \
	X(CLOSE, TO_WORKER, 0, 0)            \
	X(STATE, TO_DAEMON, 2, 2)            \
	/* --- an IMAP mailbox ------- */    \
	X(WATCH, TO_WORKER, 4, 1)            \
	X(MAILBOX, TO_DAEMON, 4, 2)          \
	X(MAIL, TO_DAEMON, 4, 1)             \
	X(TAKEN, TO_WORKER, 1, 0)            \
	X(FLAGGED, TO_DAEMON, 3, 0)          \
	X(UNREAD, TO_DAEMON, 1, 0)           \
	X(FETCH, TO_WORKER, 2, 1)            \
	X(STORE, TO_WORKER, 2, 2)            \
	X(MOVE, TO_WORKER, 2, 3)             \
	X(APPEND, TO_WORKER, 3, 1)           \
	X(SEARCH, TO_WORKER, 2, 2)           \
	/* --- its sent mails -------- */    \
	X(MIRROR, TO_WORKER, 2, 1)           \
	X(MIRRORED, TO_DAEMON, 2, 1)         \
	X(SENT, TO_DAEMON, 4, 1)             \
	/* --- a mail to send -------- */    \
	X(COMPOSE, TO_WORKER, 0, 1)          \
	X(SUBMIT, TO_WORKER, 2, 2)           \
	X(REFUSED, TO_DAEMON, 1, 3)          \
	/* --- requests in general --- */    \
	X(READ, TO_WORKER, 1, 1)             \
	X(DATA, TO_WORKER | TO_DAEMON, 1, 1) \
	X(MORE, TO_WORKER | TO_DAEMON, 1, 0) \
	X(DONE, TO_DAEMON, 2, 2)

#define FRAME_NAME(name, way, numbers, texts) FRAME_##name,
enum frame_type { FRAME_NONE, FRAME_TABLE(FRAME_NAME) FRAME_TYPES };

/* What the numbers and texts of a frame are:
 *
 * OPEN     with the descriptor of a connected socket. Numbers: enum
 *          link_protocol, enum tls_mode, enum link_login, 0. Texts: host (SNI,
 *          verified), user, secret, our name for EHLO, the names by which the
 *          server signs its Authentication-Results, separated by spaces, each
 *          for what is below it, too; "-" for none at all ("": believe none).
 *          Answered by STATE.
 * CLOSE    log out in order and forget the link; nothing is said about it
 *          any more. Also after a STATE of LINK_FAILED.
 * STATE    numbers: enum link_state, enum link_error. Texts: words of the
 *          server or ours, for the user; capabilities, in capitals, separated
 *          by spaces (of LINK_READY).
 * WATCH    keep to this folder: catch up from a UID on, then IDLE (or poll).
 *          Numbers: UIDVALIDITY last known (0: none), highest UID that is
 *          done, HIGHESTMODSEQ last known (0: none), bits of enum watch_flag.
 *          Text: folder. Answered by MAILBOX, then a MAIL for each new one,
 *          oldest first; FLAGGED for changes. Later requests interrupt IDLE.
 *          Without a UIDVALIDITY known, only what comes from now on is new;
 *          if the folder has another one than that, nothing follows MAILBOX
 *          until the next WATCH (which says from where on).
 * MAILBOX  the folder was opened, or its numbers changed. Numbers:
 *          UIDVALIDITY, UIDNEXT (0: unknown), HIGHESTMODSEQ (0: none), number
 *          of mails. Texts: folder; all folders, one a line: role, tab, name in
 *          UTF-8; roles: inbox, sent, drafts, junk, trash, archive, all,
 *          flagged, and - for the rest.
 * MAIL     numbers: UID, HIGHESTMODSEQ or 0, bits of enum mail_flag, INTERNALDATE
 *          in milliseconds. Text: mail_encode(). At most 8 that are not
 *          TAKEN are under way.
 * TAKEN    number: UID; another may come.
 * FLAGGED  number: UID, bits of enum mail_flag, MODSEQ or 0.
 * UNREAD   number: of mails without \\Seen in the watched folder, when the
 *          daemon has all that is new, and whenever it changed.
 * FETCH    a part of a mail as DATA, decoded; then DONE. Numbers: UID, part
 *          (mail_part.number; 0: the whole mail as it is; FETCH_TEXT;
 *          FETCH_SUMMARY). Text: folder; "": the one that is watched.
 * STORE    numbers: 1 add or 0 remove, bits of enum mail_flag. Texts: UID set,
 *          folder; "": the one that is watched.
 * MOVE     numbers: bits of enum mail_flag that are set and unset before, as
 *          far as the server can. Texts: UID set, folder; the one where they
 *          are ("": the one that is watched).
 * APPEND   the bytes follow as DATA. Numbers: size, bits of enum mail_flag,
 *          date in milliseconds. Text: folder. DONE has the UID (0: unknown).
 * SEARCH   numbers: the most UIDs wanted (newest), earliest day in
 *          milliseconds or 0. Texts: folder; what is looked for as
 *          "key\nvalue\n..." with the keys TEXT, FROM, SUBJECT, MESSAGE-ID,
 *          ORIGINAL-MESSAGE-ID (of providers that give mails another).
 *          DONE has the UIDs as its text, separated by spaces.
 * MIRROR   beside the watched folder look at this one for new mails, now and
 *          then: when news come, when IDLE is issued anew, and at once where
 *          the server tells (RFC 5465). Numbers: UIDVALIDITY last known (0:
 *          none), highest UID that is done. Text: folder. Nothing else says
 *          that it began.
 * MIRRORED its numbers are others than MIRROR said: only what comes from now
 *          on is new. Numbers: UIDVALIDITY, highest UID given away. Text:
 *          folder.
 * SENT     a mail in it, oldest first. Numbers: UID, UIDVALIDITY, the others
 *          as of MAIL. Text: mail_encode(). Counts among those not TAKEN.
 * COMPOSE  text: draft_encode(). DATA follow (bytes of its files, in their
 *          order, asked for by MORE); the mail comes back as DATA; DONE.
 * SUBMIT   the bytes follow as DATA. Numbers: size, bits of enum
 *          submit_flag. Texts: sender, recipients (one a line). REFUSED for
 *          each of these that is not accepted; DONE when the server took the
 *          mail or refused it.
 * REFUSED  number: SMTP code. Texts: recipient, enhanced code ("5.1.1" or
 *          ""), words of the server.
 * READ     read a document: number: enum read_what; text: its bytes. DONE
 *          has the result as its text.
 * DATA     number: bytes still to come after these, or FRAME_LEFT_UNKNOWN.
 *          Text: bytes. Zero bytes left end it; FRAME_GIVEN_UP: there will be
 *          no more, and the request fails. Only as much as MORE allowed beyond
 *          FRAME_CREDIT.
 * MORE     number: bytes of the request's DATA that were used.
 * DONE     numbers: enum link_error, a number (SMTP code, UID). Texts: words
 *          for the user; result.
 */

/* Of DATA. */
#define FRAME_LEFT_UNKNOWN ((uint64_t)1 << 62)
#define FRAME_GIVEN_UP     ((uint64_t)1 << 63)

/* What a worker is busy with, in memory that it shares with the pool (its
 * descriptor 4) and writes before it goes to work: who dies now dies of it. */
struct frame_blame {
	uint32_t link, request; /* 0: none */
	uint64_t uid;           /* of the mail that is read; 0: none */
};
/* In that `uid`: it is one of the folder of MIRROR. */
#define BLAME_MIRROR ((uint64_t)1 << 32)

enum link_protocol { LINK_IMAP = 1, LINK_SMTP };

enum link_login {
	LOGIN_PASSWORD = 1, /* the best mechanism the server has */
	LOGIN_OAUTH,        /* OAUTHBEARER or XOAUTH2; secret: access token */
	LOGIN_NONE,         /* SMTP without login */
};

enum link_state {
	LINK_READY = 1, /* logged in */
	LINK_IDLING,    /* pushes arrive */
	LINK_POLLING,   /* the server has no IDLE */
	LINK_FAILED,    /* over; see the error */
};

enum link_error {
	LINK_OK,
	LINK_LOST,     /* connection ended, or timed out */
	LINK_TLS,      /* no trusted TLS */
	LINK_PROTOCOL, /* the server does not speak as it should */
	LINK_TOO_MUCH, /* ... or sends without an end */
	LINK_REFUSED,  /* login refused */
	LINK_BUSY,     /* too many connections, or not now */
	LINK_NO_WAY,   /* no mechanism of login that is safe here */
	LINK_NO_SUCH,  /* folder, mail, part */
	LINK_NO,       /* the server said no (permanently) */
	LINK_LATER,    /* ... for now */
	LINK_BAD,      /* what was asked for cannot be said */
	LINK_UNKNOWN,  /* SUBMIT: lost after the last byte: perhaps taken */
	LINK_CRASHED,  /* the worker died; never said by a worker */
	LINK_ERRORS
};

enum watch_flag {
	WATCH_IMPORT = 1,  /* without a UID known: the newest N, see below */
	WATCH_FLAGS = 2,   /* report FLAGGED */
	WATCH_NO_MAIL = 4, /* only flags */
};
/* With WATCH_IMPORT the "highest UID that is done" is the count wanted. */

/* Instead of a part: all its text, nothing cut; or its headers alone, as
 * mail_encode() without text and parts. */
#define FETCH_TEXT    0xfffffffeu
#define FETCH_SUMMARY 0xffffffffu

enum mail_flag {
	FLAG_SEEN = 1,
	FLAG_ANSWERED = 2,
	FLAG_FLAGGED = 4,
	FLAG_DELETED = 8,
	FLAG_DRAFT = 16,
	FLAG_JUNK = 32,     /* $Junk */
	FLAG_NOT_JUNK = 64, /* $NotJunk */
	FLAG_MDN_SENT = 128,
};

enum submit_flag {
	SUBMIT_UTF8 = 1, /* SMTPUTF8 is needed */
	SUBMIT_8BIT = 2, /* BODY=8BITMIME */
	SUBMIT_DSN = 4,  /* tell of delivery */
};

enum read_what {
	READ_AUTOCONFIG = 1, /* XML of a provider: settings_encode() */
};

struct frame {
	enum frame_type type;
	uint32_t link, request;
	uint64_t numbers[FRAME_NUMBERS];
	struct slice texts[FRAME_TEXTS]; /* borrowed */
	int fd;                          /* OPEN; else -1 */
};

/* "OPEN" */
const char *frame_name(enum frame_type type);

/* Append the frame as it goes over the wire; `out` overflows when it is too
 * long. The descriptor is the caller's business. */
void frame_encode(struct str *out, const struct frame *f);

/* The first frame of `in`, whose bytes it borrows: returns how many of them it
 * takes, 0 when there is not all of it yet, -1 when it is no frame that may go
 * this way. `fd` is set to -1. */
long frame_decode(
	struct slice in, enum frame_way way, struct frame *f) MUST_CHECK;

#endif
