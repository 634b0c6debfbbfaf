/*
 * Has a user's server taken over what was sent to him? A ping (XEP-0199) to it
 * is answered, by a result or an error, when everything before it was. At most
 * one is under way for each server.
 */
#ifndef HOST_FENCE_H
#define HOST_FENCE_H

#include "base/map.h"
#include "host/gateway.h"
#include "store/inbox.h"

/* One message that was sent. */
struct fenced {
	struct list link;
	struct inbox_name name; /* texts in `space` */
	const char *network_id;
	bool is_news; /* the gateway waits for it to be settled */
	char space[];
};

struct fences {
	struct gateway *gateway;
	struct map by_domain; /* struct fence */
	unsigned count;       /* of struct fenced */
	/* Takes over this list: their servers have them. */
	void (*passed)(struct gateway *g, struct list *list);
};

void fences_init(struct fences *f, struct gateway *g,
	void (*passed)(struct gateway *g, struct list *list));
/* Forget all that was sent, as the stream is lost or at the end. */
void fences_clear(struct fences *f);

/* It was sent now. */
void fences_add(struct fences *f, const struct inbox_name *name,
	const char *network_id, bool is_news);
/* Send the pings that are due. */
void fences_send(struct fences *f);
/* Whose message with this key waits for this server; NULL: nobody's. */
const struct inbox_name *fences_find(const struct fences *f, const char *domain,
	const struct inbox_key *key);
/* It came back: it does not pass. */
void fences_remove(struct fences *f, const struct inbox_name *name);

#endif
