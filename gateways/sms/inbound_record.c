#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/pack.h"
#include "sms/audit.h"
#include "sms/group.h"
#include "sms/inbound_private.h"
#include "sms/inherited.h"
#include "sms/ledger.h"

/* Texts for users who never come are kept so long. */
#define KEEP_DAYS 30

#define RECORD_VERSION 1
#define OWNERS_MAX     1000
#define ID_MAX         48

void inbound_record_name(const struct inbound *in, char name[INBOUND_NAME_SIZE])
{
	text_format(name, INBOUND_NAME_SIZE, INBOUND_PREFIX "%016" PRIx64,
		in->number);
}

static void saved(bool ok, void *arg)
{
	struct inbound *in = arg;
	list_remove(&in->storing);
	inbound_settle(in, ok);
	if (!ok && !in->is_stored) {
		/* The network gives it again. */
		inbound_drop(in);
		return;
	}
	in->is_stored = true;
	audit_in(in, in->is_held ? "held" : "stored");
	for (size_t i = 0; i < in->delivery_count; i++)
		inbound_deliver(&in->deliveries[i]);
}

void inbound_save(struct inbound *in)
{
	struct str data = { .max = 1 * MIB };
	char name[INBOUND_NAME_SIZE];
	inbound_record_name(in, name);
	pack_number(&data, RECORD_VERSION);
	pack_text(&data, in->id);
	pack_text(&data, in->from);
	pack_text(&data, in->to);
	pack_text(&data, in->body);
	pack_number(&data, in->wall_ms);
	pack_number(&data, (int64_t)in->left);
	for (size_t i = 0; i < in->delivery_count; i++) {
		if (in->deliveries[i].is_done)
			continue;
		pack_text(&data, in->deliveries[i].owner->user);
		pack_text(&data, in->deliveries[i].owner->account);
	}
	if (in->file.url != NULL) {
		pack_text(&data, "file");
		pack_text(&data, in->file.url);
		pack_text(&data, in->file.type);
		pack_text(&data, in->file.header);
	}
	if (in->group != NULL) {
		pack_text(&data, "group");
		pack_text(&data, in->group->name);
	}
	attachment_pack(&data, in->attached);
	ledger_put(
		in->sms->ledger, name, str_slice(&data), KEEP_DAYS, saved, in);
	str_finish(&data);
}

static uint64_t read_number(const char *name)
{
	return strtoull(name + strlen(INBOUND_PREFIX), NULL, 16);
}

/* What only some have. */
static void read_more(struct inbound *in, struct unpack *u)
{
	const char *what = unpack_text(u);
	if (text_equals(what, "file")) {
		xstrset(&in->file.url, ledger_unpack_text(u));
		xstrset(&in->file.type, ledger_unpack_text(u));
		xstrset(&in->file.header, ledger_unpack_text(u));
	} else if (text_equals(what, "group")) {
		const char *name = unpack_text(u);
		in->group = name != NULL ? groups_find(in->sms, name) : NULL;
	} else if (text_equals(what, "octets") && in->attached == NULL) {
		in->attached = attachment_unpack(u);
	} else {
		u->is_broken = true;
	}
}

/* As make_id() and crypto_random_id() make them, with a number for a file behind:
 * they are part of names of what is kept. */
static bool is_id(const char *id)
{
	static const char octets[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz"
				     "0123456789-_.";
	size_t len = id != NULL ? strlen(id) : 0;
	return len > 0 && len <= ID_MAX && strspn(id, octets) == len;
}

/* NULL: damaged. */
static struct inbound *decode(
	struct sms *s, const char *name, struct slice data)
{
	struct unpack u = { .rest = data };
	int64_t version = unpack_number(&u);
	const char *id = unpack_text(&u);
	const char *from = unpack_text(&u), *to = unpack_text(&u);
	const char *body = unpack_text(&u);
	int64_t wall_ms = unpack_number(&u), count = unpack_number(&u);
	if (u.is_broken || version != RECORD_VERSION || !is_id(id) ||
		!ledger_is_number(from) || !ledger_is_number(to) ||
		!ledger_is_clean(body) || count < 0 || count > OWNERS_MAX)
		return NULL;
	if (map_get_text(&s->inbounds->texts, id) != NULL)
		return NULL;
	struct inbound *in = inbound_new(s->inbounds, read_number(name), id);
	in->from = xstrdup(from);
	in->to = xstrdup(to);
	in->body = xstrdup(body);
	in->wall_ms = wall_ms;
	in->is_stored = true;
	in->is_held = count == 0;
	for (int64_t i = 0; i < count; i++) {
		const char *user = unpack_text(&u), *account = unpack_text(&u);
		if (user != NULL && account != NULL)
			inbound_assign(in, owner_get(s, user, account));
	}
	while (u.rest.len > 0 && !u.is_broken)
		read_more(in, &u);
	return in;
}

void inbound_load(struct sms *s, const char *name, struct slice data)
{
	struct inbound *in = decode(s, name, data);
	if (in != NULL && (in->left > 0 || in->is_held)) {
		if (inbound_is_comparable(in))
			inherited_add(s->inbounds->inherited, in->from, in->to,
				in->body, (int64_t)(in->number / 1000));
		return;
	}
	log_error("sms", "a record is damaged name=%s", name);
	ledger_drop(s->ledger, name);
	if (in != NULL)
		inbound_end(in);
}
