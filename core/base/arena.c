/*
 * Blocks are a chain, newest first; only the newest one is filled. They
 * double from FIRST_BLOCK to LARGE_BLOCK; a bigger request gets a block of
 * its own size. Memory that is handed out is cleared then, not at the reset,
 * so that a stanza costs what it uses.
 */
#include "base/arena.h"

#include "base/alloc.h"

/* Under the address sanitizer a use after the reset is an error. */
#if WITH_ASAN
#include <sanitizer/asan_interface.h>
#define HIDE(ptr, len) ASAN_POISON_MEMORY_REGION(ptr, len)
#define SHOW(ptr, len) ASAN_UNPOISON_MEMORY_REGION(ptr, len)
#else
#define HIDE(ptr, len) ((void)(ptr), (void)(len))
#define SHOW(ptr, len) ((void)(ptr), (void)(len))
#endif

#define FIRST_BLOCK 4096u
#define LARGE_BLOCK 65536u
#define ALIGNMENT   _Alignof(max_align_t)

struct arena_block {
	struct arena_block *next; /* older */
	size_t size;              /* of data[] */
	size_t used;
	_Alignas(max_align_t) char data[];
};

void arena_init(struct arena *a, size_t max)
{
	*a = (struct arena){ .max = max };
}

void arena_finish(struct arena *a)
{
	arena_shrink(a);
	*a = (struct arena){ 0 };
}

/* Freed memory must not stay poisoned: the allocator may hand it out. */
static void block_free(struct arena_block *block)
{
	SHOW(block->data, block->size);
	xfree(block);
}

void arena_reset(struct arena *a)
{
	struct arena_block *kept = NULL;
	struct arena_block *next;

	for (struct arena_block *b = a->head; b != NULL; b = next) {
		next = b->next;
		if (kept == NULL && b->size <= LARGE_BLOCK)
			kept = b;
		else
			block_free(b);
	}
	if (kept != NULL) {
		kept->next = NULL;
		kept->used = 0;
		HIDE(kept->data, kept->size);
	}
	a->head = kept;
	a->used = 0;
}

void arena_shrink(struct arena *a)
{
	arena_reset(a);
	if (a->head != NULL)
		block_free(a->head);
	a->head = NULL;
}

static struct arena_block *add_block(struct arena *a, size_t need)
{
	size_t size = FIRST_BLOCK;

	if (a->head != NULL)
		size = a->head->size * 2;
	if (size > LARGE_BLOCK)
		size = LARGE_BLOCK;
	size -= sizeof(struct arena_block);
	if (size < need)
		size = need;

	/* Not xalloc(): clearing happens when memory is handed out. */
	struct arena_block *block = xrealloc(NULL, 1, sizeof(*block) + size);
	block->size = size;
	block->used = 0;
	block->next = a->head;
	HIDE(block->data, block->size);
	a->head = block;
	return block;
}

/* `size` bytes that are not cleared; NULL over the cap. */
static void *take(struct arena *a, size_t size)
{
	struct arena_block *block = a->head;

	if (size > a->max - a->used)
		return NULL;
	size_t room = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	if (room < size || room > a->max - a->used)
		return NULL;
	if (block == NULL || room > block->size - block->used)
		block = add_block(a, room);
	void *ptr = block->data + block->used;
	block->used += room;
	a->used += room;
	SHOW(ptr, size);
	return ptr;
}

void *arena_alloc(struct arena *a, size_t size)
{
	void *ptr = take(a, size);

	if (ptr != NULL)
		memset(ptr, 0, size);
	return ptr;
}

char *arena_copy(struct arena *a, struct slice text)
{
	if (text.len >= a->max)
		return NULL;
	char *copy = take(a, text.len + 1);
	if (copy == NULL)
		return NULL;
	if (text.len > 0)
		memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	return copy;
}
