/*
 * Records of groups as a store may give them back: what is taken can be used,
 * and is the same when it is written again.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "sms/group_record.h"
#include "sms_data/number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(struct group *g)
{
	struct str title = { .max = 4096 };
	char name[ROOM_NAME_SIZE], number[NUMBER_SIZE];

	assert(participants_are_room(g->name));
	assert(g->people.count > 0 && g->people.count <= PARTICIPANTS_MAX);
	assert(g->people.numbers[g->people.count] == NULL);
	participants_title(&g->people, &title);
	text_copy(number, sizeof(number), g->people.numbers[0]);
	assert(participants_have(&g->people, number));
	participants_remove(&g->people, number);
	assert(participants_add(&g->people, number));
	participants_room(
		g->scope != NULL ? g->scope : g->own, &g->people, name);
	assert(strcmp(name, g->name) == 0);
	groups_set_subject(g, "alice@example.org", "Picnic");
	assert(strcmp(groups_subject(g, "alice@example.org"), "Picnic") == 0);
	str_finish(&title);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct group g = { 0 }, again = { 0 };
	struct str bytes = { .max = 1000000 };

	if (group_record_decode(&g, slice_make((const char *)data, size)) ==
		0) {
		group_record_encode(&g, &bytes);
		if (group_record_decode(&again, str_slice(&bytes)) != 0)
			assert(!"what was written cannot be read");
		assert(again.subject_count == g.subject_count);
		use(&g);
	}
	group_record_finish(&again);
	group_record_finish(&g);
	str_finish(&bytes);
	return 0;
}
