/*
 * A mailbox between a fake core and a fake pool, on virtual time. Connections
 * go to a listener on loopback that nobody answers at: the worker, which would
 * speak there, is played by the test.
 */
#ifndef TEST_EMAIL_FIXTURE_H
#define TEST_EMAIL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/macros.h"
#include "email/email.h"
#include "email/fake_pool.h"
#include "gateways/kit/fake_core.h"

#define ME      "me@example.org"
#define ALICE   "alice@example.net"
#define FOLDERS "inbox\tINBOX\nsent\tSent\ntrash\tTrash\njunk\tSpam\n"

extern const struct gateway_ops gateway_email;

static struct fake_core *core;
static struct gw_session *session;
static int listener;
static struct arena drafts; /* the one of next_draft() */

static UNUSED int email_setup_with(void **state, const char *config)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	char port[16];

	(void)state;
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(listener, 64), 0);
	getsockname(listener, (struct sockaddr *)&a, &len);
	core = fake_core_new(&gateway_email, config);
	assert_int_equal(
		policy_allow(fake_core_policy(core), "127.0.0.0/8"), 0);
	session = fake_session(core, ME);
	snprintf(port, sizeof(port), "%d", ntohs(a.sin_port));
	fake_set(session, "password", "secret");
	fake_set(session, "imap_host", "127.0.0.1");
	fake_set(session, "imap_port", port);
	fake_set(session, "smtp_host", "127.0.0.1");
	fake_set(session, "smtp_port", port);
	return 0;
}

static UNUSED int email_setup(void **state)
{
	return email_setup_with(state, "hold = 20;");
}

static UNUSED int email_teardown(void **state)
{
	(void)state;
	fake_close(session, NULL);
	fake_core_free(&core);
	close(listener);
	arena_finish(&drafts);
	return 0;
}

#define EMAIL_TEST(f) \
	cmocka_unit_test_setup_teardown(f, email_setup, email_teardown)

/* A link of this protocol has come about. */
static UNUSED struct mail_link *await_link(enum link_protocol protocol)
{
	for (int i = 0; i < 30000 && pool_link(protocol) == NULL; i++)
		fake_run(core, 1);
	assert_non_null(pool_link(protocol));
	return pool_link(protocol);
}

static UNUSED struct mail_link *imap(void)
{
	return pool_link(LINK_IMAP);
}

/* Logged in, with an inbox whose next UID is 10. */
static UNUSED void be_online(void)
{
	fake_open(session);
	pool_state(await_link(LINK_IMAP), LINK_READY, LINK_OK, "");
	if (fake_count(core, "online*") == 0)
		pool_state(await_link(LINK_SMTP), LINK_READY, LINK_OK, "");
	assert_non_null(pool_sent(FRAME_WATCH));
	pool_mailbox(imap(), 77, 10, FOLDERS);
	fake_expect(core, "online " ME);
	fake_run(core, 10);
}

/* The link to the mailbox breaks, and comes about again. */
static UNUSED void imap_breaks(void)
{
	pool_state(imap(), LINK_FAILED, LINK_LOST, "");
	fake_run(core, 10);
	pool_state(await_link(LINK_IMAP), LINK_READY, LINK_OK, "");
}

/* A mail from Alice, as a worker reads it; to be changed by the test. */
static UNUSED struct mail mail_from_alice(const char *id, const char *text)
{
	static struct mail_address to = { NULL, ME };
	const struct mail m = {
		.message_id = id,
		.key = id,
		.from = { "Alice", ALICE },
		.to = { &to, 1, 0 },
		.subject = "Lunch",
		.base_subject = "Lunch",
		.text = text,
		.date_ms = 1700000000000,
	};

	return m;
}

/* Whom mails to several people are for: the user, and others. */
static UNUSED struct mail_address people[] = {
	{ NULL, ME },
	{ "Bob", "bob@example.com" },
	{ "Carol", "carol@example.com" },
};

/* A mail from Alice, who uses Delta Chat. */
static UNUSED struct mail chat_mail(const char *id, const char *text)
{
	struct mail m = mail_from_alice(id, text);

	m.is_chat = true;
	return m;
}

