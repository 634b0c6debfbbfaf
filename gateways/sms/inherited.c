#include "sms/inherited.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/str.h"

/* As with the parts of long texts (sms_data/repeats.h). */
#define AGAIN_MS 120000

struct text {
	unsigned char digest[SHA256_SIZE]; /* its key */
	int64_t came_ms;
	unsigned count;
};

struct inherited {
	struct map texts;
};

static struct slice key_of(const unsigned char *digest)
{
	return slice_make((const char *)digest, SHA256_SIZE);
}

static void make_digest(const char *from, const char *to, const char *body,
	unsigned char digest[SHA256_SIZE])
{
	struct str all = { .max = 1 * MIB };
	str_addf(&all, "%s\n%s\n", from, to);
	str_add(&all, body);
	crypto_sha256(str_slice(&all), digest);
	str_finish(&all);
}

static void text_free(struct inherited *all, struct text *t)
{
	map_remove(&all->texts, key_of(t->digest));
	xfree(t);
}

struct inherited *inherited_new(void)
{
	return xalloc(sizeof(struct inherited));
}

void inherited_free(struct inherited **slot)
{
	struct inherited *all = *slot;
	*slot = NULL;
	if (all == NULL)
		return;
	size_t pos = 0;
	struct text *t;
	while ((t = map_next(&all->texts, &pos)) != NULL)
		xfree(t);
	map_finish(&all->texts);
	xfree(all);
}

static bool is_old(int64_t came_ms)
{
	return came_ms + AGAIN_MS < clock_wall_ms();
}

void inherited_add(struct inherited *all, const char *from, const char *to,
	const char *body, int64_t came_ms)
{
	unsigned char digest[SHA256_SIZE];
	if (is_old(came_ms))
		return;
	make_digest(from, to, body, digest);
	struct text *t = map_get(&all->texts, key_of(digest));
	if (t == NULL) {
		t = xalloc(sizeof(*t));
		memcpy(t->digest, digest, sizeof(digest));
		map_put(&all->texts, key_of(t->digest), t);
	}
	t->came_ms = came_ms;
	t->count++;
}

bool inherited_take(struct inherited *all, const char *from, const char *to,
	const char *body)
{
	unsigned char digest[SHA256_SIZE];
	if (all->texts.count == 0)
		return false;
	make_digest(from, to, body, digest);
	struct text *t = map_get(&all->texts, key_of(digest));
	if (t == NULL)
		return false;
	bool is_again = !is_old(t->came_ms);
	if (!is_again || --t->count == 0)
		text_free(all, t);
	return is_again;
}
