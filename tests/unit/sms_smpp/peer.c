#include "peer.h"

#include "base/clock.h"

static void on_conn(struct conn *c, enum conn_event event, void *arg)
{
	struct peer *p = arg;

	if (event == CONN_DATA) {
		str_add_slice(&p->in, conn_input(c));
		conn_consume(c, conn_input(c).len);
		p->has_news = true;
	} else if (event == CONN_EOF || event == CONN_ERROR) {
		p->has_ended = p->has_news = true;
	}
}

void peer_start(struct peer *p, struct loop *loop, struct conn *conn)
{
	*p = (struct peer){ .loop = loop, .conn = conn };
	str_init(&p->in, (size_t)4 << 20);
	conn_set_owner(conn, on_conn, p);
}

void peer_finish(struct peer *p)
{
	if (p->loop == NULL)
		return;
	conn_close(&p->conn);
	str_finish(&p->in);
	p->loop = NULL;
}

static bool is_whole(const struct peer *p)
{
	long len = smpp_pdu_length(str_slice(&p->in));

	assert_true(len >= 0);
	return len > 0 && (size_t)len <= p->in.len;
}

const struct smpp_pdu *peer_hear(struct peer *p, uint32_t command)
{
	str_consume(&p->in, p->used);
	p->used = 0;
	while (!is_whole(p)) {
		assert_false(p->has_ended);
		p->has_news = false;
		loop_settle(p->loop, 1000, &p->has_news);
		if (!p->has_news)
			fail_msg("no %s came", smpp_command_name(command));
	}
	p->used = (size_t)smpp_pdu_length(str_slice(&p->in));
	assert_int_equal(
		smpp_pdu_decode(slice_make(p->in.data, p->used), &p->pdu), 0);
	if (p->pdu.command != command)
		fail_msg("heard %s, not %s", smpp_command_name(p->pdu.command),
			smpp_command_name(command));
	return &p->pdu;
}

void peer_hear_nothing(struct peer *p, int64_t ms)
{
	str_consume(&p->in, p->used);
	p->used = 0;
	loop_settle(p->loop, ms, NULL);
	assert_int_equal(p->in.len, 0);
	assert_false(p->has_ended);
}

void peer_hear_end(struct peer *p, int64_t ms)
{
	str_consume(&p->in, p->used);
	p->used = 0;
	loop_settle(p->loop, ms, &p->has_ended);
	assert_true(p->has_ended);
	assert_int_equal(p->in.len, 0);
}

void peer_say_octets(struct peer *p, struct slice octets)
{
	assert_int_equal(conn_write(p->conn, octets), 0);
	loop_settle(p->loop, 0, NULL);
}

void peer_say(struct peer *p, const struct smpp_pdu *pdu)
{
	struct str out;

	str_init(&out, SMPP_PDU_MAX + 1);
	assert_int_equal(smpp_pdu_encode(&out, pdu), 0);
	peer_say_octets(p, str_slice(&out));
	str_finish(&out);
}

void peer_say_head(
	struct peer *p, uint32_t command, uint32_t status, uint32_t sequence)
{
	const uint32_t fields[] = { SMPP_HEAD, command, status, sequence };
	unsigned char head[SMPP_HEAD];

	for (size_t i = 0; i < SMPP_HEAD; i++)
		head[i] = (unsigned char)(fields[i / 4] >> 8 * (3 - i % 4));
	peer_say_octets(p, slice_make((const char *)head, sizeof(head)));
}

void peer_answer(struct peer *p, uint32_t status, const char *id)
{
	const struct smpp_pdu answer = {
		.command = p->pdu.command | SMPP_RESPONSE,
		.status = status,
		.sequence = p->pdu.sequence,
		.message_id = slice_of(id),
	};

	if (status != 0)
		peer_say_head(p, answer.command, status, answer.sequence);
	else
		peer_say(p, &answer);
}

void peer_answer_submit(
	struct peer *p, uint32_t sequence, uint32_t status, const char *id)
{
	p->pdu.command = SMPP_SUBMIT_SM;
	p->pdu.sequence = sequence;
	peer_answer(p, status, id);
}

void peer_hang_up(struct peer *p)
{
	conn_close(&p->conn);
	p->has_ended = true;
	loop_settle(p->loop, 0, NULL);
}
