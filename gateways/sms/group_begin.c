#include "sms/group_begin.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/str.h"
#include "sms/brought.h"
#include "sms/group_room.h"
#include "sms/group_route.h"
#include "sms/names.h"

/* One that is not kept yet. */
struct beginning {
	struct list link; /* owner->begun */
	struct owner *owner;
	const struct group *group;
	gw_request request;
};

static void beginning_free(struct beginning *b)
{
	ledger_forget(b->owner->sms->ledger, b);
	list_remove(&b->link);
	xfree(b);
}

void group_begin_close(struct owner *owner)
{
	list_for_each_safe(it, &owner->begun)
		beginning_free(CONTAINER(it, struct beginning, link));
}

static void kept(bool ok, void *arg)
{
	struct beginning *b = arg;
	struct gw_session *session = b->owner->session;
	char words[200];
	text_format(words, sizeof(words),
		"You are invited into the room. What you write there goes to "
		"%zu people.",
		b->group->people.count);
	if (ok) {
		(void)group_room_open(b->owner, b->group);
		gw_done(session, b->request, words);
	} else {
		gw_fail(session, b->request, GW_BUSY,
			"That could not be stored. Try again later.");
	}
	beginning_free(b);
}

static void refuse_line(const struct owner *owner, gw_request request,
	struct slice line, const char *why)
{
	struct str words = { .max = 4 * KIB };
	str_addf(&words, "%.*s: %s", (int)line.len, line.data, why);
	gw_fail(owner->session, request, GW_BAD_ADDRESS, str_text(&words));
	str_finish(&words);
}

/* False: the user was told. */
static bool read_people(struct owner *owner, gw_request request,
	const char *text, struct participants *people)
{
	const struct number_place place = sms_place_of(owner->session);
	struct slice rest = slice_of(text);
	while (rest.len > 0) {
		char number[NUMBER_SIZE], line[NUMBER_SIZE];
		struct slice one = slice_trim(slice_cut(&rest, '\n'));
		const char *why = "That is too long for a phone number.";
		if (one.len == 0)
			continue;
		if (!text_format(line, sizeof(line), "%.*s", (int)one.len,
			    one.data) ||
			number_read(&place, line, number, &why) != 0) {
			refuse_line(owner, request, one, why);
			return false;
		}
		if (!participants_add(people, number)) {
			gw_fail(owner->session, request, GW_FULL,
				"These are too many people.");
			return false;
		}
	}
	participants_remove(people, owner->account);
	return true;
}

static void begin(struct owner *owner, gw_request request, struct group *g)
{
	struct beginning *b = xalloc(sizeof(*b));
	b->owner = owner;
	b->group = g;
	b->request = request;
	list_append(&owner->begun, &b->link);
	groups_keep(g, kept, b);
}

void group_begin(struct owner *owner, gw_request request, const char *text)
{
	struct participants people = { 0 };
	struct str why = { .max = 500 };
	struct group *g = NULL;
	if (gw_is_relayed(owner->session)) {
		gw_fail(owner->session, request, GW_NOT_ALLOWED,
			"You use this gateway by way of another service, which "
			"has no rooms for groups. Write to all numbers at once "
			"as that service has it: Cheogram takes them with "
			"commas between them.");
		return;
	}
	if (!read_people(owner, request, text, &people))
		goto out;
	if (people.count < 2)
		gw_fail(owner->session, request, GW_NOT_ACCEPTABLE,
			"A group is two people at least besides you; to one "
			"you write directly.");
	else if (!group_is_possible(owner, &people, &why))
		gw_fail(owner->session, request, GW_NOT_ALLOWED,
			str_text(&why));
	else if ((g = groups_of(owner->sms, brought_scope(owner),
			  owner->account, &people)) == NULL)
		gw_fail(owner->session, request, GW_FULL,
			"Your number has too many groups already.");
	else
		begin(owner, request, g);
out:
	str_finish(&why);
	participants_finish(&people);
}
