/*
 * Names of a network as parts of JIDs that every server takes and leaves as
 * they are. Servers prepare addresses by the tables of Unicode 3.2: some
 * refuse newer characters (emoji), right-to-left letters beside Latin ones
 * are refused by all, and capitals or compatibility characters become others.
 * In a name with such characters, each that is not ASCII is written as \uHEX;
 * so that the way back is always clear.
 */
#ifndef HOST_SPELLING_H
#define HOST_SPELLING_H

#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"

/* Append a localpart (with the escapes of XEP-0106) or a resource. -1, and
 * nothing appended, when it is empty or too long. */
int spell_local(struct str *out, struct slice name) MUST_CHECK;
int spell_resource(struct str *out, struct slice name) MUST_CHECK;

/* Append the name that was spelled so. Total. */
void spell_read_local(struct str *out, struct slice local);
void spell_read_resource(struct str *out, struct slice resource);

#endif
