/*
 * The schema, one table for each group, with what a single row cannot check
 * below it.
 */
#include "sms_http/provider.h"

#include <stddef.h>
#include <string.h>

#include "sms_http/condition.h"
#include "sms_http/field.h"
#include "sms_http/json.h"
#include "sms_http/selector.h"
#include "sms_http/template.h"
#include "sms_http/verify.h"

/* --- Checks that groups share -------------------------------------------- */

static int check_template(const char *text, unsigned scopes, const char *key,
	const char **key_r, const char **reason_r)
{
	*key_r = key;
	return text == NULL || template_is_good(text, scopes, reason_r) ? 0
									: -1;
}

static int check_path(const char *path, const char *key, const char **key_r,
	const char **reason_r)
{
	*key_r = key;
	return path == NULL || json_path_is_good(path, reason_r) ? 0 : -1;
}

static int check_selector(const char *text, const char *key, const char **key_r,
	const char **reason_r)
{
	*key_r = key;
	return text == NULL || selector_is_good(text, reason_r) ? 0 : -1;
}

/* --- send, group --------------------------------------------------------- */

static int check_field(
	const char *text, enum provider_format format, const char **reason_r)
{
	struct field f;

	if (field_read(text, &f, reason_r) != 0)
		return -1;
	if (f.is_json && format != PROVIDER_JSON) {
		*reason_r = "has := where no JSON is sent";
		return -1;
	}
	if (format == PROVIDER_JSON && !json_path_is_good(f.name, reason_r))
		return -1;
	return template_is_good(f.value,
		       TEMPLATE_OF_BACKEND | TEMPLATE_OF_MESSAGE, reason_r)
		       ? 0
		       : -1;
}

static int check_request(
	const void *data, const char **key_r, const char **reason_r)
{
	const struct provider_request *r = data;

	if (check_template(
		    r->url, TEMPLATE_OF_BACKEND, "url", key_r, reason_r) != 0)
		return -1;
	*key_r = "method";
	*reason_r = "must be GET, POST or PUT";
	if (strcmp(r->method, "GET") != 0 && strcmp(r->method, "POST") != 0 &&
		strcmp(r->method, "PUT") != 0)
		return -1;
	*reason_r = "GET has no body: format must be \"query\"";
	if (strcmp(r->method, "GET") == 0 && r->format != PROVIDER_QUERY)
		return -1;
	*key_r = "headers";
	for (size_t i = 0; i < r->headers.count; i++)
		if (!template_is_good(
			    r->headers.items[i], TEMPLATE_OF_BACKEND, reason_r))
			return -1;
	*key_r = "fields";
	for (size_t i = 0; i < r->fields.count; i++)
		if (check_field(r->fields.items[i],
			    (enum provider_format)r->format, reason_r) != 0)
			return -1;
	return 0;
}

static const char *const formats[] = { "form", "json", "query", NULL };

static const struct cfg_item request_items[] = {
	{ "url", CFG_STRING, offsetof(struct provider_request, url),
		.flags = CFG_REQUIRED,
		.help = "Where it is sent to; variables of the backend, "
			"percent-encoded but for ${url}." },
	{ "method", CFG_STRING, offsetof(struct provider_request, method),
		.def = "POST", .help = "GET, POST or PUT." },
	{ "format", CFG_CHOICE, offsetof(struct provider_request, format),
		.choices = formats,
		.help = "How the fields are sent: in the body as a form or as "
			"JSON, or behind the URL." },
	{ "headers", CFG_STRING_LIST,
		offsetof(struct provider_request, headers),
		.help = "Further headers, \"Name: value\"." },
	{ "fields", CFG_STRING_LIST, offsetof(struct provider_request, fields),
		.flags = CFG_REQUIRED,
		.help = "\"NAME=VALUE\"; of JSON the name is a path and "
			"\"NAME:=VALUE\" is no string; \"FLAG? NAME=VALUE\" "
			"depends on gsm, media, report or group." },
	{ .name = NULL },
};

static const struct cfg_group request_group = { .items = request_items,
	.size = sizeof(struct provider_request),
	.check = check_request };

/* --- auth ---------------------------------------------------------------- */

