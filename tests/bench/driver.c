/*
 * The driver of a benchmark: an XMPP server and an IRC server for one gateway
 * process, which it starts itself. It sends numbered messages one way, checks
 * every message that comes out (text, order, addressee, nothing lost, nothing
 * twice), and prints the CPU time that the gateway used for them.
 *
 *	bench_driver -n SESSIONS -k MESSAGES -a IRC_ADDRESS -s SCENARIOS
 *		-d COMPONENT_JID -H IRC_HOST_IN_JIDS -x XMPP_PORT
 *		[-p IRC_PORT] [-m MEMBERS] [-r RATE] [-c PEM_FILE]
 *		-- GATEWAY ARGUMENTS...
 *
 * Every session is a user of his own. MEMBERS sessions share a channel. With
 * PEM_FILE, a chain of certificates and its key, the IRC server speaks TLS.
 * Output: one line "name value" per figure. Exit status 1 on any mismatch.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#define NAMES     9  /* other people in every channel */
#define SILENCE_S 60 /* without progress: give up */
#define OUT_MAX   (4 * 1024 * 1024)

struct buffer {
	char *data;
	size_t len, cap, start;
};

struct peer {
	int fd;
	SSL *ssl;    /* NULL: plain */
	int session; /* index; -1: not known yet, -2: the component */
	bool writing, closed;
	struct buffer in, out;
	char nick[32];
};

/* One user, and what he is owed. */
struct session {
	struct peer *irc;
	long sent, lines, stanzas; /* numbers: next to send, next to see */
	bool joined;
};

static struct {
	int sessions, members, xmpp_port, irc_port;
	long messages, rate;
	const char *address, *domain, *host, *scenarios, *identity;
} opt = { .sessions = 100,
	.members = 1,
	.messages = 1000,
	.xmpp_port = 5347,
	.irc_port = 6667,
	.rate = 500,
	.scenarios = "join,irc-channel,irc-private,xmpp-channel,"
		     "xmpp-private" };

static int poll_fd, xmpp_listener, irc_listener;
static SSL_CTX *tls; /* NULL: the IRC server is plain */
static struct peer *component;
static struct session *sessions;
static pid_t child;
static clockid_t child_clock;
static long joined, seen_lines, seen_stanzas;
static bool failed;

/* What the current scenario expects to see. */
static enum { NOTHING, ROOM, PRIVATE } expect_lines, expect_stanzas;
static int64_t *latencies;
static long latency_count;

static void die(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	fprintf(stderr, "bench_driver: ");
	vfprintf(stderr, fmt, args);
	fprintf(stderr, "\n");
	va_end(args);
	if (child > 0)
		kill(child, SIGKILL);
	exit(1);
}

static void mismatch(
	const char *what, int session, long want, const char *got, size_t len)
{
	if (!failed)
		fprintf(stderr,
			"bench_driver: %s of session %d: expected number %ld, "
			"got: %.*s\n",
			what, session, want, (int)(len < 400 ? len : 400), got);
	failed = true;
}

