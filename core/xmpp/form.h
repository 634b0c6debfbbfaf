/*
 * Data forms (XEP-0004) with the validation hints of XEP-0122.
 */
#ifndef XMPP_FORM_H
#define XMPP_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/macros.h"
#include "xmpp/xml.h"

enum form_field_type {
	FORM_TEXT, /* text-single */
	FORM_TEXT_MULTI,
	FORM_SECRET, /* text-private */
	FORM_BOOLEAN,
	FORM_LIST, /* list-single */
	FORM_LIST_MULTI,
	FORM_JID,
	FORM_JID_MULTI,
	FORM_FIXED,
	FORM_HIDDEN,
};

/* --- Reading a submitted form -------------------------------------------- */

struct form_value {
	const char *var;
	const char **values;
	size_t count;
};

struct form {
	const char *type;      /* "submit", "cancel", "form", "result" */
	const char *form_type; /* the FORM_TYPE field; NULL: none */
	struct form_value *fields;
	size_t count;
};

/* Read <x xmlns='jabber:x:data'/>. -1 when it is malformed or passes a
 * limit (a field twice, too many values, ...). Lives in `a`. */
int form_read(
	struct form *form, const struct xml *x, struct arena *a) MUST_CHECK;

/* The first value of a field, or NULL when the field is absent; a field that
 * is there without a value gives "". */
const char *form_get(const struct form *form, const char *var);
/* All values of a field, or NULL when it is absent. */
const struct form_value *form_field_of(
	const struct form *form, const char *var);

/* XEP-0004 section 3.3: 1, 0, true, false. -1 for anything else. */
int form_boolean(const char *value, bool *out_r) MUST_CHECK;

/* --- Writing ------------------------------------------------------------- */

struct form_option {
	const char *label, *value;
};

struct form_field {
	const char *var;
	enum form_field_type type;
	const char *label;
	const char *desc;
	const char *value; /* NULL: none; lines become values of -multi */
	const struct form_option *options; /* for lists */
	size_t option_count;
	bool required;
	const char *datatype;  /* XEP-0122 ("xs:int"), NULL: none */
	const char *min, *max; /* its range, NULL: open */
};

/* `type` is "form", "result", "submit" or "cancel"; `form_type`, `title` and
 * `instructions` may be NULL. Ends with xml_close(). */
void form_open(struct xml_writer *w, const char *type, const char *form_type,
	const char *title, const char *instructions);
/* One field, between form_open() and xml_close(). */
void form_put(struct xml_writer *w, const struct form_field *field);

#endif