static int check_auth(
	const void *data, const char **key_r, const char **reason_r)
{
	const struct provider_auth *a = data;
	const unsigned of = TEMPLATE_OF_BACKEND;

	*key_r = "kind";
	*reason_r = "basic needs user and password";
	if (a->kind == LOGIN_BASIC && (a->user == NULL || a->password == NULL))
		return -1;
	*reason_r = "bearer needs token";
	if (a->kind == LOGIN_BEARER && a->token == NULL)
		return -1;
	if (check_template(a->user, of, "user", key_r, reason_r) != 0 ||
		check_template(a->password, of, "password", key_r, reason_r) !=
			0)
		return -1;
	return check_template(a->token, of, "token", key_r, reason_r);
}

static const char *const logins[] = { "none", "basic", "bearer", NULL };

static const struct cfg_item auth_items[] = {
	{ "kind", CFG_CHOICE, offsetof(struct provider_auth, kind),
		.choices = logins,
		.help = "The Authorization header: none, Basic or Bearer." },
	{ "user", CFG_STRING, offsetof(struct provider_auth, user),
		.help = "Of basic." },
	{ "password", CFG_STRING, offsetof(struct provider_auth, password),
		.help = "Of basic." },
	{ "token", CFG_STRING, offsetof(struct provider_auth, token),
		.help = "Of bearer." },
	{ .name = NULL },
};

static const struct cfg_group auth_group = { .items = auth_items,
	.size = sizeof(struct provider_auth),
	.check = check_auth };

/* --- result -------------------------------------------------------------- */

/* In the order of enum sms_class, without SMS_OK. */
static const char *const classes[] = { "retry", "throttle", "bad_dest",
	"bad_src", "bad_content", "blocked", "no_credit", "auth", "link",
	"perm", "stopped", "fault", NULL };

static const struct cfg_item refusal_items[] = {
	{ "status", CFG_INT_LIST, offsetof(struct provider_refusal, statuses),
		.min = 100, .max = 599, .help = "HTTP statuses; none: any." },
	{ "code", CFG_STRING_LIST, offsetof(struct provider_refusal, codes),
		.help = "Values of result.code; none: any." },
	{ "class", CFG_CHOICE, offsetof(struct provider_refusal, class),
		.choices = classes, .flags = CFG_REQUIRED,
		.help = "What it means." },
	{ .name = NULL },
};

static const struct cfg_group refusal_group = { .items = refusal_items,
	.size = sizeof(struct provider_refusal) };

static int check_result(
	const void *data, const char **key_r, const char **reason_r)
{
	const struct provider_result *r = data;

	*key_r = "equals";
	*reason_r = "says what test has to be equal to, and needs it";
	if (r->test == NULL && r->equals.count > 0)
		return -1;
	if (check_selector(r->test, "test", key_r, reason_r) != 0 ||
		check_selector(r->id, "id", key_r, reason_r) != 0 ||
		check_selector(r->code, "code", key_r, reason_r) != 0)
		return -1;
	return check_selector(r->text, "text", key_r, reason_r);
}

static const struct cfg_item result_items[] = {
	{ "status", CFG_INT_LIST, offsetof(struct provider_result, statuses),
		.def = "200, 201, 202", .min = 200, .max = 299,
		.help = "HTTP statuses of success." },
	{ "test", CFG_STRING, offsetof(struct provider_result, test),
		.help = "Something that an answer of success has to hold "
			"besides: json:PATH, regex:PATTERN or header:NAME." },
	{ "equals", CFG_STRING_LIST, offsetof(struct provider_result, equals),
		.help = "What test has to be; none: there is something." },
	{ "id", CFG_STRING, offsetof(struct provider_result, id),
		.help = "Where the id of the text is, which reports name; "
			"own: it is our ${id}." },
	{ "code", CFG_STRING, offsetof(struct provider_result, code),
		.help = "Where the provider's code of an error is." },
	{ "text", CFG_STRING, offsetof(struct provider_result, text),
		.help = "Where the words to it are." },
	{ "refusals", CFG_GROUP_LIST,
		offsetof(struct provider_result, refusals),
		.group = &refusal_group,
		.help = "What refusals mean; the first that fits counts." },
	{ .name = NULL },
};

static const struct cfg_group result_group = { .items = result_items,
	.size = sizeof(struct provider_result),
	.check = check_result };

/* --- callbacks.verify ---------------------------------------------------- */

