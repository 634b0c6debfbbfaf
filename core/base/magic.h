/*
 * A mark at the start of long-lived objects, checked where public functions
 * take them, so that a stale or wrong pointer stops the process at once.
 */
#ifndef BASE_MAGIC_H
#define BASE_MAGIC_H

#include <assert.h>

#define MAGIC_CHECK(obj, value) assert((obj) != NULL && (obj)->magic == (value))

#endif
