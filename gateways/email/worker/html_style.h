/*
 * What the attributes of an element say of how it looks, and whether it is
 * the quote that some mail program put there.
 */
#ifndef EMAIL_WORKER_HTML_STYLE_H
#define EMAIL_WORKER_HTML_STYLE_H

#include <stdbool.h>

enum html_role {
	HTML_NORMAL,
	HTML_QUOTE, /* holds the quote, or a signature */
	HTML_TAIL,  /* from here on all is quote */
};

struct html_look {
	bool is_hidden;
	bool is_tiny;  /* its font has no size */
	bool has_size; /* it says which */
	bool is_tight; /* no margins: the next line, not a paragraph */
	enum html_role role;
};

/* `attributes`: names and values in turn, then NULL; or NULL. */
void html_look(
	const char *name, const char **attributes, struct html_look *look);

#endif
