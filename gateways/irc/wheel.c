/*
 * The deadlines of all sessions in a ring of one-second slots. A session is
 * in the slot of its deadline modulo the ring; one that is not due yet when
 * its slot comes is put where it belongs.
 */
#include "irc/irc.h"

#include "irc/session.h"

#define TICK_MS 1000

static struct list *slot_of(struct irc_wheel *w, int64_t second)
{
	return &w->slots[(uint64_t)second % IRC_WHEEL_SLOTS];
}

static void visit(struct irc_wheel *w, struct list *slot, int64_t now_ms)
{
	struct list due;

	/* Sessions move between slots, this one too, while it is looked at. */
	list_init(&due);
	while (!list_is_empty(slot)) {
		struct list *first = slot->next;

		list_remove(first);
		list_append(&due, first);
	}
	while (!list_is_empty(&due)) {
		struct irc_session *s =
			CONTAINER(due.next, struct irc_session, wheel);

		if (s->due_ms > now_ms) {
			list_remove(&s->wheel);
			list_append(
				slot_of(w, s->due_ms / TICK_MS + 1), &s->wheel);
			continue;
		}
		irc_wheel_remove(w, s);
		irc_session_check(s);
	}
}

static void on_tick(void *arg)
{
	struct irc_wheel *w = arg;
	int64_t now_ms = irc_now_ms(w->irc);
	int64_t second = now_ms / TICK_MS;

	/* After a long sleep one round sees every slot. */
	if (second - w->tick > IRC_WHEEL_SLOTS)
		w->tick = second - IRC_WHEEL_SLOTS;
	while (w->tick < second) {
		w->tick++;
		visit(w, slot_of(w, w->tick), now_ms);
	}
	if (w->count > 0)
		timer_start(&w->timer, TICK_MS);
}

void irc_wheel_init(struct irc_wheel *w, const struct irc_gateway *irc)
{
	for (size_t i = 0; i < IRC_WHEEL_SLOTS; i++)
		list_init(&w->slots[i]);
	w->irc = irc;
	timer_init(&w->timer, irc->gw->env->loop, "irc deadlines", on_tick, w);
}

void irc_wheel_finish(struct irc_wheel *w)
{
	timer_stop(&w->timer);
}

void irc_wheel_set(struct irc_wheel *w, struct irc_session *s, int64_t due_ms)
{
	irc_wheel_remove(w, s);
	if (w->count == 0)
		w->tick = irc_now_ms(w->irc) / TICK_MS;
	/* The slot behind the deadline: nothing is looked at too early. */
	if (due_ms / TICK_MS < w->tick)
		due_ms = w->tick * TICK_MS;
	s->due_ms = due_ms;
	list_append(slot_of(w, due_ms / TICK_MS + 1), &s->wheel);
	w->count++;
	if (!timer_is_running(&w->timer))
		timer_start(&w->timer, TICK_MS);
}

void irc_wheel_remove(struct irc_wheel *w, struct irc_session *s)
{
	if (s->due_ms == 0)
		return;
	s->due_ms = 0;
	list_remove(&s->wheel);
	w->count--;
}
