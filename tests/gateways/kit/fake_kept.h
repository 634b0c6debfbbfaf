/*
 * Inside the kit: the store. What gateways keep (gw_keep and its kin) in the memory of a
 * fake core, for as long as that lives.
 */
#ifndef TESTS_KIT_FAKE_KEPT_H
#define TESTS_KIT_FAKE_KEPT_H

#include "base/list.h"
#include "gateways/kit/fake_core.h"

struct fake_kept {
	struct list things; /* in the order of account and name */
	struct list calls;  /* that were not answered yet */
	struct deferred answer;
	bool is_failing;
	enum fake_keeping keeping;
	bool holds_settled; /* a test says what is settled */
};

void fake_kept_init(struct fake_kept *k, struct loop *loop);
void fake_kept_finish(struct fake_kept *k);
/* The gateway is stopped: likewise. */
void fake_kept_stop(struct fake_kept *k);
/* The session is closed: it is told nothing more. */
void fake_kept_close(struct fake_kept *k, const struct gw_session *s);

/* A durable message: ops->settled follows, unless a test does that. */
void fake_settle_later(struct gw_session *s, const char *network_id);

/* What fake_core.c knows of a session. */
struct fake_kept *fake_kept_of(const struct gw_session *s);
struct fake_kept *fake_kept_of_gw(struct gw *gw);
void fake_check_open(const struct gw_session *s, const char *service);
void fake_note(const struct gw_session *s, const char *line);
void fake_note_gw(struct gw *gw, const char *line);

#endif
