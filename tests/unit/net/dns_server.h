/*
 * A name server on loopback, answering from a table, on the loop under test.
 */
#ifndef TEST_NET_DNS_SERVER_H
#define TEST_NET_DNS_SERVER_H

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/macros.h"
#include "net/loop.h"

enum dns_answer {
	DNS_ADDRESSES, /* possibly none */
	DNS_NO_NAME,
	DNS_FAILURE,
	DNS_SILENCE,
	DNS_GARBAGE,
	DNS_CUT,    /* the truncation bit, and no answer */
	DNS_ALIASED /* a CNAME in front of the addresses */
};

struct dns_record {
	const char *name; /* NULL ends the table; other names: DNS_NO_NAME */
	enum dns_answer v6, v4;
	const char *addresses; /* of both families, separated by spaces */
	int v6_delay_ms, v4_delay_ms;
};

/* Answers to questions of other types, one row a record. */
struct dns_extra {
	const char *name;     /* NULL ends the table */
	int type;             /* 33 SRV, 15 MX */
	enum dns_answer kind; /* DNS_ADDRESSES: `numbers` and `host` */
	int numbers[3];       /* SRV: priority, weight, port; MX: preference */
	const char *host;
};

struct dns_reply {
	struct timer timer;
	struct dns_server *server;
	struct sockaddr_in to;
	unsigned char bytes[1500];
	size_t len;
	struct dns_reply *next;
};

struct dns_server {
	struct loop *loop;
	struct watch *watch;
	const struct dns_record *records;
	const struct dns_extra *extras; /* or NULL */
	struct dns_reply *replies;      /* all that were ever made */
	char address[32];               /* for resolver_new() */
	unsigned questions;
	int fd;
};

static inline void dns_send(void *arg)
{
	struct dns_reply *r = arg;

	(void)sendto(r->server->fd, r->bytes, r->len, 0,
		(const struct sockaddr *)&r->to, sizeof(r->to));
}

static inline void dns_put(struct dns_reply *r, const void *data, size_t len)
{
	if (r->len + len > sizeof(r->bytes))
		fatal("the reply does not fit");
	memcpy(r->bytes + r->len, data, len);
	r->len += len;
}

/* One answer for the name at offset 12, where the question is. */
static inline void dns_put_record(
	struct dns_reply *r, int type, const void *data, size_t len)
{
	const unsigned char head[12] = { 0xc0, 12, 0, (unsigned char)type, 0, 1,
		0, 0, 1, 0, 0, (unsigned char)len };

	dns_put(r, head, sizeof(head));
	dns_put(r, data, len);
	r->bytes[7]++;
}

static inline void dns_put_addresses(
	struct dns_reply *r, int type, const char *text)
{
	char word[64];
	int used;

	while (text != NULL && sscanf(text, "%63s%n", word, &used) == 1) {
		unsigned char bytes[16];
		int family = type == 1 ? AF_INET : AF_INET6;

		if (inet_pton(family, word, bytes) == 1)
			dns_put_record(r, type, bytes, type == 1 ? 4 : 16);
		text += used;
	}
}

/* The question's name as text; its type is returned. */
static inline int dns_parse(
	const unsigned char *packet, size_t len, char name[256], size_t *end_r)
{
	size_t at = 12, out = 0;

	while (at < len && packet[at] != 0) {
		if (out > 0)
			name[out++] = '.';
		memcpy(name + out, packet + at + 1, packet[at]);
		out += packet[at];
		at += packet[at] + 1u;
	}
	name[out] = '\0';
	*end_r = at + 5;
	return packet[at + 2];
}

static inline const struct dns_record *dns_find(
	const struct dns_server *s, const char *name)
{
	for (const struct dns_record *r = s->records; r->name != NULL; r++) {
		if (strcasecmp(r->name, name) == 0)
			return r;
	}
	return NULL;
}

static inline void dns_fill(struct dns_reply *r, enum dns_answer kind, int type,
	const char *addresses)
{
	static const unsigned char alias[] = { 1, 'x', 0xc0, 12 };

	r->bytes[2] = 0x81;
	r->bytes[3] = 0x80;
	if (kind == DNS_NO_NAME)
		r->bytes[3] |= 3;
	else if (kind == DNS_FAILURE)
		r->bytes[3] |= 2;
	else if (kind == DNS_CUT)
		r->bytes[2] |= 2;
	else if (kind == DNS_GARBAGE)
		memset(r->bytes + 4, 0xff, r->len - 4);
	if (kind == DNS_ALIASED)
		dns_put_record(r, 5, alias, sizeof(alias));
	if (kind == DNS_ADDRESSES || kind == DNS_ALIASED)
		dns_put_addresses(r, type, addresses);
}

