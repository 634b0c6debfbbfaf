/*
 * Characters that the GSM default alphabet lacks, written with those that it
 * has: plain quotes and dashes, letters without accents, Greek in capitals. A
 * text that would need UCS2 for their sake takes half the segments so.
 */
#ifndef SMS_DATA_TRANSLIT_H
#define SMS_DATA_TRANSLIT_H

#include <stdint.h>

#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"

/* What stands for a character: UTF-8 of the default alphabet, empty for what
 * can go (joiners, combining accents), data NULL for what nothing stands for.
 * Static. Of characters in the alphabet it says nothing of use. */
struct slice translit_of(uint32_t code);

/* Append `text` (clean UTF-8) in the default alphabet; -1, with nothing
 * appended, when it has characters that nothing stands for. */
int translit(struct str *out, struct slice text) MUST_CHECK;

#endif
