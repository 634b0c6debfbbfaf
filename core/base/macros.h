/*
 * Compiler attributes, and nothing else.
 */
#ifndef BASE_MACROS_H
#define BASE_MACROS_H

#define MUST_CHECK       __attribute__((warn_unused_result))
#define PRINTF(fmt, arg) __attribute__((format(printf, fmt, arg)))
#define NORETURN         __attribute__((noreturn))
#define UNUSED           __attribute__((unused))
#define COUNT(array)     (sizeof(array) / sizeof((array)[0]))

/* The struct that holds `member`, from the member's address. */
#define CONTAINER(ptr, type, member) \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif
