/*
 * Files that come with texts: what they are, and what they may be called.
 */
#ifndef SMS_DATA_MEDIA_H
#define SMS_DATA_MEDIA_H

#include <stdbool.h>

#include "base/slice.h"

#define MEDIA_TYPE_SIZE 128
#define MEDIA_NAME_SIZE 128

/* The media type of a file of which somebody said `said` (NULL, or a
 * Content-Type with parameters): that in lower case, or if it says nothing what
 * the first octets look like; "application/octet-stream" when they do not look
 * like anything. */
void media_type(
	const char *said, struct slice start, char out[MEDIA_TYPE_SIZE]);

/* A name for the file at this URL: its last segment, if it has an ending; else
 * "file" with the ending that is usual for the type. Letters, digits and
 * ".-_" alone. */
void media_name(const char *url, const char *type, char out[MEDIA_NAME_SIZE]);

/* Is it no file but says how the others are laid out (SMIL)? `type` NULL: the
 * URL's ending says so. */
bool media_is_layout(const char *url, const char *type);

#endif
