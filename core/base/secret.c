/*
 * The bytes live in one allocation of the exact size: nothing ever grows
 * and leaves a copy behind.
 */
#include "base/secret.h"

#include "base/alloc.h"
#include "base/crypto.h"

struct secret {
	size_t len;
	char text[];
};

struct secret *secret_new(struct slice text)
{
	if (text.len == 0)
		return NULL;
	struct secret *s = xalloc(sizeof(*s) + text.len + 1);
	s->len = text.len;
	memcpy(s->text, text.data, text.len);
	return s;
}

struct secret *secret_dup(const struct secret *s)
{
	return secret_new(secret_reveal(s));
}

void secret_free(struct secret **s)
{
	if (s == NULL || *s == NULL)
		return;
	crypto_wipe((*s)->text, (*s)->len);
	xfree(*s);
	*s = NULL;
}

struct slice secret_reveal(const struct secret *s)
{
	return s ? slice_make(s->text, s->len) : slice_make("", 0);
}

bool secret_equals(const struct secret *a, const struct secret *b)
{
	return crypto_equals(secret_reveal(a), secret_reveal(b));
}
