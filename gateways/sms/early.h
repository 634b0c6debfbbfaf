/*
 * What comes before it is known what an earlier process kept: messages of users
 * wait here (as do those whose senders were asked whether they mean them),
 * callbacks of providers have to come again.
 */
#ifndef SMS_EARLY_H
#define SMS_EARLY_H

#include "sms/owner.h"

struct http_request; /* net/http.h */

struct early {
	struct list link; /* queue->early, preview->message */
	struct owner *owner;
	gw_request request;
	enum gw_kind kind;
	bool again;
	char *to, *text, *id;
	struct gw_file file; /* with a URL: it is this */
	char *url;
	struct gw_receiver *receivers;
	char **people; /* of these */
	size_t count;
};

void early_keep(
	struct list *all, struct owner *owner, const struct gw_outgoing *m);
/* As much of it as the queue reads; borrowed. */
struct gw_outgoing early_message(const struct early *e);
void early_free(struct early *e);
/* A handler: the provider is asked to give it again later. */
void early_refuse(struct http_request *r, void *arg);
/* So are all that come for this gateway, and for no open backend. */
void early_refuse_all(const struct sms *s, bool on);
/* His session is closed. */
void early_close(struct list *all, const struct owner *owner);

#endif