static int check_verify(
	const void *data, const char **key_r, const char **reason_r)
{
	const struct provider_verify *v = data;
	const unsigned of = TEMPLATE_OF_BACKEND;

	*key_r = "kind";
	*reason_r = "needs key";
	if (v->kind >= VERIFY_HMAC_SHA256 && v->key == NULL)
		return -1;
	*reason_r = "needs header and signed";
	if ((v->kind == VERIFY_HMAC_SHA256 || v->kind == VERIFY_ED25519) &&
		(v->header == NULL || v->signed_text == NULL))
		return -1;
	*reason_r = "basic needs user and password";
	if (v->kind == VERIFY_BASIC && (v->user == NULL || v->password == NULL))
		return -1;
	*reason_r = "ip needs addresses";
	if (v->kind == VERIFY_IP && v->addresses.count == 0)
		return -1;
	*key_r = "addresses";
	*reason_r = "must be addresses or networks (\"192.0.2.0/24\")";
	for (size_t i = 0; i < v->addresses.count; i++)
		if (!verify_network_is_good(v->addresses.items[i]))
			return -1;
	if (check_template(v->key, of, "key", key_r, reason_r) != 0 ||
		check_template(v->user, of, "user", key_r, reason_r) != 0 ||
		check_template(v->password, of, "password", key_r, reason_r) !=
			0)
		return -1;
	return check_template(v->signed_text, TEMPLATE_OF_CALLBACK, "signed",
		key_r, reason_r);
}

static const char *const verifiers[] = { "none", "basic", "token", "ip",
	"hmac-sha256", "ed25519", "twilio", "vonage", "jwt-hs256", NULL };
static const char *const encodings[] = { "hex", "base64", NULL };

static const struct cfg_item verify_items[] = {
	{ "kind", CFG_CHOICE, offsetof(struct provider_verify, kind),
		.choices = verifiers,
		.help = "How a callback proves that it is the provider's. "
			"none, token: by the token in its URL alone." },
	{ "key", CFG_STRING, offsetof(struct provider_verify, key),
		.help = "Of signatures; the public key, in base64, of "
			"ed25519." },
	{ "user", CFG_STRING, offsetof(struct provider_verify, user),
		.help = "Of basic." },
	{ "password", CFG_STRING, offsetof(struct provider_verify, password),
		.help = "Of basic." },
	{ "header", CFG_STRING, offsetof(struct provider_verify, header),
		.help = "The header with the signature; of ip the one in which "
			"a proxy says who it was." },
	{ "timestamp", CFG_STRING, offsetof(struct provider_verify, timestamp),
		.help = "The header with the time, in seconds." },
	{ "signed", CFG_STRING, offsetof(struct provider_verify, signed_text),
		.help = "What is signed: of ${body} and ${timestamp}." },
	{ "prefix", CFG_STRING, offsetof(struct provider_verify, prefix),
		.help = "What stands in front of the signature." },
	{ "encoding", CFG_CHOICE, offsetof(struct provider_verify, encoding),
		.choices = encodings, .help = "How the signature is written." },
	{ "tolerance", CFG_INT, offsetof(struct provider_verify, tolerance_s),
		.def = "300", .min = 1, .max = 86400, .unit = "seconds",
		.help = "How old or early a signature may be." },
	{ "addresses", CFG_STRING_LIST,
		offsetof(struct provider_verify, addresses),
		.help = "From where callbacks come, of ip." },
	{ .name = NULL },
};

static const struct cfg_group verify_group = { .items = verify_items,
	.size = sizeof(struct provider_verify),
	.check = check_verify };

/* --- callbacks.rules ----------------------------------------------------- */

static int check_rule(
	const void *data, const char **key_r, const char **reason_r)
{
	const struct provider_rule *r = data;

	*key_r = "when";
	for (size_t i = 0; i < r->when.count; i++)
		if (!condition_is_good(r->when.items[i], reason_r))
			return -1;
	return 0;
}

static const char *const events[] = { "ignore", "mo", "report", NULL };

