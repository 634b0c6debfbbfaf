/*
 * The host with a network that takes long: what it is told and tells must not
 * get lost. Crashes are played by copying the database as it is at that moment.
 */
#ifndef TEST_HOST_DURABLE_FIXTURE_H
#define TEST_HOST_DURABLE_FIXTURE_H

#include "host/host_fixture.h"

#define ROOM "#deep%canyon@" GW

static void long_send(struct gw_session *s, const struct gw_outgoing *m)
{
	net.session = s;
	net.request = m->request;
	note("send %s %s: %s%s%s", or_dash(m->to),
		m->room != NULL ? m->room->name : "-", m->text,
		m->again ? " again" : "", m->file != NULL ? " file" : "");
}

static void long_settled(struct gw_session *s, const char *network_id, bool ok)
{
	(void)s;
	note("settled %s%s", network_id, ok ? "" : " failed");
}

static void long_begin(void)
{
	begin();
	net_ops.caps |= GW_CAP_DURABLE;
	net_ops.send = long_send;
	net_ops.settled = long_settled;
	net_ops.slash = NULL;
	net_ops.refused = NULL;
	net_ops.presence = NULL;
}

static UNUSED int setup_long(void **state)
{
	(void)state;
	long_begin();
	configure("", "");
	start_host();
	be_online();
	return 0;
}

#define TEST_LONG(name) \
	cmocka_unit_test_setup_teardown(name, setup_long, teardown)

/* --- Crashes ------------------------------------------------------------- */

/* The process dies now, whatever is under way. */
static void crash(void)
{
	copy_store("db", "kept");
	host_free(&host);
	gateway = NULL;
	copy_store("kept", "db");
	settle();
	drop_sent();
	drop_calls();
}

/* ... and comes again; nobody is online. */
static UNUSED void crash_and_start(void)
{
	crash();
	start_host();
	drop_sent();
}

/* --- Messages ------------------------------------------------------------ */

static UNUSED void writes(const char *id, const char *to, const char *text)
{
	saysf("<message from='" ALICE "' to='%s' type='chat' id='%s'>"
	      "<body>%s</body>"
	      "<request xmlns='" NS_RECEIPTS "'/></message>",
		to, id, text);
}

static UNUSED void tell(
	gw_request request, enum gw_stage stage, const char *text)
{
	const struct gw_result result = { .stage = stage,
		.reason = stage == GW_FAILED ? GW_NO_SUCH : GW_OK,
		.text = text };
	gw_result(net.session, request, &result);
	settle();
}

#endif
