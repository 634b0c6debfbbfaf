/*
 * One carrier of the SMS gateway without the gateway, for tests against real
 * networks: causeway-carrier KIND FILE, with the carrier's keys in FILE. It
 * reads commands from standard input, a line each, and writes events to
 * standard output. Words are separated by blanks; texts and octets are in
 * hexadecimal digits, "-" is none.
 *
 *	submit TOKEN FROM TO ALPHABET HEADER DATA [report|more|valid=MS]...
 *	settle TICKET ok|again
 *	stall on|off
 *	room | describe | measure | drain
 *
 *	link STATE WHY			ready
 *	accepted TOKEN ID		rejected TOKEN CLASS TEXT WAIT_MS
 *	lost TOKEN
 *	report TICKET ID TO STATE CLASS TEXT
 *	incoming TICKET FROM ORIGIN TO ALPHABET HEADER DATA PART
 *	room N				describe TEXT		measure TEXT
 *
 * The end of the input ends it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "base/encoding.h"
#include "base/log.h"
#include "net/loop.h"
#include "net/resolve.h"
#include "sms_carrier/carrier.h"
#include "sms_smpp/smpp.h"

#define LINE_MAX_BYTES ((size_t)1 << 20)
#define WORDS          16

static const struct carrier_ops *const kinds[] = { &carrier_smpp, NULL };

static struct loop *loop;
static const struct carrier_ops *ops;
static struct carrier *carrier;
static struct watch *input;
static struct str line;

/* --- Out ----------------------------------------------------------------- */

static void put_hex(struct slice octets)
{
	struct str hex;

	str_init(&hex, LINE_MAX_BYTES);
	hex_encode(&hex, octets);
	printf(" %s", hex.len > 0 ? str_text(&hex) : "-");
	str_finish(&hex);
}

static void put_text(const char *text)
{
	put_hex(slice_of(text));
}

static void end_line(void)
{
	putchar('\n');
	(void)fflush(stdout);
}

static void on_link(void *arg, enum carrier_state state, const char *why)
{
	static const char *const names[] = { "down", "degraded", "up" };

	(void)arg;
	printf("link %s", names[state]);
	put_text(why);
	end_line();
}

static void on_ready(void *arg)
{
	(void)arg;
	printf("ready");
	end_line();
}

static void on_accepted(void *arg, uint64_t token, const char *id)
{
	(void)arg;
	printf("accepted %llu", (unsigned long long)token);
	put_text(id);
	end_line();
}

static void on_rejected(
	void *arg, uint64_t token, const struct carrier_refusal *refusal)
{
	(void)arg;
	printf("rejected %llu %d", (unsigned long long)token,
		(int)refusal->class);
	put_text(refusal->text);
	printf(" %lld", (long long)refusal->wait_ms);
	end_line();
}

static void on_lost(void *arg, uint64_t token)
{
	(void)arg;
	printf("lost %llu", (unsigned long long)token);
	end_line();
}

static void on_late(void *arg, uint64_t token, const char *id,
	const struct carrier_refusal *refusal)
{
	(void)arg;
	printf("late %llu", (unsigned long long)token);
	put_text(id);
	put_text(refusal != NULL ? refusal->text : NULL);
	end_line();
}

static void on_report(void *arg, const struct carrier_report *report)
{
	(void)arg;
	printf("report %llu", (unsigned long long)report->ticket);
	put_text(report->id);
	put_text(report->to.text);
	printf(" %d %d", (int)report->state, (int)report->class);
	put_text(report->text);
	end_line();
}

static void on_incoming(void *arg, const struct carrier_incoming *in)
{
	(void)arg;
	printf("incoming %llu", (unsigned long long)in->ticket);
	put_text(in->from.text);
	printf(" %d", (int)in->from.origin);
	put_text(in->to.text);
	printf(" %d", (int)in->alphabet);
	put_hex(in->header);
	put_hex(in->text != NULL ? slice_of(in->text) : in->data);
	if (in->part.total > 1)
		printf(" %u/%u/%u/%c", in->part.number, in->part.total,
			in->part.ref, in->part.method);
	else
		printf(" -");
	end_line();
}

static const struct carrier_events events = {
	.link = on_link,
	.ready = on_ready,
	.accepted = on_accepted,
	.rejected = on_rejected,
	.lost = on_lost,
	.late = on_late,
	.report = on_report,
	.incoming = on_incoming,
};

/* --- In ------------------------------------------------------------------ */

struct words {
	char *word[WORDS];
	size_t count;
};

static const char *word_at(const struct words *w, size_t i)
{
	if (i >= w->count)
		fatal("a word is missing behind '%s'", w->word[0]);
	return w->word[i];
}

static uint64_t number_at(const struct words *w, size_t i)
{
	return strtoull(word_at(w, i), NULL, 10);
}

