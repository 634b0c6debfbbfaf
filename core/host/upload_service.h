/*
 * Which service takes files for the users of an XMPP server (XEP-0363): the
 * one that the operator named, or the one that the server lists.
 */
#ifndef HOST_UPLOAD_SERVICE_H
#define HOST_UPLOAD_SERVICE_H

#include <stdint.h>

#include "base/list.h"
#include "host/gateway.h"

enum upload_service_state {
	UPLOAD_ASKED, /* not known yet */
	UPLOAD_THERE,
	UPLOAD_NONE,
	UPLOAD_UNREACHED, /* no answer, for now */
};

struct upload_service {
	struct gateway *gateway;
	char *domain; /* key; "" for the operator's */
	enum upload_service_state state;
	int64_t until_ms; /* loop time; then it is asked for again */
	char *jid;        /* UPLOAD_THERE */
	int64_t max_size; /* bytes; INT64_MAX: not told */
	unsigned pending; /* answers */
	bool is_heard;    /* some answer came */
	bool is_asked;    /* there was a stream to ask by */
	struct list waiting;
};

/* For the users of `domain`; asks around when it is not known. */
struct upload_service *upload_service_get(
	struct gateway *g, const char *domain);

/* Called when the state is another one than UPLOAD_ASKED, never before the
 * call below returns; embedded in its owner, who takes it out with
 * list_remove(&w->link). */
struct upload_wait {
	struct list link;
	void (*fn)(const struct upload_service *s, void *arg);
	void *arg;
};
/* Only while it is UPLOAD_ASKED. */
void upload_service_wait(struct upload_service *s, struct upload_wait *w);

/* Of a gateway that ends; nobody waits any more. */
void upload_services_free(struct gateway *g);

#endif
