/*
 * HTML to text, by libxml2's SAX parser: no tree, linear, nothing fetched.
 * Styles are those of XEP-0393.
 */
#ifndef EMAIL_WORKER_HTML_H
#define EMAIL_WORKER_HTML_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"

struct html_result {
	bool quote_cut; /* a quote of an earlier mail was left out */
	bool is_cut;    /* over a limit */
};

/* Load what libxml2 would load at the first use. */
void html_preload(void);

/* Append the text of a document in UTF-8, as much as fits. With `full`, quotes
 * and signatures stay. */
void html_to_text(struct str *out, struct slice html, bool full,
	struct html_result *result);

/* The charset that a document names in its first kilobyte; empty when it
 * names none. */
struct slice html_charset(struct slice html);

#endif
