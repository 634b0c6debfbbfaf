#include "sms/brought_record.h"

#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/pack.h"
#include "net/http.h"
#include "sms/early.h"
#include "sms/group.h"
#include "sms/ledger.h"
#include "sms/pairs.h"

#define RECORD_VERSION 1
#define SCOPE_SIZE     24

struct brought {
	struct sms *sms;
	struct map records; /* struct brought_record by key */
};

/* --- While it is not open ------------------------------------------------ */

void brought_record_expect(
	const struct sms *s, const struct brought_record *r, bool on)
{
	struct http_server *server = s->gw->env->http_server;
	if (server == NULL || s->config->brought.callback_url == NULL)
		return;
	if (on)
		http_server_handle(server, r->path, true, early_refuse, NULL);
	else
		http_server_forget(server, r->path);
}

/* --- Records ------------------------------------------------------------- */

static char *key_of(const char *user, const char *account)
{
	struct str key = { .max = 8 * KIB };
	str_addf(&key, "%s\n%s", user, account);
	char *text = xstrdup(str_text(&key));
	str_finish(&key);
	return text;
}

static struct brought_record *record_add(struct sms *s, const char *user,
	const char *account, const char *scope, const char *token)
{
	struct brought_record *r = xalloc(sizeof(*r));
	struct str path = { .max = 4 * KIB };
	str_addf(&path, "/sms/%s/%s/%s", s->gw->jid, scope, token);
	r->key = key_of(user, account);
	r->user = xstrdup(user);
	r->account = xstrdup(account);
	r->scope = xstrdup(scope);
	r->token = xstrdup(token);
	r->path = xstrdup(str_text(&path));
	str_finish(&path);
	map_put_text(&s->brought->records, r->key, r);
	return r;
}

static void record_free(struct brought_record *r)
{
	crypto_wipe(r->token, strlen(r->token));
	crypto_wipe(r->path, strlen(r->path));
	xfree(r->key);
	xfree(r->user);
	xfree(r->account);
	xfree(r->scope);
	xfree(r->token);
	xfree(r->path);
	xfree(r);
}

static void name_of(const struct brought_record *r, char name[LEDGER_NAME_SIZE])
{
	text_format(name, LEDGER_NAME_SIZE, BROUGHT_PREFIX "%s", r->scope);
}

static void save(struct sms *s, const struct brought_record *r)
{
	char name[LEDGER_NAME_SIZE];
	struct str data = { .max = 8 * KIB };
	name_of(r, name);
	pack_number(&data, RECORD_VERSION);
	pack_text(&data, r->user);
	pack_text(&data, r->account);
	pack_text(&data, r->token);
	ledger_put(s->ledger, name, str_slice(&data), 0, NULL, NULL);
	str_finish(&data);
}

void brought_load(struct sms *s, const char *name, struct slice data)
{
	struct unpack u = { .rest = data };
	int64_t version = unpack_number(&u);
	const char *user = ledger_unpack_text(&u),
		   *account = ledger_unpack_text(&u);
	const char *token = ledger_unpack_text(&u);
	if (u.is_broken || version != RECORD_VERSION || user == NULL ||
		account == NULL || token == NULL) {
		log_error("sms", "a record is damaged name=%s", name);
		ledger_drop(s->ledger, name);
		return;
	}
	struct brought_record *r = record_add(
		s, user, account, name + strlen(BROUGHT_PREFIX), token);
	r->is_told = true;
	brought_record_expect(s, r, true);
}

struct brought_record *brought_record_get(const struct owner *owner)
{
	struct sms *s = owner->sms;
	struct brought *b = s->brought;
	struct brought_record *r = map_get_text(&b->records, owner->key);
	char scope[SCOPE_SIZE], hash[LEDGER_HASH_SIZE];
	char token[CRYPTO_ID_SIZE];
	if (r != NULL || b->records.count >= (uint32_t)s->config->brought.most)
		return r;
	ledger_hash(s->ledger, owner->key, hash);
	text_format(scope, sizeof(scope), "own-%.16s", hash);
	crypto_random_id(token);
	r = record_add(s, owner->user, owner->account, scope, token);
	save(s, r);
	return r;
}

/* --- Forgetting ---------------------------------------------------------- */

void brought_record_drop(struct sms *s, struct brought_record *r)
{
	char name[LEDGER_NAME_SIZE];
	name_of(r, name);
	ledger_drop(s->ledger, name);
	brought_record_expect(s, r, false);
	map_remove_text(&s->brought->records, r->key);
	record_free(r);
}

static struct brought_record *find_meant(
	const struct brought *b, const char *user, const char *account)
{
	size_t pos = 0;
	struct brought_record *r;
	while ((r = map_next(&b->records, &pos)) != NULL)
		if (strcmp(r->user, user) == 0 &&
			(account == NULL || strcmp(r->account, account) == 0))
			return r;
	return NULL;
}

void brought_forget(struct sms *s, const char *user, const char *account)
{
	struct brought_record *r;
	while ((r = find_meant(s->brought, user, account)) != NULL) {
		pairs_forget(s, r->scope);
		groups_drop(s, r->scope);
		brought_record_drop(s, r);
	}
}

/* --- Life ---------------------------------------------------------------- */

struct brought *brought_new(struct sms *s)
{
	struct brought *b = xalloc(sizeof(*b));
	b->sms = s;
	return b;
}

void brought_free(struct brought **slot)
{
	struct brought *b = *slot;
	*slot = NULL;
	if (b == NULL)
		return;
	size_t pos = 0;
	struct brought_record *r;
	while ((r = map_next(&b->records, &pos)) != NULL) {
		brought_record_expect(b->sms, r, false);
		record_free(r);
	}
	map_finish(&b->records);
	xfree(b);
}