static int64_t now_ns(clockid_t clock)
{
	struct timespec t;
	if (clock_gettime(clock, &t) != 0)
		die("the gateway is gone");
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int64_t cpu_ns(void)
{
	return now_ns(child_clock);
}

/* --- Buffers and peers --------------------------------------------------- */

static void buffer_add(struct buffer *b, const char *data, size_t len)
{
	if (b->start > 0 && b->start == b->len)
		b->start = b->len = 0;
	if (b->len + len > b->cap && b->start > 0) {
		memmove(b->data, b->data + b->start, b->len - b->start);
		b->len -= b->start;
		b->start = 0;
	}
	if (b->len + len > b->cap) {
		b->cap = (b->len + len) * 2;
		b->data = realloc(b->data, b->cap);
		if (b->data == NULL)
			die("no memory");
	}
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

static void watch(struct peer *p, bool writing)
{
	if (p->writing == writing)
		return;
	p->writing = writing;
	struct epoll_event e = { .events = EPOLLIN | (writing ? EPOLLOUT : 0u),
		.data.ptr = p };
	epoll_ctl(poll_fd, EPOLL_CTL_MOD, p->fd, &e);
}

static ssize_t put(struct peer *p, const char *data, size_t len)
{
	if (p->ssl == NULL)
		return send(p->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	ERR_clear_error();
	return SSL_write(p->ssl, data, (int)len);
}

/* Like recv(): 0 at the end, -1 with EAGAIN when there is no more. */
static ssize_t get(struct peer *p, char *data, size_t len)
{
	if (p->ssl == NULL)
		return recv(p->fd, data, len, MSG_DONTWAIT);
	ERR_clear_error();
	int n = SSL_read(p->ssl, data, (int)len);
	if (n > 0)
		return n;
	errno = EAGAIN;
	return SSL_get_error(p->ssl, n) == SSL_ERROR_WANT_READ ? -1 : 0;
}

static void flush(struct peer *p)
{
	struct buffer *b = &p->out;
	while (b->start < b->len) {
		ssize_t n = put(p, b->data + b->start, b->len - b->start);
		if (n <= 0)
			break;
		b->start += (size_t)n;
	}
	watch(p, b->start < b->len);
}

static size_t queued(const struct peer *p)
{
	return p->out.len - p->out.start;
}

static void say(struct peer *p, const char *fmt, ...)
{
	char line[4096];
	va_list args;
	va_start(args, fmt);
	int len = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	buffer_add(&p->out, line, (size_t)len);
}

static struct peer *accept_peer(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return NULL;
	int one = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	struct peer *p = calloc(1, sizeof(*p));
	p->fd = fd;
	p->session = -1;
	if (tls != NULL && listener == irc_listener) {
		p->ssl = SSL_new(tls);
		SSL_set_fd(p->ssl, fd);
		SSL_set_accept_state(p->ssl);
	}
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = p };
	epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &e);
	return p;
}

static int listen_on(const char *address, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port) };
	inet_pton(AF_INET, address, &a.sin_addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
		listen(fd, 4096) != 0)
		die("%s port %d: %s", address, port, strerror(errno));
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = NULL };
	epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &e);
	return fd;
}

/* --- Names --------------------------------------------------------------- */

static int channel_of(int session)
{
	return session / opt.members;
}

/* The number in "prefix123..." behind `prefix`; -1 when it is not there. */
static long number_after(const char *text, size_t len, const char *prefix)
{
	size_t n = strlen(prefix);
	if (len <= n || memcmp(text, prefix, n) != 0)
		return -1;
	long value = 0;
	size_t i = n;
	for (; i < len && text[i] >= '0' && text[i] <= '9'; i++)
		value = value * 10 + (text[i] - '0');
	return i > n ? value : -1;
}

/* --- The IRC server ------------------------------------------------------ */

static void irc_welcome(struct peer *p)
{
	say(p,
		":irc.bench 001 %s :Welcome\r\n"
		":irc.bench 002 %s :Your host\r\n"
		":irc.bench 003 %s :Created\r\n"
		":irc.bench 004 %s irc.bench stub i mnst\r\n"
		":irc.bench 005 %s CHANTYPES=# PREFIX=(ov)@+ "
		"CHANMODES=b,k,l,imnst CASEMAPPING=ascii NICKLEN=30 "
		"CHANNELLEN=50 :are supported\r\n"
		":irc.bench 422 %s :No MOTD\r\n",
		p->nick, p->nick, p->nick, p->nick, p->nick, p->nick);
}

static void irc_join(struct peer *p, const char *channel)
{
	say(p, ":%s!u@host JOIN %s\r\n", p->nick, channel);
	say(p, ":irc.bench 353 %s = %s :%s", p->nick, channel, p->nick);
	for (int i = 0; i < NAMES; i++)
		say(p, " %speer%d", i == 0 ? "@" : "", i);
	say(p, "\r\n:irc.bench 366 %s %s :End\r\n", p->nick, channel);
}

/* PRIVMSG of a gateway's user: "#c7 :m 3" or "peer1 :m 3". */
static void irc_message(struct peer *p, const char *rest, size_t len)
{
	struct session *s = &sessions[p->session];
	char want[64];
	int n = expect_lines == ROOM
			? snprintf(want, sizeof(want), "#c%d :m %ld",
				  channel_of(p->session), s->lines)
			: snprintf(
				  want, sizeof(want), "peer1 :m %ld", s->lines);
	if (expect_lines == NOTHING || len != (size_t)n ||
		memcmp(rest, want, len) != 0) {
		mismatch("IRC line", p->session, s->lines, rest, len);
		return;
	}
	s->lines++;
	seen_lines++;
}

