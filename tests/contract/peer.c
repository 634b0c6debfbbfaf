#include "peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/str.h"
#include "net/policy.h"
#include "sms_smpp/pdu.h"

struct link {
	struct list link;
	struct peer *peer;
	struct conn *conn;
	char name[64]; /* who logged in here */
};

struct peer {
	struct fake_core *core;
	const struct subject *subject;
	enum manners manners;
	int fd;
	struct watch *watch;
	struct list links;
	struct link *heard; /* whose line is being answered */
	unsigned injected;
};

/* --- The networks -------------------------------------------------------- */

/* Is it this command? `*rest_r` is what follows, without a leading ':'. */
static bool is_command(
	struct slice line, const char *command, struct slice *rest_r)
{
	struct slice rest = line;
	if (!slice_equals_nocase(slice_cut(&rest, ' '), command))
		return false;
	if (rest.len > 0 && rest.data[0] == ':')
		rest = slice_make(rest.data + 1, rest.len - 1);
	*rest_r = rest;
	return true;
}

static void hear_irc(struct peer *p, struct slice line, char name[64])
{
	struct slice rest, word;
	if (is_command(line, "CAP", &rest) &&
		slice_equals(slice_cut(&rest, ' '), "LS")) {
		peer_say(p, ":irc.test CAP * LS :");
	} else if (is_command(line, "NICK", &rest)) {
		if (name[0] != '\0')
			peer_say(p, ":%s!u@h NICK :%.*s", name, (int)rest.len,
				rest.data);
		text_format(name, 64, "%.*s", (int)rest.len, rest.data);
	} else if (is_command(line, "USER", &rest)) {
		peer_say(p, ":irc.test 001 %s :Welcome", name);
		peer_say(p, ":irc.test 005 %s CHANTYPES=#& PREFIX=(ov)@+ :here",
			name);
		peer_say(p, ":irc.test 376 %s :End", name);
	} else if (is_command(line, "PING", &rest)) {
		peer_say(p, ":irc.test PONG irc.test :%.*s", (int)rest.len,
			rest.data);
	} else if (is_command(line, "PART", &rest)) {
		word = slice_cut(&rest, ' ');
		peer_say(
			p, ":%s!u@h PART %.*s", name, (int)word.len, word.data);
	} else if (is_command(line, "JOIN", &rest)) {
		word = slice_cut(&rest, ' ');
		peer_say(
			p, ":%s!u@h JOIN %.*s", name, (int)word.len, word.data);
		peer_say(p, ":irc.test 353 %s = %.*s :%s @bob", name,
			(int)word.len, word.data, name);
		peer_say(p, ":irc.test 366 %s %.*s :End", name, (int)word.len,
			word.data);
	}
}

/* --- An SMSC -------------------------------------------------------------- */

static void put_pdu(struct peer *p, const struct smpp_pdu *pdu)
{
	struct str bytes = { .max = 64 * KIB };
	if (smpp_pdu_encode(&bytes, pdu) != 0)
		abort();
	peer_put(p, str_slice(&bytes));
	str_finish(&bytes);
}

/* It arrives at once. */
static void report_delivery(
	struct peer *p, const struct smpp_pdu *submit, const char *id)
{
	char text[128];
	text_format(text, sizeof(text),
		"id:%s sub:001 dlvrd:001 submit date:2311142213 "
		"done date:2311142213 stat:DELIVRD err:000 text:",
		id);
	const struct smpp_pdu report = { .command = SMPP_DELIVER_SM,
		.sequence = submit->sequence,
		.source = submit->destination,
		.destination = submit->source,
		.esm_class = 0x04,
		.message = slice_of(text) };
	put_pdu(p, &report);
}

static void answer_pdu(struct peer *p, const struct smpp_pdu *pdu)
{
	static unsigned last;
	char id[16];
	struct smpp_pdu answer = { .command = pdu->command | SMPP_RESPONSE,
		.sequence = pdu->sequence };
	if ((pdu->command & SMPP_RESPONSE) != 0)
		return;
	text_format(id, sizeof(id), "%u", ++last);
	if (pdu->command == SMPP_SUBMIT_SM)
		answer.message_id = slice_of(id);
	else
		answer.system_id = slice_of("smsc");
	put_pdu(p, &answer);
	if (pdu->command == SMPP_SUBMIT_SM)
		report_delivery(p, pdu, id);
}

static size_t take_smpp(struct peer *p, struct slice bytes)
{
	size_t used = 0;
	long len;
	while ((len = smpp_pdu_length(
			slice_make(bytes.data + used, bytes.len - used))) > 0 &&
		used + (size_t)len <= bytes.len) {
		struct smpp_pdu pdu;
		if (smpp_pdu_decode(slice_make(bytes.data + used, (size_t)len),
			    &pdu) == 0)
			answer_pdu(p, &pdu);
		used += (size_t)len;
	}
	return used;
}

/* --- Mail ----------------------------------------------------------------- */

