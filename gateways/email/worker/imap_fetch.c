/*
 * Folders opened, mails listed, bytes fetched: by the library. Asked for are
 * only items that its parser stood up to (README.md): never
 * ENVELOPE or BODYSTRUCTURE.
 */
#include <libetpan/condstore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "email_worker/imap.h"
#include "email_worker/imap_utf7.h"

#define NAME_MAX_BYTES 2000

/* A list has some 150 bytes a mail; a slice comes with a line around it. */
#define LIST_BYTES  ((size_t)16 * 1024 * 1024)
#define LIST_MS     180000
#define SLICE_BYTES ((size_t)2 * 1024 * 1024)
#define SLICE_MS    120000

/* --- Folders ------------------------------------------------------------- */

static enum link_error select_name(struct imap *m, const char *name)
{
	uint64_t ignored = 0;
	int result;

	imap_library_begin(m, IMAP_COMMAND_BYTES, IMAP_COMMAND_MS);
	if (imap_can(m, "CONDSTORE") || imap_can(m, "QRESYNC"))
		result = mailimap_select_condstore(m->library, name, &ignored);
	else
		result = mailimap_select(m->library, name);
	return imap_library_end(m, result);
}

enum link_error imap_select(struct imap *m, const char *folder)
{
	struct str name;
	enum link_error error = LINK_NO_SUCH;

	if (m->selected != NULL && strcmp(m->selected, folder) == 0)
		return LINK_OK;
	xstrset(&m->selected, NULL);
	m->uid_validity = m->uid_next = m->mod_seq = 0;
	m->exists = 0;
	str_init(&name, NAME_MAX_BYTES);
	if (imap_utf7_encode(&name, slice_of(folder)) == 0 && name.len > 0)
		error = select_name(m, str_text(&name));
	str_finish(&name);
	/* Servers that know no codes say just no. */
	if (error == LINK_NO)
		error = LINK_NO_SUCH;
	if (error == LINK_OK)
		xstrset(&m->selected, folder);
	m->has_news = m->has_changes = false;
	return error;
}

/* --- Items of a FETCH ---------------------------------------------------- */

static const struct {
	const char *name;
	unsigned flag;
} keywords[] = {
	{ "$Junk", FLAG_JUNK },
	{ "Junk", FLAG_JUNK },
	{ "$NotJunk", FLAG_NOT_JUNK },
	{ "NonJunk", FLAG_NOT_JUNK },
	{ "$MDNSent", FLAG_MDN_SENT },
};

static unsigned flag_of(const struct mailimap_flag *flag)
{
	switch (flag->fl_type) {
	case MAILIMAP_FLAG_ANSWERED:
		return FLAG_ANSWERED;
	case MAILIMAP_FLAG_FLAGGED:
		return FLAG_FLAGGED;
	case MAILIMAP_FLAG_DELETED:
		return FLAG_DELETED;
	case MAILIMAP_FLAG_SEEN:
		return FLAG_SEEN;
	case MAILIMAP_FLAG_DRAFT:
		return FLAG_DRAFT;
	case MAILIMAP_FLAG_KEYWORD:
		break;
	default:
		return 0;
	}
	for (size_t i = 0; i < COUNT(keywords); i++) {
		if (slice_equals_nocase(slice_of(flag->fl_data.fl_keyword),
			    keywords[i].name))
			return keywords[i].flag;
	}
	return 0;
}

static unsigned flags_of(const struct mailimap_msg_att_dynamic *dynamic)
{
	unsigned flags = 0;

	if (dynamic->att_list == NULL)
		return 0;
	for (clistiter *it = clist_begin(dynamic->att_list); it != NULL;
		it = clist_next(it)) {
		const struct mailimap_flag_fetch *fetch = clist_content(it);

		if (fetch->fl_flag != NULL)
			flags |= flag_of(fetch->fl_flag);
	}
	return flags;
}