static void octets_at(const struct words *w, size_t i, struct str *out)
{
	const char *word = word_at(w, i);

	str_init(out, LINE_MAX_BYTES);
	if (strcmp(word, "-") != 0 && hex_decode(out, slice_of(word)) != 0)
		fatal("'%s' is not hexadecimal", word);
}

static void submit(const struct words *w)
{
	struct str header, data;
	struct carrier_submit s = {
		.token = number_at(w, 1),
		.from = word_at(w, 2),
		.to = word_at(w, 3),
		.alphabet = (enum sms_alphabet)number_at(w, 4),
	};

	octets_at(w, 5, &header);
	octets_at(w, 6, &data);
	s.header = str_slice(&header);
	s.data = str_slice(&data);
	for (size_t i = 7; i < w->count; i++) {
		s.wants_report |= strcmp(w->word[i], "report") == 0;
		s.is_more |= strcmp(w->word[i], "more") == 0;
		if (strncmp(w->word[i], "valid=", 6) == 0)
			s.valid_ms = strtoll(w->word[i] + 6, NULL, 10);
	}
	ops->submit(carrier, &s);
	str_finish(&header);
	str_finish(&data);
}

static void settle(const struct words *w)
{
	ops->settle(carrier, number_at(w, 1), strcmp(word_at(w, 2), "ok") == 0);
}

static void stall(const struct words *w)
{
	ops->stall(carrier, strcmp(word_at(w, 1), "on") == 0);
}

static void drain(const struct words *w)
{
	(void)w;
	ops->drain(carrier);
}

static void room(const struct words *w)
{
	(void)w;
	printf("room %zu", ops->room(carrier));
	end_line();
}

static void show(const struct words *w)
{
	struct str text;

	str_init(&text, LINE_MAX_BYTES);
	if (strcmp(w->word[0], "measure") == 0)
		ops->measure(carrier, &text);
	else
		ops->describe(carrier, &text);
	printf("%s", w->word[0]);
	put_text(str_text(&text));
	end_line();
	str_finish(&text);
}

static const struct {
	const char *name;
	void (*run)(const struct words *w);
} commands[] = {
	{ "submit", submit },
	{ "settle", settle },
	{ "stall", stall },
	{ "drain", drain },
	{ "room", room },
	{ "describe", show },
	{ "measure", show },
};

static void run_line(char *text)
{
	struct words w = { .count = 0 };
	char *state = NULL;

	for (char *word = strtok_r(text, " ", &state);
		word != NULL && w.count < WORDS;
		word = strtok_r(NULL, " ", &state))
		w.word[w.count++] = word;
	for (size_t i = 0; i < COUNT(commands) && w.count > 0; i++) {
		if (strcmp(w.word[0], commands[i].name) == 0) {
			commands[i].run(&w);
			return;
		}
	}
	fatal("unknown command '%s'", w.count > 0 ? w.word[0] : "");
}

static void on_input(int fd, void *arg)
{
	char data[65536];
	ssize_t len = read(fd, data, sizeof(data));

	(void)arg;
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len <= 0) {
		watch_free(&input);
		loop_stop(loop);
		return;
	}
	for (ssize_t i = 0; i < len; i++) {
		if (data[i] != '\n') {
			str_add_char(&line, data[i]);
			continue;
		}
		if (line.len > 0)
			run_line(line.data);
		str_reset(&line);
	}
}

/* --- The beginning ------------------------------------------------------- */

static const struct carrier_ops *kind_named(const char *name)
{
	for (size_t i = 0; kinds[i] != NULL; i++) {
		if (strcmp(kinds[i]->kind, name) == 0)
			return kinds[i];
	}
	fatal("there is no carrier '%s'", name);
}

int main(int argc, char **argv)
{
	struct carrier_setup setup = { .name = "test", .events = &events };
	struct str error;
	void *config;
	const char *reason = "";

	if (argc != 3)
		fatal("usage: causeway-carrier KIND FILE");
	log_set_level(LOG_DEBUG);
	ops = kind_named(argv[1]);
	str_init(&error, 1000);
	str_init(&line, LINE_MAX_BYTES);
	config = cfg_load(argv[2], ops->config, &error);
	if (config == NULL)
		fatal("%s", str_text(&error));
	loop = loop_new();
	setup.config = config;
	setup.loop = loop;
	setup.resolver = resolver_new(loop, NULL);
	carrier = ops->open(&setup, &reason);
	if (carrier == NULL)
		fatal("%s", reason);
	(void)fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
	input = watch_read(loop, "input", STDIN_FILENO, on_input, NULL);
	loop_run(loop);
	ops->close(&carrier);
	resolver_free(&setup.resolver);
	loop_free(&loop);
	cfg_free(config, ops->config);
	str_finish(&line);
	str_finish(&error);
	return 0;
}