static const struct cfg_item rule_items[] = {
	{ "when", CFG_STRING_LIST, offsetof(struct provider_rule, when),
		.help = "\"PATH=VALUE\", \"PATH\" (there is something), "
			"\"!PATH\" (there is nothing): all of them; none: "
			"always." },
	{ "is", CFG_CHOICE, offsetof(struct provider_rule, is),
		.choices = events, .flags = CFG_REQUIRED,
		.help = "A text for us, a report on one of ours, or nothing "
			"of interest." },
	{ .name = NULL },
};

static const struct cfg_group rule_group = { .items = rule_items,
	.size = sizeof(struct provider_rule),
	.check = check_rule };

/* --- callbacks.mo -------------------------------------------------------- */

static const char *const codings[] = { "text", "ucs2", "binary", NULL };

static const struct cfg_item coding_items[] = {
	{ "when", CFG_STRING, offsetof(struct provider_coding, when),
		.flags = CFG_REQUIRED, .help = "A value of mo.coding." },
	{ "is", CFG_CHOICE, offsetof(struct provider_coding, is),
		.choices = codings, .flags = CFG_REQUIRED,
		.help = "UTF-8, UTF-16BE, or bytes that are no text." },
	{ .name = NULL },
};

static const struct cfg_group coding_group = { .items = coding_items,
	.size = sizeof(struct provider_coding) };

#define MO(field) offsetof(struct provider_mo, field)

static const struct cfg_item mo_items[] = {
	{ "from", CFG_STRING, MO(from), .flags = CFG_REQUIRED,
		.help = "Path of the sender." },
	{ "to", CFG_STRING, MO(to), .help = "Path of our number." },
	{ "text", CFG_STRING, MO(text), .flags = CFG_REQUIRED,
		.help = "Path of the text." },
	{ "id", CFG_STRING, MO(id),
		.help = "Path of the provider's id, if it is unique." },
	{ "time", CFG_STRING, MO(time),
		.help = "Path of the time: ISO 8601, \"YYYY-MM-DD HH:MM:SS\" "
			"(UTC), seconds or milliseconds." },
	{ "others", CFG_STRING, MO(others),
		.help = "Path of everybody who got it." },
	{ "coding", CFG_STRING, MO(coding),
		.help = "Path of what says how the text is written." },
	{ "codings", CFG_GROUP_LIST, MO(codings), .group = &coding_group,
		.help = "What its values mean; others are text." },
	{ "hex", CFG_STRING, MO(hex),
		.help = "Path of what is no text, in hexadecimal; else it is "
			"at mo.text." },
	{ "header", CFG_STRING, MO(header),
		.help = "Path of the user data header, in hexadecimal." },
	{ "part", CFG_STRING, MO(part),
		.help = "Path of the number of this part, of a provider that "
			"joins none." },
	{ "parts", CFG_STRING, MO(parts),
		.help = "Path of how many parts there are." },
	{ "part_ref", CFG_STRING, MO(part_ref),
		.help = "Path of the number that the parts share." },
	{ "media", CFG_STRING, MO(media), .help = "Path of URLs of files." },
	{ "media_type", CFG_STRING, MO(media_type),
		.help = "Path of their MIME types, in the same order." },
	{ "media_auth", CFG_BOOL, MO(media_auth),
		.help = "They are fetched with the Authorization of requests; "
			"needs media_hosts." },
	{ "media_hosts", CFG_STRING_LIST, MO(media_hosts),
		.help = "To which hosts (\"*.example.com\") that is said." },
	{ "international", CFG_BOOL, MO(is_international),
		.help = "Numbers are international without \"+\"." },
	{ .name = NULL },
};

static int check_mo(const void *data, const char **key_r, const char **reason_r)
{
	for (const struct cfg_item *i = mo_items; i->name != NULL; i++) {
		const char *const *path =
			(const void *)((const char *)data + i->offset);

		if (i->type == CFG_STRING &&
			check_path(*path, i->name, key_r, reason_r) != 0)
			return -1;
	}
	const struct provider_mo *m = data;
	*key_r = "media_auth";
	*reason_r = "needs media_hosts: the password is for no other host";
	return m->media_auth && m->media_hosts.count == 0 ? -1 : 0;
}

static const struct cfg_group mo_group = {
	.items = mo_items, .size = sizeof(struct provider_mo), .check = check_mo
};

/* --- callbacks.report ---------------------------------------------------- */

/* In the order of enum sms_state. */
static const char *const states[] = { "scheduled", "enroute", "delivered",
	"expired", "deleted", "undeliverable", "accepted", "unknown",
	"rejected", "skipped", NULL };

