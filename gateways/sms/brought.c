#include "sms/brought.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/bucket.h"
#include "base/limits.h"
#include "base/log.h"
#include "sms/brought_record.h"
#include "sms/inbound.h"
#include "sms/queue.h"
#include "sms/receipts.h"
#include "sms/shared.h"
#include "sms_http/config.h"

/* Texts that come by one account: at once, and each second after that. */
#define COME_BURST 100
#define COME_RATE  2
#define TIMEOUT_S  30

struct way {
	struct brought_record *record;
	struct backend *backend;
	char *title; /* of the provider */
	struct bucket come;
	bool is_refused;
	struct sms_backend_config config;
	void *numbers[1]; /* of it */
	struct http_config http;
};

static const struct sms_brought_config *config_of(const struct sms *s)
{
	return &s->config->brought;
}

bool brought_is_wanted(const struct owner *owner)
{
	return gw_setting(owner->session, "provider")[0] != '\0';
}

const char *brought_scope(const struct owner *owner)
{
	return owner->way != NULL ? owner->way->record->scope : NULL;
}

struct backend *brought_backend(const struct owner *owner)
{
	return owner->way != NULL ? owner->way->backend : NULL;
}

/* --- Opening ------------------------------------------------------------- */

/* "twilio" of "twilio", and of "/etc/causeway/twilio.conf". */
static struct slice short_name(const char *provider)
{
	const char *slash = strrchr(provider, '/');
	const char *name = slash != NULL ? slash + 1 : provider;
	size_t len = strlen(name);
	if (len > 5 && strcmp(name + len - 5, ".conf") == 0)
		len -= 5;
	return slice_make(name, len);
}

static const char *find_provider(const struct sms *s, const char *wanted)
{
	const struct cfg_list *list = &config_of(s)->providers;
	for (size_t i = 0; i < list->count; i++) {
		struct slice name = short_name(list->items[i]);
		if (name.len == strlen(wanted) &&
			strncasecmp(name.data, wanted, name.len) == 0)
			return list->items[i];
	}
	return NULL;
}

static void put_providers(const struct sms *s, struct str *words)
{
	const struct cfg_list *list = &config_of(s)->providers;
	str_add(words, "You can use accounts of your own at these providers: ");
	for (size_t i = 0; i < list->count; i++) {
		struct slice name = short_name(list->items[i]);
		str_addf(words, "%s%.*s", i > 0 ? ", " : "", (int)name.len,
			name.data);
	}
	str_add(words, ". Enter one of these names, or none.");
}

static char *setting(
	const struct owner *owner, const char *name, const char *otherwise)
{
	const char *value = gw_setting(owner->session, name);
	return xstrdup(value[0] != '\0' ? value : otherwise);
}

static struct secret *secret_setting(
	const struct owner *owner, const char *name, const char *otherwise)
{
	const char *value = gw_setting(owner->session, name);
	if (value[0] == '\0')
		value = gw_setting(owner->session, otherwise);
	return secret_new(slice_of(value));
}

/* What a backend of the operator has in the configuration. */
static void configure(
	struct way *w, const struct owner *owner, const char *provider)
{
	const struct sms_brought_config *c = config_of(owner->sms);
	struct http_config *http = &w->http;
	http->provider = xstrdup(provider);
	http->place = c->place;
	http->account = setting(owner, "account", "");
	http->key = setting(owner, "key", http->account);
	http->application = setting(owner, "application", "");
	http->secret = secret_setting(owner, "secret", "secret");
	http->signature = secret_setting(owner, "signature", "secret");
	http->token = secret_new(slice_of(w->record->token));
	xstrset(&http->callback_url, c->callback_url);
	http->timeout_s = TIMEOUT_S;
	http->verify = true;
	w->numbers[0] = xstrdup(owner->account);
	w->config = (struct sms_backend_config){ .kind = xstrdup("http"),
		.name = xstrdup(w->record->scope),
		.numbers = { w->numbers, 1 },
		.own = http };
}

static void way_free(struct way *w)
{
	struct http_config *http = &w->http;
	backend_close(&w->backend);
	xfree(w->title);
	xfree(w->config.kind);
	xfree(w->config.name);
	xfree(w->numbers[0]);
	xfree(http->provider);
	xfree(http->account);
	xfree(http->key);
	xfree(http->application);
	xfree(http->callback_url);
	secret_free(&http->secret);
	secret_free(&http->signature);
	secret_free(&http->token);
	xfree(w);
}

/* False: the settings are not complete, or cannot be. */
static bool open_way(struct way *w, struct owner *owner, struct str *words)
{
	const char *reason = NULL;
	struct provider *p = http_config_provider(&w->http, words);
	if (p == NULL) {
		str_add(words, ". Look into your account there for it, and "
			       "register again with it.");
		return false;
	}
	w->title = xstrdup(p->title);
	provider_free(&p);
	brought_record_expect(owner->sms, w->record, false);
	w->backend = backend_open(owner->sms, &w->config, owner, &reason);
	if (w->backend != NULL)
		return true;
	brought_record_expect(owner->sms, w->record, true);
	log_error("sms", "an account of a user cannot be opened user=%s: %s",
		owner->user, reason);
	str_add(words, "This cannot work at present. Tell the operator of this "
		       "gateway.");
	return false;
}

