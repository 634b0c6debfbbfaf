/*
 * Sequence numbers and places, at their edges; handles of deliveries.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sms_smpp/deliveries.h"
#include "sms_smpp/pdu.h"
#include "sms_smpp/window.h"

static struct smpp_submit *add(struct smpp_window *w, uint64_t token)
{
	return smpp_window_add(w, smpp_window_next(w), token, (uint32_t)token);
}

static void test_sequences(void **state)
{
	(void)state;
	struct smpp_window w;
	struct smpp_submit *old;

	smpp_window_init(&w, 4);
	old = add(&w, 1);
	assert_int_equal(old->sequence, 1);
	smpp_window_sent(&w, old);
	w.sequence = SMPP_SEQUENCE_MAX - 1;
	assert_int_equal(smpp_window_next(&w), SMPP_SEQUENCE_MAX);
	/* Then from the start, but for the one that is under way. */
	assert_int_equal(smpp_window_next(&w), 2);
	/* The same place, another number. */
	assert_null(smpp_window_find(&w, 1 + w.mask + 1));
	assert_null(smpp_window_find(&w, 0));
	assert_ptr_equal(smpp_window_find(&w, 1), old);
	smpp_window_remove(&w, old);
	assert_null(smpp_window_find(&w, 1));
	w.sequence = SMPP_SEQUENCE_MAX;
	assert_int_equal(smpp_window_next(&w), 1);
	smpp_window_finish(&w);
}

/* As many as there may be, and numbers are still found. */
static void test_full(void **state)
{
	(void)state;
	struct smpp_window w;

	smpp_window_init(&w, 100);
	for (uint64_t i = 0; i < 100; i++)
		smpp_window_sent(&w, add(&w, i));
	for (uint64_t i = 0; i < 1000; i++) {
		struct smpp_submit *first = smpp_window_first_sent(&w);

		/* All but the first wait for ever. */
		if (i % 10 != 0)
			first = smpp_window_find(&w, w.sequence);
		assert_non_null(first);
		smpp_window_remove(&w, first);
		smpp_window_sent(&w, add(&w, 1000 + i));
		assert_int_equal(w.sent_count, 100);
	}
	smpp_window_finish(&w);
}

static void test_held(void **state)
{
	(void)state;
	struct smpp_window w;
	struct smpp_submit *a, *b;

	smpp_window_init(&w, 4);
	a = add(&w, 1);
	smpp_window_hold(&w, a, slice_of("PDU"));
	b = add(&w, 2);
	smpp_window_hold(&w, b, slice_of("another"));
	assert_int_equal(w.held_count, 2);
	assert_null(smpp_window_find(&w, a->sequence));
	assert_true(smpp_window_has(&w, 2));
	assert_ptr_equal(smpp_window_first_held(&w), a);
	smpp_window_sent(&w, a);
	assert_int_equal(w.held_count, 1);
	assert_int_equal(w.sent_count, 1);
	assert_ptr_equal(smpp_window_find(&w, a->sequence), a);
	smpp_window_remove(&w, b);
	assert_int_equal(w.held_count, 0);
	assert_false(smpp_window_has(&w, 2));
	/* What is still held is released. */
	smpp_window_hold(&w, add(&w, 3), slice_of("third"));
	smpp_window_finish(&w);
}

static void test_given_up(void **state)
{
	(void)state;
	struct smpp_window w;
	struct smpp_submit *a;
	uint64_t token = 0;
	uint32_t first;

	smpp_window_init(&w, 1);
	a = add(&w, 7);
	first = a->sequence;
	smpp_window_sent(&w, a);
	assert_false(smpp_window_take_late(&w, first, &token));
	smpp_window_give_up(&w, a);
	assert_int_equal(w.sent_count, 0);
	assert_null(smpp_window_find(&w, first));
	assert_false(smpp_window_take_late(&w, first + 1, &token));
	assert_true(smpp_window_take_late(&w, first, &token));
	assert_int_equal(token, a->token);
	assert_false(smpp_window_take_late(&w, first, &token));
	/* Newer ones take its place: there are four. */
	a = add(&w, 8);
	first = a->sequence;
	smpp_window_sent(&w, a);
	smpp_window_give_up(&w, a);
	for (unsigned i = 0; i < 4; i++) {
		a = add(&w, 9);
		smpp_window_sent(&w, a);
		smpp_window_give_up(&w, a);
	}
	assert_false(smpp_window_take_late(&w, first, &token));
	assert_false(smpp_window_take_late(&w, 0, &token));
	smpp_window_finish(&w);
}

static void test_deliveries(void **state)
{
	(void)state;
	struct smpp_deliveries d = { .places = NULL };
	uint32_t command, sequence, handles[20];

	for (uint32_t i = 0; i < 20; i++)
		handles[i] = smpp_deliveries_add(&d, SMPP_DELIVER_SM, 100 + i);
	assert_int_equal(d.count, 20);
	assert_false(smpp_deliveries_take(&d, 0, &command, &sequence));
	assert_false(smpp_deliveries_take(&d, 21, &command, &sequence));
	assert_true(smpp_deliveries_take(&d, handles[7], &command, &sequence));
	assert_int_equal(command, SMPP_DELIVER_SM);
	assert_int_equal(sequence, 107);
	assert_false(smpp_deliveries_take(&d, handles[7], &command, &sequence));
	/* The place is used again. */
	assert_int_equal(smpp_deliveries_add(&d, SMPP_DATA_SM, 0), handles[7]);
	assert_int_equal(d.used, 20);
	smpp_deliveries_finish(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sequences),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_deliveries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