static const struct cfg_item state_items[] = {
	{ "when", CFG_STRING_LIST, offsetof(struct provider_state, when),
		.flags = CFG_REQUIRED, .help = "Values of report.state." },
	{ "is", CFG_CHOICE, offsetof(struct provider_state, is),
		.choices = states, .flags = CFG_REQUIRED,
		.help = "What they mean." },
	{ .name = NULL },
};

static const struct cfg_group state_group = { .items = state_items,
	.size = sizeof(struct provider_state) };

static const struct cfg_item failure_items[] = {
	{ "code", CFG_STRING_LIST, offsetof(struct provider_failure, codes),
		.flags = CFG_REQUIRED, .help = "Values of report.code." },
	{ "class", CFG_CHOICE, offsetof(struct provider_failure, class),
		.choices = classes, .flags = CFG_REQUIRED,
		.help = "What they mean." },
	{ .name = NULL },
};

static const struct cfg_group failure_group = { .items = failure_items,
	.size = sizeof(struct provider_failure) };

#define REPORT(field) offsetof(struct provider_report, field)

static const struct cfg_item report_items[] = {
	{ "id", CFG_STRING, REPORT(id), .flags = CFG_REQUIRED,
		.help = "Path of the id that the text was given." },
	{ "state", CFG_STRING, REPORT(state), .flags = CFG_REQUIRED,
		.help = "Path of what became of it." },
	{ "states", CFG_GROUP_LIST, REPORT(states), .group = &state_group,
		.flags = CFG_REQUIRED,
		.help = "What its values mean; reports with others are "
			"ignored." },
	{ "to", CFG_STRING, REPORT(to), .help = "Path of the receiver." },
	{ "code", CFG_STRING, REPORT(code),
		.help = "Path of the code of a failure." },
	{ "failures", CFG_GROUP_LIST, REPORT(failures), .group = &failure_group,
		.help = "What codes mean." },
	{ "text", CFG_STRING, REPORT(text), .help = "Path of words to it." },
	{ "time", CFG_STRING, REPORT(time), .help = "As that of mo." },
	{ .name = NULL },
};

static int check_report(
	const void *data, const char **key_r, const char **reason_r)
{
	for (const struct cfg_item *i = report_items; i->name != NULL; i++) {
		const char *const *path =
			(const void *)((const char *)data + i->offset);

		if (i->type == CFG_STRING &&
			check_path(*path, i->name, key_r, reason_r) != 0)
			return -1;
	}
	return 0;
}

static const struct cfg_group report_group = { .items = report_items,
	.size = sizeof(struct provider_report),
	.check = check_report };

/* --- callbacks ----------------------------------------------------------- */

static const struct cfg_item reply_items[] = {
	{ "status", CFG_INT, offsetof(struct provider_reply, status),
		.def = "200", .min = 200, .max = 299, .help = "HTTP status." },
	{ "type", CFG_STRING, offsetof(struct provider_reply, type),
		.def = "text/plain", .help = "Content-Type." },
	{ "body", CFG_STRING, offsetof(struct provider_reply, body),
		.help = "What the provider wants to read." },
	{ .name = NULL },
};

static const struct cfg_group reply_group = { .items = reply_items,
	.size = sizeof(struct provider_reply) };

static bool has_rule(const struct provider_callbacks *c, enum provider_event is)
{
	for (size_t i = 0; i < c->rules.count; i++) {
		const struct provider_rule *r = c->rules.items[i];

		if (r->is == (int)is)
			return true;
	}
	return false;
}

static int check_callbacks(
	const void *data, const char **key_r, const char **reason_r)
{
	const struct provider_callbacks *c = data;

	if (check_path(c->root, "root", key_r, reason_r) != 0)
		return -1;
	*key_r = "rules";
	*reason_r = "has \"mo\", which needs the group mo";
	if (has_rule(c, EVENT_MO) && c->mo.from == NULL)
		return -1;
	*reason_r = "has \"report\", which needs the group report";
	return has_rule(c, EVENT_REPORT) && c->report.id == NULL ? -1 : 0;
}

