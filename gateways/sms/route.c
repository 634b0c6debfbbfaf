#include "sms/route.h"

#include "sms/group.h"
#include "sms/group_route.h"
#include "sms_data/national.h"

static bool carries(const struct backend *b, const char *user, const char *from,
	const char *to)
{
	if (to == NULL || !participants_are_room(to))
		return backend_carries(b, user, from, to);
	const struct group *g = groups_find(b->sms, to);
	return g != NULL && group_route_fits(b, user, from, &g->people);
}

struct backend *route_choose(const struct sms *s, const char *user,
	const char *from, const char *to, unsigned tried)
{
	struct backend *first = NULL;
	unsigned bit = 1;
	list_for_each(it, &s->backends) {
		struct backend *b = CONTAINER(it, struct backend, link);
		bool fits = (tried & bit) == 0 && carries(b, user, from, to);
		bit <<= 1;
		if (!fits)
			continue;
		if (backend_is_up(b))
			return b;
		if (first == NULL)
			first = b;
	}
	return first;
}

static unsigned languages_of(const struct sms_backend_config *c)
{
	unsigned languages = 0;
	for (size_t i = 0; i < c->languages.count; i++) {
		int language = language_by_code(c->languages.items[i]);
		if (language > 0)
			languages |= 1u << language;
	}
	return languages;
}

static enum gsm_subset subset_of(unsigned caps)
{
	if ((caps & CARRIER_ASCII) != 0)
		return GSM_OF_ASCII;
	return (caps & CARRIER_LATIN1) != 0 ? GSM_OF_LATIN1 : GSM_WHOLE;
}

struct segment_options route_options(const struct backend *b)
{
	const struct sms_backend_config *c = b->config;
	unsigned caps = backend_caps(b);
	struct segment_options options = { .transliterate = c->transliterate,
		.subset = subset_of(caps) };
	if ((caps & CARRIER_CUTS) == 0) {
		options.languages = languages_of(c);
		options.has_wide_ref = c->wide_ref;
	}
	return options;
}

struct segment_options route_options_for(
	const struct sms *s, const char *user, const char *from, const char *to)
{
	const struct backend *b =
		from != NULL ? route_choose(s, user, from, to, 0) : NULL;
	return b != NULL ? route_options(b) : (struct segment_options){ 0 };
}