static bool has_taken_number(const struct owner *owner)
{
	return number_is_assigned(owner->sms, owner->account) ||
	       number_is_shared(owner->sms, owner->account);
}

bool brought_open(
	struct owner *owner, enum gw_reason *reason_r, struct str *words)
{
	struct sms *s = owner->sms;
	const char *provider =
		find_provider(s, gw_setting(owner->session, "provider"));
	*reason_r = GW_NOT_ACCEPTABLE;
	if (config_of(s)->providers.count == 0) {
		str_add(words, "Accounts of your own at providers cannot be "
			       "used here. Leave the provider empty.");
		return false;
	}
	if (provider == NULL) {
		put_providers(s, words);
		return false;
	}
	if (has_taken_number(owner)) {
		str_add(words,
			"This number is one of this gateway's own. Leave "
			"the provider empty.");
		return false;
	}
	struct brought_record *r = brought_record_get(owner);
	if (r == NULL) {
		*reason_r = GW_BUSY;
		str_add(words, "There are as many accounts of users here as "
			       "the operator permits. Ask him for more.");
		return false;
	}
	brought_close(owner);
	struct way *w = xalloc(sizeof(*w));
	w->record = r;
	bucket_init(&w->come, COME_BURST, COME_RATE);
	configure(w, owner, provider);
	if (!open_way(w, owner, words)) {
		way_free(w);
		if (!r->is_told)
			brought_record_drop(s, r);
		return false;
	}
	owner->way = w;
	log_info("sms", "account of a user user=%s backend=%s provider=\"%s\"",
		owner->user, r->scope, w->title);
	return true;
}

void brought_close(struct owner *owner)
{
	struct way *w = owner->way;
	if (w == NULL)
		return;
	queue_detach(w->backend, owner);
	receipts_detach(w->backend);
	inbound_detach(w->backend);
	owner->way = NULL;
	struct brought_record *r = w->record;
	way_free(w);
	brought_record_expect(owner->sms, r, true);
}

/* --- Telling ------------------------------------------------------------- */

static void put_callback(const struct owner *owner, struct str *out)
{
	const char *base = owner->way->http.callback_url;
	size_t len = base != NULL ? strlen(base) : 0;
	while (len > 0 && base[len - 1] == '/')
		len--;
	str_addf(out, "%.*s%s", (int)len, base, owner->way->record->path);
}

void brought_tell(const struct owner *owner)
{
	const struct way *w = owner->way;
	struct str text = { .max = 8 * KIB };
	if (w == NULL || w->record->is_told)
		return;
	w->record->is_told = true;
	if (w->http.callback_url == NULL) {
		str_addf(&text,
			"Your texts leave by your account at %s. This gateway "
			"is not made to be called by providers, so no texts "
			"and no receipts come.",
			w->title);
	} else {
		str_addf(&text,
			"Your texts leave by your account at %s. For texts to "
			"come, and receipts, enter this address there, as that "
			"which is called (POST) when a message for %s comes "
			"in:\n",
			w->title, owner->account);
		put_callback(owner, &text);
		str_add(&text, "\nKeep it to yourself. The command \"usage\" "
			       "shows it again.");
	}
	gw_tell(owner->session, str_text(&text));
	str_finish(&text);
}

bool brought_takes(struct backend *b, size_t texts)
{
	return bucket_take(&b->owner->way->come, (double)texts);
}

void brought_refused(const struct backend *b)
{
	struct way *w = b->owner->way;
	struct str text = { .max = KIB };
	if (w->is_refused || b->owner->session == NULL)
		return;
	w->is_refused = true;
	str_addf(&text,
		"%s does not accept the account or the secret that you "
		"registered %s with, so your texts cannot leave. Look them up "
		"there, and register this number again with them.",
		w->title, b->owner->account);
	gw_tell(b->owner->session, str_text(&text));
	str_finish(&text);
}

void brought_describe(const struct owner *owner, struct str *out)
{
	const struct way *w = owner->way;
	str_addf(out,
		"Your number is %s. What you send leaves by your account at "
		"%s.\n",
		owner->account, w->title);
	if (w->http.callback_url != NULL) {
		str_addf(out,
			"When a message for it comes in, %s is to call "
			"(POST):\n",
			w->title);
		put_callback(owner, out);
		str_add(out, "\n");
	}
	if (w->is_refused)
		str_addf(out,
			"%s does not accept your account or your secret.\n",
			w->title);
}

void brought_measure(const struct sms *s, struct str *out)
{
	size_t open = 0;
	list_for_each(it, &s->brought_backends)
		open++;
	str_addf(out, "own_accounts %zu\n", open);
}
