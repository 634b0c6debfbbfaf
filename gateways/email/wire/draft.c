/*
 * The fields of struct draft.
 */
#include "email_wire/draft.h"

#include "base/macros.h"
#include "email_wire/people.h"

#define DRAFT_FIELD(number, kind, member) \
	SHAPE_FIELD(number, SHAPE_##kind, struct draft, member)

static const struct shape_field file_fields[] = {
	SHAPE_FIELD(1, SHAPE_WORD, struct draft_file, name),
	SHAPE_FIELD(2, SHAPE_WORD, struct draft_file, type),
	SHAPE_FIELD(3, SHAPE_NUMBER, struct draft_file, size),
};
static const struct shape file_shape = { file_fields, COUNT(file_fields),
	sizeof(struct draft_file) };

static const struct shape_field draft_fields[] = {
	DRAFT_FIELD(1, WORD, message_id),
	DRAFT_FIELD(2, NUMBER, date_ms),
	DRAFT_FIELD(3, INT, zone_minutes),
	SHAPE_STRUCT(4, struct draft, from, &shape_address),
	SHAPE_STRUCT(5, struct draft, to, &shape_addresses),
	SHAPE_STRUCT(6, struct draft, cc, &shape_addresses),
	DRAFT_FIELD(7, TEXT, reply_to),
	DRAFT_FIELD(8, TEXT, subject),
	DRAFT_FIELD(9, WORD, text),
	DRAFT_FIELD(10, TEXT, in_reply_to),
	{ 11, SHAPE_TEXTS, offsetof(struct draft, references),
		offsetof(struct draft, reference_count), NULL },
	DRAFT_FIELD(12, TEXT, language),
	DRAFT_FIELD(13, TEXT, receipt_to),
	DRAFT_FIELD(14, TEXT, mark),
	SHAPE_ARRAY(15, struct draft, files, file_count, &file_shape),
	DRAFT_FIELD(16, TEXT, reaction),
	DRAFT_FIELD(17, TEXT, calendar),
	DRAFT_FIELD(18, TEXT, calendar_method),
	DRAFT_FIELD(19, BOOL, is_chat),
	DRAFT_FIELD(20, TEXT, chat_group_id),
	DRAFT_FIELD(21, TEXT, chat_group_name),
	DRAFT_FIELD(22, TEXT, chat_edit),
	DRAFT_FIELD(23, TEXT, chat_delete),
	DRAFT_FIELD(24, TEXT, unsubscribe_from),
	DRAFT_FIELD(25, BOOL, is_receipt),
	DRAFT_FIELD(30, TEXT, chat_member_added),
	DRAFT_FIELD(31, TEXT, chat_member_removed),
	DRAFT_FIELD(32, TEXT, chat_name_changed),
	DRAFT_FIELD(33, TEXT, quote),
};
static const struct shape draft_shape = { draft_fields, COUNT(draft_fields),
	sizeof(struct draft) };

void draft_encode(struct str *out, const struct draft *d)
{
	shape_encode(out, &draft_shape, d);
}

int draft_decode(struct slice in, struct arena *arena, struct draft *d)
{
	*d = (struct draft){ 0 };
	return shape_decode(in, &draft_shape, arena, d);
}