/* Milliseconds since 1970 of a date that a server sent. */
static int64_t date_of(const struct mailimap_date_time *d)
{
	struct tm tm = { .tm_year = d->dt_year - 1900,
		.tm_mon = d->dt_month - 1,
		.tm_mday = d->dt_day,
		.tm_hour = d->dt_hour,
		.tm_min = d->dt_min,
		.tm_sec = d->dt_sec };
	int zone = d->dt_zone;
	int64_t seconds;

	if (d->dt_year < 1970 || d->dt_year > 9999)
		return 0;
	/* "+0130" is the number 130. */
	seconds = timegm(&tm) - (zone / 100 * 60 + zone % 100) * 60;
	return seconds > 0 ? seconds * 1000 : 0;
}

/* What one FETCH said. */
struct item {
	struct imap_found found;
	bool has_flags, has_size;
	const char *bytes; /* borrowed from the library */
	size_t len;
};

static void read_static(
	const struct mailimap_msg_att_static *s, struct item *item)
{
	const struct mailimap_msg_att_body_section *section;

	switch (s->att_type) {
	case MAILIMAP_MSG_ATT_UID:
		item->found.uid = s->att_data.att_uid;
		break;
	case MAILIMAP_MSG_ATT_RFC822_SIZE:
		item->found.size = s->att_data.att_rfc822_size;
		item->has_size = true;
		break;
	case MAILIMAP_MSG_ATT_INTERNALDATE:
		item->found.date_ms = date_of(s->att_data.att_internal_date);
		break;
	case MAILIMAP_MSG_ATT_BODY_SECTION:
		section = s->att_data.att_body_section;
		item->bytes = section->sec_body_part;
		item->len = item->bytes != NULL ? section->sec_length : 0;
		break;
	default:
		break;
	}
}

static void read_extension(
	const struct mailimap_extension_data *data, struct item *item)
{
	const struct mailimap_condstore_fetch_mod_resp *mod;

	if (data == NULL ||
		data->ext_extension != &mailimap_extension_condstore ||
		data->ext_type != MAILIMAP_CONDSTORE_TYPE_FETCH_DATA)
		return;
	mod = data->ext_data;
	item->found.mod_seq = mod->cs_modseq_value;
}

static void read_item(const struct mailimap_msg_att *att, struct item *item)
{
	*item = (struct item){ 0 };
	for (clistiter *it = clist_begin(att->att_list); it != NULL;
		it = clist_next(it)) {
		const struct mailimap_msg_att_item *i = clist_content(it);

		if (i->att_type == MAILIMAP_MSG_ATT_ITEM_STATIC) {
			read_static(i->att_data.att_static, item);
		} else if (i->att_type == MAILIMAP_MSG_ATT_ITEM_DYNAMIC) {
			item->found.flags = flags_of(i->att_data.att_dyn);
			item->has_flags = true;
		} else {
			read_extension(i->att_data.att_extension_data, item);
		}
	}
}

/* --- Lists --------------------------------------------------------------- */

struct list_of_mails {
	struct imap_found *items;
	size_t count, cap;
	/* Answers to what was not asked for are no news. */
	uint32_t first, last; /* UIDs */
	bool with_size;
};

static bool was_asked_for(
	const struct list_of_mails *list, const struct item *item)
{
	return item->has_flags && item->found.uid >= list->first &&
	       item->found.uid <= list->last &&
	       (item->has_size || !list->with_size);
}

typedef void (*att_fn)(const struct mailimap_msg_att *att, void *arg);

/* What a FETCH of the library gave; frees it. */
static void for_each_att(clist *result, att_fn fn, void *arg)
{
	if (result == NULL)
		return;
	for (clistiter *it = clist_begin(result); it != NULL;
		it = clist_next(it))
		fn(clist_content(it), arg);
	mailimap_fetch_list_free(result);
}

static void on_listed(const struct mailimap_msg_att *att, void *arg)
{
	struct list_of_mails *list = arg;
	struct item item;

	read_item(att, &item);
	if (!was_asked_for(list, &item) || list->count == IMAP_FOUND_MAX)
		return;
	if (list->count == list->cap) {
		list->cap = list->cap == 0 ? 8 : 2 * list->cap;
		list->items =
			xrealloc(list->items, list->cap, sizeof(*list->items));
	}
	list->items[list->count++] = item.found;
}

static int by_uid(const void *a, const void *b)
{
	uint32_t left = ((const struct imap_found *)a)->uid;
	uint32_t right = ((const struct imap_found *)b)->uid;

	return (left > right) - (left < right);
}

