/*
 * Who somebody is: vCard (0054) and vCard4 (0292), two ways to write the same
 * facts. About people they are looked up in the network.
 */
#include "host/card.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "host/account.h"
#include "host/handlers.h"
#include "host/lookup.h"
#include "xmpp/ns.h"

/* What a card says has an element in each format: vcard-temp, perhaps with
 * another one inside, and vCard4 (RFC 6351) with the type of its value. Other
 * facts go into the description. */
static const struct fact {
	const char *key;
	const char *temp, *temp_inner; /* `temp` NULL: left out */
	const char *v4, *v4_type, *v4_prefix;
} facts[] = {
	{ "kind", NULL, NULL, "kind", "text", "" }, /* RFC 6473 */
	{ "nick", "NICKNAME", NULL, "nickname", "text", "" },
	{ "realname", "FN", NULL, "fn", "text", "" },
	{ "email", "EMAIL", "USERID", "email", "text", "" },
	{ "phone", "TEL", "NUMBER", "tel", "uri", "tel:" },
	{ "description", "DESC", NULL, "note", "text", "" },
};

struct card {
	struct xml_writer *w;
	bool is_v4, is_named;
	struct str rest; /* facts without an element */
};

static void card_begin(struct card *c, struct xml_writer *w, bool is_v4)
{
	*c = (struct card){ .w = w, .is_v4 = is_v4 };
	c->rest.max = LIMIT_STANZA_OUT / 2;
	if (is_v4)
		xml_open(w, "vcard", NS_VCARD4);
	else
		xml_open(w, "vCard", NS_VCARD);
}

static void put_fact(struct card *c, const struct fact *f, struct slice value)
{
	const char *outer = c->is_v4 ? f->v4 : f->temp;
	const char *inner = c->is_v4 ? f->v4_type : f->temp_inner;
	if (outer == NULL)
		return;
	xml_open(c->w, outer, NULL);
	if (inner != NULL)
		xml_open(c->w, inner, NULL);
	if (c->is_v4)
		xml_put_text(c->w, f->v4_prefix);
	xml_put_slice(c->w, value);
	if (inner != NULL)
		xml_close(c->w);
	xml_close(c->w);
	c->is_named |= strcmp(f->key, "realname") == 0;
}

/* "image/png;base64" */
static void put_photo(struct card *c, struct slice value)
{
	struct slice type = slice_cut(&value, ';');
	xml_open(c->w, c->is_v4 ? "photo" : "PHOTO", NULL);
	xml_open(c->w, c->is_v4 ? "uri" : "TYPE", NULL);
	if (c->is_v4)
		xml_put_text(c->w, "data:");
	xml_put_slice(c->w, type);
	if (c->is_v4) {
		xml_put_text(c->w, ";base64,"); /* RFC 2397 */
	} else {
		xml_close(c->w);
		xml_open(c->w, "BINVAL", NULL);
	}
	xml_put_slice(c->w, value);
	xml_close(c->w);
	xml_close(c->w);
}

static void card_add(struct card *c, struct slice key, struct slice value)
{
	if (slice_equals(key, "photo")) {
		put_photo(c, value);
		return;
	}
	for (size_t i = 0; i < COUNT(facts); i++)
		if (slice_equals(key, facts[i].key)) {
			put_fact(c, &facts[i], value);
			return;
		}
	str_addf(&c->rest, "%s%.*s: %.*s", c->rest.len > 0 ? "\n" : "",
		(int)key.len, key.data, (int)value.len, value.data);
}

static void card_say(struct card *c, const char *key, const char *value)
{
	card_add(c, slice_of(key), slice_of(value));
}

/* `name`: for who has none, as each vCard4 has one (RFC 6350 section 6.2.1). */
static void card_end(struct card *c, const char *name)
{
	if (c->rest.len > 0)
		card_say(c, "description", str_text(&c->rest));
	if (c->is_v4 && !c->is_named)
		card_say(c, "realname", name);
	xml_close(c->w);
	str_finish(&c->rest);
}

void card_put_person(struct xml_writer *w, const struct request *r, bool is_v4)
{
	struct slice rest = str_slice(&r->lines), key, value;
	struct card card;
	long number;
	card_begin(&card, w, is_v4);
	while (lookup_next(&rest, &key, &value, &number))
		card_add(&card, key, value);
	card_end(&card, r->arg);
}

/* Of the gateway, or one of its networks. */
static void put_service(struct xml_writer *w, const struct user *u,
	const struct target *t, bool is_v4)
{
	char title[128];
	struct card card;
	text_format(
		title, sizeof(title), "%s gateway", u->gateway->api.ops->title);
	const char *name =
		t->kind == TARGET_NETWORK ? t->address.account : title;
	card_begin(&card, w, is_v4);
	card_say(&card, "kind", "application");
	card_say(&card, "realname", name);
	/* Clients show this one; a contact list may hold many networks. */
	card_say(&card, "nick", name);
	card_say(&card, "description",
		"Causeway, a gateway between XMPP and other networks.");
	card_end(&card, name);
}

static void found(struct request *r, const struct gw_result *result, bool is_v4)
{
	if (lookup_failed(r, result))
		return;
	card_put_person(request_result_begin(r), r, is_v4);
	lookup_end(r);
}

static void found_temp(struct request *r, const struct gw_result *result)
{
	found(r, result, false);
}

static void found_v4(struct request *r, const struct gw_result *result)
{
	found(r, result, true);
}

static void answer(struct user *u, const struct target *t,
	const struct stanza *s, bool is_v4)
{
	struct component *c = u->gateway->component;
	if (t->kind == TARGET_GATEWAY || t->kind == TARGET_NETWORK) {
		put_service(iq_result_begin(c, s), u, t, is_v4);
		stanza_end(c);
		return;
	}
	lookup_start(u, t, s, GW_PROFILE, is_v4 ? found_v4 : found_temp,
		xstrdup(t->address.name));
}

void vcard_iq(struct user *u, const struct target *t, const struct stanza *s)
{
	answer(u, t, s, false);
}

void vcard4_iq(struct user *u, const struct target *t, const struct stanza *s)
{
	answer(u, t, s, true);
}