static void irc_line(struct peer *p, char *line, size_t len)
{
	if (len > 8 && memcmp(line, "PRIVMSG ", 8) == 0) {
		irc_message(p, line + 8, len - 8);
		return;
	}
	line[len] = '\0';
	if (strncmp(line, "NICK ", 5) == 0) {
		snprintf(p->nick, sizeof(p->nick), "%.31s", line + 5);
		p->session = (int)number_after(line + 5, len - 5, "u");
		if (p->session < 0 || p->session >= opt.sessions)
			die("unknown nick: %s", line);
		sessions[p->session].irc = p;
	} else if (strncmp(line, "USER ", 5) == 0) {
		irc_welcome(p);
	} else if (strncmp(line, "CAP LS", 6) == 0) {
		say(p, ":irc.bench CAP * LS :\r\n");
	} else if (strncmp(line, "CAP REQ", 7) == 0) {
		say(p, ":irc.bench CAP * NAK %s\r\n", line + 8);
	} else if (strncmp(line, "PING", 4) == 0) {
		say(p, ":irc.bench PONG irc.bench %s\r\n",
			line[4] != '\0' ? line + 5 : "");
	} else if (strncmp(line, "JOIN ", 5) == 0) {
		line[5 + strcspn(line + 5, " ")] = '\0';
		irc_join(p, line + 5);
	} else if (strncmp(line, "MODE #", 6) == 0) {
		say(p, ":irc.bench 324 %s %.*s +nt\r\n", p->nick,
			(int)strcspn(line + 5, " "), line + 5);
	}
}

static void irc_data(struct peer *p)
{
	struct buffer *b = &p->in;
	char *end;
	while ((end = memchr(b->data + b->start, '\n', b->len - b->start)) !=
		NULL) {
		char *line = b->data + b->start;
		size_t len = (size_t)(end - line);
		b->start += len + 1;
		if (len > 0 && line[len - 1] == '\r')
			len--;
		irc_line(p, line, len);
	}
	flush(p);
}

/* --- The XMPP server ----------------------------------------------------- */

/* The value of an attribute inside a start tag. */
static bool attribute(const char *tag, const char *end, const char *name,
	const char **value_r, size_t *len_r)
{
	size_t n = strlen(name);
	for (const char *p = tag; p + n + 2 < end; p++) {
		if (p[0] != ' ' || memcmp(p + 1, name, n) != 0 ||
			p[n + 1] != '=')
			continue;
		char quote = p[n + 2];
		const char *close =
			memchr(p + n + 3, quote, (size_t)(end - p) - n - 3);
		if (close == NULL)
			return false;
		*value_r = p + n + 3;
		*len_r = (size_t)(close - *value_r);
		return true;
	}
	return false;
}

static int addressee(const char *tag, const char *end)
{
	const char *to;
	size_t len;
	if (!attribute(tag, end, "to", &to, &len))
		return -1;
	long n = number_after(to, len, "u");
	return n >= 0 && n < opt.sessions ? (int)n : -1;
}

static void check_message(const char *tag, const char *tag_end, const char *end)
{
	int index = addressee(tag, tag_end);
	const char *body = memmem(tag_end, (size_t)(end - tag_end), "<body", 5);
	if (body == NULL)
		return; /* a subject, a chat state */
	body = (const char *)memchr(body, '>', (size_t)(end - body)) + 1;
	const char *stop = memmem(body, (size_t)(end - body), "</body>", 7);
	size_t len = (size_t)(stop - body);
	if (expect_stanzas == NOTHING)
		return; /* what gateways say at the start */
	if (index < 0) {
		mismatch("stanza", index, 0, tag, (size_t)(end - tag));
		return;
	}
	struct session *s = &sessions[index];
	char want[64], from[128];
	int n = snprintf(want, sizeof(want), "m %ld", s->stanzas);
	if (expect_stanzas == ROOM)
		snprintf(from, sizeof(from), "#c%d%%%s@%s/", channel_of(index),
			opt.host, opt.domain);
	else
		snprintf(from, sizeof(from), "peer1%%%s@%s", opt.host,
			opt.domain);
	const char *value;
	size_t value_len;
	if (len != (size_t)n || memcmp(body, want, len) != 0 ||
		!attribute(tag, tag_end, "from", &value, &value_len) ||
		value_len < strlen(from) ||
		memcmp(value, from, strlen(from)) != 0) {
		mismatch("stanza", index, s->stanzas, tag, (size_t)(end - tag));
		return;
	}
	s->stanzas++;
	seen_stanzas++;
}

