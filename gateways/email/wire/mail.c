/*
 * The fields of struct mail. A number that was used is never used again for
 * something else: mails wait in the daemon's spool in this form.
 */
#include "email_wire/mail.h"

#include "base/macros.h"
#include "email_wire/people.h"

#define MAIL_FIELD(number, kind, member) \
	SHAPE_FIELD(number, SHAPE_##kind, struct mail, member)
#define MAIL_PEOPLE(number, member) \
	SHAPE_STRUCT(number, struct mail, member, &shape_addresses)

static const struct shape_field address_fields[] = {
	SHAPE_FIELD(1, SHAPE_TEXT, struct mail_address, name),
	SHAPE_FIELD(2, SHAPE_WORD, struct mail_address, address),
};
const struct shape shape_address = { address_fields, COUNT(address_fields),
	sizeof(struct mail_address) };

static const struct shape_field addresses_fields[] = {
	SHAPE_ARRAY(1, struct mail_addresses, items, count, &shape_address),
	SHAPE_FIELD(2, SHAPE_SIZE, struct mail_addresses, left_out),
};
const struct shape shape_addresses = { addresses_fields,
	COUNT(addresses_fields), sizeof(struct mail_addresses) };

static const struct shape_field part_fields[] = {
	SHAPE_FIELD(1, SHAPE_SMALL, struct mail_part, number),
	SHAPE_FIELD(2, SHAPE_WORD, struct mail_part, name),
	SHAPE_FIELD(3, SHAPE_WORD, struct mail_part, type),
	SHAPE_FIELD(4, SHAPE_NUMBER, struct mail_part, size),
	SHAPE_FIELD(5, SHAPE_BOOL, struct mail_part, is_inline),
};
static const struct shape part_shape = { part_fields, COUNT(part_fields),
	sizeof(struct mail_part) };

static const struct shape_field report_fields[] = {
	SHAPE_FIELD(1, SHAPE_TEXT, struct mail_report, message_id),
	SHAPE_FIELD(2, SHAPE_TEXT, struct mail_report, recipient),
	SHAPE_FIELD(3, SHAPE_TEXT, struct mail_report, status),
	SHAPE_FIELD(4, SHAPE_TEXT, struct mail_report, words),
};
static const struct shape report_shape = { report_fields, COUNT(report_fields),
	sizeof(struct mail_report) };

static const struct shape_field event_fields[] = {
	SHAPE_FIELD(1, SHAPE_TEXT, struct mail_event, method),
	SHAPE_FIELD(2, SHAPE_TEXT, struct mail_event, uid),
	SHAPE_FIELD(3, SHAPE_NUMBER, struct mail_event, sequence),
	SHAPE_FIELD(4, SHAPE_TEXT, struct mail_event, summary),
	SHAPE_FIELD(5, SHAPE_TEXT, struct mail_event, where),
	SHAPE_FIELD(6, SHAPE_TEXT, struct mail_event, organizer),
	SHAPE_FIELD(7, SHAPE_NUMBER, struct mail_event, start_ms),
	SHAPE_FIELD(8, SHAPE_NUMBER, struct mail_event, end_ms),
	SHAPE_FIELD(9, SHAPE_BOOL, struct mail_event, is_all_day),
	SHAPE_FIELD(10, SHAPE_TEXT, struct mail_event, recurrence),
	SHAPE_FIELD(11, SHAPE_TEXT, struct mail_event, attendee),
	SHAPE_FIELD(12, SHAPE_TEXT, struct mail_event, answer),
	SHAPE_FIELD(13, SHAPE_NUMBER, struct mail_event, stamp_ms),
	SHAPE_FIELD(14, SHAPE_NUMBER, struct mail_event, instance_ms),
	SHAPE_FIELD(15, SHAPE_BOOL, struct mail_event, instance_is_day),
	SHAPE_FIELD(16, SHAPE_BOOL, struct mail_event, is_repeating),
	SHAPE_FIELD(17, SHAPE_TEXT, struct mail_event, zone),
	SHAPE_FIELD(18, SHAPE_NUMBER, struct mail_event, offset_s),
	SHAPE_FIELD(19, SHAPE_TEXT, struct mail_event, attendees),
};
static const struct shape event_shape = { event_fields, COUNT(event_fields),
	sizeof(struct mail_event) };

static const struct shape_field mail_fields[] = {
	MAIL_FIELD(1, TEXT, message_id),
	MAIL_FIELD(2, WORD, key),
	MAIL_FIELD(3, TEXT, original_id),
	MAIL_FIELD(4, TEXT, in_reply_to),
	{ 5, SHAPE_TEXTS, offsetof(struct mail, references),
		offsetof(struct mail, reference_count), NULL },
	MAIL_FIELD(6, NUMBER, date_ms),
	SHAPE_STRUCT(7, struct mail, from, &shape_address),
	SHAPE_STRUCT(8, struct mail, sender, &shape_address),
	MAIL_PEOPLE(9, reply_to),
	MAIL_PEOPLE(10, to),
	MAIL_PEOPLE(11, cc),
	MAIL_FIELD(12, TEXT, delivered_to),
	MAIL_FIELD(13, SMALL, kind),
	MAIL_FIELD(14, SMALL, warnings),
	MAIL_FIELD(15, TEXT, list_id),
	MAIL_FIELD(16, TEXT, list_name),
	MAIL_FIELD(17, TEXT, list_post),
	MAIL_FIELD(18, TEXT, unsubscribe_url),
	MAIL_FIELD(19, TEXT, unsubscribe_mail),
	MAIL_FIELD(20, BOOL, one_click),
	MAIL_FIELD(21, BOOL, is_automatic),
	/* 22 was a mark that said the same as the next one. */
	MAIL_FIELD(23, TEXT, our_mark),
	MAIL_FIELD(24, SMALL, received),
	MAIL_FIELD(25, TEXT, code),
	MAIL_FIELD(26, TEXT, wants_receipt),
	MAIL_FIELD(27, TEXT, subject),
	MAIL_FIELD(28, TEXT, base_subject),
	MAIL_FIELD(29, WORD, text),
	MAIL_FIELD(30, BOOL, text_is_cut),
	MAIL_FIELD(31, BOOL, is_forward),
	MAIL_FIELD(32, TEXT, language),
	SHAPE_ARRAY(33, struct mail, parts, part_count, &part_shape),
	SHAPE_STRUCT(34, struct mail, report, &report_shape),
	SHAPE_STRUCT(35, struct mail, event, &event_shape),
	MAIL_FIELD(36, TEXT, reactions),
	MAIL_FIELD(37, BOOL, is_chat),
	MAIL_FIELD(38, TEXT, chat_group_id),
	MAIL_FIELD(39, TEXT, chat_group_name),
	MAIL_FIELD(40, TEXT, chat_member_added),
	MAIL_FIELD(41, TEXT, chat_member_removed),
	MAIL_FIELD(42, TEXT, chat_edit),
	MAIL_FIELD(43, TEXT, chat_delete),
	MAIL_FIELD(44, TEXT, gmail_thread),
	MAIL_FIELD(45, TEXT, chat_quote),
	MAIL_FIELD(60, TEXT, photo),
	MAIL_FIELD(61, TEXT, photo_type),
	MAIL_FIELD(62, SMALL, photo_width),
	MAIL_FIELD(63, SMALL, photo_height),
	MAIL_FIELD(64, BOOL, is_photo_gone),
};
static const struct shape mail_shape = { mail_fields, COUNT(mail_fields),
	sizeof(struct mail) };

void mail_encode(struct str *out, const struct mail *m)
{
	shape_encode(out, &mail_shape, m);
}

int mail_decode(struct slice in, struct arena *arena, struct mail *m)
{
	*m = (struct mail){ 0 };
	if (shape_decode(in, &mail_shape, arena, m) != 0)
		return -1;
	return m->kind <= MAIL_DELIVERED ? 0 : -1;
}
