#include "sms_http/hook_text.h"

#include "base/clock.h"
#include "base/encoding.h"
#include "base/utf8.h"

static const char *const states[SMS_STATE_COUNT] = { "scheduled", "enroute",
	"delivered", "expired", "deleted", "undeliverable", "accepted",
	"unknown", "rejected", "skipped" };

static const char *const classes[SMS_CLASS_COUNT] = { "ok", "retry", "throttle",
	"bad_dest", "bad_src", "bad_content", "blocked", "no_credit", "auth",
	"link", "perm", "stopped", "fault" };

/* ` name="value"`, in one line whatever the value is; nothing for NULL. */
static void add(struct str *out, const char *name, const char *value)
{
	struct str clean;

	if (value == NULL)
		return;
	str_init(&clean, out->max);
	utf8_clean(&clean, slice_of(value));
	str_addf(out, " %s=\"", name);
	for (size_t i = 0; i < clean.len; i++) {
		char c = clean.data[i];

		if (c == '"' || c == '\\')
			str_add_char(out, '\\');
		if (c == '\n' || c == '\r')
			str_add(out, c == '\n' ? "\\n" : "\\r");
		else
			str_add_char(out, c);
	}
	str_add_char(out, '"');
	str_finish(&clean);
}

static void add_hex(struct str *out, const char *name, struct slice bytes)
{
	if (bytes.len == 0)
		return;
	str_addf(out, " %s=", name);
	hex_encode(out, bytes);
}

static void add_time(struct str *out, int64_t wall_ms)
{
	char stamp[CLOCK_STAMP_SIZE];

	if (wall_ms == 0)
		return;
	clock_format(stamp, wall_ms);
	str_addf(out, " time=%s", stamp);
}

void hook_text_incoming(
	struct str *out, const struct carrier_incoming *incoming)
{
	str_add(out, "mo");
	add(out, "id", incoming->id);
	add(out, "from", incoming->from.text);
	add(out, "to", incoming->to.text);
	for (size_t i = 0; i < incoming->other_count; i++)
		add(out, "other", incoming->others[i].text);
	add(out, "text", incoming->text);
	add_hex(out, incoming->alphabet == SMS_UCS2 ? "ucs2" : "binary",
		incoming->data);
	add_hex(out, "header", incoming->header);
	if (incoming->part.total > 1)
		str_addf(out, " part=%u/%u ref=%u", incoming->part.number,
			incoming->part.total, incoming->part.ref);
	for (size_t i = 0; i < incoming->media_count; i++) {
		add(out, "media", incoming->media[i].url);
		add(out, "type", incoming->media[i].type);
	}
	add_time(out, incoming->wall_ms);
	str_add_char(out, '\n');
}

void hook_text_report(struct str *out, const struct carrier_report *report)
{
	str_add(out, "report");
	add(out, "id", report->id);
	add(out, "to", report->to.text);
	str_addf(out, " state=%s", states[report->state]);
	if (report->class != SMS_OK)
		str_addf(out, " class=%s", classes[report->class]);
	add(out, "text", report->text);
	add_time(out, report->wall_ms);
	str_add_char(out, '\n');
}
