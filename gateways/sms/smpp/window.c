#include "sms_smpp/window.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "sms_smpp/pdu.h"

/* Twice the places of what can be under way: a free one is always near. */
static uint32_t places_for(size_t capacity)
{
	uint32_t places = 4;

	while (places < 2 * capacity)
		places *= 2;
	return places;
}

void smpp_window_init(struct smpp_window *w, size_t capacity)
{
	uint32_t places = places_for(capacity);

	*w = (struct smpp_window){
		.places = xcalloc(places, sizeof(*w->places)),
		.late = xcalloc(places, sizeof(*w->late)),
		.mask = places - 1,
	};
	list_init(&w->sent);
	list_init(&w->held);
}

static void drop_pdu(struct smpp_submit *submit)
{
	xfree(submit->held);
	submit->held = NULL;
}

void smpp_window_finish(struct smpp_window *w)
{
	list_for_each(link, &w->held) {
		drop_pdu(CONTAINER(link, struct smpp_submit, link));
	}
	xfree(w->places);
	xfree(w->late);
	*w = (struct smpp_window){ .places = NULL };
}

static struct smpp_submit *place_of(
	const struct smpp_window *w, uint32_t sequence)
{
	return &w->places[sequence & w->mask];
}

uint32_t smpp_window_next(struct smpp_window *w)
{
	do {
		w->sequence =
			w->sequence >= SMPP_SEQUENCE_MAX ? 1 : w->sequence + 1;
	} while (place_of(w, w->sequence)->sequence != 0);
	return w->sequence;
}

struct smpp_submit *smpp_window_add(
	struct smpp_window *w, uint32_t sequence, uint64_t token, uint32_t key)
{
	struct smpp_submit *submit = place_of(w, sequence);

	assert(submit->sequence == 0);
	*submit = (struct smpp_submit){
		.token = token,
		.sequence = sequence,
		.key = key,
	};
	return submit;
}

void smpp_window_hold(
	struct smpp_window *w, struct smpp_submit *submit, struct slice pdu)
{
	submit->held = xalloc(pdu.len);
	memcpy(submit->held, pdu.data, pdu.len);
	submit->held_len = pdu.len;
	list_append(&w->held, &submit->link);
	w->held_count++;
}

static bool is_held(const struct smpp_submit *submit)
{
	return submit->held != NULL;
}

static void take_out(struct smpp_window *w, struct smpp_submit *submit)
{
	if (list_is_empty(&submit->link))
		return;
	list_remove(&submit->link);
	if (is_held(submit))
		w->held_count--;
	else
		w->sent_count--;
	drop_pdu(submit);
}

void smpp_window_sent(struct smpp_window *w, struct smpp_submit *submit)
{
	take_out(w, submit);
	submit->sent_ms = clock_ms();
	list_append(&w->sent, &submit->link);
	w->sent_count++;
}

static struct smpp_submit *first_of(const struct list *submits)
{
	if (list_is_empty(submits))
		return NULL;
	return CONTAINER(submits->next, struct smpp_submit, link);
}

struct smpp_submit *smpp_window_first_sent(const struct smpp_window *w)
{
	return first_of(&w->sent);
}

struct smpp_submit *smpp_window_first_held(const struct smpp_window *w)
{
	return first_of(&w->held);
}

struct smpp_submit *smpp_window_find(
	const struct smpp_window *w, uint32_t sequence)
{
	struct smpp_submit *submit = place_of(w, sequence);

	if (sequence == 0 || submit->sequence != sequence || is_held(submit))
		return NULL;
	return submit;
}

static bool is_among(const struct list *submits, uint32_t key)
{
	list_for_each(link, submits) {
		if (CONTAINER(link, struct smpp_submit, link)->key == key)
			return true;
	}
	return false;
}

bool smpp_window_has(const struct smpp_window *w, uint32_t key)
{
	return is_among(&w->held, key) || is_among(&w->sent, key);
}

void smpp_window_remove(struct smpp_window *w, struct smpp_submit *submit)
{
	take_out(w, submit);
	submit->sequence = 0;
}

void smpp_window_give_up(struct smpp_window *w, struct smpp_submit *submit)
{
	w->late[submit->sequence & w->mask] = (struct smpp_late){
		.token = submit->token,
		.sequence = submit->sequence,
	};
	smpp_window_remove(w, submit);
}

bool smpp_window_take_late(
	struct smpp_window *w, uint32_t sequence, uint64_t *token_r)
{
	struct smpp_late *late = &w->late[sequence & w->mask];

	if (sequence == 0 || late->sequence != sequence)
		return false;
	late->sequence = 0;
	*token_r = late->token;
	return true;
}

void smpp_window_delay(struct smpp_window *w, int64_t ms)
{
	list_for_each(link, &w->sent) {
		CONTAINER(link, struct smpp_submit, link)->sent_ms += ms;
	}
}
