/*
 * One backend of the SMS gateway by HTTP alone, for the integration tests of
 * providers: told on standard input what to send, it tells on standard output
 * what its carrier does. Everything that comes is taken for stored.
 *
 * Usage: provider-driver FILE ADDRESS PORT
 * FILE holds the keys of the backend; ADDRESS and PORT are for callbacks.
 *	send TOKEN FROM TO TEXT		with a report
 *	drain
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "net/http.h"
#include "net/http_client.h"
#include "net/loop.h"
#include "net/policy.h"
#include "net/resolve.h"
#include "sms_http/config.h"
#include "sms_http/hook_text.h"
#include "sms_http/http.h"

static struct loop *loop;
static struct carrier *carrier;
static struct str input;

/* --- Events -------------------------------------------------------------- */

static void on_link(void *arg, enum carrier_state state, const char *why)
{
	(void)arg;
	printf("link %d %s\n", (int)state, why);
}

static void on_ready(void *arg)
{
	(void)arg;
	puts("ready");
}

static void on_accepted(void *arg, uint64_t token, const char *id)
{
	(void)arg;
	printf("accepted %llu id=%s\n", (unsigned long long)token,
		id != NULL ? id : "");
}

static void on_rejected(
	void *arg, uint64_t token, const struct carrier_refusal *refusal)
{
	(void)arg;
	printf("rejected %llu class=%d wait=%lld %s\n",
		(unsigned long long)token, (int)refusal->class,
		(long long)refusal->wait_ms,
		refusal->text != NULL ? refusal->text : "");
}

static void on_lost(void *arg, uint64_t token)
{
	(void)arg;
	printf("lost %llu\n", (unsigned long long)token);
}

static void on_report(void *arg, const struct carrier_report *report)
{
	struct str line = { .max = 65536 };

	(void)arg;
	hook_text_report(&line, report);
	fputs(str_text(&line), stdout);
	str_finish(&line);
	carrier_http.settle(carrier, report->ticket, true);
}

static void on_incoming(void *arg, const struct carrier_incoming *incoming)
{
	struct str line = { .max = 1u << 20 };

	(void)arg;
	hook_text_incoming(&line, incoming);
	fputs(str_text(&line), stdout);
	str_finish(&line);
	carrier_http.settle(carrier, incoming->ticket, true);
}

static const struct carrier_events events = {
	.link = on_link,
	.ready = on_ready,
	.accepted = on_accepted,
	.rejected = on_rejected,
	.lost = on_lost,
	.report = on_report,
	.incoming = on_incoming,
};

/* --- Commands ------------------------------------------------------------ */

static void send_text(struct slice rest)
{
	struct carrier_submit s = { .wants_report = true };
	char token[24], from[64], to[64];
	struct str text = { .max = 65536 };
	struct slice part = slice_cut(&rest, ' ');

	(void)text_format(
		token, sizeof(token), "%.*s", (int)part.len, part.data);
	part = slice_cut(&rest, ' ');
	(void)text_format(from, sizeof(from), "%.*s", (int)part.len, part.data);
	part = slice_cut(&rest, ' ');
	(void)text_format(to, sizeof(to), "%.*s", (int)part.len, part.data);
	str_add_slice(&text, rest);
	s.token = strtoull(token, NULL, 10);
	s.from = from;
	s.to = to;
	s.text = str_text(&text);
	if (carrier_http.room(carrier) > 0)
		carrier_http.submit(carrier, &s);
	else
		puts("no room");
	str_finish(&text);
}

static void on_input(int fd, void *arg)
{
	char *at = str_reserve(&input, 65536);
	ssize_t len = read(fd, at, 65536);
	const char *end;

	(void)arg;
	if (len <= 0) {
		loop_stop(loop);
		return;
	}
	str_commit(&input, (size_t)len);
	while ((end = strchr(str_text(&input), '\n')) != NULL) {
		struct slice line =
			slice_make(input.data, (size_t)(end - input.data));
		struct slice word = slice_cut(&line, ' ');

		if (slice_equals(word, "send"))
			send_text(line);
		else
			carrier_http.drain(carrier);
		str_consume(&input, (size_t)(end + 1 - input.data));
	}
}

/* --- Life ---------------------------------------------------------------- */

static struct http_config *load(const char *path)
{
	struct str error = { .max = 4096 };
	struct http_config *config =
		cfg_load(path, &http_config_schema, &error);

	if (config == NULL)
		fatal("%s", str_text(&error));
	str_finish(&error);
	return config;
}

int main(int argc, char **argv)
{
	struct carrier_setup setup = {
		.name = "main", .gateway = "sms.example.org", .events = &events
	};
	struct http_config *config;
	struct resolver *resolver;
	struct policy *policy;
	struct watch *watch;
	const char *reason = "";
	uint16_t port;

	if (argc != 4)
		fatal("usage: provider-driver FILE ADDRESS PORT");
	setvbuf(stdout, NULL, _IOLBF, 0);
	port = (uint16_t)strtoul(argv[3], NULL, 10);
	config = load(argv[1]);
	setup.config = config;
	setup.loop = loop = loop_new();
	setup.resolver = resolver = resolver_new(loop, NULL);
	setup.policy = policy = policy_new();
	if (policy_allow(policy, "127.0.0.0/8") != 0)
		fatal("the policy is wrong");
	setup.http = http_client_new(loop, resolver, policy, NULL, "causeway");
	setup.http_server = http_server_new(loop, argv[2], &port, &reason);
	if (setup.http_server == NULL)
		fatal("%s", reason);
	carrier = carrier_http.open(&setup, &reason);
	if (carrier == NULL)
		fatal("%s", reason);
	str_init(&input, 1u << 20);
	watch = watch_read(loop, "input", 0, on_input, NULL);
	loop_run(loop);
	watch_free(&watch);
	carrier_http.close(&carrier);
	http_server_free(&setup.http_server);
	http_client_free(&setup.http);
	policy_free(&policy);
	resolver_free(&resolver);
	loop_free(&loop);
	cfg_free(config, &http_config_schema);
	str_finish(&input);
	return 0;
}
