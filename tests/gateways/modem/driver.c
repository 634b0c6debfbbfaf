/*
 * Modems without a gateway, for the integration tests: commands on standard
 * input, a line for each event on standard output.
 *
 *	send TOKEN TO TEXT	(GSM characters that are ASCII)
 *	settle TICKET 1|0
 *	drain
 *
 * Usage: modem-driver CONFIGURATION, the keys of a backend; ends with its
 * input.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "base/log.h"
#include "base/macros.h"
#include "net/loop.h"
#include "sms_data/content.h"
#include "sms_modem/modem.h"

static struct loop *loop;
static struct carrier *carrier;
static struct str input = { .max = 65536 };

/* --- Events -------------------------------------------------------------- */

static void on_link(void *arg UNUSED, enum carrier_state state, const char *why)
{
	static const char *const names[] = { "down", "degraded", "up" };

	printf("link %s %s\n", names[state], why != NULL ? why : "");
}

static void on_ready(void *arg UNUSED)
{
	printf("ready %zu\n", carrier->ops->room(carrier));
}

static void on_accepted(void *arg UNUSED, uint64_t token, const char *id)
{
	printf("accepted %d %s\n", (int)token, id != NULL ? id : "-");
}

static void on_rejected(
	void *arg UNUSED, uint64_t token, const struct carrier_refusal *r)
{
	printf("rejected %d %d %s\n", (int)token, (int)r->class,
		r->text != NULL ? r->text : "-");
}

static void on_lost(void *arg UNUSED, uint64_t token)
{
	printf("lost %d\n", (int)token);
}

static void on_report(void *arg UNUSED, const struct carrier_report *r)
{
	printf("report %d %s %d %s\n", (int)r->ticket, r->id, (int)r->state,
		r->text);
}

static void on_incoming(void *arg UNUSED, const struct carrier_incoming *in)
{
	const struct content_segment segment = { in->alphabet, in->header,
		in->data, in->text };
	const struct content_segment *const segments[] = { &segment };
	struct str text;

	str_init(&text, 4096);
	content_read(&text, segments, 1);
	printf("incoming %d %s %u/%u %s %s\n", (int)in->ticket, in->id,
		in->part.number, in->part.total,
		in->from.text[0] != '\0' ? in->from.text : "-",
		str_text(&text));
	str_finish(&text);
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

static uint64_t next_number(struct slice *rest)
{
	char text[32];
	struct slice word = slice_cut(rest, ' ');

	(void)snprintf(text, sizeof(text), "%.*s", (int)word.len, word.data);
	return strtoull(text, NULL, 10);
}

static void send_text(struct slice rest)
{
	uint64_t token = next_number(&rest);
	struct slice to = slice_cut(&rest, ' ');
	char number[64];

	(void)snprintf(number, sizeof(number), "%.*s", (int)to.len, to.data);
	const struct carrier_submit s = {
		.token = token,
		.to = number,
		.data = rest,
		.wants_report = true,
	};
	carrier->ops->submit(carrier, &s);
}

static void obey(struct slice line)
{
	struct slice command = slice_cut(&line, ' ');

	if (slice_equals(command, "send")) {
		send_text(line);
	} else if (slice_equals(command, "settle")) {
		uint64_t ticket = next_number(&line);

		carrier->ops->settle(carrier, ticket, next_number(&line) != 0);
	} else if (slice_equals(command, "drain")) {
		carrier->ops->drain(carrier);
	}
}

static void on_input(int fd, void *arg UNUSED)
{
	char *space = str_reserve(&input, 4096);
	ssize_t n = space != NULL ? read(fd, space, 4096) : 0;
	const char *end;

	if (n <= 0) {
		loop_stop(loop);
		return;
	}
	str_commit(&input, (size_t)n);
	while ((end = memchr(input.data, '\n', input.len)) != NULL) {
		size_t len = (size_t)(end - input.data);

		obey(slice_make(input.data, len));
		str_consume(&input, len + 1);
	}
}

int main(int argc, char **argv)
{
	const struct cfg_group *group = carrier_modem.config;
	struct carrier_setup setup = { .name = "driver", .events = &events };
	const char *reason = NULL;
	struct str error;
	void *config;
	struct watch *watch;

	setvbuf(stdout, NULL, _IOLBF, 0);
	str_init(&error, 4096);
	config = argc == 2 ? cfg_parse(argv[1], "argument", group, &error)
			   : NULL;
	if (config == NULL)
		fatal("%s", str_text(&error));
	loop = loop_new();
	setup.loop = loop;
	setup.config = config;
	carrier = carrier_modem.open(&setup, &reason);
	watch = watch_read(loop, "input", STDIN_FILENO, on_input, NULL);
	loop_run(loop);
	carrier->ops->close(&carrier);
	watch_free(&watch);
	loop_free(&loop);
	cfg_free(config, group);
	str_finish(&input);
	str_finish(&error);
	return 0;
}
