/*
 * Who gets a mail, as it is kept; and what the user chose about senders.
 */
#include "email/email_fixture.h"

#include "email/audience.h"
#include "email/choices.h"

static void lines_and_back(void **state)
{
	(void)state;
	static const struct gw_receiver list[] = {
		{ GW_TO, "a@example.org", "A" },
		{ GW_BCC, "b@example.org", NULL },
		{ GW_NO_REPLY, NULL, NULL },
		{ GW_REPLY_TO, "r@example.org", NULL },
		{ GW_CC, "no address", NULL },
	};
	struct str text = { .max = 1024 };
	struct audience_member m;

	audience_add_all(&text, list, COUNT(list));
	assert_string_equal(str_text(&text),
		"t a@example.org\nb b@example.org\nr r@example.org");
	struct slice rest = str_slice(&text);

	assert_true(audience_next(&rest, &m) && m.as == GW_TO);
	assert_true(audience_next(&rest, &m) && m.as == GW_BCC);
	assert_true(audience_next(&rest, &m) && m.as == GW_REPLY_TO);
	assert_string_equal(m.address, "r@example.org");
	assert_false(audience_next(&rest, &m));
	assert_int_equal(audience_count(str_text(&text)), 2);
	assert_true(audience_has(str_text(&text), "A@Example.Org"));
	assert_false(audience_has(str_text(&text), "r@example.org"));
	assert_false(audience_has(NULL, "r@example.org"));
	str_finish(&text);
}

/* It was kept, and may be damaged. */
static void what_is_no_line_is_skipped(void **state)
{
	(void)state;
	static const char bad[] =
		"\n\nx a@example.org\nt\nt \nt a b\nt @d.org\nc c@d.org";
	struct slice rest = slice_of(bad);
	struct audience_member m;

	assert_true(audience_next(&rest, &m));
	assert_int_equal(m.as, GW_CC);
	assert_string_equal(m.address, "c@d.org");
	assert_false(audience_next(&rest, &m));
}

static void senders_are_moved(void **state)
{
	(void)state;
	struct choices c;

	choices_init(&c);
	assert_true(choices_move(&c, "shop@example.org", PLACE_CONTACT));
	assert_true(choices_move(&c, "bob@example.org", PLACE_NEWSLETTERS));
	assert_true(choices_move(&c, "Shop@example.org", PLACE_NEWSLETTERS));
	assert_int_equal(
		choices_place_of(&c, "shop@example.org"), PLACE_NEWSLETTERS);
	assert_true(choices_move(&c, "bob@example.org", PLACE_USUAL));
	assert_int_equal(choices_place_of(&c, "bob@example.org"), PLACE_USUAL);
	assert_string_equal(str_text(&c.moved), "n Shop@example.org\n");
	choices_finish(&c);
}

static void not_without_end(void **state)
{
	(void)state;
	struct choices c;
	char address[64];
	unsigned i = 0;

	choices_init(&c);
	do {
		text_format(address, sizeof(address), "n%u@example.org", i++);
	} while (i < 10000 && choices_move(&c, address, PLACE_CONTACT));
	assert_in_range(i, 500, 9999);
	assert_int_equal(choices_place_of(&c, "n0@example.org"), PLACE_CONTACT);
	choices_finish(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_and_back),
		cmocka_unit_test(what_is_no_line_is_skipped),
		cmocka_unit_test(senders_are_moved),
		cmocka_unit_test(not_without_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
