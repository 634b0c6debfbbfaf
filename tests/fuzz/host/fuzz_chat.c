/*
 * A user of the echo gateway in a whole host whose stream is not connected:
 * each line of the input is a chat message to the gateway, or, when it begins
 * with '<', a stanza as it is. "!" in front makes it an administrator's, "+"
 * lets an hour pass.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "host/gateway.h"
#include "host/handlers.h"
#include "host/host.h"
#include "host/user.h"
#include "store/accounts.h"
#include "xmpp/ns.h"
#include "xmpp/parser.h"

#define GW    "echo.example.org"
#define ALICE "alice@example.org"
#define ADMIN "admin@example.org"

#define LINES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct gateway_ops gateway_echo;
static struct gateway_ops ops; /* of the echo, for several people as well */
const struct gateway_ops *const gateway_list[] = { &ops, NULL };

static struct host host;
static struct gateway *gateway;

static void ignore(void *arg)
{
	(void)arg;
}

static bool ignore_reload(void *arg)
{
	return arg != NULL;
}

static void ignore_done(int status, void *arg)
{
	(void)status, (void)arg;
}

static void ignore_line(enum log_level level, const char *line, void *arg)
{
	(void)level, (void)line, (void)arg;
}

/* Once for all inputs. */
static void start(void)
{
	static char type[] = "echo", jid[] = GW, admin[] = ADMIN;
	static void *admins[] = { admin };
	static struct options options;
	static struct gateway_options own;
	char folder[] = "/tmp/causeway-fuzz-XXXXXX", key[64];
	const char *reason;
	ops = gateway_echo;
	ops.caps |= GW_CAP_ADDRESSES;
	clock_use_virtual(INT64_C(1700000000000));
	log_set_sink(ignore_line, NULL);
	options.admins = (struct cfg_list){ admins, 1 };
	options.archive.enabled = true;
	own = (struct gateway_options){ .type = type,
		.jid = jid,
		.secret = secret_new(slice_of("s")),
		.max_accounts = 5,
		.max_rooms = 5 };
	host = (struct host){ .loop = loop_new(),
		.options = &options,
		.reload = ignore_reload,
		.stop = ignore };
	list_init(&host.gateways);
	host.env = (struct gw_env){ .loop = host.loop, .software = "fuzz" };
	if (mkdtemp(folder) == NULL)
		abort();
	text_format(key, sizeof(key), "%s/key", folder);
	host.store = store_open(host.loop, "sqlite::memory:", key, &reason);
	if (host.store == NULL)
		abort();
	remove(key);
	remove(folder);
	host.archive = archive_open(host.store);
	gateway = gateway_new(&host, &own, &reason);
	if (gateway == NULL)
		abort();
}

/* --- Stanzas ------------------------------------------------------------- */

static void on_opened(
	const char *ns, const char *id, const char *from, void *arg)
{
	(void)ns, (void)id, (void)from, (void)arg;
}

static void on_stanza(const struct xml *xml, struct arena *a, void *arg)
{
	struct stanza s;
	(void)arg;
	if (stanza_read(&s, xml, a) == ERR_NONE && strcmp(s.to.domain, GW) == 0)
		router_stanza(gateway->component, &s, gateway);
}

static void on_refused(const struct xml *xml, const char *reason, void *arg)
{
	(void)xml, (void)reason, (void)arg;
}

static const struct parser_events events = {
	.opened = on_opened,
	.stanza = on_stanza,
	.refused = on_refused,
	.closed = ignore,
};

/* A stream of its own, so that a broken one costs nothing but itself. */
static void feed(const char *stanza)
{
	struct parser *p = parser_new(&events, NULL);
	const char *condition;
	if (parser_feed(p,
		    slice_of("<stream:stream xmlns='" NS_COMPONENT
			     "' xmlns:stream='" NS_STREAM "'>"),
		    &condition) == 0)
		(void)!parser_feed(p, slice_of(stanza), &condition);
	parser_free(&p);
	loop_settle(host.loop, 0, NULL);
}

static void say(const char *from, const char *line)
{
	struct str text = { .max = 64 * KIB };
	struct xml_writer w;
	xml_writer_init(&w, &text, NS_COMPONENT);
	xml_open(&w, "message", NULL);
	xml_put_attr(&w, "from", from);
	xml_put_attr(&w, "to", GW);
	xml_put(&w, "body", NULL, line);
	xml_close(&w);
	feed(str_text(&text));
	str_finish(&text);
}

static void run_line(const char *line)
{
	if (line[0] == '<')
		feed(line);
	else if (line[0] == '+')
		loop_settle(host.loop, 3600 * 1000, NULL);
	else if (line[0] == '!')
		say(ADMIN "/desk", line + 1);
	else
		say(ALICE "/one", line);
}

/* Nothing of an input is left for the next. */
static void forget(void)
{
	size_t pos = 0;
	struct user *u;
	while ((u = map_next(&gateway->users, &pos)) != NULL) {
		store_account_remove(
			host.store, GW, u->jid, NULL, ignore_done, NULL);
		store_removal_done(
			host.store, GW, u->jid, NULL, ignore_done, NULL);
		user_free(&u);
		pos = 0;
	}
	loop_settle(host.loop, 0, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_make((const char *)data, size);
	if (gateway == NULL)
		start();
	for (int i = 0; i < LINES_MAX && rest.data != NULL; i++) {
		struct slice line = slice_cut(&rest, '\n');
		char *text = xstrndup(line.data, line.len);
		run_line(text);
		xfree(text);
	}
	forget();
	return 0;
}