/* The user is in the room when his own presence (110) and the subject came;
 * the subject is the last part of joining. */
static void check_subject(const char *tag, const char *tag_end, const char *end)
{
	int index = addressee(tag, tag_end);
	if (index < 0 || sessions[index].joined ||
		memmem(tag_end, (size_t)(end - tag_end), "<subject", 8) == NULL)
		return;
	sessions[index].joined = true;
	joined++;
}

static void answer_iq(const char *tag, const char *tag_end)
{
	const char *type, *id, *from, *to;
	size_t type_len, id_len, from_len, to_len;
	if (!attribute(tag, tag_end, "type", &type, &type_len) ||
		!attribute(tag, tag_end, "id", &id, &id_len) ||
		!attribute(tag, tag_end, "from", &from, &from_len) ||
		!attribute(tag, tag_end, "to", &to, &to_len) ||
		(memcmp(type, "get", 3) != 0 && memcmp(type, "set", 3) != 0))
		return;
	say(component, "<iq type='result' id='%.*s' from='%.*s' to='%.*s'/>",
		(int)id_len, id, (int)to_len, to, (int)from_len, from);
}

static bool is_error(const char *tag, const char *tag_end)
{
	const char *type;
	size_t len;
	return attribute(tag, tag_end, "type", &type, &len) && len == 5 &&
	       memcmp(type, "error", 5) == 0;
}

static void stanza(const char *tag, const char *tag_end, const char *end)
{
	if (memcmp(tag, "<message", 8) == 0) {
		check_message(tag, tag_end, end);
		check_subject(tag, tag_end, end);
	} else if (memcmp(tag, "<iq", 3) == 0) {
		answer_iq(tag, tag_end);
	} else if (memcmp(tag, "<handshake", 10) == 0) {
		say(component, "<handshake/>");
	} else if (memcmp(tag, "<stream:error", 13) == 0) {
		die("stream error: %.*s", (int)(end - tag), tag);
	} else if (memcmp(tag, "<presence", 9) == 0 && is_error(tag, tag_end)) {
		die("presence error: %.*s", (int)(end - tag), tag);
	}
}

/* Find the end of the element that starts at `p` (no CDATA, no comments: the
 * protocol has none). NULL: it is not complete. */
static const char *element_end(
	const char *p, const char *limit, const char **tag_end_r)
{
	int depth = 0;
	*tag_end_r = NULL;
	for (const char *t = p;
		(t = memchr(t, '<', (size_t)(limit - t))) != NULL;) {
		const char *close = memchr(t, '>', (size_t)(limit - t));
		if (close == NULL)
			return NULL;
		if (*tag_end_r == NULL)
			*tag_end_r = close;
		if (t[1] == '/')
			depth--;
		else if (close[-1] != '/')
			depth++;
		if (depth == 0)
			return close + 1;
		t = close + 1;
	}
	return NULL;
}

static void xmpp_data(struct peer *p)
{
	struct buffer *b = &p->in;
	while (b->start < b->len) {
		const char *at = b->data + b->start;
		const char *limit = b->data + b->len;
		if (*at != '<') {
			b->start++;
			continue;
		}
		const char *close = memchr(at, '>', (size_t)(limit - at));
		if (close == NULL)
			break;
		if (at[1] == '?' || at[1] == '/') {
			b->start += (size_t)(close - at) + 1;
			continue;
		}
		if (memcmp(at, "<stream:stream", 14) == 0) {
			b->start += (size_t)(close - at) + 1;
			say(p,
				"<?xml version='1.0'?><stream:stream "
				"xmlns='jabber:component:accept' "
				"xmlns:stream='http://etherx.jabber.org/"
				"streams' id='bench' from='%s'>",
				opt.domain);
			continue;
		}
		const char *tag_end;
		const char *end = element_end(at, limit, &tag_end);
		if (end == NULL)
			break;
		stanza(at, tag_end, end);
		b->start += (size_t)(end - at);
	}
	flush(p);
}

/* --- The loop ------------------------------------------------------------ */

