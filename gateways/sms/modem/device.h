/*
 * One modem, from the inside: what the files of this folder share. The life of
 * a device is in device.c, what is said at its start and from time to time in
 * start.c, texts that leave in send.c, texts that come in receive.c.
 *
 *	ABSENT --> STARTING --> READY
 *	   ^ \________/___________/      (unplugged, silent, refused)
 *
 * One command is under way at a time. When it is over, modem_go_on() looks for
 * the next: acknowledgements first, then reading, then questions, then texts.
 * Everything outside of a talk's callbacks only takes notes and defers that.
 */
#ifndef SMS_MODEM_DEVICE_H
#define SMS_MODEM_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/str.h"
#include "net/backoff.h"
#include "net/loop.h"
#include "sms_modem/config.h"
#include "sms_modem/modem.h"
#include "sms_modem/talk.h"

/* Usual commands are answered in less than a second; the SIM is slower. */
#define COMMAND_MS 10000

/* Memories that texts are found in: "SM", "ME", "MT", "SR". */
#define MEMORIES    4
#define MEMORY_SIZE 8

enum modem_state { MODEM_ABSENT, MODEM_STARTING, MODEM_READY };

struct memory {
	char name[MEMORY_SIZE];
	bool is_due; /* to be read */
};

struct step;   /* start.c */
struct errand; /* send.c */
struct letter; /* receive.c */

struct modem {
	struct modems *all;
	const struct modem_config *config;
	const char *name;
	enum modem_state state;
	char why[160]; /* it is not up: for operators; "": it is */
	struct modem_talk talk;
	struct backoff backoff;
	struct timer retry; /* to open the line */
	struct timer pause; /* nothing is said while it runs */
	struct timer poll;
	struct deferred kick;

	/* start.c */
	const struct step *step; /* NULL: none is under way */
	unsigned tries;          /* of this step */
	size_t init_index;
	bool is_pin_refused; /* ever: never tried again */
	bool is_sim_open, wants_pin, is_sim_blocked, is_pin_given;
	bool acks; /* direct texts are acknowledged by AT+CNMA */
	bool is_poll_due;
	int registration; /* 27.007 section 7.2; -1: it does not say */
	int signal;       /* 0 to 31; -1: unknown */
	char network[40]; /* the operator's name, or "" */
	int used, total;  /* texts in the memory, -1: unknown */

	/* send.c */
	struct list queue;     /* struct errand.link */
	struct errand *errand; /* the one under way */
	char more_to[32];      /* further segments for this number come */

	/* receive.c */
	struct list letters; /* struct letter.link */
	size_t letter_count;
	struct letter *settling;          /* about which something is said */
	struct memory memories[MEMORIES]; /* the first is the modem's own */
	struct memory *reading;
	char chosen[MEMORY_SIZE]; /* the memory that reading is from */
};

/* The carrier. */
struct modems {
	struct carrier base;
	unsigned magic;
	struct carrier_setup setup;
	const struct modem_backend_config *config;
	modem_line_fn open_line;
	struct modem *list;
	size_t count;
	uint64_t last_ticket;
	bool is_stalled;
	bool is_draining;
	struct timer drain;
	/* What was told last. */
	enum carrier_state state;
	char why[200];
	size_t room;
};

/* --- modem.c ------------------------------------------------------------- */

/* Tell the gateway what is up, and how much room there is. */
void modems_tell(struct modems *all);

/* --- device.c ------------------------------------------------------------ */

/* In memory that stays; the line is opened in the next turn. `config` lives as
 * long. */
void modem_init(
	struct modem *m, struct modems *all, const struct modem_config *config);
/* At once; the gateway is told of nothing. */
void modem_finish(struct modem *m);

/* Texts can go by it. */
bool modem_is_up(const struct modem *m);
/* No more texts can come. */
static inline bool modem_is_full(const struct modem *m)
{
	return m->total > 0 && m->used >= m->total;
}
/* Look for what to do next, at the end of this turn. */
void modem_kick(struct modem *m);
/* It does not work: close the line, and try again in `delay_ms`; 0: sooner or
 * later. */
void modem_fail(struct modem *m, int64_t delay_ms, const char *why);
/* It is ready (start.c). */
void modem_started(struct modem *m);
/* Whether it is up may have changed, or the room in its memory. */
void modem_changed(struct modem *m);

/* --- start.c ------------------------------------------------------------- */

/* The line is open: begin with the first command. */
void modem_start(struct modem *m);
/* Say the next command or question; false: there is none. */
bool modem_step(struct modem *m);
/* What it says of itself unasked. */
void modem_hear_network(struct modem *m, const struct at_line *line);

/* --- send.c -------------------------------------------------------------- */

/* The id of a text for this receiver: see modem.h. */
void modem_put_id(const struct modem *m, struct str *out, int reference,
	const char *number);

/* Queue it, whether or not it can be sent: modem_send_check() says so. */
void modem_submit(struct modem *m, const struct carrier_submit *s);
/* Say the next one; false: there is none, or it must wait. */
bool modem_send(struct modem *m);
/* Reject those that cannot be sent now, and end what was under way. */
void modem_send_check(struct modem *m);
/* Forget all. */
void modem_send_finish(struct modem *m);
/* Does something for this receiver wait here? */
bool modem_has_for(const struct modem *m, const char *to);
/* Texts that wait or are under way. */
size_t modem_queued(const struct modem *m);
/* The one under way is given up: it may have been taken. */
void modem_send_abandon(struct modem *m);

/* --- tell.c -------------------------------------------------------------- */

struct tpdu;

/* Where a PDU was found. */
struct modem_place {
	uint64_t ticket;
	int index; /* in the memory `chosen`; -1: passed on at once */
	struct slice pdu;
};

/* Tell the gateway of a text or a report; `t` NULL: it cannot be read. */
void modem_tell(
	struct modem *m, const struct tpdu *t, const struct modem_place *place);

/* --- receive.c ----------------------------------------------------------- */

/* Acknowledge, delete or read; false: there is nothing to do. */
bool modem_receive(struct modem *m);
/* News of a text or a report. */
void modem_hear(struct modem *m, enum at_news news, const struct at_line *line);
/* False: this ticket is not of this modem. */
bool modem_settle(struct modem *m, uint64_t ticket, bool ok);
/* The memory in which texts arrive. */
void modem_set_memory(struct modem *m, struct slice name);
/* All memories are to be read. */
void modem_read_memories(struct modem *m);
/* The line is closed: what was not settled is read again later. */
void modem_receive_reset(struct modem *m);

#endif
