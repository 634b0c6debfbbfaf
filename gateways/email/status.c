#include "email/status.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/str.h"

/* Between two presences; a link that is back before it ends is no news. */
#define PAUSE_MS 10000

#define WORDS_SIZE 512

struct status {
	struct email_session *session;
	bool polls, is_counted;
	uint64_t unread;
	char *login; /* why the user has to log in; NULL: he has not */

	enum gw_show show; /* what was told */
	char *words;
	int64_t told_ms; /* loop time; 0: never */
	struct timer timer;
};

static enum gw_show look(const struct status *st, char words[WORDS_SIZE])
{
	words[0] = '\0';
	if (st->login != NULL) {
		text_format(words, WORDS_SIZE, "login failed: %s", st->login);
		return GW_XA;
	}
	if (st->session->state != EMAIL_ONLINE) {
		text_copy(words, WORDS_SIZE, "not connected, trying again");
		return GW_AWAY;
	}
	if (st->polls) {
		text_copy(words, WORDS_SIZE, "polling");
		return GW_AWAY;
	}
	if (st->is_counted)
		text_format(words, WORDS_SIZE, "%llu unread",
			(unsigned long long)st->unread);
	return GW_AVAILABLE;
}

static void tell(void *arg)
{
	struct status *st = arg;
	char words[WORDS_SIZE];
	enum gw_show show = look(st, words);
	const char *said = words[0] != '\0' ? words : NULL;

	if (show == st->show && text_equals(said, st->words))
		return;
	st->show = show;
	xstrset(&st->words, said);
	st->told_ms = loop_now_ms(st->session->gateway->gw->env->loop);
	gw_status(st->session->session, show, said);
}

void email_status_changed(struct email_session *s)
{
	struct status *st = s->status;
	char words[WORDS_SIZE];
	enum gw_show show = look(st, words);
	int64_t left =
		st->told_ms + PAUSE_MS - loop_now_ms(s->gateway->gw->env->loop);

	/* The core shows by itself that it connects. */
	if (st->login == NULL && !s->is_announced)
		return;
	if (st->told_ms == 0 || left < 0 ||
		(show == GW_XA) != (st->show == GW_XA))
		left = 0;
	if (st->login == NULL && s->state != EMAIL_ONLINE)
		left = PAUSE_MS;
	if (left == 0 || !timer_is_running(&st->timer))
		timer_start(&st->timer, left);
}

void email_status_reset(struct email_session *s)
{
	struct status *st = s->status;

	timer_stop(&st->timer);
	st->show = GW_AVAILABLE;
	xstrset(&st->words, NULL);
	xstrset(&st->login, NULL);
	st->told_ms = 0;
	st->polls = st->is_counted = false;
}

void email_status_unread(struct email_session *s, uint64_t count)
{
	s->status->is_counted = true;
	s->status->unread = count;
	email_status_changed(s);
}

void email_status_pushed(struct email_session *s, bool pushed)
{
	s->status->polls = !pushed;
	email_status_changed(s);
}

void email_status_login(struct email_session *s, const char *why)
{
	xstrset(&s->status->login, why);
	email_status_changed(s);
}

/* --- Life ---------------------------------------------------------------- */

struct status *email_status_new(struct email_session *s)
{
	struct status *st = xalloc(sizeof(*st));

	st->session = s;
	st->show = GW_AVAILABLE;
	timer_init(
		&st->timer, s->gateway->gw->env->loop, "mail status", tell, st);
	return st;
}

void email_status_free(struct status **slot)
{
	struct status *st = *slot;

	if (st == NULL)
		return;
	*slot = NULL;
	timer_stop(&st->timer);
	xfree(st->login);
	xfree(st->words);
	xfree(st);
}
