#include "irc/pause.h"

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

		if (s->conn != NULL)
			conn_resume(s->conn);
	}
}
