#include "net/hosts.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/map.h"

/* Some people block advertisers in this file, with 100 000 names and more. */
#define FILE_MAX      ((size_t)32 << 20)
#define READ_SIZE     ((size_t)64 * KIB)
#define NAMES_MAX     1000000
/* More than the callers use anyway. */
#define ADDRESSES_MAX 32
#define NAME_SIZE     254

struct host {
	char *name; /* lower case */
	struct host_address *addresses;
	size_t count;
};

struct hosts {
	struct map names;
	struct host_address loopback[2];
};

struct hosts *hosts_new(void)
{
	struct hosts *h = xalloc(sizeof(*h));

	h->loopback[0].family = AF_INET6;
	h->loopback[0].bytes[15] = 1;
	h->loopback[0].next = &h->loopback[1];
	h->loopback[1].family = AF_INET;
	h->loopback[1].bytes[0] = 127;
	h->loopback[1].bytes[3] = 1;
	return h;
}

static void host_free(struct host *host)
{
	struct host_address *next;

	for (struct host_address *a = host->addresses; a != NULL; a = next) {
		next = a->next;
		xfree(a);
	}
	xfree(host->name);
	xfree(host);
}

void hosts_free(struct hosts **slot)
{
	struct host *host;
	size_t pos = 0;

	if (slot == NULL || *slot == NULL)
		return;
	while ((host = map_next(&(*slot)->names, &pos)) != NULL)
		host_free(host);
	map_finish(&(*slot)->names);
	xfree(*slot);
	*slot = NULL;
}

/* Lower case into `out`; false when it is too long for a host. */
static bool fold(struct slice name, char out[NAME_SIZE])
{
	if (name.len == 0 || name.len >= NAME_SIZE)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		out[i] = name.data[i];
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] | 0x20);
	}
	out[name.len] = '\0';
	return strlen(out) == name.len;
}

static void add(
	struct hosts *h, struct slice name, const struct host_address *address)
{
	char folded[NAME_SIZE];
	struct host *host;
	struct host_address **end;

	if (!fold(name, folded))
		return;
	host = map_get_text(&h->names, folded);
	if (host == NULL) {
		if (h->names.count >= NAMES_MAX)
			return;
		host = xalloc(sizeof(*host));
		host->name = xstrdup(folded);
		(void)map_put_text(&h->names, host->name, host);
	}
	if (host->count >= ADDRESSES_MAX)
		return;
	host->count++;
	end = &host->addresses;
	while (*end != NULL)
		end = &(*end)->next;
	*end = xalloc(sizeof(**end));
	**end = *address;
}

static bool parse_address(struct slice word, struct host_address *address_r)
{
	char text[INET6_ADDRSTRLEN];

	*address_r = (struct host_address){ .family = AF_INET };
	if (word.len >= sizeof(text))
		return false;
	memcpy(text, word.data, word.len);
	text[word.len] = '\0';
	if (inet_pton(AF_INET, text, address_r->bytes) == 1)
		return true;
	address_r->family = AF_INET6;
	return inet_pton(AF_INET6, text, address_r->bytes) == 1;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next word of a line; empty at its end. */
static struct slice next_word(struct slice *line)
{
	struct slice word = slice_trim(*line);
	size_t len = 0;

	while (len < word.len && !is_blank(word.data[len]))
		len++;
	*line = slice_make(word.data + len, word.len - len);
	return slice_make(word.data, len);
}

static void parse_line(struct hosts *h, struct slice line)
{
	struct slice rest = line;
	struct slice text = slice_cut(&rest, '#'), name;
	struct host_address address;

	if (!parse_address(next_word(&text), &address))
		return;
	while ((name = next_word(&text)).len > 0)
		add(h, name, &address);
}

void hosts_parse(struct hosts *h, struct slice text)
{
	while (text.len > 0)
		parse_line(h, slice_cut(&text, '\n'));
}

int hosts_load(struct hosts *h, const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t len = 0, n;

	if (file == NULL)
		return -1;
	do {
		text = xrealloc(text, len + READ_SIZE, 1);
		n = fread(&text[len], 1, READ_SIZE, file);
		len += n;
	} while (n > 0 && len < FILE_MAX);
	if (ferror(file))
		len = 0;
	hosts_parse(h, slice_make(text, len));
	xfree(text);
	fclose(file);
	return len > 0 ? 0 : -1;
}

static bool is_localhost(const char *name)
{
	static const char suffix[] = ".localhost";
	size_t len = strlen(name);

	if (strcasecmp(name, suffix + 1) == 0)
		return true;
	return len >= sizeof(suffix) &&
	       strcasecmp(name + len - (sizeof(suffix) - 1), suffix) == 0;
}

const struct host_address *hosts_find(const struct hosts *h, const char *name)
{
	char folded[NAME_SIZE];
	const struct host *host;

	if (!fold(slice_of(name), folded))
		return NULL;
	host = map_get_text(&h->names, folded);
	if (host != NULL)
		return host->addresses;
	return is_localhost(folded) ? &h->loopback[0] : NULL;
}
