/*
 * Texts for our numbers: stored, then acknowledged to the network, then given
 * to those whom the number belongs to, each until his server has it. A user
 * who is not registered yet gets what came for him when he does.
 */
#ifndef SMS_INBOUND_H
#define SMS_INBOUND_H

#include "sms/attachment.h"
#include "sms/backend.h"
#include "sms/owner.h"

/* A text for one owner of the number. */
struct delivery {
	struct list owned; /* owner->texts, oldest first */
	struct owner *owner;
	struct inbound *text;
	bool is_given;    /* to the core, and not settled yet */
	bool is_reaction; /* ... as one */
	bool is_done;     /* his server has it; the owner may be gone */
};

/* A file that came with a text: where it is, what it is said to be, and a
 * header with which it is fetched. NULL: nothing. */
struct inbound_file {
	char *url, *type, *header;
};

struct inbound {
	struct sms *sms;
	uint64_t number; /* its place in the order; names the record */
	char *id;        /* the network_id for the core */
	char *from, *to;
	struct group *group; /* in which it was said (group.h); or NULL */
	char *body;
	struct inbound_file file; /* with a URL it is this, and has no words */
	char *backend_name;       /* that it came by in this process; or NULL */
	unsigned segments;
	struct attachment *attached; /* `body` is shown where there is no place
					for files; or NULL */
	int64_t wall_ms;
	bool is_stored;
	struct list storing; /* inbounds->storing; or in none */
	bool is_named;       /* by the network: `id` is made of its own */
	bool is_held;        /* it is not known yet whom it is for (shared.h) */
	bool is_answer;      /* to the question about that: nobody gets it */
	struct list tickets; /* struct inbound_ticket.link */
	struct delivery *deliveries;
	size_t delivery_count;
	size_t left; /* deliveries that are not done */
};

struct inbounds *inbounds_new(struct sms *s);
/* Takes NULL inside, sets NULL; what is kept stays. */
void inbounds_free(struct inbounds **slot);

/* A text as it is to be given. */
struct inbound_text {
	const char *from, *to; /* canonical */
	struct owner *owner;   /* by whose own account; NULL: by its number */
	struct slice body;     /* clean UTF-8, or octets, as this says: */
	struct content content;
	const char *backend_name; /* that it came by; NULL: it is our own */
	unsigned segments;
	int64_t wall_ms; /* when it was sent; 0: now */
	const char *id;  /* of the network, unique; NULL: none */
	const struct carrier_media *file; /* instead of words; or NULL */
	struct group *group;              /* in which it was said; or NULL */
	const struct inbound *with;       /* for the same people; or NULL */
	bool is_notice; /* for all who write with that person: not asked about */
};
/* Keep it for those whose number it is for, and give it to them; NULL: it is
 * nobody's. */
struct inbound *inbound_add(struct sms *s, const struct inbound_text *text);

/* It is for this one (too). */
void inbound_assign(struct inbound *in, struct owner *owner);
/* What was held between these numbers is for this one. */
void inbound_release(
	struct sms *s, const char *from, const char *to, struct owner *owner);

/* This backend is being closed: the network gives again what is not stored. */
void inbound_detach(const struct backend *b);

/* Of backend.c. */
void inbound_take(struct backend *b, const struct carrier_incoming *c);

/* What an earlier process kept. */
void inbound_load(struct sms *s, const char *name, struct slice data);

/* Of enclosed.c: the file is there for this owner, or these words say why not. */
void inbound_give_file(struct inbound *text, struct owner *owner,
	const struct gw_file *file, const char *words);

/* He is online: he gets what is there for him. */
void inbound_give(struct owner *owner);
/* His session is closed, or he was put out of it: what is not settled is given again. */
void inbound_close(struct owner *owner);
/* Nothing is for him any longer. */
void inbound_forget(struct owner *owner);
/* What was held between these numbers is for nobody. */
void inbound_drop_held(struct sms *s, const char *from, const char *to);
/* ops->settled. */
void inbound_settled(struct owner *owner, const char *network_id, bool ok);

#define INBOUND_PREFIX "i/"

#endif
