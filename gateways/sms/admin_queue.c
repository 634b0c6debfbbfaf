#include "sms/admin_queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "sms/queue_private.h"

/* Lanes that are shown. */
#define SHOWN 20

/* --- What waits ----------------------------------------------------------- */

static const struct outbound *first_of(const struct lane *l)
{
	return CONTAINER(l->messages.next, struct outbound, queued);
}

static size_t length_of(const struct lane *l)
{
	size_t count = 0;
	list_for_each(it, &l->messages)
		count++;
	return count;
}

static int older(const void *a, const void *b)
{
	const struct outbound *x = first_of(*(const struct lane *const *)a);
	const struct outbound *y = first_of(*(const struct lane *const *)b);
	return x->made_ms < y->made_ms ? -1 : x->made_ms > y->made_ms;
}

/* Oldest first; freed by the caller. */
static const struct lane **all_lanes(const struct queue *q, size_t *count_r)
{
	const struct lane **lanes = xcalloc(q->lanes.count + 1, sizeof(void *));
	const struct lane *l;
	size_t pos = 0, count = 0;
	while ((l = map_next(&q->lanes, &pos)) != NULL)
		if (!list_is_empty(&l->messages))
			lanes[count++] = l;
	qsort(lanes, count, sizeof(void *), older);
	*count_r = count;
	return lanes;
}

size_t admin_queue_of(
	const struct sms *s, const struct backend *b, int64_t *oldest_ms_r)
{
	const struct lane *l;
	size_t pos = 0, count = 0;
	*oldest_ms_r = 0;
	while ((l = map_next(&s->queue->lanes, &pos)) != NULL) {
		if (list_is_empty(&l->messages) ||
			submit_route(first_of(l)) != b)
			continue;
		count += length_of(l);
		if (*oldest_ms_r == 0 || first_of(l)->made_ms < *oldest_ms_r)
			*oldest_ms_r = first_of(l)->made_ms;
	}
	return count;
}

static void put_age(struct str *out, const struct lane *l)
{
	int64_t s = (clock_wall_ms() - first_of(l)->made_ms) / 1000;
	if (s < 0)
		s = 0;
	str_addf(out, "%d:%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60),
		(int)(s % 60));
}

static void put_state(
	const struct sms *s, const struct lane *l, struct str *out)
{
	const struct outbound *o = first_of(l);
	int64_t wait_ms = l->due_ms - queue_now_ms(s->queue);
	if (outbound_count(o, SEGMENT_SUBMITTED) > 0)
		str_addf(out, "under way by %s", o->backend_name);
	else if (wait_ms > 0)
		str_addf(out, "again in %d s", (int)((wait_ms + 999) / 1000));
	else
		str_add(out, "waits");
	if (o->words != NULL)
		str_addf(out, "; %s", o->words);
}

static void put_lane(const struct sms *s, const struct lane *l, struct str *out)
{
	const struct outbound *o = first_of(l);
	str_addf(out, "\n%s to %s: %zu, the oldest ", o->from, o->to,
		length_of(l));
	put_age(out, l);
	str_add(out, ", ");
	put_state(s, l, out);
}

/* Those at one backend; NULL: at none, or (`is_users`) at those that users
 * brought. */
struct place {
	const char *name;
	const struct backend *backend;
	bool is_users;
};

static bool is_at(const struct lane *l, const struct place *place)
{
	const struct backend *b = submit_route(first_of(l));
	return place->is_users ? b != NULL && b->owner != NULL
			       : b == place->backend;
}

static void put_sum(const struct place *place, const struct lane *const *lanes,
	size_t count, struct str *out)
{
	const struct lane *oldest = NULL;
	size_t texts = 0;
	for (size_t i = 0; i < count; i++) {
		if (!is_at(lanes[i], place))
			continue;
		texts += length_of(lanes[i]);
		oldest = oldest != NULL ? oldest : lanes[i];
	}
	if (place->backend == NULL && texts == 0)
		return;
	str_addf(out, "%s%s: %zu texts", out->len > 0 ? "\n" : "", place->name,
		texts);
	if (oldest != NULL) {
		str_add(out, ", the oldest ");
		put_age(out, oldest);
	}
}