/* What mail_workers.c says instead of IMAP and SMTP. */
static void hear_mail(struct peer *p, struct slice line, char name[64])
{
	struct slice rest;
	(void)name;
	if (is_command(line, "HELLO", &rest))
		peer_say(p, "WELCOME");
}

/* Whom the kit calls the others with the same account. */
#define ONE_USER(tens, one) ", \"user" tens one "@example.test\""
#define TEN_USERS(tens)     \
	ONE_USER(tens, "0") \
	ONE_USER(tens, "1") \
	ONE_USER(tens, "2") \
	ONE_USER(tens, "3") \
	ONE_USER(tens, "4") \
	ONE_USER(tens, "5") \
	ONE_USER(tens, "6") \
	ONE_USER(tens, "7") ONE_USER(tens, "8") ONE_USER(tens, "9")

/* Of three phones. */
#define PACKED(number) number "\0\0\0\0\0\0\0"
#define PHONE(number)  PACKED("\14") number "\0"
static const char sms_group[] = PACKED("\1") PHONE("+15551234567") PACKED("\2")
	PHONE("+15557770001") PHONE("+15557770002") PACKED("\0");

static const struct subject subjects[] = {
	{ .gateway = "irc",
		.config = "networks = ( { host = \"irc.test\"; "
			  "address = \"127.0.0.1\"; port = %u; "
			  "tls = \"none\"; } );",
		.account = "irc.test",
		.hear = hear_irc },
	{ .gateway = "email",
		.config = "autoconfig = \"\"; hold = 0;",
		.account = "user@example.org",
		.settings = { "password=secret", "imap_host=127.0.0.1",
			"imap_port=%u", "smtp_host=127.0.0.1", "smtp_port=%u" },
		.person = "bob@example.org",
		.room = "g.room",
		.kept = "g/44f725ad35cc3130faf620ecca89d79c",
		.hear = hear_mail },
	{ .gateway = "sms",
		.config =
			"country = \"US\"; "
			"assign = ( { number = \"+15551234567\"; "
			"users = ( \"user@example.test\"" TEN_USERS("")
				TEN_USERS("1") TEN_USERS(
					"2") " ); } ); "
					     "backends = ( { kind = \"smpp\"; name = \"main\"; "
					     "host = \"127.0.0.1\"; port = %u; tls = \"none\"; "
					     "system_id = \"esme\"; password = \"secret\"; "
					     "numbers = ( \"+15551234567\" ); } );",
		.account = "+15551234567",
		.person = "+15557770000",
		.room = "g.8231fc1b491b80d79dc9",
		.own_kept = "g/g.8231fc1b491b80d79dc9",
		.own_data = sms_group,
		.own_len = sizeof(sms_group) - 1,
		.take = take_smpp },
	{ .gateway = "echo", .config = "", .account = "canyon" },
	{ .gateway = "post", .config = "", .account = "canyon" },
	{ .gateway = NULL },
};

/* For a gateway without a row, an account that it accepts. */
static const char *find_account(const struct gateway_ops *ops)
{
	static const char *const guesses[] = { "example.org", "example",
		"user@example.org", "+15551234567" };
	static char canonical[GW_ACCOUNT_SIZE];
	const struct gw gw = { .ops = ops };
	const char *reason;
	for (size_t i = 0; i < COUNT(guesses); i++)
		if (ops->canonical_account(&gw, guesses[i], canonical,
			    sizeof(canonical), &reason) == 0)
			return canonical;
	return NULL;
}

const struct subject *subject_of(const struct gateway_ops *ops)
{
	static struct subject other = { .config = "" };
	for (size_t i = 0; subjects[i].gateway != NULL; i++)
		if (strcmp(subjects[i].gateway, ops->name) == 0)
			return &subjects[i];
	other.gateway = ops->name;
	other.account = find_account(ops);
	return &other;
}

/* --- Connections --------------------------------------------------------- */

void peer_say(struct peer *p, const char *fmt, ...)
{
	struct str line = { .max = 64 * KIB };
	va_list args;
	va_start(args, fmt);
	str_addv(&line, fmt, args);
	va_end(args);
	str_add(&line, "\r\n");
	if (conn_write(p->heard->conn, str_slice(&line)) != 0)
		abort();
	str_finish(&line);
}

void peer_put(struct peer *p, struct slice bytes)
{
	if (conn_write(p->heard->conn, bytes) != 0)
		abort();
}

static void hear_line(struct link *l, struct slice line)
{
	struct peer *p = l->peer;
	struct slice rest;
	while (line.len > 0 && line.data[line.len - 1] == '\r')
		line.len--;
	p->injected += is_command(line, INJECTED, &rest) ||
		       memchr(line.data, '\r', line.len) != NULL ||
		       memchr(line.data, '\0', line.len) != NULL;
	if (p->manners != PEER_FRIENDLY)
		return;
	p->heard = l;
	p->subject->hear(p, line, l->name);
	p->heard = NULL;
}

static void drop(struct link *l)
{
	conn_close(&l->conn);
	list_remove(&l->link);
	xfree(l);
}

