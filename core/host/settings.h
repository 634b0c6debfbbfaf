/*
 * One schema of settings (struct gw_setting) as data form, as the old
 * elements of jabber:iq:register, and as questions in a chat.
 */
#ifndef HOST_SETTINGS_H
#define HOST_SETTINGS_H

#include "api/types.h"
#include "base/arena.h"
#include "host/account.h"
#include "xmpp/form.h"
#include "xmpp/xml.h"

/* Rows before the one without a name. */
size_t settings_count(const struct gw_setting *rows);

/* Row index of the setting with this name, or this use; -1: none. */
int settings_by_name(const struct gw_setting *rows, const char *name);
int settings_by_use(const struct gw_setting *rows, enum gw_setting_use use);

/* Is nobody asked for this one here? `gw` NULL: the rows are no gateway's. */
bool settings_is_hidden(const struct gw *gw, const struct gw_setting *row);
/* Is anybody asked for a password by these? */
bool settings_have_secret(const struct gw *gw, const struct gw_setting *rows);

/* Values read from a request: one per row, NULL where it was not given. */
struct settings_values {
	const char **values;
	size_t count;
	/* One per row: back to the default or to none, a secret too, which an
	 * empty value would keep. NULL: none is. */
	const bool *cleared;
};

static inline bool settings_is_cleared(
	const struct settings_values *v, size_t index)
{
	return v->cleared != NULL && v->cleared[index];
}

/* What a form says and shows; secrets are always empty in it. */
struct settings_form {
	const struct gw_setting *rows;
	const struct gw *gw;           /* whose rows it is; NULL: nobody's */
	const struct account *account; /* its values; NULL: defaults */
	/* What the user gave before, when it is asked again; may be NULL. */
	const struct settings_values *given;
	/* Each may be NULL. Every line of `instructions` is an element. */
	const char *form_type, *title, *instructions;
};

/* What the setting is for, and what the network uses while the account (NULL:
 * none yet) has no value for it. Appended to `out`; nothing if there is none. */
void settings_put_help(
	struct str *out, const struct gw_setting *row, const struct account *a);

void settings_put_form(struct xml_writer *w, const struct settings_form *form);

/* From a submitted form, or from the old elements below `query`. */
void settings_from_form(struct settings_values *v,
	const struct gw_setting *rows, const struct form *form,
	struct arena *a);
/* XEP-0077 section 3: each value in an element of its own. */
void settings_from_elements(struct settings_values *v,
	const struct gw_setting *rows, const struct xml *query,
	struct arena *a);

/* Check one value as a user gave it; NULL when it is good, else why not, in
 * words for a person (in `scratch`). */
const char *settings_check(
	const struct gw_setting *row, const char *value, struct str *scratch);

/* Check all: required rows present (an empty secret is present when `a` has
 * one stored). NULL, or the first complaint, naming the field. */
const char *settings_check_all(const struct gw_setting *rows,
	const struct settings_values *v, const struct account *a,
	struct str *scratch);

#endif
