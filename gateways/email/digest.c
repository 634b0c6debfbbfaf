#include "email/digest.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "base/macros.h"
#include "email/email.h"
#include "email/names.h"
#include "email/newsletter.h"
#include "email_wire/record.h"

#define HOUR_MS 3600000LL
#define DAY_MS  (24 * HOUR_MS)

/* Newsletters of one message; more wait for the next. */
#define ENTRIES_MAX 100
#define TEXT_MAX    (48 * KIB)

struct digest {
	struct list link; /* clock->digests, while one is wanted */
	struct email_session *session;
	/* The message that is on its way. */
	char *id, *text;
	bool is_given;
	/* What waits is being read. */
	bool is_reading, has_more;
	bool is_listed;
	struct str all;
	char **names; /* up to ENTRIES_MAX, while it is read */
	size_t count;
};

enum { DIGEST_ID = 1, DIGEST_TEXT };

static struct choices *choices_of(const struct digest *d)
{
	return &d->session->choices;
}

/* --- The message --------------------------------------------------------- */

static void give(struct digest *d)
{
	const struct gw_message m = {
		.kind = GW_MESSAGE,
		.from = NAME_NEWSLETTERS,
		.text = d->text,
		.network_id = d->id,
		.durable = true,
		.quiet = true,
	};

	if (d->is_given || d->session->state != EMAIL_ONLINE)
		return;
	d->is_given = true;
	gw_message(d->session->session, NULL, &m);
}

static void read_entries(struct digest *d);

bool digest_settled(struct digest *d, const char *network_id, bool ok)
{
	const struct gw_kept item = { .name = DIGEST_KEPT };

	if (!text_equals(d->id, network_id))
		return false;
	d->is_given = false;
	if (!ok)
		return true;
	memory_keep(d->session->memory, &item, 1, NULL, NULL);
	xstrset(&d->id, NULL);
	xstrset(&d->text, NULL);
	if (d->has_more)
		read_entries(d);
	return true;
}

static void take_text(char **out, struct slice value)
{
	xfree(*out);
	*out = xstrndup(value.data, value.len);
}

void digest_load(struct digest *d, struct slice data)
{
	uint8_t field;
	struct slice value;

	while (record_next(&data, &field, &value))
		if (field == DIGEST_ID)
			take_text(&d->id, value);
		else if (field == DIGEST_TEXT)
			take_text(&d->text, value);
	if (d->id == NULL || d->text == NULL) {
		xstrset(&d->id, NULL);
		xstrset(&d->text, NULL);
	}
}

/* --- Making it ----------------------------------------------------------- */

static void forget_entries(struct digest *d)
{
	while (d->count > 0)
		xfree(d->names[--d->count]);
	xfree(d->names);
	d->names = NULL;
	str_finish(&d->all);
}

static void name_it(struct digest *d)
{
	char id[CRYPTO_ID_SIZE], name[CRYPTO_ID_SIZE + 16];
	struct str text = { .max = TEXT_MAX + 1 * KIB };

	crypto_random_id(id);
	text_format(name, sizeof(name), "digest-%s", id);
	xstrset(&d->id, name);
	str_addf(&text, "*%zu newsletter%s*\n\n", d->count,
		d->count == 1 ? "" : "s");
	str_add_slice(&text, str_slice(&d->all));
	xstrset(&d->text, str_text(&text));
	str_finish(&text);
}

/* It stands for what waited, from now on. */
static void make(struct digest *d)
{
	struct gw_kept *items = xcalloc(d->count + 1, sizeof(*items));
	struct str record = { .max = LIMIT_KEPT };

	name_it(d);
	record_put_text(&record, DIGEST_ID, d->id);
	record_put_text(&record, DIGEST_TEXT, d->text);
	items[0] = (struct gw_kept){ DIGEST_KEPT, record.data, record.len, 0 };
	for (size_t i = 0; i < d->count; i++)
		items[i + 1].name = d->names[i];
	memory_keep(d->session->memory, items, d->count + 1, NULL, NULL);
	xfree(items);
	str_finish(&record);
	give(d);
}

