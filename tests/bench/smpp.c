/*
 * bench_smpp [SUBMITS [WINDOW [RATE]]]: the SMPP carrier against an SMSC that
 * does the least work: it answers each submit and sends a receipt for it. The
 * SMSC is a process of its own; what is measured is the carrier's. Ends with
 * one line of results, and status 1 when a receipt was missing or came twice.
 *
 * bench_smpp --smsc: that SMSC alone, for scripts/bench-sms. It prints its
 * port and serves one connection after the other until it is killed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "net/loop.h"
#include "net/resolve.h"
#include "sms_smpp/config.h"
#include "sms_smpp/pdu.h"
#include "sms_smpp/smpp.h"

/* --- The SMSC ------------------------------------------------------------ */

static uint64_t last_id;

static void add(struct str *out, const struct smpp_pdu *pdu)
{
	if (smpp_pdu_encode(out, pdu) != 0)
		fatal("the SMSC's output is full");
}

static void serve_submit(struct str *out, const struct smpp_pdu *submit)
{
	char id[32], text[160];
	struct smpp_pdu answer = {
		.command = SMPP_SUBMIT_SM | SMPP_RESPONSE,
		.sequence = submit->sequence,
	};
	struct smpp_pdu receipt = {
		.command = SMPP_DELIVER_SM,
		.source = submit->destination,
		.destination = submit->source,
		.esm_class = 0x04,
	};

	last_id++;
	(void)text_format(id, sizeof(id), "%llu", (unsigned long long)last_id);
	(void)text_format(text, sizeof(text),
		"id:%s sub:001 dlvrd:001 submit date:2611220000 "
		"done date:2611220001 stat:DELIVRD err:000 text:hello",
		id);
	answer.message_id = slice_of(id);
	receipt.sequence = (uint32_t)last_id;
	receipt.message = slice_of(text);
	add(out, &answer);
	add(out, &receipt);
}

static void serve_pdu(struct str *out, struct slice whole)
{
	struct smpp_pdu pdu;
	uint32_t error = smpp_pdu_decode(whole, &pdu);

	if (error != 0)
		fatal("the SMSC heard nonsense");
	if (pdu.command == SMPP_SUBMIT_SM) {
		serve_submit(out, &pdu);
	} else if ((pdu.command & SMPP_RESPONSE) == 0) {
		pdu = (struct smpp_pdu){
			.command = pdu.command | SMPP_RESPONSE,
			.sequence = pdu.sequence,
		};
		add(out, &pdu);
	}
}

static void write_all(int fd, struct str *out)
{
	size_t done = 0;

	while (done < out->len) {
		ssize_t n = write(fd, out->data + done, out->len - done);

		if (n <= 0)
			break;
		done += (size_t)n;
	}
	str_reset(out);
}

/* One connection, to its end. */
static void serve(int listener)
{
	int fd = accept(listener, NULL, NULL), on = 1;
	struct str in, out;
	char data[65536];
	ssize_t n;

	if (fd < 0)
		fatal("no connection: %s", strerror(errno));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	str_init(&in, (size_t)8 << 20);
	str_init(&out, (size_t)8 << 20);
	while ((n = read(fd, data, sizeof(data))) > 0) {
		size_t used = 0;
		long len;

		str_add_bytes(&in, data, (size_t)n);
		while ((len = smpp_pdu_length(slice_make(
				in.data + used, in.len - used))) > 0 &&
			(size_t)len <= in.len - used) {
			serve_pdu(
				&out, slice_make(in.data + used, (size_t)len));
			used += (size_t)len;
		}
		str_consume(&in, used);
		write_all(fd, &out);
	}
	str_release(&in, 0);
	str_release(&out, 0);
	(void)close(fd);
}

/* --- The gateway --------------------------------------------------------- */

static struct loop *loop;
static struct carrier *carrier;
static uint64_t wanted, submitted, accepted, matched;
static unsigned char *states; /* of each id: 1 accepted, 2 reported */

static void submit_more(void)
{
	while (submitted < wanted && carrier_smpp.room(carrier) > 0) {
		const struct carrier_submit s = {
			.token = ++submitted,
			.from = "+15551234567",
			.to = "+15557770000",
			.data = slice_of("hello, this is a text of some words"),
			.wants_report = true,
		};

		carrier_smpp.submit(carrier, &s);
	}
}