/* One for each UID: what was said last. */
static void sort_list(struct list_of_mails *list)
{
	size_t kept = 0;

	if (list->count > 0)
		qsort(list->items, list->count, sizeof(*list->items), by_uid);
	for (size_t i = 0; i < list->count; i++) {
		if (kept > 0 && list->items[kept - 1].uid == list->items[i].uid)
			kept--;
		list->items[kept++] = list->items[i];
	}
	list->count = kept;
}

static struct mailimap_fetch_type *what_is_listed(bool only_flags)
{
	struct mailimap_fetch_type *type =
		mailimap_fetch_type_new_fetch_att_list_empty();

	(void)mailimap_fetch_type_new_fetch_att_list_add(
		type, mailimap_fetch_att_new_uid());
	(void)mailimap_fetch_type_new_fetch_att_list_add(
		type, mailimap_fetch_att_new_flags());
	if (only_flags)
		return type;
	(void)mailimap_fetch_type_new_fetch_att_list_add(
		type, mailimap_fetch_att_new_rfc822_size());
	(void)mailimap_fetch_type_new_fetch_att_list_add(
		type, mailimap_fetch_att_new_internaldate());
	return type;
}

enum link_error imap_list_mails(struct imap *m, bool by_number, uint32_t first,
	uint32_t last, uint64_t changed_since, struct imap_found **found_r,
	size_t *count_r)
{
	struct list_of_mails list = {
		.first = by_number || first == 0 ? 1 : first,
		.last = by_number || last == 0 ? UINT32_MAX : last,
		.with_size = changed_since == 0,
	};
	struct mailimap_set *set = mailimap_set_new_interval(first, last);
	struct mailimap_fetch_type *type = what_is_listed(changed_since > 0);
	clist *result = NULL;
	enum link_error error;
	int code;

	imap_library_begin(m, LIST_BYTES, LIST_MS);
	if (changed_since > 0)
		code = mailimap_uid_fetch_changedsince(
			m->library, set, type, changed_since, &result);
	else if (by_number)
		code = mailimap_fetch(m->library, set, type, &result);
	else
		code = mailimap_uid_fetch(m->library, set, type, &result);
	mailimap_fetch_type_free(type);
	mailimap_set_free(set);
	for_each_att(result, on_listed, &list);
	error = imap_library_end(m, code);
	sort_list(&list);
	*found_r = list.items;
	*count_r = list.count;
	return error;
}

/* --- Bytes --------------------------------------------------------------- */

struct wanted {
	uint32_t uid;
	struct str *out;
	bool is_found;
};

static void on_slice(const struct mailimap_msg_att *att, void *arg)
{
	struct wanted *wanted = arg;
	struct item item;

	read_item(att, &item);
	if (wanted->is_found || item.bytes == NULL ||
		(item.found.uid != 0 && item.found.uid != wanted->uid))
		return;
	wanted->is_found = true;
	str_add_bytes(wanted->out, item.bytes, item.len);
}

enum link_error imap_fetch_slice(
	struct imap *m, uint32_t uid, uint32_t offset, struct str *out)
{
	struct wanted wanted = { uid, out, false };
	struct mailimap_set *set = mailimap_set_new_single(uid);
	struct mailimap_fetch_type *type =
		mailimap_fetch_type_new_fetch_att_list_empty();
	clist *result = NULL;
	enum link_error error;
	int code;

	(void)mailimap_fetch_type_new_fetch_att_list_add(
		type, mailimap_fetch_att_new_uid());
	(void)mailimap_fetch_type_new_fetch_att_list_add(
		type, mailimap_fetch_att_new_body_peek_section_partial(
			      mailimap_section_new(NULL), offset, IMAP_SLICE));
	imap_library_begin(m, SLICE_BYTES, SLICE_MS);
	code = mailimap_uid_fetch(m->library, set, type, &result);
	mailimap_fetch_type_free(type);
	mailimap_set_free(set);
	for_each_att(result, on_slice, &wanted);
	error = imap_library_end(m, code);
	if (error != LINK_OK)
		return error;
	return wanted.is_found ? LINK_OK : LINK_NO_SUCH;
}
