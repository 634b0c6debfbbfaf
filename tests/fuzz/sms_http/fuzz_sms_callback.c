/* Callbacks: the first byte chooses a provider, the rest is a request as it
 * comes. Nobody can sign one here, so it is verified and then read anyway. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "sms_http/callback.h"
#include "sms_http/hook_text.h"
#include "sms_http/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SEND "title = \"x\"; send = { url = \"u\"; fields = ( \"a=b\" ); };"
#define AUTH "auth = { kind = \"basic\"; user = \"a\"; password = \"b\"; };"
#define REPORT                                                               \
	"report = { id = \"id\"; to = \"to\"; state = \"s\"; code = \"c\";"  \
	" text = \"w\"; time = \"t\"; states = ( { when = ( \"1\" );"        \
	" is = \"delivered\"; }, { when = ( \"2\" ); is = \"expired\"; } );" \
	" failures = ( { code = ( \"9\" ); class = \"blocked\"; } ); };"

static const char *const texts[] = {
	/* A form, signed as a whole. */
	SEND AUTH
	"callbacks = { verify = { kind = \"twilio\"; key = \"${key}\"; };"
	" rules = ( { when = ( \"s\" ); is = \"report\"; },"
	" { when = ( \"from\", \"!x\" ); is = \"mo\"; } );"
	" mo = { from = \"from\"; to = \"to\"; text = \"text\"; id = \"id\";"
	" time = \"t\"; media = \"m#\"; media_type = \"y#\";"
	" media_auth = true; media_hosts = ( \"*.example.org\" ); };" REPORT
	" };",
	/* A list of events. */
	SEND
	"callbacks = { root = \"[*]\"; verify = { kind = \"basic\";"
	" user = \"a\"; password = \"${key}\"; };"
	" rules = ( { when = ( \"k=r\" ); is = \"report\"; },"
	" { when = ( \"k=m\" ); is = \"mo\"; } );"
	" mo = { from = \"m.from\"; to = \"m.to[0].n\"; text = \"m.text\";"
	" others = \"m.to[*].n\"; media = \"m.media[*]\"; time = \"t\"; };" REPORT
	" };",
	/* A signature over time and body. */
	SEND
	"callbacks = { verify = { kind = \"ed25519\"; key = \"${signature}\";"
	" header = \"S\"; timestamp = \"T\"; encoding = \"base64\";"
	" signed = \"${timestamp}|${body}\"; };"
	" rules = ( { is = \"mo\"; } );"
	" mo = { from = \"d.p.from\"; text = \"d.p.text\";"
	" time = \"d.time\"; others = \"d.p.cc[*]\"; }; };",
	/* All parameters are signed; parts, codings. */
	SEND
	"callbacks = { verify = { kind = \"vonage\"; key = \"${key}\"; };"
	" rules = ( { when = ( \"s\" ); is = \"report\"; },"
	" { is = \"mo\"; } );"
	" mo = { from = \"from\"; to = \"to\"; text = \"text\";"
	" coding = \"c\"; codings = ( { when = \"8\"; is = \"ucs2\"; },"
	" { when = \"4\"; is = \"binary\"; } ); hex = \"hex\";"
	" header = \"udh\"; part = \"n\"; parts = \"of\"; part_ref = \"r\";"
	" international = true; };" REPORT " };",
	/* A web token. */
	SEND
	"callbacks = { verify = { kind = \"jwt-hs256\"; key = \"${key}\"; };"
	" rules = ( { is = \"mo\"; } );"
	" mo = { from = \"from\"; text = \"text\"; coding = \"c\";"
	" codings = ( { when = \"u\"; is = \"ucs2\"; } ); }; };",
	/* A header with a prefix; an address. */
	SEND
	"callbacks = { verify = { kind = \"hmac-sha256\"; key = \"${key}\";"
	" header = \"S\"; prefix = \"sha256=\"; signed = \"${body}\"; };"
	" rules = ( { is = \"report\"; } );" REPORT " };",
	SEND "callbacks = { verify = { kind = \"ip\"; header = \"F\";"
	     " addresses = ( \"192.0.2.0/24\" ); };"
	     " rules = ( { is = \"report\"; } );" REPORT " };",
};

static struct provider *providers[COUNT(texts)];

static void load(void)
{
	struct str error = { .max = 4096 };

	for (size_t i = 0; i < COUNT(texts); i++) {
		providers[i] = provider_parse(texts[i], "fuzz.conf", &error);
		if (providers[i] == NULL)
			abort();
	}
}

static void on_incoming(void *arg, const struct carrier_incoming *incoming)
{
	if (incoming->from.text == NULL || incoming->to.text == NULL)
		abort();
	for (size_t i = 0; i < incoming->media_count; i++)
		if (incoming->media[i].url == NULL)
			abort();
	hook_text_incoming(arg, incoming);
}

static void on_report(void *arg, const struct carrier_report *report)
{
	if (report->id == NULL || report->id[0] == '\0' ||
		report->state >= SMS_STATE_COUNT)
		abort();
	hook_text_report(arg, report);
}

static void try_one(const struct provider *p, const struct web_saved *saved)
{
	struct str lines = { .max = 1u << 20 };
	const struct callback_sink sink = { 1, on_incoming, on_report, &lines };
	const struct web_request r = {
		.url = saved->path,
		.query = web_query(saved->path),
		.body = saved->body,
		.peer = "192.0.2.1",
		.wall_ms = INT64_C(1700000000000),
		.header = web_saved_header,
		.arg = saved,
	};
	struct template_values v = { .to = NULL };
	const char *reason;

	v.values[TEMPLATE_KEY] = slice_of("12345");
	v.values[TEMPLATE_SIGNATURE] =
		slice_of("6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=");
	(void)!verify_request(&p->callbacks.verify, &v, &r, &reason);
	(void)!callback_read(p, &v, &r, &sink, &reason);
	str_finish(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct web_saved saved;

	if (providers[0] == NULL)
		load();
	if (size == 0)
		return 0;
	if (web_saved_read(
		    &saved, slice_make((const char *)data + 1, size - 1)) == 0)
		try_one(providers[data[0] % COUNT(texts)], &saved);
	web_saved_finish(&saved);
	return 0;
}
