/*
 * The helpers of libircclient that we use, each behind our own contract and
 * tests, and nothing else of it: docs/ says why. The only file that includes
 * its headers.
 */
#ifndef IRC_IRCCLIENT_H
#define IRC_IRCCLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"

/* Append `raw` without its formatting: bytes as they were sent otherwise, not
 * yet decoded. The library knows bold, underline, reverse, reset and colours;
 * italic, strike, monospace and hex colours are taken out here. Bytes behind
 * a NUL are left out. */
void irc_strip(struct str *out, struct slice raw);

/* The nick of `nick!user@host` into `out`; false when it is empty or does not
 * fit. */
bool irc_source_nick(struct slice source, char *out, size_t size);

#endif
