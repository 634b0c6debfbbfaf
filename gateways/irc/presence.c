#include "irc/presence.h"

#include "base/intern.h"
#include "base/utf8.h"
#include "irc/outbox.h"

/* The words of AWAY for a show without a status; NULL: present. */
static const char *words(enum gw_show show)
{
	switch (show) {
	case GW_AVAILABLE:
	case GW_CHAT:
		return NULL;
	case GW_AWAY:
		return "away";
	case GW_XA:
		return "not available";
	case GW_DND:
		return "do not disturb";
	case GW_OFFLINE:
		return "offline";
	}
	return NULL;
}

void irc_presence(
	struct gw_session *core, enum gw_show show, const char *status)
{
	struct irc_session *s = irc_session_of(core);
	const char *before;
	const char *text = words(show);

	if (s == NULL)
		return;
	if (text != NULL && status != NULL && status[0] != '\0')
		text = status;
	before = s->wanted_away;
	s->wanted_away = text != NULL ? intern(text) : NULL;
	intern_drop(&before);
	irc_presence_send(s);
}

void irc_presence_send(struct irc_session *s)
{
	char text[IRC_NAME_SIZE];
	size_t max = irc_isupport_of(s)->awaylen;

	/* Interned strings are equal when they are the same. */
	if (s->state != IRC_ONLINE || s->wanted_away == s->away)
		return;
	intern_drop(&s->away);
	s->away = intern_ref(s->wanted_away);
	if (s->away == NULL) {
		(void)irc_command(
			s, "AWAY", (const char *const[]){ NULL }, NULL);
		return;
	}
	if (max == 0 || max > 300)
		max = 300;
	(void)text_copy(text, max + 1, s->away);
	for (char *p = text; *p != '\0'; p++) {
		if (*p == '\r' || *p == '\n')
			*p = ' ';
	}
	(void)irc_command(s, "AWAY", (const char *const[]){ NULL }, text);
}