static void on_conn(struct conn *c, enum conn_event event, void *arg)
{
	struct link *l = arg;
	if (event == CONN_EOF || event == CONN_ERROR) {
		drop(l);
		return;
	}
	struct slice rest = conn_input(c);
	size_t used = 0;
	const char *end;
	struct peer *p = l->peer;
	if (p->subject->take != NULL) {
		p->heard = l;
		if (p->manners == PEER_FRIENDLY)
			used = p->subject->take(p, rest);
		p->heard = NULL;
		conn_consume(c, used);
		return;
	}
	while (rest.len > 0 && (end = memchr(rest.data, '\n', rest.len))) {
		size_t len = (size_t)(end - rest.data);
		hear_line(l, slice_make(rest.data, len));
		rest = slice_make(end + 1, rest.len - len - 1);
		used += len + 1;
	}
	conn_consume(c, used);
}

/* Bytes of every value, with line ends of all kinds in between. */
static void babble(struct conn *c)
{
	unsigned char noise[4096];
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (unsigned char)(i * 7 + i / 61);
	if (conn_write(c, slice_make((const char *)noise, sizeof(noise))) !=
			0 ||
		conn_write(c, slice_of("\r\n\n\r:\r\n: \r\n\r\n")) != 0)
		abort();
	conn_close_gracefully(&c, 1000);
}

static void on_accept(int fd, void *arg)
{
	static const struct conn_limits limits = { MIB, MIB, 64 * KIB };
	struct peer *p = arg;
	int fresh = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fresh < 0)
		return;
	if (p->manners == PEER_REFUSING) {
		close(fresh);
		return;
	}
	struct link *l = xalloc(sizeof(*l));
	l->peer = p;
	l->conn = conn_new(
		fake_core_loop(p->core), fresh, "peer", &limits, on_conn, l);
	if (p->manners == PEER_BABBLING) {
		conn_set_owner(l->conn, NULL, NULL);
		babble(l->conn);
		xfree(l);
		return;
	}
	list_append(&p->links, &l->link);
}

/* --- Life ---------------------------------------------------------------- */

static unsigned start_listening(struct peer *p)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (bind(p->fd, (struct sockaddr *)&address, len) != 0 ||
		listen(p->fd, 64) != 0 ||
		getsockname(p->fd, (struct sockaddr *)&address, &len) != 0)
		abort();
	return ntohs(address.sin_port);
}

/* The text with its %u replaced. */
static void fill_in(struct str *out, const char *text, unsigned port)
{
	const char *mark = strstr(text, "%u");
	if (mark == NULL) {
		str_add(out, text);
		return;
	}
	str_addf(out, "%.*s%u%s", (int)(mark - text), text, port, mark + 2);
}

static void set_defaults(struct peer *p, unsigned port)
{
	for (size_t i = 0; p->subject->settings[i] != NULL; i++) {
		struct str text = { .max = 200 };
		fill_in(&text, p->subject->settings[i], port);
		char *value = strchr(text.data, '=');
		*value = '\0';
		fake_set_default(p->core, text.data, value + 1);
		str_finish(&text);
	}
	if (p->subject->settings[0] != NULL &&
		policy_allow(fake_core_policy(p->core), "127.0.0.0/8") != 0)
		abort();
}

struct fake_core *peer_core_new(const struct gateway_ops *ops,
	enum manners manners, struct peer **peer_r)
{
	struct peer *p = xalloc(sizeof(*p));
	struct str config = { .max = 4 * KIB };
	p->subject = subject_of(ops);
	p->manners = manners;
	list_init(&p->links);
	unsigned port = start_listening(p);
	fill_in(&config, p->subject->config, port);
	p->core = fake_core_new(ops, str_text(&config));
	if (p->subject->own_kept != NULL)
		fake_own_keep(p->core, p->subject->own_kept,
			p->subject->own_data, p->subject->own_len);
	set_defaults(p, port);
	p->watch = watch_read(
		fake_core_loop(p->core), "peer", p->fd, on_accept, p);
	str_finish(&config);
	*peer_r = p;
	return p->core;
}

struct gw_session *peer_session(struct peer *p, const char *account)
{
	struct gw_session *s = fake_session(p->core, account);
	if (p->subject->kept != NULL)
		fake_keep(s, p->subject->kept, "");
	return s;
}

const char *peer_person(const struct peer *p)
{
	return p->subject->person != NULL ? p->subject->person : "bob";
}

const char *peer_room(const struct peer *p)
{
	return p->subject->room != NULL ? p->subject->room : "#room";
}

void peer_core_free(struct fake_core **core, struct peer **peer)
{
	struct peer *p = *peer;
	*peer = NULL;
	peer_hang_up(p);
	watch_free(&p->watch);
	close(p->fd);
	fake_core_free(core);
	xfree(p);
}

void peer_set_manners(struct peer *p, enum manners manners)
{
	p->manners = manners;
}

void peer_hang_up(struct peer *p)
{
	list_for_each_safe(it, &p->links)
		drop(CONTAINER(it, struct link, link));
}

unsigned peer_injected(const struct peer *p)
{
	return p->injected;
}
