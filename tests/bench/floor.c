/*
 * The floor of a benchmark: the least work that moves a message across. It
 * parses the stream with expat, keeps one IRC connection for each user, copies
 * the text from one side to the other, and knows nothing else.
 *
 *	bench_floor XMPP_PORT COMPONENT_JID IRC_ADDRESS IRC_PORT IRC_HOST
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <expat.h>

#define SESSIONS 20000

struct output {
	char *data;
	size_t len, cap;
};

struct session {
	int fd, index;
	bool joined;
	struct output out;
	char in[8192];
	size_t in_len;
	char channel[32];
};

static int poll_fd, xmpp_fd;
static struct output xmpp_out;
static struct session *sessions[SESSIONS];
static const char *domain, *host;
static struct sockaddr_in irc_address;
static XML_Parser parser;

/* The stanza being parsed. */
static int depth;
static char from[256], to[256], type[16], body[4096];
static size_t body_len;
static bool is_message, is_presence, in_body;

static void add(struct output *o, const char *data, size_t len)
{
	if (o->len + len > o->cap) {
		o->cap = (o->len + len) * 2;
		o->data = realloc(o->data, o->cap);
	}
	memcpy(o->data + o->len, data, len);
	o->len += len;
}

static void flush(int fd, struct output *o)
{
	size_t done = 0;
	while (done < o->len) {
		ssize_t n =
			send(fd, o->data + done, o->len - done, MSG_NOSIGNAL);
		if (n <= 0)
			exit(1);
		done += (size_t)n;
	}
	o->len = 0;
}

static void say(struct output *o, const char *text)
{
	add(o, text, strlen(text));
}

/* --- XMPP to IRC --------------------------------------------------------- */

static struct session *session_of(const char *jid)
{
	int index = (int)strtol(jid + 1, NULL, 10);
	return index >= 0 && index < SESSIONS ? sessions[index] : NULL;
}

static void join(void)
{
	int index = (int)strtol(from + 1, NULL, 10);
	struct session *s = calloc(1, sizeof(*s));
	s->index = index;
	sessions[index] = s;
	snprintf(s->channel, sizeof(s->channel), "%.*s", (int)strcspn(to, "%"),
		to);
	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(s->fd, (struct sockaddr *)&irc_address,
		    sizeof(irc_address)) != 0)
		exit(1);
	int one = 1;
	setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = s };
	epoll_ctl(poll_fd, EPOLL_CTL_ADD, s->fd, &e);
	char line[256];
	snprintf(line, sizeof(line), "NICK u%d\r\nUSER u 0 * :u\r\nJOIN %s\r\n",
		index, s->channel);
	say(&s->out, line);
	flush(s->fd, &s->out);
}

static void forward(void)
{
	struct session *s = session_of(from);
	size_t target = strcspn(to, "%");
	if (s == NULL || body_len == 0)
		return;
	say(&s->out, "PRIVMSG ");
	add(&s->out, to, target);
	say(&s->out, " :");
	add(&s->out, body, body_len);
	say(&s->out, "\r\n");
	if (s->out.len > 4096)
		flush(s->fd, &s->out);
	if (strcmp(type, "groupchat") != 0)
		return;
	char head[512];
	int n = snprintf(head, sizeof(head),
		"<message from='%s/u%d' to='%s' type='groupchat'><body>", to,
		s->index, from);
	add(&xmpp_out, head, (size_t)n);
	add(&xmpp_out, body, body_len);
	say(&xmpp_out, "</body></message>");
}

static void copy(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text);
}

static void on_start(void *arg, const char *name, const char **attributes)
{
	(void)arg;
	depth++;
	if (depth == 2) {
		is_message = strcmp(name, "message") == 0;
		is_presence = strcmp(name, "presence") == 0;
		body_len = 0;
		type[0] = from[0] = to[0] = '\0';
		for (; attributes[0] != NULL; attributes += 2) {
			if (strcmp(attributes[0], "from") == 0)
				copy(from, sizeof(from), attributes[1]);
			else if (strcmp(attributes[0], "to") == 0)
				copy(to, sizeof(to), attributes[1]);
			else if (strcmp(attributes[0], "type") == 0)
				copy(type, sizeof(type), attributes[1]);
		}
	}
	in_body = depth == 3 && strcmp(name, "body") == 0;
	if (depth == 1) {
		say(&xmpp_out, "<handshake>0</handshake>");
		flush(xmpp_fd, &xmpp_out);
	}
}

static void on_text(void *arg, const char *text, int len)
{
	(void)arg;
	if (!in_body || body_len + (size_t)len > sizeof(body))
		return;
	memcpy(body + body_len, text, (size_t)len);
	body_len += (size_t)len;
}