/* True: there may be more that no event will tell of. */
static bool read_some(struct peer *p)
{
	static char chunk[256 * 1024];
	ssize_t n = get(p, chunk, sizeof(chunk));
	if (n == 0 || (n < 0 && errno != EAGAIN)) {
		if (p == component)
			die("the gateway closed its stream");
		epoll_ctl(poll_fd, EPOLL_CTL_DEL, p->fd, NULL);
		p->closed = true;
		return false;
	}
	if (n < 0)
		return false;
	buffer_add(&p->in, chunk, (size_t)n);
	if (p == component)
		xmpp_data(p);
	else
		irc_data(p);
	return p->ssl != NULL;
}

static void read_peer(struct peer *p)
{
	while (read_some(p))
		;
}

static void accept_all(void)
{
	struct peer *p;
	if (component == NULL && (p = accept_peer(xmpp_listener)) != NULL)
		component = p;
	while (accept_peer(irc_listener) != NULL)
		;
}

/* One turn; returns whether anything happened. */
static bool turn(int timeout_ms)
{
	struct epoll_event events[256];
	int n = epoll_wait(poll_fd, events, 256, timeout_ms);
	for (int i = 0; i < n; i++) {
		struct peer *p = events[i].data.ptr;
		if (p == NULL) {
			accept_all();
			continue;
		}
		if ((events[i].events & EPOLLOUT) != 0)
			flush(p);
		if ((events[i].events & (EPOLLIN | EPOLLHUP)) != 0)
			read_peer(p);
	}
	int status;
	if (waitpid(child, &status, WNOHANG) == child)
		die("the gateway ended with status %d", status);
	return n > 0;
}

/* Run until *value reached `goal`; give up when nothing moves any more. */
static void run_until(const long *value, long goal, const char *what)
{
	long last = *value;
	int64_t since = now_ns(CLOCK_MONOTONIC);
	while (*value < goal && !failed) {
		turn(100);
		int64_t now = now_ns(CLOCK_MONOTONIC);
		if (*value != last) {
			last = *value;
			since = now;
		} else if (now - since > SILENCE_S * 1000000000LL) {
			die("%s: only %ld of %ld came", what, *value, goal);
		}
	}
	if (failed)
		die("%s: a message was wrong", what);
}

/* Handle what is under way: nothing for `ms` milliseconds. */
static void settle(int ms)
{
	while (turn(ms))
		;
}

/* --- Scenarios ----------------------------------------------------------- */

static void report(const char *name, double value)
{
	printf("%s %.4f\n", name, value);
	fflush(stdout);
}

static long private_kib(void)
{
	char path[64], line[256];
	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)child);
	FILE *file = fopen(path, "r");
	long total = 0, value;
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "Private_Clean: %ld", &value) == 1 ||
			sscanf(line, "Private_Dirty: %ld", &value) == 1)
			total += value;
	if (file != NULL)
		fclose(file);
	return total;
}

static void do_join(void)
{
	long before_kib = private_kib();
	int64_t before = cpu_ns();
	for (int i = 0; i < opt.sessions; i++) {
		say(component,
			"<presence from='u%d@bench/r' "
			"to='#c%d%%%s@%s/u%d'><x xmlns='http://jabber.org/"
			"protocol/muc'/></presence>",
			i, channel_of(i), opt.host, opt.domain, i);
		if (i % 50 == 49) {
			flush(component);
			run_until(&joined, i - 200, "join");
		}
	}
	flush(component);
	run_until(&joined, opt.sessions, "join");
	settle(500);
	report("join_cpu_us",
		(double)(cpu_ns() - before) / 1000 / opt.sessions);
	report("session_kib",
		(double)(private_kib() - before_kib) / opt.sessions);
}

static void start_scenario(int lines, int stanzas)
{
	expect_lines = lines;
	expect_stanzas = stanzas;
	seen_lines = seen_stanzas = 0;
	for (int i = 0; i < opt.sessions; i++)
		sessions[i].sent = sessions[i].lines = sessions[i].stanzas = 0;
}

static void send_irc(int i, bool room)
{
	struct session *s = &sessions[i];
	if (room)
		say(s->irc, ":peer1!u@host PRIVMSG #c%d :m %ld\r\n",
			channel_of(i), s->sent++);
	else
		say(s->irc, ":peer1!u@host PRIVMSG u%d :m %ld\r\n", i,
			s->sent++);
}