int admin_queues(struct sms *s, const char *const *values, struct str *out)
{
	const struct place users = { "accounts of users", NULL, true };
	const struct place nowhere = { "no way", NULL, false };
	size_t count;
	const struct lane **lanes = all_lanes(s->queue, &count);
	(void)values;
	list_for_each(it, &s->backends) {
		const struct backend *b = CONTAINER(it, struct backend, link);
		const struct place place = { b->config->name, b, false };
		put_sum(&place, lanes, count, out);
	}
	put_sum(&users, lanes, count, out);
	put_sum(&nowhere, lanes, count, out);
	for (size_t i = 0; i < count && i < SHOWN; i++)
		put_lane(s, lanes[i], out);
	if (count > SHOWN)
		str_addf(out, "\nand %zu more conversations", count - SHOWN);
	xfree(lanes);
	return 0;
}

/* --- What can be done ----------------------------------------------------- */

const struct gw_setting admin_retry_rows[] = {
	{ .name = "number",
		.label = "To this number",
		.help = "Empty: to all",
		.type = GW_TEXT,
		.max = 100 },
	{ .name = NULL },
};

const struct gw_setting admin_drop_rows[] = {
	{ .name = "number",
		.label = "To this number",
		.type = GW_TEXT,
		.max = 100,
		.required = true },
	{ .name = NULL },
};

/* -1 with words. `to` is "" for all. */
static int read_number(const struct sms *s, const char *value,
	char to[NUMBER_SIZE], struct str *out)
{
	const char *reason = "";
	to[0] = '\0';
	if (value == NULL || value[0] == '\0' ||
		number_read(&s->place, value, to, &reason) == 0)
		return 0;
	str_add(out, reason);
	return -1;
}

static bool goes_to(const struct lane *l, const char *to)
{
	return !list_is_empty(&l->messages) &&
	       (to[0] == '\0' || strcmp(first_of(l)->to, to) == 0);
}

int admin_retry(struct sms *s, const char *const *values, struct str *out)
{
	char to[NUMBER_SIZE];
	size_t count = 0;
	if (read_number(s, values[0], to, out) != 0)
		return -1;
	list_for_each(it, &s->queue->paused) {
		struct lane *l = CONTAINER(it, struct lane, link);
		if (!goes_to(l, to))
			continue;
		l->due_ms = queue_now_ms(s->queue);
		count += length_of(l);
	}
	submit_retry(s->queue);
	str_addf(out, "%zu texts are tried again.", count);
	return 0;
}

/* What is not under way of it. */
static size_t drop_lane(struct lane *l)
{
	size_t count = 0;
	list_for_each(it, &l->messages) {
		struct outbound *o = CONTAINER(it, struct outbound, queued);
		if (outbound_count(o, SEGMENT_SUBMITTED) > 0 ||
			(o->count > 0 && outbound_count(o, SEGMENT_DUE) == 0))
			continue;
		queue_fail(o, GW_NOT_ALLOWED,
			"The operator of this gateway has given up your text. "
			"Ask him before you send it again.");
		count++;
	}
	/* It goes on to what is left. */
	l->due_ms = 0;
	return count;
}

int admin_drop(struct sms *s, const char *const *values, struct str *out)
{
	char to[NUMBER_SIZE];
	size_t pos = 0, count = 0;
	struct lane *l;
	if (read_number(s, values[0], to, out) != 0)
		return -1;
	while ((l = map_next(&s->queue->lanes, &pos)) != NULL)
		if (to[0] != '\0' && goes_to(l, to))
			count += drop_lane(l);
	submit_retry(s->queue);
	queue_routes_changed(s);
	str_addf(out, "%zu texts were given up.", count);
	return 0;
}
