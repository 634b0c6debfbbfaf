#include "irc/pause.h"

#include "base/clock.h"

/* Lines of one connection may take this long; then it rests, no longer. */
#define TURN_MS 10

int64_t irc_now_ms(const struct irc_gateway *irc)
{
	if (irc->is_paused)
		return irc->paused_ms;
	return loop_now_ms(irc->gw->env->loop) - irc->lag_ms;
}

bool irc_must_wait(struct irc_session *s)
{
	struct irc_gateway *irc = s->irc;

	if (irc->is_paused)
		return true;
	if (!gw_must_wait(irc->gw))
		return false;
	irc->paused_ms = irc_now_ms(irc);
	irc->is_paused = true;
	list_for_each(it, &irc->sessions)
		irc_pause_new(CONTAINER(it, struct irc_session, link));
	return true;
}

void irc_pause_new(struct irc_session *s)
{
	if (s->irc->is_paused && s->conn != NULL)
		conn_pause(s->conn);
}

void irc_resume(struct gw *gw)
{
	struct irc_gateway *irc = gw->impl;

	if (!irc->is_paused)
		return;
	irc->is_paused = false;
	irc->lag_ms = loop_now_ms(gw->env->loop) - irc->paused_ms;
	list_for_each(it, &irc->sessions) {
		struct irc_session *s = CONTAINER(it, struct irc_session, link);

		if (s->conn != NULL && list_is_empty(&s->rest))
			conn_resume(s->conn);
	}
}

/* --- One session --------------------------------------------------------- */

bool irc_must_rest(struct irc_session *s, int64_t start_ms)
{
	int64_t took_ms = clock_ms() - start_ms;

	if (took_ms < TURN_MS)
		return false;
	conn_pause(s->conn);
	list_append(&s->irc->resting, &s->rest);
	if (!timer_is_running(&s->irc->rested))
		/* The loop's clock still shows when the turn began. */
		timer_start(&s->irc->rested, took_ms + TURN_MS);
	return true;
}

static void on_rested(void *arg)
{
	struct irc_gateway *irc = arg;

	while (!list_is_empty(&irc->resting)) {
		struct irc_session *s =
			CONTAINER(irc->resting.next, struct irc_session, rest);

		list_remove(&s->rest);
		if (!irc->is_paused)
			conn_resume(s->conn);
	}
}

void irc_pause_init(struct irc_gateway *irc)
{
	list_init(&irc->resting);
	timer_init(
		&irc->rested, irc->gw->env->loop, "irc rest", on_rested, irc);
}

void irc_pause_finish(struct irc_gateway *irc)
{
	timer_stop(&irc->rested);
}
