/*
 *	looking for the service --> asking for a slot --> PUT --> told
 *
 * Each step may fail with words for the user.
 */
#include "host/upload.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"
#include "host/gateway.h"
#include "host/upload_service.h"
#include "net/http_client.h"
#include "xmpp/ns.h"

#define SLOT_MS 30000

/* The whole PUT: a minute, and what 20 KiB a second need. */
#define PUT_MS         60000
#define SLOWEST_PER_MS 20

/* XEP-0363 section 9.2, and the most that Prosody or ejabberd send. */
#define HEADERS_MAX      8
#define HEADER_VALUE_MAX (4 * KIB)
#define URL_MAX          (4 * KIB)

struct upload {
	struct list link; /* account->uploads */
	struct account *account;
	uint32_t id;
	char *name, *type;
	int64_t size, given;
	struct deferred begin;
	struct upload_wait wait;
	struct http_call *call;
	char *service;  /* JID */
	char *url;      /* where the file will be */
	bool is_asking; /* for a slot */
};

static struct component *component_of(const struct upload *u)
{
	return account_gateway(u->account)->component;
}

static const char *domain_of(const struct account *a)
{
	const char *at = strchr(a->user->jid, '@');
	return at != NULL ? at + 1 : a->user->jid;
}

/* --- The end ------------------------------------------------------------- */

static void upload_free(struct upload *u)
{
	list_remove(&u->link);
	list_remove(&u->wait.link);
	deferred_stop(&u->begin);
	if (u->is_asking)
		iq_forget(component_of(u), u);
	http_client_cancel(&u->call);
	xfree(u->name);
	xfree(u->type);
	xfree(u->service);
	xfree(u->url);
	xfree(u);
}

static void finish(struct upload *u, const char *url, enum gw_reason reason,
	const char *text)
{
	struct account *a = u->account;
	uint32_t id = u->id;
	char *kept = xstrdup(url);
	upload_free(u);
	account_ops(a)->uploaded(&a->session, id, kept, reason, text);
	xfree(kept);
}

static PRINTF(3, 4) void fail(
	struct upload *u, enum gw_reason reason, const char *fmt, ...)
{
	struct str text = { .max = KIB };
	va_list args;
	va_start(args, fmt);
	str_addv(&text, fmt, args);
	va_end(args);
	log_info("host", "[%s] upload failed: %s", u->account->id,
		str_text(&text));
	finish(u, NULL, reason, str_text(&text));
	str_finish(&text);
}

/* --- PUT ----------------------------------------------------------------- */

static void on_more(struct http_call *c, size_t room, void *arg)
{
	struct upload *u = arg;
	struct account *a = u->account;
	(void)c;
	account_ops(a)->upload_more(&a->session, u->id, room);
}

static enum gw_reason reason_of(const struct http_answer *answer)
{
	switch (answer->error) {
	case HTTP_OK:
		return answer->status == 413 ? GW_NOT_ACCEPTABLE
					     : GW_UNREACHABLE;
	case HTTP_FORBIDDEN:
	case HTTP_BAD_URL:
	case HTTP_REDIRECT:
		return GW_POLICY;
	case HTTP_FULL:
		return GW_BUSY;
	case HTTP_NO_SUCH_HOST:
	case HTTP_UNREACHABLE:
	case HTTP_TLS:
	case HTTP_TIMEOUT:
	case HTTP_LOST:
	case HTTP_TOO_MUCH:
		break;
	}
	return GW_UNREACHABLE;
}

static void on_put(const struct http_answer *answer, void *arg)
{
	struct upload *u = arg;
	u->call = NULL;
	if (answer->error == HTTP_OK &&
		(answer->status == 200 || answer->status == 201))
		finish(u, u->url, GW_OK, NULL);
	else if (answer->error == HTTP_OK)
		fail(u, reason_of(answer),
			"The upload service %s answered with an error (%d).",
			u->service, answer->status);
	else
		fail(u, reason_of(answer),
			"The file could not be brought to the upload service "
			"%s: %s.",
			u->service, answer->reason);
}

struct slot {
	const char *put, *get;
	char lines[HEADERS_MAX + 1][HEADER_VALUE_MAX];
	const char *headers[HEADERS_MAX + 2];
	size_t count;
};