static void send_xmpp(int i, bool room)
{
	struct session *s = &sessions[i];
	if (room)
		say(component,
			"<message from='u%d@bench/r' to='#c%d%%%s@%s' "
			"type='groupchat' id='i%ld'><body>m %ld</body>"
			"</message>",
			i, channel_of(i), opt.host, opt.domain, s->sent,
			s->sent);
	else
		say(component,
			"<message from='u%d@bench/r' to='peer1%%%s@%s' "
			"type='chat' id='i%ld'><body>m %ld</body></message>",
			i, opt.host, opt.domain, s->sent, s->sent);
	s->sent++;
}

/* All messages as fast as the gateway takes them, the sessions in turns. */
static void saturate(const char *name, void (*send_one)(int, bool), bool room,
	const long *seen, struct peer *(*sender)(int))
{
	long total = opt.messages * opt.sessions;
	int64_t before = cpu_ns(), wall = now_ns(CLOCK_MONOTONIC);
	for (long k = 0; k < opt.messages; k++)
		for (int i = 0; i < opt.sessions; i++) {
			struct peer *p = sender(i);
			send_one(i, room);
			if (p != component && k % 16 == 15)
				flush(p);
			if (p == component && queued(p) > 65536)
				flush(p);
			while (queued(p) > OUT_MAX / 16)
				turn(10);
			if (((k * opt.sessions + i) & 1023) == 0)
				turn(0);
		}
	for (int i = 0; i < opt.sessions; i++)
		flush(sender(i));
	run_until(seen, total, name);
	double us = (double)(cpu_ns() - before) / 1000;
	double seconds = (double)(now_ns(CLOCK_MONOTONIC) - wall) / 1e9;
	char key[64];
	snprintf(key, sizeof(key), "%s_cpu_us", name);
	report(key, us / (double)total);
	snprintf(key, sizeof(key), "%s_per_s", name);
	report(key, (double)total / seconds);
}

static struct peer *by_irc(int i)
{
	return sessions[i].irc;
}