static inline size_t dns_encode_name(unsigned char *out, const char *name)
{
	size_t len = 0;

	while (*name != '\0' && strcmp(name, ".") != 0) {
		size_t label = strcspn(name, ".");

		out[len++] = (unsigned char)label;
		memcpy(out + len, name, label);
		len += label;
		name += label + (name[label] == '.');
	}
	out[len++] = 0;
	return len;
}

static inline void dns_put_extra(struct dns_reply *r, const struct dns_extra *e)
{
	unsigned char data[300];
	size_t len = 0;

	for (int i = 0; i < (e->type == 33 ? 3 : 1); i++) {
		data[len++] = (unsigned char)(e->numbers[i] >> 8);
		data[len++] = (unsigned char)e->numbers[i];
	}
	len += dns_encode_name(data + len, e->host);
	dns_put_record(r, e->type, data, len);
}

static inline void dns_answer_extra(
	struct dns_server *s, struct dns_reply *r, const char *name, int type)
{
	enum dns_answer kind = DNS_NO_NAME;
	const struct dns_extra *e = s->extras;

	for (; e != NULL && e->name != NULL; e++)
		if (strcasecmp(e->name, name) == 0 && kind == DNS_NO_NAME)
			kind = e->type == type ? e->kind : DNS_ADDRESSES;
	if (kind == DNS_SILENCE)
		return;
	dns_fill(r, kind, 0, NULL);
	for (e = s->extras; e != NULL && e->name != NULL; e++)
		if (strcasecmp(e->name, name) == 0 && e->type == type &&
			e->kind == DNS_ADDRESSES)
			dns_put_extra(r, e);
	dns_send(r);
}

static inline void dns_answer(struct dns_server *s, struct dns_reply *r)
{
	char name[256];
	size_t end;
	int type = dns_parse(r->bytes, r->len, name, &end);
	const struct dns_record *record = dns_find(s, name);
	enum dns_answer kind = DNS_NO_NAME;
	int delay_ms = 0;

	if (type != 1 && type != 28) {
		r->len = end;
		memset(r->bytes + 6, 0, 6);
		dns_answer_extra(s, r, name, type);
		return;
	}
	if (record != NULL) {
		kind = type == 1 ? record->v4 : record->v6;
		delay_ms =
			type == 1 ? record->v4_delay_ms : record->v6_delay_ms;
	}
	if (kind == DNS_SILENCE)
		return;
	r->len = end;
	memset(r->bytes + 6, 0, 6);
	dns_fill(r, kind, type, record ? record->addresses : NULL);
	if (delay_ms > 0)
		timer_start(&r->timer, delay_ms);
	else
		dns_send(r);
}

static inline void dns_on_question(int fd, void *arg)
{
	struct dns_server *s = arg;
	struct dns_reply *r = calloc(1, sizeof(*r));
	socklen_t len = sizeof(r->to);
	ssize_t n =
		recvfrom(fd, r->bytes, 512, 0, (struct sockaddr *)&r->to, &len);

	r->server = s;
	r->next = s->replies;
	s->replies = r;
	timer_init(&r->timer, s->loop, "dns", dns_send, r);
	if (n < 17)
		return;
	r->len = (size_t)n;
	s->questions++;
	dns_answer(s, r);
}

static inline void dns_server_start(
	struct dns_server *s, struct loop *l, const struct dns_record *records)
{
	struct sockaddr_in here = { .sin_family = AF_INET };
	socklen_t len = sizeof(here);

	*s = (struct dns_server){ .loop = l, .records = records };
	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(s->fd, (struct sockaddr *)&here, len) != 0 ||
		getsockname(s->fd, (struct sockaddr *)&here, &len) != 0)
		fatal("no port for the name server");
	snprintf(s->address, sizeof(s->address), "127.0.0.1:%u",
		ntohs(here.sin_port));
	s->watch = watch_read(l, "dns", s->fd, dns_on_question, s);
}

static inline void dns_server_stop(struct dns_server *s)
{
	struct dns_reply *next;

	for (struct dns_reply *r = s->replies; r != NULL; r = next) {
		next = r->next;
		timer_stop(&r->timer);
		free(r);
	}
	watch_free(&s->watch);
	close(s->fd);
}

#endif
