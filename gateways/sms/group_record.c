#include "sms/group_record.h"

#include <string.h>

#include "base/alloc.h"
#include "base/pack.h"
#include "base/utf8.h"
#include "sms/ledger.h"

#define RECORD_VERSION 1

/* Of the users of one number: who has more forgets the oldest. */
#define SUBJECTS_MAX 20
#define SUBJECT_SIZE 1000

struct group_subject {
	char *user, *text;
};

static void drop_subject(struct group *g, size_t i)
{
	xfree(g->subjects[i].user);
	xfree(g->subjects[i].text);
	g->subject_count--;
	memmove(&g->subjects[i], &g->subjects[i + 1],
		(g->subject_count - i) * sizeof(g->subjects[0]));
}

/* --- What they are called ------------------------------------------------ */

static size_t subject_of(const struct group *g, const char *user)
{
	size_t i = 0;
	while (i < g->subject_count && strcmp(g->subjects[i].user, user) != 0)
		i++;
	return i;
}

const char *groups_subject(const struct group *g, const char *user)
{
	size_t i = subject_of(g, user);
	return i < g->subject_count ? g->subjects[i].text : NULL;
}

void groups_set_subject(struct group *g, const char *user, const char *text)
{
	size_t i = subject_of(g, user);
	if (i < g->subject_count)
		drop_subject(g, i);
	if (text[0] == '\0')
		return;
	if (g->subject_count == SUBJECTS_MAX)
		drop_subject(g, 0);
	g->subjects = xrealloc(
		g->subjects, g->subject_count + 1, sizeof(g->subjects[0]));
	struct group_subject *subject = &g->subjects[g->subject_count++];
	subject->user = xstrdup(user);
	subject->text =
		xstrndup(text, utf8_prefix(slice_of(text), SUBJECT_SIZE));
}

/* --- Packing -------------------------------------------------------------- */

void group_record_encode(const struct group *g, struct str *out)
{
	pack_number(out, RECORD_VERSION);
	pack_text(out, g->own);
	participants_encode(&g->people, out);
	pack_number(out, (int64_t)g->subject_count);
	for (size_t i = 0; i < g->subject_count; i++) {
		pack_text(out, g->subjects[i].user);
		pack_text(out, g->subjects[i].text);
	}
	if (g->scope != NULL)
		pack_text(out, g->scope);
}

void group_record_name(struct group *g)
{
	participants_room(
		g->scope != NULL ? g->scope : g->own, &g->people, g->name);
}

static bool read_subjects(struct group *g, struct unpack *u)
{
	int64_t count = unpack_number(u);
	if (count < 0 || count > SUBJECTS_MAX)
		return false;
	for (int64_t i = 0; !u->is_broken && i < count; i++) {
		const char *user = ledger_unpack_text(u),
			   *text = ledger_unpack_text(u);
		if (user != NULL && text != NULL)
			groups_set_subject(g, user, text);
	}
	return !u->is_broken;
}

int group_record_decode(struct group *g, struct slice data)
{
	struct unpack u = { .rest = data };
	int64_t version = unpack_number(&u);
	const char *own = ledger_unpack_text(&u);
	if (u.is_broken || version != RECORD_VERSION || own == NULL ||
		strlen(own) >= NUMBER_SIZE)
		return -1;
	g->own = xstrdup(own);
	if (participants_decode(&g->people, &u) != 0 || g->people.count == 0 ||
		!read_subjects(g, &u))
		return -1;
	if (u.rest.len > 0) {
		xstrset(&g->scope, ledger_unpack_text(&u));
		if (g->scope == NULL)
			return -1;
	}
	group_record_name(g);
	return 0;
}

void group_record_finish(struct group *g)
{
	while (g->subject_count > 0)
		drop_subject(g, g->subject_count - 1);
	xfree(g->subjects);
	participants_finish(&g->people);
	xfree(g->own);
	xfree(g->scope);
}