/* The same to the first `count` people, in a group of this name. */
static UNUSED struct mail group_mail(
	const char *id, const char *text, const char *name, size_t count)
{
	struct mail m = chat_mail(id, text);

	m.to = (struct mail_addresses){ people, count, 0 };
	m.chat_group_name = name;
	m.subject = m.base_subject = name;
	return m;
}

/* The worker has read it. */
static UNUSED void comes(uint32_t uid, const struct mail *m)
{
	pool_mail(imap(), uid, 0, m);
	fake_run(core, 50);
}

/* The id in a line of the core. */
static UNUSED void take_id(const char *line, char out[40])
{
	snprintf(out, 40, "%.32s", strstr(line, " id=") + 4);
}

/* The user enters the group that was opened with such words. */
static UNUSED struct gw_room *enter_group(const char *words)
{
	char name[64], wanted[100];

	snprintf(wanted, sizeof(wanted), "room-open g.*: %s", words);
	const char *at = fake_expect(core, wanted) + strlen("room-open ");

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(at, ":"), at);
	return fake_join(session, name, NULL, NULL);
}

/* "accepted 7*": what the core hears of this request. */
static UNUSED const char *about(const char *what, gw_request r)
{
	static char line[200];

	snprintf(line, sizeof(line), "%s %u*", what, r);
	return line;
}

/* The user says this, in its room or to Alice. */
static UNUSED gw_request tells(struct gw_outgoing m)
{
	m.request = fake_request(session);
	m.kind = m.room != NULL ? GW_ROOM : GW_PERSON;
	m.to = ALICE;
	gateway_email.send(session, &m);
	return m.request;
}

/* The user types this behind a slash, to Alice. */
static UNUSED void types(const char *line)
{
	gateway_email.slash(session, fake_request(session), NULL, ALICE, line);
	fake_run(core, 100);
}

/* The user runs this command, which has one setting. */
static UNUSED void runs(const char *name, const char *value)
{
	const char *const values[] = { value, NULL };

	for (size_t i = 0; gateway_email.commands[i].name != NULL; i++)
		if (strcmp(gateway_email.commands[i].name, name) == 0)
			gateway_email.command(
				session, fake_request(session), i, values);
	fake_run(core, 100);
}

/* Run until this request has come. */
static UNUSED struct mail_request *await_request(enum frame_type type)
{
	for (int i = 0; i < 3000 && pool_request(type) == NULL; i++)
		fake_run(core, 10);
	if (pool_request(type) == NULL)
		fail_msg("no request %d", (int)type);
	return pool_request(type);
}

/* What is about to be written; until the next one, or the end of the test. */
static UNUSED const struct draft *next_draft(void)
{
	static struct draft d;
	struct mail_request *r = await_request(FRAME_COMPOSE);

	arena_finish(&drafts);
	arena_init(&drafts, POOL_TEXT_MAX);
	assert_int_equal(draft_decode(pool_frame(r)->texts[0], &drafts, &d), 0);
	return &d;
}

/* await_request() of SUBMIT; links that come about on the way are logged in. */
static UNUSED struct mail_request *await_submit(void)
{
	for (int i = 0; i < 20000 && pool_request(FRAME_SUBMIT) == NULL; i++) {
		struct mail_link *link = pool_link(LINK_SMTP);

		if (link != NULL && !pool_was_ready(link))
			pool_state(link, LINK_READY, LINK_OK, "");
		fake_run(core, 10);
	}
	if (pool_request(FRAME_SUBMIT) == NULL)
		fail_msg("nothing is sent");
	return pool_request(FRAME_SUBMIT);
}

/* What is held is written, leaves, is taken, and copied to Sent. */
static UNUSED void is_sent(void)
{
	await_request(FRAME_COMPOSE);
	pool_compose();
	pool_done(await_submit(), LINK_OK, 250, "", "");
	pool_done(await_request(FRAME_APPEND), LINK_OK, 1, "", "");
	fake_run(core, 10);
}

#endif