static struct peer *by_xmpp(int i)
{
	(void)i;
	return component;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

/* One message at a time at a fixed rate, each waited for: the time from the
 * IRC server's write to the stanza. */
static void do_latency(void)
{
	start_scenario(NOTHING, ROOM);
	long count = opt.rate * 4;
	latencies = calloc((size_t)count, sizeof(latencies[0]));
	int64_t before = cpu_ns(), due = now_ns(CLOCK_MONOTONIC);
	for (long k = 0; k < count; k++) {
		while (now_ns(CLOCK_MONOTONIC) < due)
			turn(0);
		due += 1000000000LL / opt.rate;
		int i = (int)(k % opt.sessions);
		int64_t sent = now_ns(CLOCK_MONOTONIC);
		send_irc(i, true);
		flush(sessions[i].irc);
		while (seen_stanzas <= k && !failed)
			turn(0);
		latencies[latency_count++] = now_ns(CLOCK_MONOTONIC) - sent;
	}
	if (failed)
		die("latency: a message was wrong");
	qsort(latencies, (size_t)count, sizeof(latencies[0]), compare);
	report("latency_median_ms", (double)latencies[count / 2] / 1e6);
	report("latency_p99_ms", (double)latencies[count * 99 / 100] / 1e6);
	report("paced_cpu_us",
		(double)(cpu_ns() - before) / 1000 / (double)count);
	free(latencies);
}

static void do_idle(void)
{
	settle(1000);
	int64_t before = cpu_ns();
	int64_t end = now_ns(CLOCK_MONOTONIC) + 10000000000LL;
	while (now_ns(CLOCK_MONOTONIC) < end)
		turn(1000);
	report("idle_cpu_ms_per_s", (double)(cpu_ns() - before) / 1e6 / 10);
}

static void do_irc_channel(void)
{
	start_scenario(NOTHING, ROOM);
	saturate("irc_channel", send_irc, true, &seen_stanzas, by_irc);
}

static void do_irc_private(void)
{
	start_scenario(NOTHING, PRIVATE);
	saturate("irc_private", send_irc, false, &seen_stanzas, by_irc);
}

static void do_xmpp_channel(void)
{
	start_scenario(ROOM, ROOM);
	saturate("xmpp_channel", send_xmpp, true, &seen_lines, by_xmpp);
	run_until(&seen_stanzas, opt.messages * opt.sessions, "reflection");
}

static void do_xmpp_private(void)
{
	start_scenario(PRIVATE, NOTHING);
	saturate("xmpp_private", send_xmpp, false, &seen_lines, by_xmpp);
}

static const struct {
	const char *name;
	void (*run)(void);
} scenarios[] = {
	{ "join", do_join },
	{ "irc-channel", do_irc_channel },
	{ "irc-private", do_irc_private },
	{ "xmpp-channel", do_xmpp_channel },
	{ "xmpp-private", do_xmpp_private },
	{ "latency", do_latency },
	{ "idle", do_idle },
};

static void run_scenarios(void)
{
	char list[256];
	snprintf(list, sizeof(list), "%s", opt.scenarios);
	for (char *name = strtok(list, ","); name != NULL;
		name = strtok(NULL, ",")) {
		size_t i = 0;
		while (i < sizeof(scenarios) / sizeof(scenarios[0]) &&
			strcmp(scenarios[i].name, name) != 0)
			i++;
		if (i == sizeof(scenarios) / sizeof(scenarios[0]))
			die("no scenario %s", name);
		scenarios[i].run();
		settle(300);
	}
}

/* --- Start --------------------------------------------------------------- */

static void start_gateway(char **argv)
{
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		int null = open("/dev/null", O_WRONLY);
		dup2(null, STDOUT_FILENO);
		execv(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	if (clock_getcpuclockid(child, &child_clock) != 0)
		die("no CPU clock for the gateway");
}

static void stop_gateway(void)
{
	kill(child, SIGTERM);
	for (int i = 0; i < 200; i++) {
		if (waitpid(child, NULL, WNOHANG) == child)
			return;
		struct epoll_event events[64];
		int n = epoll_wait(poll_fd, events, 64, 50);
		char sink[65536];
		for (int k = 0; k < n; k++) {
			struct peer *p = events[k].data.ptr;
			if (p != NULL && recv(p->fd, sink, sizeof(sink),
						 MSG_DONTWAIT) <= 0)
				epoll_ctl(poll_fd, EPOLL_CTL_DEL, p->fd, NULL);
		}
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void start_tls(void)
{
	tls = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_RELEASE_BUFFERS);
	if (SSL_CTX_use_certificate_chain_file(tls, opt.identity) != 1 ||
		SSL_CTX_use_PrivateKey_file(
			tls, opt.identity, SSL_FILETYPE_PEM) != 1)
		die("%s: no certificate and key", opt.identity);
}

static void read_options(int argc, char **argv)
{
	int c;
	while ((c = getopt(argc, argv, "n:k:a:s:d:H:x:p:m:r:c:")) != -1)
		switch (c) {
		case 'n':
			opt.sessions = (int)strtol(optarg, NULL, 10);
			break;
		case 'k':
			opt.messages = strtol(optarg, NULL, 10);
			break;
		case 'm':
			opt.members = (int)strtol(optarg, NULL, 10);
			break;
		case 'r':
			opt.rate = strtol(optarg, NULL, 10);
			break;
		case 'x':
			opt.xmpp_port = (int)strtol(optarg, NULL, 10);
			break;
		case 'p':
			opt.irc_port = (int)strtol(optarg, NULL, 10);
			break;
		case 'c':
			opt.identity = optarg;
			break;
		case 'a':
			opt.address = optarg;
			break;
		case 's':
			opt.scenarios = optarg;
			break;
		case 'd':
			opt.domain = optarg;
			break;
		case 'H':
			opt.host = optarg;
			break;
		default:
			die("bad arguments");
		}
	if (opt.address == NULL || opt.domain == NULL || opt.host == NULL ||
		optind >= argc || opt.sessions < 1 || opt.members < 1)
		die("bad arguments");
}

int main(int argc, char **argv)
{
	read_options(argc, argv);
	struct rlimit limit;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	sessions = calloc((size_t)opt.sessions, sizeof(sessions[0]));
	if (opt.identity != NULL)
		start_tls();
	poll_fd = epoll_create1(EPOLL_CLOEXEC);
	xmpp_listener = listen_on("127.0.0.1", opt.xmpp_port);
	irc_listener = listen_on(opt.address, opt.irc_port);
	start_gateway(argv + optind);
	while (component == NULL)
		turn(100);
	settle(1000);
	run_scenarios();
	stop_gateway();
	return failed ? 1 : 0;
}
