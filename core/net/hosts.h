/*
 * The names that need no look-up: the hosts file (hosts(5)) and localhost
 * (RFC 6761 section 6.3). Read once; a change needs a restart.
 */
#ifndef NET_HOSTS_H
#define NET_HOSTS_H

#include <stddef.h>

#include "base/macros.h"
#include "base/slice.h"

struct hosts;

struct host_address {
	struct host_address *next;
	int family; /* AF_INET: the first 4 bytes; AF_INET6 */
	unsigned char bytes[16];
};

/* Knows nothing but localhost and the names below it. */
struct hosts *hosts_new(void);
/* Takes NULL inside, sets NULL. */
void hosts_free(struct hosts **slot);

/* Add what a file says; -1 when it can't be read. */
int hosts_load(struct hosts *h, const char *path) MUST_CHECK;

/* Add what the text of such a file says; lines that make no sense, and what
 * is beyond a sane number of names, are skipped. */
void hosts_parse(struct hosts *h, struct slice text);

/* The addresses of `name` (any case) in the order of the file, borrowed;
 * NULL when it has to be looked up. */
const struct host_address *hosts_find(const struct hosts *h, const char *name);

#endif
