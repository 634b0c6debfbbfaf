/*
 * Any octets from an SMSC into a session that submits meanwhile: it ends or
 * goes on, and every submit is told of exactly once. The first octet says how
 * the octets are cut into pieces, and whether the bind is answered first.
 */
#include <assert.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/log.h"
#include "sms_smpp/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SUBMITS 8u

static struct loop *loop;
static struct smpp_session *session;
static struct conn *peer;
static unsigned told[SUBMITS];

static void on_bound(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < SUBMITS; i++) {
		struct smpp_pdu pdu = {
			.command = SMPP_SUBMIT_SM,
			.message = slice_of("hello"),
		};

		assert(smpp_session_submit(session, i, i, &pdu) == 0);
	}
}

static void on_answered(
	void *arg, uint64_t token, const struct smpp_pdu *response)
{
	(void)arg;
	assert((response->command & SMPP_RESPONSE) != 0);
	told[token]++;
}

static void on_ready(void *arg)
{
	(void)arg;
}

static void on_lost(void *arg, uint64_t token, bool has_left)
{
	(void)arg;
	(void)has_left;
	told[token]++;
}

static void on_late(void *arg, uint64_t token, const struct smpp_pdu *response)
{
	(void)arg;
	(void)response;
	assert(told[token] > 0);
}

static void on_delivered(void *arg, const struct smpp_pdu *pdu, uint32_t handle)
{
	(void)arg;
	assert(handle != 0);
	/* Every other one is answered at once. */
	if (pdu->sequence % 2 == 0)
		smpp_session_answer(session, handle, 0);
}

static void on_ended(
	void *arg, enum smpp_end end, uint32_t status, const char *why)
{
	(void)arg;
	(void)end;
	(void)status;
	assert(why != NULL && why[0] != '\0');
	smpp_session_free(&session);
}

static const struct smpp_session_events events = { on_bound, on_answered,
	on_ready, on_lost, on_late, on_delivered, on_ended };

static const struct smpp_config config = {
	.window = 3,
	.enquire_link = 30,
	.inactivity = 180,
	.response_timeout = 60,
};

static void on_peer(struct conn *c, enum conn_event event, void *arg)
{
	(void)arg;
	if (event == CONN_DATA)
		conn_consume(c, conn_input(c).len);
	else if (event == CONN_EOF || event == CONN_ERROR)
		conn_close(&peer);
}

static void ignore_line(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

static void start(void)
{
	const struct smpp_session_setup setup = {
		.loop = loop,
		.config = &config,
		.name = "fuzz",
		.capacity = SUBMITS,
		.events = &events,
	};
	struct conn *ends[2];

	conn_pair(loop, ends, &smpp_conn_limits);
	peer = ends[0];
	conn_set_owner(peer, on_peer, NULL);
	session = smpp_session_new(&setup, ends[1]);
	memset(told, 0, sizeof(told));
}

static void say(const void *octets, size_t len)
{
	if (peer != NULL && len > 0 &&
		conn_write(peer, slice_make(octets, len)) != 0)
		conn_close(&peer);
	loop_settle(loop, 0, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char bound[] = "\0\0\0\x10\x80\0\0\x09\0\0\0\0\0\0\0\x01";
	size_t piece;
	bool is_bound;

	if (size < 1)
		return 0;
	clock_use_virtual(1700000000000);
	log_set_sink(ignore_line, NULL);
	loop = loop_new();
	start();
	piece = (data[0] & 0x7f) + 1u;
	is_bound = (data[0] & 0x80) != 0;
	if (is_bound)
		say(bound, 16);
	for (size_t at = 1; at < size; at += piece)
		say(data + at, size - at < piece ? size - at : piece);
	/* Whatever is left runs out. */
	loop_settle(loop, 200000, NULL);
	assert(session == NULL);
	for (unsigned i = 0; i < SUBMITS && is_bound; i++)
		assert(told[i] == 1);
	conn_close(&peer);
	loop_free(&loop);
	log_set_sink(NULL, NULL);
	clock_use_real();
	return 0;
}
