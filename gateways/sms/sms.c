/*
 * The SMS gateway as the core sees it: one constant table.
 */
#include "sms/sms.h"

#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "sms/admin.h"
#include "sms/audit.h"
#include "sms/backend.h"
#include "sms/brought.h"
#include "sms/brought_record.h"
#include "sms/claims.h"
#include "sms/commands.h"
#include "sms/configure.h"
#include "sms/early.h"
#include "sms/enclosed.h"
#include "sms/erasure.h"
#include "sms/group.h"
#include "sms/group_begin.h"
#include "sms/group_room.h"
#include "sms/inbound.h"
#include "sms/ledger.h"
#include "sms/names.h"
#include "sms/owner.h"
#include "sms/pairs.h"
#include "sms/parts.h"
#include "sms/person.h"
#include "sms/preview.h"
#include "sms/queue.h"
#include "sms/receipts.h"
#include "sms/recent.h"
#include "sms/replay.h"
#include "sms/session.h"
#include "sms/shared.h"
#include "sms/status.h"
#include "sms/uploads.h"
#include "sms/usages.h"
#include "sms/wording.h"

extern const struct gateway_ops gateway_sms;

/* --- Settings of the user ------------------------------------------------ */

static const char *const group_modes[] = { "rooms", "addresses", NULL };

static const struct gw_setting settings[] = {
	{ .name = "phone",
		.label = "Phone number",
		.type = GW_TEXT,
		.use = GW_USE_ACCOUNT,
		.element = "phone",
		.required = true,
		.max = 40,
		.help = "Your own number, like +15551234567" },
	{ .name = "code",
		.label = "Code",
		.type = GW_TEXT,
		.element = "misc",
		.late = true,
		.max = 40,
		.help = "Leave this empty: where it is needed it is sent to "
			"your number" },
	{ .name = "provider",
		.label = "Your own provider",
		.type = GW_TEXT,
		.element = "name",
		.advanced = true,
		.max = 60,
		.help = "If you have an account there, and texts are to leave "
			"by it: its name, like twilio" },
	{ .name = "account",
		.label = "Account there",
		.type = GW_TEXT,
		.element = "username",
		.advanced = true,
		.max = 200,
		.help = "As your provider calls it: account SID, project" },
	{ .name = "key",
		.label = "Name of the key or user there",
		.type = GW_TEXT,
		.advanced = true,
		.max = 200,
		.help = "If it is not the account" },
	{ .name = "secret",
		.label = "Secret there",
		.type = GW_SECRET,
		.element = "password",
		.advanced = true,
		.form_only = true,
		.max = 1000,
		.help = "The key or token itself, or the password" },
	{ .name = "signature",
		.label = "Signature key there",
		.type = GW_SECRET,
		.advanced = true,
		.form_only = true,
		.max = 1000,
		.help = "What your provider signs its calls with, if it is "
			"not the secret" },
	{ .name = "application",
		.label = "Application there",
		.type = GW_TEXT,
		.advanced = true,
		.max = 200,
		.help = "Only where your provider has applications" },
	{ .name = "ask_above",
		.label = "Ask before long texts",
		.type = GW_INT,
		.advanced = true,
		.def = "4",
		.max = 99,
		.help = "When one is as long as more texts than this; 0: never" },
	{ .name = SMS_COUNTRY_SETTING,
		.label = "Country",
		.type = GW_TEXT,
		.advanced = true,
		.max = 60, /* who writes its name is told what to write */
		.check = sms_check_country,
		.help = "Where you write numbers as they are dialled there: "
			"two letters, like US or DE" },
	{ .name = "groups",
		.label = "Group texts",
		.type = GW_CHOICE,
		.advanced = true,
		.def = "rooms",
		.choices = group_modes,
		.help = "rooms: each group is a room; addresses: they come "
			"from their senders, and name all who got them "
			"(XEP-0033)" },
	{ .name = NULL },
};

/* Those from "provider" to "application" are about accounts that users bring. */
static bool is_hidden(const struct gw *gw, const char *setting)
{
	static const char *const brought[] = { "provider", "account", "key",
		"secret", "signature", "application" };
	const struct sms_config *c = gw->config;
	for (size_t i = 0; i < COUNT(brought); i++)
		if (strcmp(setting, brought[i]) == 0)
			return c->brought.providers.count == 0;
	return false;
}

/* --- The gateway itself -------------------------------------------------- */

