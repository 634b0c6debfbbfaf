/*
 * Allocation that cannot fail: the message names the size, so that a runaway
 * request can be told from a machine that is simply full.
 */
#include "base/alloc.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/* From so many bytes on memory is mapped. */
#define LARGE (128 * 1024)

NORETURN static void out_of_memory(size_t count, size_t size)
{
	fatal("out of memory: %zu x %zu bytes", count, size);
}

void alloc_set_up(void)
{
	/* glibc begins with this, but grows it with the first large block that
	 * is freed, up to 32 MiB (mallopt(3)). From then on such blocks come
	 * from the heap, where one small block above them keeps them. */
#ifdef M_MMAP_THRESHOLD
	(void)mallopt(M_MMAP_THRESHOLD, LARGE);
#endif
}

void *xalloc(size_t size)
{
	return xcalloc(1, size);
}

/* calloc() and realloc() may answer NULL for no bytes at all, which is not
 * a failure; ask for one byte instead. */
void *xcalloc(size_t count, size_t size)
{
	void *ptr;

	if (count == 0 || size == 0)
		ptr = calloc(1, 1);
	else
		ptr = calloc(count, size);
	if (ptr == NULL)
		out_of_memory(count, size);
	return ptr;
}

void *xrealloc(void *ptr, size_t count, size_t size)
{
	void *grown;

	if (count == 0 || size == 0)
		grown = realloc(ptr, 1);
	else
		grown = reallocarray(ptr, count, size);
	if (grown == NULL)
		out_of_memory(count, size);
	return grown;
}

char *xstrdup(const char *text)
{
	return text ? xstrndup(text, strlen(text)) : NULL;
}

char *xstrndup(const char *text, size_t len)
{
	char *copy;

	if (text == NULL)
		return NULL;
	len = strnlen(text, len);
	if (len == SIZE_MAX)
		out_of_memory(1, len);
	copy = malloc(len + 1);
	if (copy == NULL)
		out_of_memory(1, len + 1);
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

void xfree(void *ptr)
{
	free(ptr);
}

void xstrset(char **slot, const char *text)
{
	/* Copied before the old text goes: `text` may be part of it. */
	char *copy = xstrdup(text);

	free(*slot);
	*slot = copy;
}