static void put_file(struct upload *u, const struct slot *slot)
{
	/* 443, and the usual ones of XMPP servers. */
	static const uint16_t ports[] = { 443, 5281, 5443, 7443, 8443, 0 };
	const struct http_order order = {
		.url = slot->put,
		.method = "PUT",
		.headers = slot->headers,
		.body_size = u->size,
		.ports = ports,
		.allow_clear = true,
		.timeout_ms = PUT_MS + u->size / SLOWEST_PER_MS,
		.done = on_put,
		.more = on_more,
		.arg = u,
	};
	u->url = xstrdup(slot->get);
	u->call = http_client_start(
		account_gateway(u->account)->host->http, &order);
}

/* --- The slot ------------------------------------------------------------ */

/* "A requesting entity ... MUST ignore any other headers", and takes line
 * breaks out. */
static bool add_header(struct slot *slot, const char *name, const char *value)
{
	static const char *const allowed[] = { "Authorization", "Cookie",
		"Expires" };
	bool is_allowed = false;
	for (size_t i = 0; i < COUNT(allowed); i++)
		is_allowed |= name != NULL && strcasecmp(name, allowed[i]) == 0;
	if (!is_allowed || value == NULL || value[0] == '\0')
		return true;
	if (slot->count == HEADERS_MAX)
		return false;
	char *line = slot->lines[slot->count];
	if (!text_format(line, HEADER_VALUE_MAX, "%s: %s", name, value))
		return false;
	char *end = line;
	for (const char *c = line; *c != '\0'; c++)
		if (*c != '\r' && *c != '\n')
			*end++ = *c;
	*end = '\0';
	slot->headers[slot->count++] = line;
	return true;
}

static bool is_url(const char *text)
{
	return text != NULL && strlen(text) < URL_MAX &&
	       (strncmp(text, "https://", 8) == 0 ||
		       strncmp(text, "http://", 7) == 0);
}

static bool read_slot(
	const struct upload *u, const struct stanza *answer, struct slot *slot)
{
	const struct xml *xml = xml_child(answer->xml, "slot", NS_HTTP_UPLOAD);
	const struct xml *put = xml_child(xml, "put", NS_HTTP_UPLOAD);
	slot->put = xml_attr(put, "url");
	slot->get = xml_attr(xml_child(xml, "get", NS_HTTP_UPLOAD), "url");
	slot->count = 0;
	for (const struct xml *h = xml_child(put, "header", NS_HTTP_UPLOAD);
		h != NULL; h = xml_next(h, "header", NS_HTTP_UPLOAD))
		if (!add_header(slot, xml_attr(h, "name"),
			    xml_text(h, answer->arena)))
			return false;
	text_format(slot->lines[slot->count], HEADER_VALUE_MAX,
		"Content-Type: %s", u->type);
	slot->headers[slot->count] = slot->lines[slot->count];
	slot->headers[slot->count + 1] = NULL;
	return is_url(slot->put) && is_url(slot->get);
}

static void refused(struct upload *u, const struct stanza *answer)
{
	static const struct {
		enum stanza_error error;
		enum gw_reason reason;
	} rows[] = {
		{ ERR_NOT_ACCEPTABLE, GW_NOT_ACCEPTABLE },
		{ ERR_RESOURCE_CONSTRAINT, GW_BUSY },
		{ ERR_REMOTE_SERVER_TIMEOUT, GW_UNREACHABLE },
		{ ERR_INTERNAL_SERVER_ERROR, GW_UNREACHABLE },
	};
	const char *text;
	enum stanza_error error = stanza_error_of(answer, &text);
	enum gw_reason reason = GW_POLICY;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].error == error)
			reason = rows[i].reason;
	if (text == NULL)
		text = "it does not say why.";
	fail(u, reason,
		"The upload service %s does not take the file from here: %.*s",
		u->service, (int)utf8_prefix(slice_of(text), 400), text);
}

static void on_slot(const struct stanza *answer, void *arg)
{
	struct upload *u = arg;
	u->is_asking = false;
	if (answer == NULL) {
		fail(u, GW_UNREACHABLE,
			"The upload service %s does not answer.", u->service);
		return;
	}
	if (answer->type == TYPE_ERROR) {
		refused(u, answer);
		return;
	}
	struct slot *slot = xalloc(sizeof(*slot));
	if (read_slot(u, answer, slot))
		put_file(u, slot);
	else
		fail(u, GW_UNREACHABLE,
			"The answer of the upload service %s makes no sense.",
			u->service);
	xfree(slot);
}

