/*
 * What the compiler knows, and nothing else.
 */
#ifndef BASE_MACROS_H
#define BASE_MACROS_H

#define MUST_CHECK       __attribute__((warn_unused_result))
#define PRINTF(fmt, arg) __attribute__((format(printf, fmt, arg)))
#define NORETURN         __attribute__((noreturn))
#define UNUSED           __attribute__((unused))
#define COUNT(array)     (sizeof(array) / sizeof((array)[0]))

/* Built with the address sanitizer: gcc has a macro for it, clang a feature. */
#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#ifndef WITH_ASAN
#define WITH_ASAN 0
#endif

/* The struct that holds `member`, from the member's address. */
#define CONTAINER(ptr, type, member) \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif
