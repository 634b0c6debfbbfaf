#include "sms/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "sms/group.h"
#include "sms_law/audit_line.h"

#define LINE_MAX_BYTES (256 * KIB)
/* Users of a number that are named. */
#define NAMED          8

struct audit {
	struct sms *sms;
	int fd;       /* -1: none */
	bool is_torn; /* the last line is not complete */
	struct log_pause pause;
};

/* --- Writing -------------------------------------------------------------- */

static const struct sms_audit_config *config_of(const struct sms *s)
{
	return &s->config->audit;
}

static void append(struct audit *a, const struct str *line)
{
	ssize_t done = write(a->fd, line->data, line->len);
	a->is_torn = done > 0 && (size_t)done < line->len;
	if (done != (ssize_t)line->len && log_is_due(&a->pause))
		log_error("sms", "the audit log can't be written why=%s",
			done < 0 ? strerror(errno) : "no space left");
}

static void begin(const struct sms *s, struct str *line, const char *way)
{
	char stamp[CLOCK_STAMP_SIZE];
	*line = (struct str){ .max = LINE_MAX_BYTES };
	if (s->audit->fd >= 0) {
		clock_format(stamp, clock_wall_ms());
		str_addf(line, "%s%s ", s->audit->is_torn ? "\n" : "", stamp);
	}
	str_add(line, way);
}

static void end(const struct sms *s, struct str *line)
{
	if (s->audit->fd >= 0) {
		str_add(line, "\n");
		append(s->audit, line);
	} else {
		log_info("audit", "%s", str_text(line));
	}
	str_finish(line);
}

static bool is_wanted(const struct sms *s)
{
	return config_of(s)->to != SMS_AUDIT_NOWHERE;
}

static void put_body(const struct sms *s, struct str *line, const char *text)
{
	if (config_of(s)->bodies && text != NULL)
		audit_put_text(line, "body", text);
}

/* --- Out ------------------------------------------------------------------ */

static void put_ids(struct str *line, const struct outbound *o)
{
	struct str ids = { .max = 16 * KIB };
	for (size_t i = 0; i < o->count; i++)
		if (o->segments[i].id != NULL)
			str_addf(&ids, "%s%s", ids.len > 0 ? "," : "",
				o->segments[i].id);
	audit_put(line, "network", str_slice(&ids));
	str_finish(&ids);
}

static int64_t price_of(const struct sms *s, const char *to)
{
	struct sms_verdict verdict;
	sms_policy_check(&s->config->destinations, s->home, to, &verdict);
	return verdict.price;
}

/* To each of a group. */
static void put_to(struct str *line, const struct outbound *o)
{
	struct str all = { .max = 32 * KIB };
	for (size_t i = 0; o->group != NULL && i < o->group->people.count; i++)
		str_addf(&all, "%s%s", i > 0 ? "," : "",
			o->group->people.numbers[i]);
	audit_put_text(line, "to", o->group != NULL ? str_text(&all) : o->to);
	str_finish(&all);
}

/* Of what the network took, or perhaps did. */
static void put_cost(struct str *line, const struct outbound *o)
{
	const struct sms *s = o->owner->sms;
	int64_t price = o->group == NULL ? price_of(s, o->to) : 0;
	size_t taken = outbound_count(o, SEGMENT_ACCEPTED) +
		       outbound_count(o, SEGMENT_DELIVERED) +
		       outbound_count(o, SEGMENT_LOST);
	for (size_t i = 0; o->group != NULL && i < o->group->people.count; i++)
		price += price_of(s, o->group->people.numbers[i]);
	/* By an account of his own it is his affair. */
	int64_t cost = o->owner->way == NULL ? price * (int64_t)taken : 0;
	str_addf(line, " segments=%zu cost=%" PRId64 ".%06" PRId64, o->count,
		cost / 1000000, cost % 1000000);
}

static const char *outcome_of(const struct gw_result *result)
{
	if (result->stage == GW_DELIVERED)
		return "delivered";
	if (result->stage != GW_FAILED)
		return "accepted";
	return result->reason == GW_LOST ? "unknown" : "failed";
}