static void on_link(void *arg, enum carrier_state state, const char *why)
{
	(void)arg;
	if (state == CARRIER_DOWN)
		fatal("the link went down: %s", why);
}

static void on_ready(void *arg)
{
	(void)arg;
	submit_more();
}

static void on_accepted(void *arg, uint64_t token, const char *id)
{
	uint64_t number = strtoull(id, NULL, 10);

	(void)arg;
	if (number != token || states[number] != 0)
		fatal("%llu was accepted as %s", (unsigned long long)token, id);
	states[number] = 1;
	accepted++;
}

static void on_rejected(
	void *arg, uint64_t token, const struct carrier_refusal *refusal)
{
	(void)arg;
	fatal("%llu was rejected: %s", (unsigned long long)token,
		refusal->text);
}

static void on_lost(void *arg, uint64_t token)
{
	(void)arg;
	fatal("%llu was lost", (unsigned long long)token);
}

static void on_report(void *arg, const struct carrier_report *report)
{
	uint64_t number = strtoull(report->id, NULL, 10);

	(void)arg;
	if (number == 0 || number > wanted || states[number] != 1 ||
		report->state != SMS_DELIVERED)
		fatal("an odd receipt for %s", report->id);
	states[number] = 2;
	carrier_smpp.settle(carrier, report->ticket, true);
	if (++matched == wanted)
		loop_stop(loop);
}

static void on_incoming(void *arg, const struct carrier_incoming *incoming)
{
	(void)arg;
	fatal("a text from %s", incoming->from.text);
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

/* --- The measurement ----------------------------------------------------- */

static double cpu_seconds(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double wall_seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int listen_anywhere(struct sockaddr_in *address)
{
	socklen_t len = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*address = (struct sockaddr_in){ .sin_family = AF_INET };
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (void *)address, len) != 0 || listen(fd, 1) != 0 ||
		getsockname(fd, (void *)address, &len) != 0)
		fatal("no port: %s", strerror(errno));
	return fd;
}

static void run(struct smpp_config *config)
{
	struct carrier_setup setup = {
		.name = "bench",
		.config = config,
		.events = &events,
	};
	const char *reason = "";
	double wall, cpu;

	loop = loop_new();
	setup.loop = loop;
	setup.resolver = resolver_new(loop, NULL);
	states = calloc(wanted + 1, 1);
	wall = wall_seconds();
	cpu = cpu_seconds();
	carrier = carrier_smpp.open(&setup, &reason);
	loop_run(loop);
	wall = wall_seconds() - wall;
	cpu = cpu_seconds() - cpu;
	printf("submits=%llu receipts=%llu window=%d seconds=%.2f "
	       "per_second=%.0f cpu_us_per_submit=%.2f cpu_percent=%.1f\n",
		(unsigned long long)accepted, (unsigned long long)matched,
		config->window, wall, (double)accepted / wall,
		cpu * 1e6 / (double)accepted, 100 * cpu / wall);
	carrier_smpp.close(&carrier);
	resolver_free(&setup.resolver);
	loop_free(&loop);
	free(states);
}

static long argument(int argc, char **argv, int i, long otherwise)
{
	return i < argc ? strtol(argv[i], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
	char host[] = "127.0.0.1", system_id[] = "bench";
	struct sockaddr_in address;
	int listener = listen_anywhere(&address);
	bool is_smsc = argc > 1 && strcmp(argv[1], "--smsc") == 0;
	pid_t child = is_smsc ? 0 : fork();

	if (is_smsc)
		printf("%d\n", ntohs(address.sin_port));
	(void)fflush(stdout);
	(void)signal(SIGPIPE, SIG_IGN);
	while (is_smsc)
		serve(listener);
	if (child == 0) {
		serve(listener);
		_exit(0);
	}
	close(listener);
	wanted = (uint64_t)argument(argc, argv, 1, 200000);
	struct smpp_config config = {
		.host = host,
		.port = ntohs(address.sin_port),
		.tls = SMPP_TLS_NONE,
		.system_id = system_id,
		.binds = 1,
		.window = (int)argument(argc, argv, 2, 100),
		.rate = (double)argument(argc, argv, 3, 0),
		.enquire_link = 30,
		.inactivity = 180,
		.response_timeout = 60,
		.number_ton = 1,
		.number_npi = 1,
	};

	log_set_level(LOG_WARNING);
	run(&config);
	(void)kill(child, SIGTERM);
	(void)waitpid(child, NULL, 0);
	return 0;
}
