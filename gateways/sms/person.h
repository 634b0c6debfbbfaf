/*
 * What is known of a person by the number alone: what kind it is, where it is
 * from, and whether anybody can answer it.
 */
#ifndef SMS_PERSON_H
#define SMS_PERSON_H

#include "api/services.h"
#include "sms_data/number.h"

/* Nobody can write to a word or to who hides his number; why, for people. NULL:
 * that can be tried. */
const char *person_is_mute(const char *person);

/* What clients call somebody who has no name there; NULL: the number. */
const char *person_name(const char *person, char out[NUMBER_SIZE]);

/* ops->caps_of and ops->lookup. */
unsigned person_caps(
	struct gw_session *session, struct gw_room *room, const char *person);
void person_lookup(struct gw_session *session, gw_request request,
	enum gw_lookup what, const char *person);

#endif
