/*
 * /metrics and /healthz.
 */
#include "host/host_fixture.h"

#include <fcntl.h>

static uint16_t port;

/* A port that is free now. */
static uint16_t free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	getsockname(fd, (struct sockaddr *)&address, &len);
	close(fd);
	return ntohs(address.sin_port);
}

static void configure_http(void)
{
	char top[128];
	port = free_port();
	text_format(top, sizeof(top),
		"http = { listen = \"127.0.0.1\"; port = %u; };", port);
	configure(top, "");
}

/* The whole answer to a GET. */
static const char *get(const char *path)
{
	static char answer[64 * KIB];
	char request[256];
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	size_t len = 0;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
		connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	text_format(request, sizeof(request),
		"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		path);
	assert_int_equal(write(fd, request, strlen(request)), strlen(request));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 100; i++) {
		pass(10);
		ssize_t got = read(fd, answer + len, sizeof(answer) - 1 - len);
		if (got == 0)
			break;
		len += got > 0 ? (size_t)got : 0;
	}
	answer[len] = '\0';
	close(fd);
	return answer;
}

static void expect_line(const char *answer, const char *line)
{
	if (strstr(answer, line) == NULL)
		fail_msg("no \"%s\" in:\n%s", line, answer);
}

#define OF "{gateway=\"" GW "\"} "

static void test_metrics(void **state)
{
	(void)state;
	configure_http();
	start_host();
	be_online();
	says("<presence from='" ALICE "' to='#deep%canyon@" GW
	     "/me'><x xmlns='" NS_MUC "'/></presence>");
	says("<presence from='" BOB "' to='" GW "'/>");
	says("<iq from='" ALICE "' to='" GW "' type='get' id='1'/>");
	const char *answer = get("/metrics");
	expect_line(answer, "HTTP/1.1 200");
	expect_line(answer, "Content-Type: text/plain");
	expect_line(answer, "causeway_stream_ready" OF "1\n");
	expect_line(answer, "causeway_stream_connects_total" OF "1\n");
	expect_line(answer, "causeway_stanzas_refused_total" OF "1\n");
	expect_line(answer, "causeway_stanzas_unsent_total" OF "0\n");
	expect_line(answer, "causeway_users" OF "2\n");
	expect_line(answer, "causeway_users_registered" OF "1\n");
	expect_line(answer, "causeway_users_online" OF "2\n");
	expect_line(answer, "causeway_sessions_online" OF "1\n");
	expect_line(answer, "causeway_rooms" OF "1\n");
	expect_line(answer, "causeway_store_healthy 1\n");
	expect_line(answer, "causeway_store_backlog 0\n");
	expect_line(get("/"), "HTTP/1.1 404");
	expect_line(get("/metrics?x=1"), "HTTP/1.1 200");
}

static void queue_send(struct gw_session *s, const struct gw_outgoing *m)
{
	(void)s, (void)m;
}

static void queue_settled(struct gw_session *s, const char *network_id, bool ok)
{
	(void)s, (void)network_id, (void)ok;
}

static void test_queues(void **state)
{
	(void)state;
	net_ops.caps |= GW_CAP_DURABLE;
	net_ops.send = queue_send;
	net_ops.settled = queue_settled;
	net_ops.slash = NULL;
	configure_http();
	start_host();
	be_online();
	link_in.ignores_pings = true;
	says("<message from='" ALICE "' to='" ANNA
	     "'><body>1</body></message>");
	says("<message from='" ALICE "' to='" ANNA
	     "'><body>2</body></message>");
	gw_message(net.session, NULL,
		&(struct gw_message){ .from = "anna",
			.text = "3",
			.network_id = "n",
			.durable = true });
	settle();
	(void)get("/metrics");
	settle();
	const char *answer = get("/metrics");
	expect_line(answer, "causeway_outgoing_waiting" OF "2\n");
	expect_line(answer,
		"causeway_outgoing_oldest_timestamp_seconds" OF "1700000000\n");
	expect_line(answer, "causeway_incoming_unsettled" OF "1\n");
	expect_line(answer,
		"causeway_incoming_oldest_timestamp_seconds" OF "1700000000\n");
	expect_line(answer, "causeway_incoming_returned" OF "0\n");
	forget();
	says("<message from='" ALICE "' to='" GW "'><body>status</body>"
	     "</message>");
	EXPECT("2 messages of yours are on their way");
}

static void test_health(void **state)
{
	(void)state;
	configure_http();
	link_in.is_silent = true;
	begin_host();
	pass(100);
	expect_line(get("/healthz"), "HTTP/1.1 503");
	expect_line(get("/healthz"), "not ready");
	link_in.is_silent = false;
	for (int i = 0; i < 1000 && !host_is_ready(host); i++)
		pass(100);
	expect_line(get("/healthz"), "HTTP/1.1 200");
	expect_line(get("/healthz"), "\r\n\r\nok\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_BARE(test_metrics),
		TEST_BARE(test_queues),
		TEST_BARE(test_health),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