static void on_entry(const char *name, struct slice data, bool ok, void *arg)
{
	struct digest *d = arg;

	if (name != NULL) {
		if (d->count == ENTRIES_MAX ||
			d->all.len + data.len + 2 > TEXT_MAX) {
			d->has_more = true;
			return;
		}
		d->names = xrealloc(d->names, d->count + 1, sizeof(*d->names));
		d->names[d->count++] = xstrdup(name);
		str_addf(&d->all, "%s%.*s", d->all.len > 0 ? "\n\n" : "",
			(int)data.len, data.data);
		return;
	}
	d->is_reading = false;
	if (ok && d->count > 0)
		make(d);
	forget_entries(d);
}

static void read_entries(struct digest *d)
{
	d->is_reading = true;
	d->has_more = false;
	memory_recall(d->session->memory, "d/", on_entry, d);
}

/* --- When ---------------------------------------------------------------- */

/* The day, where days begin at the chosen hour. */
static int64_t day_of(const struct choices *c)
{
	return (clock_wall_ms() - c->digest_hour * HOUR_MS) / DAY_MS;
}

static void start_clock(struct digest_clock *c)
{
	if (!list_is_empty(&c->digests) && !timer_is_running(&c->timer))
		timer_start(&c->timer, HOUR_MS - clock_wall_ms() % HOUR_MS);
}

static void on_hour(void *arg)
{
	struct digest_clock *c = arg;

	list_for_each_safe(it, &c->digests)
		digest_wake(CONTAINER(it, struct digest, link));
	start_clock(c);
}

void digest_clock_init(struct digest_clock *c, struct loop *l)
{
	list_init(&c->digests);
	timer_init(&c->timer, l, "mail digests", on_hour, c);
}

void digest_clock_stop(struct digest_clock *c)
{
	timer_stop(&c->timer);
}

static void enlist(struct digest *d)
{
	struct digest_clock *c = &d->session->gateway->digests;
	bool wants = choices_of(d)->digest_hour >= 0;

	if (wants && !d->is_listed)
		list_append(&c->digests, &d->link);
	else if (!wants && d->is_listed)
		list_remove(&d->link);
	d->is_listed = wants;
	start_clock(c);
}

void digest_wake(struct digest *d)
{
	struct choices *c = choices_of(d);

	enlist(d);
	if (d->id != NULL) {
		give(d);
		return;
	}
	if (c->digest_hour < 0 || d->session->state != EMAIL_ONLINE ||
		d->is_reading || day_of(c) <= c->digest_day)
		return;
	bool is_first = c->digest_day == 0;

	c->digest_day = day_of(c);
	choices_keep(c, d->session->memory);
	if (!is_first)
		read_entries(d);
}

void digest_end(struct digest *d)
{
	enlist(d);
	if (d->id == NULL && !d->is_reading)
		read_entries(d);
}

/* --- Newsletters --------------------------------------------------------- */

bool digest_takes(const struct digest *d, const struct mail *m)
{
	return choices_of(d)->digest_hour >= 0 && m->code == NULL;
}

void digest_add(struct digest *d, const struct mail *m, int64_t wall_ms,
	const char *id, const struct memory_mail *record, memory_kept_fn fn,
	void *arg)
{
	char entry_name[MEMORY_NAME_SIZE], mail_name[MEMORY_NAME_SIZE];
	struct str entry = { .max = 4 * KIB }, mail = { .max = 128 * KIB };

	newsletter_words(&entry, m, false);
	memory_mail_encode(&mail, record);
	text_format(entry_name, sizeof(entry_name), "d/%015lld.%s",
		(long long)wall_ms, id);
	memory_mail_name(id, mail_name);
	const struct gw_kept items[] = {
		{ entry_name, entry.data, entry.len, 0 },
		{ mail_name, mail.data, mail.len, MEMORY_DAYS },
	};

	memory_keep(d->session->memory, items, COUNT(items), fn, arg);
	str_finish(&entry);
	str_finish(&mail);
}

/* --- Life ---------------------------------------------------------------- */

struct digest *digest_new(struct email_session *s)
{
	struct digest *d = xalloc(sizeof(*d));

	d->session = s;
	str_init(&d->all, TEXT_MAX);
	return d;
}

void digest_free(struct digest **slot)
{
	struct digest *d = *slot;

	if (d == NULL)
		return;
	*slot = NULL;
	memory_forget_calls(d->session->memory, d);
	if (d->is_listed)
		list_remove(&d->link);
	forget_entries(d);
	xfree(d->id);
	xfree(d->text);
	xfree(d);
}