static void on_end(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	in_body = false;
	if (--depth != 1)
		return;
	if (is_message)
		forward();
	else if (is_presence && type[0] == '\0')
		join();
}

static void read_xmpp(void)
{
	static char chunk[65536];
	ssize_t n = recv(xmpp_fd, chunk, sizeof(chunk), 0);
	if (n <= 0 || XML_Parse(parser, chunk, (int)n, 0) != XML_STATUS_OK)
		exit(0);
	for (int i = 0; i < SESSIONS; i++)
		if (sessions[i] != NULL && sessions[i]->out.len > 0)
			flush(sessions[i]->fd, &sessions[i]->out);
	flush(xmpp_fd, &xmpp_out);
}

/* --- IRC to XMPP --------------------------------------------------------- */

/* ":peer1!u@host PRIVMSG #c7 :text" */
static void irc_message(struct session *s, char *line, size_t len)
{
	char *text = memchr(line + 1, ':', len - 1);
	char *word = memchr(line, ' ', len);
	if (text == NULL || word == NULL)
		return;
	size_t nick = strcspn(line + 1, "!");
	char *target = word + 9;
	char head[512];
	int n;
	if (*target == '#')
		n = snprintf(head, sizeof(head),
			"<message from='%.*s%%%s@%s/%.*s' to='u%d@bench/r' "
			"type='groupchat'><body>",
			(int)strcspn(target, " "), target, host, domain,
			(int)nick, line + 1, s->index);
	else
		n = snprintf(head, sizeof(head),
			"<message from='%.*s%%%s@%s' to='u%d@bench/r' "
			"type='chat'><body>",
			(int)nick, line + 1, host, domain, s->index);
	add(&xmpp_out, head, (size_t)n);
	add(&xmpp_out, text + 1, len - (size_t)(text + 1 - line));
	say(&xmpp_out, "</body></message>");
}

static void irc_line(struct session *s, char *line, size_t len)
{
	char *word = memchr(line, ' ', len);
	if (word == NULL)
		return;
	if (memcmp(word, " PRIVMSG ", 9) == 0) {
		irc_message(s, line, len);
	} else if (memcmp(word, " 366 ", 5) == 0 && !s->joined) {
		char stanza[512];
		s->joined = true;
		snprintf(stanza, sizeof(stanza),
			"<message from='%s%%%s@%s' to='u%d@bench/r' "
			"type='groupchat'><subject/></message>",
			s->channel, host, domain, s->index);
		say(&xmpp_out, stanza);
	}
}

static void read_irc(struct session *s)
{
	ssize_t n =
		recv(s->fd, s->in + s->in_len, sizeof(s->in) - s->in_len, 0);
	if (n <= 0)
		exit(0);
	s->in_len += (size_t)n;
	char *start = s->in, *limit = s->in + s->in_len, *end;
	while ((end = memchr(start, '\n', (size_t)(limit - start))) != NULL) {
		irc_line(s, start, (size_t)(end - start) - 1);
		start = end + 1;
	}
	s->in_len = (size_t)(limit - start);
	memmove(s->in, start, s->in_len);
}

int main(int argc, char **argv)
{
	if (argc != 6)
		return 2;
	struct rlimit limit;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	domain = argv[2];
	host = argv[5];
	irc_address = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtol(argv[4], NULL, 10)) };
	inet_pton(AF_INET, argv[3], &irc_address.sin_addr);
	struct sockaddr_in xmpp = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtol(argv[1], NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	xmpp_fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(xmpp_fd, (struct sockaddr *)&xmpp, sizeof(xmpp)) != 0)
		return 1;
	int one = 1;
	setsockopt(xmpp_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	parser = XML_ParserCreate("UTF-8");
	XML_SetElementHandler(parser, on_start, on_end);
	XML_SetCharacterDataHandler(parser, on_text);
	poll_fd = epoll_create1(0);
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = NULL };
	epoll_ctl(poll_fd, EPOLL_CTL_ADD, xmpp_fd, &e);
	char open[512];
	snprintf(open, sizeof(open),
		"<stream:stream xmlns='jabber:component:accept' "
		"xmlns:stream='http://etherx.jabber.org/streams' to='%s'>",
		domain);
	say(&xmpp_out, open);
	flush(xmpp_fd, &xmpp_out);
	for (;;) {
		struct epoll_event events[256];
		int n = epoll_wait(poll_fd, events, 256, -1);
		for (int i = 0; i < n; i++)
			if (events[i].data.ptr == NULL)
				read_xmpp();
			else
				read_irc(events[i].data.ptr);
		if (xmpp_out.len > 0)
			flush(xmpp_fd, &xmpp_out);
	}
}