static void ask_for_slot(struct upload *u)
{
	struct component *c = component_of(u);
	u->is_asking = true;
	const struct stanza_head head = {
		.from = account_gateway(u->account)->options->jid,
		.to = u->service,
		.type = "get",
		.id = iq_track(c, u->service, SLOT_MS, on_slot, u),
	};
	struct xml_writer *w = stanza_begin(c, STANZA_IQ, &head);
	xml_open(w, "request", NS_HTTP_UPLOAD);
	xml_put_attr(w, "filename", u->name);
	xml_put_attr_int(w, "size", u->size);
	xml_put_attr(w, "content-type", u->type);
	xml_close(w);
	(void)stanza_end(c);
}

/* --- The service --------------------------------------------------------- */

static void with_service(const struct upload_service *s, void *arg)
{
	struct upload *u = arg;
	if (s->state == UPLOAD_NONE) {
		fail(u, GW_UNSUPPORTED,
			"Your XMPP server has no service for files (XEP-0363) "
			"that this gateway can use.");
	} else if (s->state != UPLOAD_THERE) {
		fail(u, GW_UNREACHABLE,
			"The service for files of your XMPP server does not "
			"answer.");
	} else if (u->size > s->max_size) {
		fail(u, GW_NOT_ACCEPTABLE,
			"The file has %lld bytes; the upload service %s takes "
			"at most %lld.",
			(long long)u->size, s->jid, (long long)s->max_size);
	} else {
		u->service = xstrdup(s->jid);
		ask_for_slot(u);
	}
}

static void on_begin(void *arg)
{
	struct upload *u = arg;
	struct upload_service *s = upload_service_get(
		account_gateway(u->account), domain_of(u->account));
	if (s->state == UPLOAD_ASKED)
		upload_service_wait(s, &u->wait);
	else
		with_service(s, u);
}

/* --- What gateways call -------------------------------------------------- */

static struct upload *upload_find(struct account *a, uint32_t id)
{
	list_for_each(it, &a->uploads) {
		struct upload *u = CONTAINER(it, struct upload, link);
		if (u->id == id)
			return u;
	}
	return NULL;
}

uint32_t gw_upload(
	struct gw_session *s, const char *name, const char *type, int64_t size)
{
	struct account *a = account_of(s);
	unsigned count = 0;
	list_for_each(it, &a->uploads)
		count++;
	if (count >= LIMIT_UPLOADS || size < 0)
		return 0;
	if (++a->last_upload == 0)
		a->last_upload = 1;
	struct upload *u = xalloc(sizeof(*u));
	u->account = a;
	u->id = a->last_upload;
	u->name = xstrdup(name);
	u->type = xstrdup(type != NULL ? type : "application/octet-stream");
	u->size = size;
	u->wait.fn = with_service;
	u->wait.arg = u;
	list_init(&u->wait.link);
	list_append(&a->uploads, &u->link);
	deferred_init(&u->begin, account_gateway(a)->host->loop, "upload",
		on_begin, u);
	deferred_start(&u->begin);
	return u->id;
}

void gw_upload_data(
	struct gw_session *s, uint32_t upload, const void *data, size_t len)
{
	struct upload *u = upload_find(account_of(s), upload);
	/* It may have failed meanwhile. */
	if (u == NULL || u->call == NULL)
		return;
	if ((int64_t)len > u->size - u->given)
		len = (size_t)(u->size - u->given);
	u->given += (int64_t)len;
	http_call_write(u->call, slice_make(data, len));
}

void gw_upload_cancel(struct gw_session *s, uint32_t upload)
{
	struct upload *u = upload_find(account_of(s), upload);
	if (u != NULL)
		upload_free(u);
}

int64_t gw_upload_limit(struct gw_session *s)
{
	struct account *a = account_of(s);
	const struct upload_service *service =
		upload_service_get(account_gateway(a), domain_of(a));
	switch (service->state) {
	case UPLOAD_THERE:
		return service->max_size;
	case UPLOAD_NONE:
		return 0;
	case UPLOAD_ASKED:
	case UPLOAD_UNREACHED:
		break;
	}
	return -1;
}

void upload_close(struct account *a)
{
	list_for_each_safe(it, &a->uploads)
		upload_free(CONTAINER(it, struct upload, link));
}
