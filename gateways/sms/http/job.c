#include "sms_http/job.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "sms_data/alphabet.h"
#include "sms_http/field.h"

/* --- Life ---------------------------------------------------------------- */

/* As providers write it: short codes and words without their context. */
static char *wire_number(const char *number)
{
	char out[NUMBER_SIZE];

	if (number == NULL)
		return NULL;
	switch (number_kind(number)) {
	case NUMBER_E164:
		return xstrdup(number);
	case NUMBER_SHORT:
		number_bare(number, out);
		return xstrdup(out);
	case NUMBER_WORD:
		number_title(number, out);
		return xstrdup(out);
	case NUMBER_HIDDEN:
		break;
	}
	return NULL;
}

static char **copy_list(const char *const *list, bool is_numbers)
{
	size_t count = 0;
	char **copy;

	while (list != NULL && list[count] != NULL)
		count++;
	if (count == 0)
		return NULL;
	copy = xcalloc(count + 1, sizeof(*copy));
	for (size_t i = 0; i < count; i++)
		copy[i] = is_numbers ? wire_number(list[i]) : xstrdup(list[i]);
	return copy;
}

static void free_list(char **list)
{
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		xfree(list[i]);
	xfree(list);
}

struct job *job_new(struct http_carrier *c, const struct carrier_submit *s)
{
	struct job *j = xalloc(sizeof(*j));

	j->carrier = c;
	j->token = s->token;
	crypto_random_id(j->id);
	j->from = wire_number(s->from);
	j->to = wire_number(s->to);
	j->text = xstrdup(s->text);
	j->others = copy_list(s->others, true);
	j->media = copy_list(s->media, false);
	j->wants_report = s->wants_report;
	j->valid_ms = s->valid_ms;
	list_init(&j->link);
	return j;
}

void job_free(struct job *j)
{
	list_remove(&j->link);
	http_client_cancel(&j->call);
	xfree(j->from);
	xfree(j->to);
	xfree(j->text);
	free_list(j->others);
	free_list(j->media);
	xfree(j);
}

/* --- Its request --------------------------------------------------------- */

static unsigned flags_of(const struct job *j)
{
	unsigned flags = 0;
	size_t septets;

	if (gsm_count((struct gsm_tables){ 0 }, slice_of(j->text), &septets) ==
		0)
		flags |= FIELD_GSM;
	if (j->media != NULL)
		flags |= FIELD_MEDIA;
	if (j->wants_report)
		flags |= FIELD_REPORT;
	if (j->others != NULL)
		flags |= FIELD_GROUP;
	return flags;
}

/* The values of one message, beside those of the backend. */
struct message_values {
	struct template_values all;
	const char *to[LIMIT_RECEIVERS + 2];
	char ttl[24];
};

static void fill_values(const struct job *j, struct message_values *out)
{
	const struct http_carrier *c = j->carrier;
	struct slice *v = out->all.values;
	size_t count = 0;

	out->all = c->values;
	v[TEMPLATE_TO] = slice_of(j->to);
	v[TEMPLATE_FROM] = slice_of(j->from);
	v[TEMPLATE_TEXT] = slice_of(j->text);
	v[TEMPLATE_ID] = slice_of(j->id);
	if (j->valid_ms > 0) {
		(void)text_format(out->ttl, sizeof(out->ttl), "%lld",
			(long long)((j->valid_ms + 999) / 1000));
		v[TEMPLATE_TTL] = slice_of(out->ttl);
	}
	if (j->wants_report)
		v[TEMPLATE_DLR_URL] = str_slice(&c->callback_url);
	out->to[count++] = j->to;
	for (size_t i = 0; j->others != NULL && j->others[i] != NULL; i++)
		if (count <= LIMIT_RECEIVERS)
			out->to[count++] = j->others[i];
	out->to[count] = NULL;
	out->all.to = out->to;
	out->all.media = (const char *const *)j->media;
}

int job_build(const struct job *j, struct request *out, const char **reason_r)
{
	struct message_values values;

	fill_values(j, &values);
	return request_build(
		out, j->carrier->provider, &values.all, flags_of(j), reason_r);
}
