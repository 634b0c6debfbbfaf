/*
 * One way to the networks: its carrier, and what waits for it. The operator's
 * are in the configuration; one that a user brought (brought.h) is his alone.
 */
#ifndef SMS_BACKEND_H
#define SMS_BACKEND_H

#include "net/loop.h"
#include "sms/sms.h"

struct backend {
	struct list link; /* sms->backends, or sms->brought_backends */
	struct sms *sms;
	struct owner *owner; /* who brought it; NULL: the operator */
	struct sms_backend_config *config;
	/* The configuration has no such one any more; this `config` is the
	 * backend's own. It ends what is under way; left() follows. */
	bool is_leaving;
	void (*left)(struct backend *b);
	struct deferred left_turn;
	struct carrier_setup setup;
	struct carrier *carrier;
	enum carrier_state state;
	char *why;        /* it is not up: for operators, or NULL */
	bool is_draining; /* it gets nothing more */
	bool is_drained;  /* ... and nothing is under way any more */
	/* Of the queue: */
	struct list lanes;  /* struct lane.link: those that may submit */
	struct list ready;  /* struct outbound.handing: stored, to be handed
			      over when there is room */
	size_t reserved;    /* segments that are being stored, or are ready */
	size_t unanswered;  /* segments that the carrier has */
	char *refusal;      /* the last: class and words; NULL: none */
	int64_t refused_ms; /* ... wall clock */
	unsigned forms[3];  /* receipts.c: how ids of reports were written */
};

/* One more; `owner` NULL: of the configuration. NULL with a reason. */
struct backend *backend_open(struct sms *s, struct sms_backend_config *config,
	struct owner *owner, const char **reason_r);
/* Its carrier is closed; the rest stays. */
void backend_stop(struct backend *b);
/* At once; nothing refers to it any more. Takes NULL inside, sets NULL. */
void backend_close(struct backend **slot);
/* Take nothing more, and let what is under way end: then, in a turn of its own,
 * left(), which closes it. The configuration is the backend's from now on. */
void backend_leave(struct backend *b, void (*left)(struct backend *b));
/* All of them. */
int backends_open(struct sms *s, const char **reason_r);
/* At once; nothing is called by them any more. */
void backends_close(struct sms *s);
/* Let what they have end, and take nothing more; drained() when it did. */
void backends_drain(struct sms *s, void (*drained)(struct sms *s));

/* The XMPP server does not keep up (or does again): read no texts. */
void backends_stall(struct sms *s, bool on);
/* ops->measure. */
void backends_measure(const struct sms *s, struct str *out);

/* For administrators; `text`: the network's, or NULL. */
void backend_note_refusal(
	struct backend *b, const char *class, const char *text);

struct backend *backend_find(const struct sms *s, const char *name);

/* Does it submit what it is given? */
static inline bool backend_is_up(const struct backend *b)
{
	return b->state != CARRIER_DOWN && !b->is_draining;
}

static inline unsigned backend_caps(const struct backend *b)
{
	return b->carrier->ops->caps(b->carrier);
}

/* May a text of this user go by it, from this number to that? NULL: whichever
 * number it has, to anybody. */
bool backend_carries(const struct backend *b, const char *user,
	const char *from, const char *to);
/* Is this one of its numbers? */
bool backend_has_number(const struct backend *b, const char *number);

#endif
