/*
 * One text to many: who was sent which text within the last hour. Texts and
 * people are known by digests alone.
 */
#ifndef SMS_REPEATS_H
#define SMS_REPEATS_H

#include <stddef.h>
#include <stdint.h>

#include "base/pack.h"
#include "base/str.h"

/* More than are remembered cannot be told apart: the oldest are forgotten. */
#define SMS_REPEATS_MAX 512

struct sms_told;

/* Zeroed, it is empty. */
struct sms_repeats {
	struct sms_told *told; /* in their order */
	size_t count, cap;
};

/* In place of what is in it, which is not released. */
void sms_repeats_copy(struct sms_repeats *r, const struct sms_repeats *from);
void sms_repeats_finish(struct sms_repeats *r);

/* May this text (NULL: any) go to one more person, if `most` may get it (0: as
 * many as they like)? 0, or when the first of those is over an hour ago. Who
 * got it already may get it again; short texts are not counted. */
int64_t sms_repeats_wait(const struct sms_repeats *r, const char *text,
	const char *to, size_t most, int64_t wall_ms);
/* It goes. */
void sms_repeats_count(struct sms_repeats *r, const char *text, const char *to,
	int64_t wall_ms);

void sms_repeats_encode(const struct sms_repeats *r, struct str *out);
/* Into an empty one; what is damaged breaks `in`. */
void sms_repeats_decode(struct sms_repeats *r, struct unpack *in);

#endif
