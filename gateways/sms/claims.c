#include "sms/claims.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/pack.h"
#include "sms/ledger.h"
#include "sms/queue.h"
#include "sms/session.h"
#include "sms/shared.h"

/* The codes that are not used up, in one record. */
#define CODES_NAME CLAIMS_PREFIX "codes"
#define CODES_DAYS 2

struct holder {
	char *number, *user;
};

struct claims {
	struct sms *sms;
	struct sms_claims *codes;
	struct map holders; /* struct holder by number */
};

static void holder_free(struct holder *h)
{
	xfree(h->number);
	xfree(h->user);
	xfree(h);
}

static void set_holder(struct claims *c, const char *number, const char *user)
{
	struct holder *h = xalloc(sizeof(*h));
	h->number = xstrdup(number);
	h->user = xstrdup(user);
	struct holder *old = map_remove_text(&c->holders, number);
	if (old != NULL)
		holder_free(old);
	map_put_text(&c->holders, h->number, h);
}

static const char *holder_of(const struct sms *s, const char *number)
{
	const struct holder *h = map_get_text(&s->claims->holders, number);
	return h != NULL ? h->user : NULL;
}

bool claims_holds(const struct sms *s, const char *number, const char *user)
{
	return text_equals(holder_of(s, number), user);
}

/* --- Keeping -------------------------------------------------------------- */

static void save_codes(struct claims *c)
{
	struct str data = { .max = LIMIT_KEPT };
	sms_claims_encode(c->codes, &data);
	ledger_put(c->sms->ledger, CODES_NAME, str_slice(&data), CODES_DAYS,
		NULL, NULL);
	str_finish(&data);
}

static void name_of(
	const struct sms *s, const char *number, char name[LEDGER_NAME_SIZE])
{
	char hash[LEDGER_HASH_SIZE];
	ledger_hash(s->ledger, number, hash);
	text_format(name, LEDGER_NAME_SIZE, CLAIMS_PREFIX "%s", hash);
}

static void save_holder(struct sms *s, const char *number, const char *user)
{
	char name[LEDGER_NAME_SIZE];
	struct str data = { .max = 4 * KIB };
	name_of(s, number, name);
	pack_text(&data, number);
	pack_text(&data, user);
	ledger_put(s->ledger, name, str_slice(&data), 0, NULL, NULL);
	str_finish(&data);
}

void claims_load(struct sms *s, const char *name, struct slice data)
{
	struct unpack u = { .rest = data };
	if (strcmp(name, CODES_NAME) == 0) {
		if (sms_claims_decode(s->claims->codes, data) != 0)
			log_error("sms", "a record is damaged name=%s", name);
		return;
	}
	const char *number = unpack_text(&u), *user = unpack_text(&u);
	if (number != NULL && user != NULL)
		set_holder(s->claims, number, user);
	else
		log_error("sms", "a record is damaged name=%s", name);
}

static struct holder *find_held(
	const struct claims *c, const char *user, const char *account)
{
	size_t pos = 0;
	struct holder *h;
	while ((h = map_next(&c->holders, &pos)) != NULL)
		if (strcmp(h->user, user) == 0 &&
			(account == NULL || strcmp(h->number, account) == 0))
			return h;
	return NULL;
}

void claims_forget(struct sms *s, const char *user, const char *account)
{
	struct holder *h;
	while ((h = find_held(s->claims, user, account)) != NULL) {
		char name[LEDGER_NAME_SIZE];
		name_of(s, h->number, name);
		ledger_drop(s->ledger, name);
		map_remove_text(&s->claims->holders, h->number);
		holder_free(h);
	}
}

/* --- Claiming ------------------------------------------------------------- */

/* Whoever had the number has it no longer: its SIM card is another's. */
static void take_over(struct owner *owner)
{
	struct sms *s = owner->sms;
	const char *before = holder_of(s, owner->account);
	struct owner *old =
		before != NULL ? owner_find(s, before, owner->account) : NULL;
	if (old != NULL && old != owner && old->is_online && old->way == NULL)
		session_refuse(old,
			"Somebody else has proven that this number is his. "
			"Register again if it is yours.");
	set_holder(s->claims, owner->account, owner->user);
	save_holder(s, owner->account, owner->user);
	log_info("sms", "number claimed user=%s number=%s", owner->user,
		owner->account);
}

static bool try_code(struct owner *owner, const char *code, struct str *words)
{
	struct claims *c = owner->sms->claims;
	enum sms_claim_end end = sms_claims_try(
		c->codes, owner->user, owner->account, code, clock_wall_ms());
	save_codes(c);
	if (end == SMS_CLAIM_PROVEN) {
		take_over(owner);
		return true;
	}
	gw_want(owner->session, "code");
	str_add(words, end == SMS_CLAIM_WRONG
			       ? "This is not the code that was sent to you. "
				 "Look again, and try once more."
			       : "This code is not valid any more. Leave the "
				 "field empty to get another.");
	return false;
}

static void send_code(struct owner *owner, struct str *words)
{
	struct sms *s = owner->sms;
	char text[SMS_CLAIM_TEXT];
	const char *from = shared_sender(s, owner, owner->account);
	enum sms_claim_start start = sms_claims_start(s->claims->codes,
		owner->user, owner->account, s->gw->jid, clock_wall_ms(), text);
	save_codes(s->claims);
	if (start == SMS_CLAIM_REFUSED) {
		str_add(words, sms_claim_refusal);
		return;
	}
	/* A number of the operator's own is nobody's phone: as if silent. */
	if (start == SMS_CLAIM_SEND && !number_is_assigned(s, owner->account) &&
		!number_is_shared(s, owner->account))
		queue_post(s, from, owner->account, text);
	gw_want(owner->session, "code");
	str_add(words, sms_claim_answer);
}

bool claims_open(struct owner *owner, const char *code,
	enum gw_reason *reason_r, struct str *words)
{
	struct sms *s = owner->sms;
	struct sms_verdict verdict;
	*reason_r = GW_NOT_ALLOWED;
	if (shared_sender(s, owner, owner->account) == NULL) {
		str_add(words,
			"This number is not yours here. Ask the operator of "
			"this gateway to assign one to you.");
		return false;
	}
	*reason_r = GW_NOT_ACCEPTABLE;
	sms_policy_check(
		&s->config->destinations, s->home, owner->account, &verdict);
	if (!verdict.is_allowed)
		str_add(words, verdict.words);
	else if (code[0] != '\0')
		return try_code(owner, code, words);
	else
		send_code(owner, words);
	return false;
}

/* --- Life ----------------------------------------------------------------- */

struct claims *claims_new(struct sms *s)
{
	struct claims *c = xalloc(sizeof(*c));
	c->sms = s;
	c->codes = sms_claims_new(&s->config->claim);
	return c;
}

void claims_configure(struct sms *s)
{
	sms_claims_configure(s->claims->codes, &s->config->claim);
}

void claims_free(struct claims **slot)
{
	struct claims *c = *slot;
	*slot = NULL;
	if (c == NULL)
		return;
	sms_claims_free(&c->codes);
	size_t pos = 0;
	struct holder *h;
	while ((h = map_next(&c->holders, &pos)) != NULL)
		holder_free(h);
	map_finish(&c->holders);
	xfree(c);
}