static void release(struct gw *gw)
{
	struct sms *s = sms_of(gw);
	gw->impl = NULL;
	early_refuse_all(s, false);
	queue_free(&s->queue);
	parts_free(&s->parts);
	groups_free(&s->groups);
	shared_free(&s->shared);
	status_free(&s->status);
	claims_free(&s->claims);
	brought_free(&s->brought);
	pairs_free(&s->pairs);
	usages_free(&s->usages);
	audit_free(&s->audit);
	previews_free(&s->previews);
	enclosed_free(&s->enclosures);
	inbounds_free(&s->inbounds);
	wording_free(&s->wording);
	recents_free(&s->recents);
	uploads_free(&s->uploads);
	receipts_free(&s->receipts);
	backends_close(s);
	erasures_free(s);
	owners_finish(s);
	ledger_free(&s->ledger);
	xfree(s);
}

/* By an account that he brought, a number that is his, or a code. */
static bool let_in(struct owner *o, enum gw_reason *reason_r, struct str *words)
{
	if (brought_is_wanted(o))
		return brought_open(o, reason_r, words);
	return owner_is_allowed(o) ||
	       claims_open(o, gw_setting(o->session, "code"), reason_r, words);
}

static void go_online(struct owner *o)
{
	struct gw_session *session = o->session;
	struct str words = { .max = 1000 };
	enum gw_reason reason;
	if (!let_in(o, &reason, &words)) {
		gw_closed(session, reason, str_text(&words), GW_RETRY_NEVER);
		str_finish(&words);
		return;
	}
	o->is_online = true;
	gw_online(session, o->account);
	brought_tell(o);
	status_online(o);
	queue_tell(o);
	inbound_give(o);
}

static void loaded(struct sms *s)
{
	const char *reason;
	if (s->is_draining)
		return;
	s->is_loaded = true;
	ledger_loaded(s->ledger);
	pairs_loaded(s);
	if (backends_open(s, &reason) != 0)
		fatal("%s: %s", s->gw->jid, reason);
	early_refuse_all(s, false);
	queue_find_backends(s);
	size_t pos = 0;
	struct owner *o, *gateway = owner_get(s, "", "");
	/* Codes are sent in its name: the map does not change meanwhile. */
	gateway->is_held = true;
	while ((o = map_next(&s->owners, &pos)) != NULL)
		if (o->session != NULL)
			go_online(o);
	gateway->is_held = false;
	owner_release(gateway);
	queue_loaded(s);
	parts_loaded(s);
	erasures_loaded(s);
}

static void load_key(struct sms *s, const char *name, struct slice data)
{
	(void)name;
	ledger_load(s->ledger, data);
}

/* What is read at the start; names that begin otherwise are read when they are
 * needed. */
static const struct {
	const char *prefix;
	void (*load)(struct sms *s, const char *name, struct slice data);
} kinds[] = {
	{ LEDGER_KEY_NAME, load_key },
	{ BROUGHT_PREFIX, brought_load },
	{ SHARING_PREFIX, shared_load },
	{ GROUPS_PREFIX, groups_load },
	{ INBOUND_PREFIX, inbound_load },
	{ CLAIMS_PREFIX, claims_load },
	{ PAIR_PREFIX, pairs_load },
	{ OUTBOUND_PREFIX, queue_load },
	{ PARTS_PREFIX, parts_load },
	{ USAGE_PREFIX, usages_load },
};

/* One kind after the other. */
static void recalled(const char *name, struct slice data, bool ok, void *arg)
{
	struct sms *s = arg;
	if (name != NULL) {
		kinds[s->kinds_read].load(s, name, data);
		return;
	}
	if (!ok)
		fatal("%s: what was kept can't be read; see the log lines "
		      "above",
			s->gw->jid);
	if (++s->kinds_read < COUNT(kinds))
		ledger_read(
			s->ledger, kinds[s->kinds_read].prefix, recalled, s);
	else
		loaded(s);
}

static int start(struct gw *gw, const char **reason_r)
{
	struct sms *s = xalloc(sizeof(*s));
	gw->impl = s;
	s->gw = gw;
	sms_configure(s);
	s->audit = audit_new(s, reason_r);
	if (s->audit == NULL) {
		gw->impl = NULL;
		xfree(s);
		return -1;
	}
	list_init(&s->backends);
	list_init(&s->brought_backends);
	list_init(&s->erasures);
	s->ledger = ledger_new(gw);
	s->queue = queue_new(s);
	s->receipts = receipts_new(s);
	s->inbounds = inbounds_new(s);
	s->enclosures = enclosed_new(s);
	s->parts = parts_new(s);
	s->groups = groups_new();
	s->shared = shared_new(s);
	s->status = status_new(s);
	s->claims = claims_new(s);
	s->brought = brought_new(s);
	s->pairs = pairs_new();
	s->usages = usages_new(s);
	s->wording = wording_new(s);
	s->recents = recents_new();
	s->uploads = uploads_new();
	s->previews = previews_new();
	early_refuse_all(s, true);
	ledger_read(s->ledger, kinds[0].prefix, recalled, s);
	return 0;
}

