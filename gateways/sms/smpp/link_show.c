/*
 * A link in words and numbers.
 */
#include "sms_smpp/link.h"
#include "sms_smpp/link_private.h"

/* --- For people ---------------------------------------------------------- */

/* Sessions that there should be, that there are, and what they wait for. */
static void count(const struct smpp_link *link, size_t *wanted_r,
	size_t *bound_r, size_t *pending_r)
{
	*wanted_r = *bound_r = *pending_r = 0;
	for (size_t i = 0; i < link->member_count; i++) {
		const struct smpp_member *m = &link->members[i];

		*wanted_r += !m->is_guest || smpp_member_is_bound(m);
		*bound_r += smpp_member_is_bound(m);
		if (m->session != NULL)
			*pending_r += smpp_session_pending(m->session);
	}
}

void smpp_link_describe(const struct carrier *c, struct str *out)
{
	const struct smpp_link *link = smpp_const_link_of(c);
	const char *why;
	size_t wanted, bound, pending;

	count(link, &wanted, &bound, &pending);
	str_addf(out,
		"%zu of %zu sessions with %s, %u texts a second, %zu "
		"waiting for an answer",
		bound, wanted, link->config->host,
		smpp_pace_measured(&link->pace), pending);
	if (smpp_pace_is_slowed(&link->pace))
		str_addf(out, ", slowed down to %.1f a second",
			smpp_pace_rate(&link->pace));
	if (smpp_link_judge(link, &why) != CARRIER_UP)
		str_addf(out, "; %s", why);
}

void smpp_link_measure(const struct carrier *c, struct str *out)
{
	const struct smpp_link *link = smpp_const_link_of(c);
	const struct smpp_counts *n = &link->counts;
	size_t wanted, bound, pending;

	count(link, &wanted, &bound, &pending);
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
		{ "sessions", wanted },
		{ "sessions_bound", bound },
		{ "unanswered", pending },
		{ "slowed", smpp_pace_is_slowed(&link->pace) },
		{ "submitted_total", n->submitted },
		{ "accepted_total", n->accepted },
		{ "rejected_total", n->rejected },
		{ "throttled_total", n->throttled },
		{ "lost_total", n->lost },
		{ "incoming_total", n->incoming },
		{ "reports_total", n->reports },
		{ "given_again_total", n->again },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		str_addf(out, "%s %llu\n", rows[i].name,
			(unsigned long long)rows[i].value);
}