static const struct cfg_item callbacks_items[] = {
	{ "root", CFG_STRING, offsetof(struct provider_callbacks, root),
		.help = "Path of the events, if they are in a list: [*]." },
	{ "verify", CFG_GROUP, offsetof(struct provider_callbacks, verify),
		.group = &verify_group,
		.help = "How it is known that they are the provider's." },
	{ "rules", CFG_GROUP_LIST, offsetof(struct provider_callbacks, rules),
		.group = &rule_group, .flags = CFG_REQUIRED,
		.help = "What an event is; the first that fits counts, and "
			"without one it is ignored." },
	{ "mo", CFG_GROUP, offsetof(struct provider_callbacks, mo),
		.group = &mo_group, .help = "Where what is in a text for us." },
	{ "report", CFG_GROUP, offsetof(struct provider_callbacks, report),
		.group = &report_group, .help = "Where what is in a report." },
	{ "reply", CFG_GROUP, offsetof(struct provider_callbacks, reply),
		.group = &reply_group,
		.help = "The answer, when what came is on disk." },
	{ .name = NULL },
};

static const struct cfg_group callbacks_group = { .items = callbacks_items,
	.size = sizeof(struct provider_callbacks),
	.check = check_callbacks };

/* --- All ----------------------------------------------------------------- */

static int check_provider(
	const void *data, const char **key_r, const char **reason_r)
{
	static const char *const known[] = { "url", "account", "key", "secret",
		"application", "signature", "token", "callback_url", NULL };
	const struct provider *p = data;

	*key_r = "needs";
	*reason_r = "must be of url, account, key, secret, application, "
		    "signature, token, callback_url";
	for (size_t i = 0; i < p->needs.count; i++) {
		size_t k = 0;

		while (known[k] != NULL &&
			strcmp(known[k], p->needs.items[i]) != 0)
			k++;
		if (known[k] == NULL)
			return -1;
	}
	return 0;
}

static const struct cfg_item provider_items[] = {
	{ "title", CFG_STRING, offsetof(struct provider, title),
		.flags = CFG_REQUIRED, .help = "Its name, for people." },
	{ "url", CFG_STRING, offsetof(struct provider, url),
		.help = "${url} where the configuration says nothing." },
	{ "needs", CFG_STRING_LIST, offsetof(struct provider, needs),
		.help = "What the configuration has to say." },
	{ "media", CFG_BOOL, offsetof(struct provider, has_media),
		.help = "It sends and receives files." },
	{ "rate", CFG_REAL, offsetof(struct provider, rate), .def = "1",
		.min = 0.01, .max = 1000, .unit = "texts per second",
		.help = "How fast it is fed where the configuration says "
			"nothing." },
	{ "parallel", CFG_INT, offsetof(struct provider, parallel), .def = "4",
		.min = 1, .max = 50,
		.help = "Requests under way at a time, likewise." },
	{ "auth", CFG_GROUP, offsetof(struct provider, auth),
		.group = &auth_group, .help = "How we say who we are." },
	{ "send", CFG_GROUP, offsetof(struct provider, send),
		.group = &request_group, .flags = CFG_REQUIRED,
		.help = "The request that sends a text." },
	{ "group", CFG_GROUP, offsetof(struct provider, group),
		.group = &request_group,
		.help = "The one that sends it to several who see each "
			"other (${to[]})." },
	{ "group_max", CFG_INT, offsetof(struct provider, group_max),
		.def = "0", .max = 1000,
		.help = "So many people at most can get that; 0: any number." },
	{ "result", CFG_GROUP, offsetof(struct provider, result),
		.group = &result_group, .help = "What answers mean." },
	{ "callbacks", CFG_GROUP, offsetof(struct provider, callbacks),
		.group = &callbacks_group,
		.help = "What it calls us with: texts and reports." },
	{ .name = NULL },
};

const struct cfg_group provider_schema = { .items = provider_items,
	.size = sizeof(struct provider),
	.check = check_provider };

struct provider *provider_load(const char *path, struct str *error)
{
	return cfg_load(path, &provider_schema, error);
}

struct provider *provider_parse(
	const char *text, const char *name, struct str *error)
{
	return cfg_parse(text, name, &provider_schema, error);
}

void provider_free(struct provider **slot)
{
	if (slot == NULL)
		return;
	cfg_free(*slot, &provider_schema);
	*slot = NULL;
}