static void outcomes_kept(bool ok, void *arg)
{
	const struct sms *s = arg;
	(void)ok;
	gw_drained(s->gw);
}

static void networks_drained(struct sms *s)
{
	ledger_wait(s->ledger, outcomes_kept, s);
}

static void drain(struct gw *gw)
{
	struct sms *s = sms_of(gw);
	s->is_draining = true;
	backends_drain(s, networks_drained);
}

/* The XMPP server keeps up again. */
static void resume(struct gw *gw)
{
	backends_stall(sms_of(gw), false);
}

static void measure(const struct gw *gw, struct str *out)
{
	backends_measure(sms_of(gw), out);
	brought_measure(sms_of(gw), out);
}

static void own_kept(struct gw *gw, uint64_t token, bool ok)
{
	ledger_kept(sms_of(gw)->ledger, token, ok);
}

static void own_recalled(struct gw *gw, uint64_t token, const char *name,
	const void *data, size_t len, bool ok)
{
	ledger_recalled(sms_of(gw)->ledger, token, name, data, len, ok);
}

/* --- Sessions ------------------------------------------------------------- */

static void open_session(struct gw_session *session)
{
	struct sms *s = sms_of(session->gw);
	struct owner *o = owner_get(s, session->user, session->account);
	session->impl = o;
	o->session = session;
	if (s->is_loaded)
		go_online(o);
}

static void close_session(struct gw_session *session, const char *text)
{
	struct owner *o = owner_of(session);
	(void)text;
	if (o == NULL)
		return;
	session->impl = NULL;
	o->session = NULL;
	session_clear(o);
	owner_release(o);
}

static void send_message(
	struct gw_session *session, const struct gw_outgoing *m)
{
	struct owner *o = owner_of(session);
	wording_send(o, m);
}

static void answer(struct gw_session *session, uint32_t question,
	const char *const *values)
{
	preview_answer(owner_of(session), question, values);
}

static void session_recalled(struct gw_session *session, uint64_t token,
	const char *name, const void *data, size_t len, bool ok)
{
	recent_recalled(
		owner_of(session), token, name, slice_make(data, len), ok);
}

static void upload_more(
	struct gw_session *session, uint32_t upload, size_t room)
{
	enclosed_more(owner_of(session), upload, room);
	uploads_more(owner_of(session), upload, room);
}

static void uploaded(struct gw_session *session, uint32_t upload,
	const char *url, enum gw_reason reason, const char *text)
{
	enclosed_uploaded(owner_of(session), upload, url, reason, text);
	uploads_done(owner_of(session), upload, url, text);
}

static void settled(struct gw_session *session, const char *network_id, bool ok)
{
	inbound_settled(owner_of(session), network_id, ok);
}

static const char *const uri_schemes[] = { "sms", "tel", NULL };

const struct gateway_ops gateway_sms = {
	.name = "sms",
	.disco_type = "sms",
	.person_type = "sms",
	.title = "SMS",
	.account_title = "phone number",
	.prompt = "Type a phone number, like +15551234567.",
	.examples = { "+15551234567" },
	.uri_schemes = uri_schemes,
	.caps = GW_CAP_RECEIPTS | GW_CAP_DURABLE | GW_CAP_ALWAYS |
		GW_CAP_SHARED_NAMES | GW_CAP_REPLY | GW_CAP_CORRECT |
		GW_CAP_REACT | GW_CAP_FILES | GW_CAP_WRITE | GW_CAP_ROOMS |
		GW_CAP_ADDRESSES | GW_CAP_OWN_NICKS,
	.config = &sms_config_group,
	.settings = settings,
	.commands = sms_commands,
	.admin_commands = sms_admin_commands,
	.start = start,
	.drain = drain,
	.stop = release,
	.reload = sms_reload,
	.administer = sms_administer,
	.measure = measure,
	.resume = resume,
	.replay = sms_replay,
	.parse_address = sms_parse_address,
	.format_address = sms_format_address,
	.read_input = sms_read_input,
	.spell_out = sms_spell_out,
	.canonical_account = sms_canonical_account,
	.hides = is_hidden,
	.in_use = sms_country_in_use,
	.open = open_session,
	.close = close_session,
	.send = send_message,
	.caps_of = person_caps,
	.lookup = person_lookup,
	.command = sms_command,
	.answer = answer,
	.forget = sms_forget,
	.own_kept = own_kept,
	.own_recalled = own_recalled,
	.recalled = session_recalled,
	.settled = settled,
	.upload_more = upload_more,
	.uploaded = uploaded,
	.join = sms_join,
	.leave = sms_leave,
	.set_nick = sms_set_nick,
	.set_subject = sms_set_subject,
};
