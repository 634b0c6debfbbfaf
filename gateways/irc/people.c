#include "irc/people.h"

#include <string.h>

#include "base/alloc.h"
#include "base/intern.h"

struct irc_person *irc_person_find(
	const struct irc_session *s, struct slice nick)
{
	char buffer[IRC_NAME_SIZE];
	struct slice key = irc_session_fold(s, nick, buffer);

	return key.len > 0 ? map_get(&s->people, key) : NULL;
}

static void set_nick(
	struct irc_session *s, struct irc_person *p, struct slice nick)
{
	char buffer[IRC_NAME_SIZE];
	struct slice key = irc_session_fold(s, nick, buffer);

	p->key = intern_slice(key);
	p->nick = intern_slice(nick);
	(void)map_put(&s->people, slice_make(p->key, key.len), p);
}

struct irc_person *irc_person_get(struct irc_session *s, struct slice nick)
{
	char buffer[IRC_NAME_SIZE];
	struct slice key = irc_session_fold(s, nick, buffer);
	struct irc_person *p;

	if (key.len == 0)
		return NULL;
	p = map_get(&s->people, key);
	if (p == NULL) {
		p = xalloc(sizeof(*p));
		set_nick(s, p, nick);
	}
	return p;
}

/* One text, "user@host" and a line with the account: ten thousand sessions
 * see the same people. No line of IRC holds a '\n'. */
struct irc_origin irc_person_origin(const struct irc_person *p)
{
	struct irc_origin o = { .account = slice_of("") };
	struct slice rest = slice_of(p->origin != NULL ? p->origin : "@");
	const char *at;

	o.text = slice_cut(&rest, '\n');
	if (rest.data != NULL)
		o.account = rest;
	/* As in a source, where a host has no '@'. */
	at = memrchr(o.text.data, '@', o.text.len);
	o.user = slice_make(o.text.data, (size_t)(at - o.text.data));
	o.host = slice_make(at + 1, o.text.len - o.user.len - 1);
	return o;
}

/* What was said, or else known already. */
static void put_either(struct irc_session *s, struct str *out,
	struct slice said, struct slice known)
{
	if (said.len > 0)
		str_add(out, irc_session_text(s, said));
	else
		str_add_slice(out, known);
}

/* Takes over `text`; true when that was new. */
static bool set_origin(struct irc_person *p, struct str *text)
{
	bool is_new =
		!text->overflow &&
		intern_set(&p->origin, text->len > 1 ? str_text(text) : NULL);

	str_finish(text);
	return is_new;
}

bool irc_person_learn(struct irc_session *s, struct irc_person *p,
	struct slice user, struct slice host)
{
	struct irc_origin known = irc_person_origin(p);
	struct str text = { .max = 3 * IRC_NAME_SIZE };

	put_either(s, &text, user, known.user);
	str_add_char(&text, '@');
	put_either(s, &text, host, known.host);
	if (known.account.len > 0) {
		str_add_char(&text, '\n');
		str_add_slice(&text, known.account);
	}
	return set_origin(p, &text);
}

void irc_person_set_account(
	struct irc_session *s, struct irc_person *p, struct slice account)
{
	struct irc_origin known = irc_person_origin(p);
	struct str text = { .max = 3 * IRC_NAME_SIZE };

	str_add_slice(&text, known.text);
	if (account.len > 0 && account.len < IRC_NAME_SIZE &&
		!slice_equals(account, "*")) {
		str_add_char(&text, '\n');
		str_add(&text, irc_session_text(s, account));
	}
	(void)set_origin(p, &text);
}

bool irc_person_set_away(struct irc_person *p, const char *text)
{
	return intern_set(&p->away, text);
}

static void forget_nick(struct irc_session *s, struct irc_person *p)
{
	struct slice key = slice_make(p->key, intern_len(p->key));

	if (map_get(&s->people, key) == p)
		(void)map_remove(&s->people, key);
	intern_drop(&p->key);
	intern_drop(&p->nick);
}

void irc_person_rename(
	struct irc_session *s, struct irc_person *p, struct slice nick)
{
	forget_nick(s, p);
	set_nick(s, p, nick);
}

void irc_person_release(struct irc_session *s, struct irc_person *p)
{
	if (p->members != NULL)
		return;
	forget_nick(s, p);
	intern_drop(&p->origin);
	intern_drop(&p->away);
	xfree(p);
}

void irc_people_rekey(struct irc_session *s,
	void (*drop)(struct irc_session *s, struct irc_person *p))
{
	struct irc_person **all =
		xcalloc(s->people.count + 1, sizeof(struct irc_person *));
	size_t count = 0;
	size_t pos = 0;
	struct irc_person *p;

	while ((p = map_next(&s->people, &pos)) != NULL)
		all[count++] = p;
	map_finish(&s->people);
	for (size_t i = 0; i < count; i++) {
		const char *nick = all[i]->nick;

		intern_drop(&all[i]->key);
		p = irc_person_find(s, slice_of(nick));
		all[i]->nick = NULL;
		if (p == NULL) {
			set_nick(s, all[i], slice_of(nick));
			intern_drop(&nick);
			continue;
		}
		all[i]->key = intern_ref(p->key);
		all[i]->nick = nick;
		drop(s, all[i]);
	}
	xfree(all);
}

void irc_person_source(const struct irc_person *p, struct str *out)
{
	struct irc_origin o = irc_person_origin(p);

	str_addf(out, "%s!%.*s@%.*s", p->nick,
		o.user.len > 0 ? (int)o.user.len : 1,
		o.user.len > 0 ? o.user.data : "*",
		o.host.len > 0 ? (int)o.host.len : 1,
		o.host.len > 0 ? o.host.data : "*");
}