void audit_out(struct outbound *o, const struct gw_result *result)
{
	const struct sms *s = o->owner->sms;
	struct str line;
	if (o->audited == (int)result->stage || !is_wanted(s))
		return;
	o->audited = (int)result->stage;
	begin(s, &line, "out");
	str_addf(&line, " id=%08x", (unsigned)o->request);
	audit_put_text(&line, "user", o->owner->user);
	audit_put_text(&line, "from", o->from);
	put_to(&line, o);
	put_cost(&line, o);
	audit_put_text(&line, "backend", o->backend_name);
	audit_put_text(&line, "outcome", outcome_of(result));
	if (result->stage == GW_FAILED)
		audit_put_text(&line, "class", o->class);
	put_ids(&line, o);
	/* Codes that prove numbers are nobody's business. */
	if (!owner_is_gateway(o->owner))
		put_body(s, &line, o->text);
	end(s, &line);
}

void audit_refused(const struct owner *owner, const char *to, const char *text,
	enum gw_reason reason)
{
	const struct sms *s = owner->sms;
	struct str line;
	if (!is_wanted(s))
		return;
	begin(s, &line, "out");
	audit_put_text(&line, "user", owner->user);
	audit_put_text(&line, "from", owner->account);
	audit_put_text(&line, "to", to);
	audit_put_text(&line, "outcome", "refused");
	audit_put_text(&line, "class",
		reason == GW_POLICY ? "policy"
		: reason == GW_BUSY ? "limit"
				    : "impossible");
	put_body(s, &line, text);
	end(s, &line);
}

/* --- In ------------------------------------------------------------------- */

static void put_users(struct str *line, const struct inbound *in)
{
	struct str users = { .max = 32 * KIB };
	size_t count = 0;
	for (size_t i = 0; i < in->delivery_count; i++)
		if (!in->deliveries[i].is_done && count++ < NAMED)
			str_addf(&users, "%s%s", count > 1 ? "," : "",
				in->deliveries[i].owner->user);
	audit_put(line, "user", str_slice(&users));
	if (count > NAMED)
		str_addf(line, " more=%zu", count - NAMED);
	str_finish(&users);
}

static void put_origin(struct str *line, const char *from, const char *to,
	unsigned segments, const char *backend)
{
	audit_put_text(line, "from", from);
	audit_put_text(line, "to", to);
	str_addf(line, " segments=%u", segments);
	audit_put_text(line, "backend", backend);
}

void audit_in(const struct inbound *in, const char *outcome)
{
	const struct sms *s = in->sms;
	struct str line;
	if (in->backend_name == NULL || !is_wanted(s))
		return;
	begin(s, &line, "in");
	audit_put_text(&line, "id", in->id);
	put_users(&line, in);
	put_origin(&line, in->from, in->to, in->segments, in->backend_name);
	audit_put_text(&line, "outcome", outcome);
	if (in->file.url != NULL)
		str_add(&line, " media=1");
	if (in->group != NULL)
		audit_put_text(&line, "group", in->group->name);
	put_body(s, &line, in->body);
	end(s, &line);
}

void audit_word(struct sms *s, const struct inbound_text *text)
{
	struct str line;
	if (text->backend_name == NULL || !is_wanted(s))
		return;
	begin(s, &line, "in");
	audit_put_text(&line, "id", text->id);
	put_origin(&line, text->from, text->to, text->segments,
		text->backend_name);
	audit_put_text(&line, "outcome", "word");
	end(s, &line);
}

/* --- Life ----------------------------------------------------------------- */

static int open_file(struct audit *a, const char **reason_r)
{
	const struct sms_audit_config *c = config_of(a->sms);
	int fd = -1;
	if (c->to == SMS_AUDIT_FILE) {
		fd = open(c->file,
			O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK,
			0600);
		if (fd < 0) {
			log_error("sms",
				"audit.file can't be opened file=%s why=%s",
				c->file, strerror(errno));
			*reason_r = "audit.file can't be opened; see the log "
				    "line above";
			return -1;
		}
	}
	if (a->fd >= 0)
		close(a->fd);
	a->fd = fd;
	a->is_torn = false;
	return 0;
}

struct audit *audit_new(struct sms *s, const char **reason_r)
{
	struct audit *a = xalloc(sizeof(*a));
	a->sms = s;
	a->fd = -1;
	if (open_file(a, reason_r) != 0)
		audit_free(&a);
	return a;
}

void audit_free(struct audit **slot)
{
	struct audit *a = *slot;
	*slot = NULL;
	if (a == NULL)
		return;
	if (a->fd >= 0)
		close(a->fd);
	xfree(a);
}

void audit_configure(struct sms *s)
{
	const char *reason;
	/* Else what was in use before stays so. */
	(void)open_file(s->audit, &reason);
}
