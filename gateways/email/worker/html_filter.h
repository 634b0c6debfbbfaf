/*
 * What of a document is given to the parser of HTML: no comments, scripts and
 * styles, and no tag with so many attributes that reading it takes long.
 */
#ifndef EMAIL_WORKER_HTML_FILTER_H
#define EMAIL_WORKER_HTML_FILTER_H

#include "base/slice.h"
#include "base/str.h"

#define HTML_TAG_MAX        ((size_t)32 * 1024)
#define HTML_ATTRIBUTES_MAX 64

/* Append what is left; at most four times as long as `html`. */
void html_filter(struct str *out, struct slice html);

#endif
