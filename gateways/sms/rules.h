/*
 * What must not leave, and what must not come in: prices and countries
 * (policy.h), quotas (limits.h), STOP and START (optout.h), applied to the
 * gateway's users and numbers. What is remembered for that: pairs.h, usages.h.
 */
#ifndef SMS_RULES_H
#define SMS_RULES_H

#include "sms/inbound.h"

struct group;

/* To whom a text is to leave, and from which number. */
struct rules_way {
	const char *from, *to;
};

/* Those of a text to this person, or to a group: up to PARTICIPANTS_MAX. */
size_t rules_ways(const struct group *g, const char *from, const char *to,
	struct rules_way *ways);

/* Are all of these ways open, to this user? Else the words say why not. */
bool rules_are_open(const struct owner *owner, const struct rules_way *ways,
	size_t count, struct str *words);

/* May this text of the user leave by all of these ways? Then it is counted for
 * each, unless an earlier process has done so; else for none, and this is why
 * not. */
bool rules_permit(struct owner *owner, const struct rules_way *ways,
	size_t count, const struct gw_outgoing *m, enum gw_reason *reason_r,
	struct str *words);

/* A text came from this person to this number: does the user get it? `notice_r`
 * is what he gets besides, or NULL. Answers the person where that is wanted. */
bool rules_receive(struct sms *s, const char *own, const char *peer,
	const char *text, const char **notice_r);

/* Have these two written to each other, either way? */
bool rules_knows(const struct sms *s, const char *own, const char *peer);

/* A network refused this, as the person has said STOP there. Of a group it is
 * not known who. */
struct outbound;
void rules_refused(const struct outbound *o);

/* An administrator says whether STOP holds. */
void rules_set_stopped(
	struct sms *s, const char *own, const char *peer, bool stopped);
/* Does this person want no texts from this number? */
bool rules_is_stopped(const struct sms *s, const char *own, const char *peer);

/* What a user used today and this month, for people. */
void rules_describe(
	const struct sms *s, const struct owner *owner, struct str *out);

#endif
