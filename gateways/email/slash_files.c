#include "email/errand.h"

#include <stdlib.h>
#include <string.h>

#include "email/files.h"
#include "email/group.h"

/* Who sent it, as the mail was shown; the room itself when he has left it. */
static const char *sender(struct errand *e)
{
	if (!e->in_room)
		return e->name;
	list_for_each(it, &e->session->groups) {
		struct group *g = CONTAINER(it, struct group, link);

		if (strcmp(g->name, e->name) == 0)
			return group_nick_of(g, e->mail.author);
	}
	return NULL;
}

static void show(
	struct errand *e, const struct gw_file *file, const char *words)
{
	struct gw_session *s = e->session->session;
	struct gw_room *room = e->in_room ? gw_room_find(s, e->name) : NULL;
	const struct gw_message m = {
		.kind = GW_MESSAGE,
		.from = sender(e),
		.text = words != NULL ? words : "",
		.file = file,
	};

	/* He has left the room meanwhile. */
	if (e->in_room && room == NULL)
		gw_tell(s, file != NULL ? file->url : words);
	else
		gw_message(s, room, &m);
}

static void on_file(const struct gw_file *file, const char *words,
	const char *network_id, void *arg)
{
	struct errand *e = arg;

	(void)network_id;
	if (file != NULL || e->is_promised)
		show(e, file, words);
	else
		str_addf(&e->text, "%s%s", e->text.len > 0 ? "\n" : "", words);
}

/* Nobody waits as long for an answer as files may take. */
static void on_begun(void *arg)
{
	struct errand *e = arg;

	if (e->is_promised)
		return;
	e->is_promised = true;
	str_addf(&e->text, "%s%s", e->text.len > 0 ? "\n" : "",
		e->offer.part_count == 1 ? "The file follows."
					 : "The files follow.");
	gw_done(e->session->session, e->request, str_text(&e->text));
}

void slash_fetch_stops(const struct errand *e)
{
	if (e->is_promised)
		gw_tell(e->session->session,
			"Your mailbox is closed before all files came that "
			"you asked for. When it is open again, /fetch gets "
			"them.");
}

static void all_over(void *arg)
{
	struct errand *e = arg;

	if (e->is_promised)
		errand_free(e);
	else
		errand_done(e, e->text.len > 0 ? str_text(&e->text)
					       : "That was all of it.");
}

/* All of them, or the one with this number. */
static void start(struct errand *e)
{
	unsigned long number = strtoul(e->args, NULL, 10);
	struct mail *m = &e->offer;

	if (e->args[0] != '\0' && (number == 0 || number > m->part_count)) {
		errand_fail(e, GW_NO_SUCH, "There is no file of that number.");
		return;
	}
	if (number > 0) {
		m->parts += number - 1;
		m->part_count = 1;
	}
	/* What was said about it had the mail's own id. */
	text_format(e->file_id, sizeof(e->file_id), "%s.f", e->talk.last_in);
	const struct files_source source = {
		.mail = m,
		.id = e->file_id,
		.folder = errand_mail_folder(e),
		.uid = e->mail.uid,
		.begun = on_begun,
	};

	e->files = files_again(e->session, &source, on_file, all_over, e);
}

static void on_offer(const char *name, struct slice data, bool ok, void *arg)
{
	struct errand *e = arg;

	if (name != NULL)
		e->has_offer = mail_decode(data, &e->arena, &e->offer) == 0;
	else if (!ok)
		errand_fail(e, GW_BUSY, MEMORY_RETRY);
	else if (!e->has_offer || e->offer.part_count == 0)
		errand_fail(
			e, GW_NO_SUCH, "All files of the last mail were sent.");
	else
		start(e);
}

void slash_fetch(struct errand *e)
{
	char name[MEMORY_NAME_SIZE];

	if (!errand_is_online(e))
		return;
	files_offer_name(e->talk.last_in, name);
	memory_recall_one(e->session->memory, name, on_offer, e);
}
