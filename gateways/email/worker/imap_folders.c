/*
 * The list of folders, and what they are for: by their attributes (RFC 6154),
 * else by names that are usual.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "email_worker/imap.h"
#include "email_worker/imap_utf7.h"

#define FOLDERS_COUNT_MAX 1000
#define NAME_MAX_BYTES    1000

enum role {
	ROLE_NONE,
	ROLE_INBOX,
	ROLE_SENT,
	ROLE_DRAFTS,
	ROLE_JUNK,
	ROLE_TRASH,
	ROLE_ARCHIVE,
	ROLE_ALL,
	ROLE_FLAGGED,
	ROLES
};

static const struct {
	const char *name, *attribute;
} roles[ROLES] = {
	[ROLE_NONE] = { "-", NULL },
	[ROLE_INBOX] = { "inbox", "\\Inbox" },
	[ROLE_SENT] = { "sent", "\\Sent" },
	[ROLE_DRAFTS] = { "drafts", "\\Drafts" },
	[ROLE_JUNK] = { "junk", "\\Junk" },
	[ROLE_TRASH] = { "trash", "\\Trash" },
	[ROLE_ARCHIVE] = { "archive", "\\Archive" },
	[ROLE_ALL] = { "all", "\\All" },
	[ROLE_FLAGGED] = { "flagged", "\\Flagged" },
};

/* Names that servers and programs gave in many languages; ASCII in any case,
 * the rest as it is. */
static const struct {
	enum role role;
	const char *name;
} names[] = {
	{ ROLE_SENT, "sent" },
	{ ROLE_SENT, "sent items" },
	{ ROLE_SENT, "sent messages" },
	{ ROLE_SENT, "sent mail" },
	{ ROLE_SENT, "sent-mail" },
	{ ROLE_SENT, "gesendet" },
	{ ROLE_SENT, "gesendete objekte" },
	{ ROLE_SENT, "gesendete elemente" },
	{ ROLE_SENT, "envoyés" },
	{ ROLE_SENT, "messages envoyés" },
	{ ROLE_SENT, "éléments envoyés" },
	{ ROLE_SENT, "enviados" },
	{ ROLE_SENT, "elementos enviados" },
	{ ROLE_SENT, "itens enviados" },
	{ ROLE_SENT, "posta inviata" },
	{ ROLE_SENT, "inviata" },
	{ ROLE_SENT, "verzonden" },
	{ ROLE_SENT, "verzonden items" },
	{ ROLE_SENT, "skickat" },
	{ ROLE_SENT, "sendt" },
	{ ROLE_SENT, "lähetetyt" },
	{ ROLE_SENT, "wysłane" },
	{ ROLE_SENT, "odeslané" },
	{ ROLE_SENT, "odeslaná pošta" },
	{ ROLE_SENT, "elküldött" },
	{ ROLE_SENT, "gönderilmiş öğeler" },
	{ ROLE_SENT, "Отправленные" },
	{ ROLE_SENT, "Надіслані" },
	{ ROLE_SENT, "已发送" },
	{ ROLE_SENT, "寄件備份" },
	{ ROLE_SENT, "送信済みトレイ" },
	{ ROLE_DRAFTS, "drafts" },
	{ ROLE_DRAFTS, "entwürfe" },
	{ ROLE_DRAFTS, "brouillons" },
	{ ROLE_DRAFTS, "borradores" },
	{ ROLE_DRAFTS, "rascunhos" },
	{ ROLE_DRAFTS, "bozze" },
	{ ROLE_DRAFTS, "concepten" },
	{ ROLE_DRAFTS, "utkast" },
	{ ROLE_DRAFTS, "kladder" },
	{ ROLE_DRAFTS, "szkice" },
	{ ROLE_DRAFTS, "koncepty" },
	{ ROLE_DRAFTS, "Черновики" },
	{ ROLE_DRAFTS, "草稿" },
	{ ROLE_DRAFTS, "草稿箱" },
	{ ROLE_DRAFTS, "下書き" },
	{ ROLE_JUNK, "junk" },
	{ ROLE_JUNK, "junk e-mail" },
	{ ROLE_JUNK, "junk email" },
	{ ROLE_JUNK, "spam" },
	{ ROLE_JUNK, "bulk mail" },
	{ ROLE_JUNK, "junk-e-mail" },
	{ ROLE_JUNK, "spamverdacht" },
	{ ROLE_JUNK, "courrier indésirable" },
	{ ROLE_JUNK, "indésirables" },
	{ ROLE_JUNK, "pourriel" },
	{ ROLE_JUNK, "correo no deseado" },
	{ ROLE_JUNK, "lixo eletrônico" },
	{ ROLE_JUNK, "posta indesiderata" },
	{ ROLE_JUNK, "ongewenste e-mail" },
	{ ROLE_JUNK, "skräppost" },
	{ ROLE_JUNK, "Спам" },
	{ ROLE_JUNK, "垃圾邮件" },
	{ ROLE_JUNK, "迷惑メール" },
	{ ROLE_TRASH, "trash" },
	{ ROLE_TRASH, "deleted items" },
	{ ROLE_TRASH, "deleted messages" },
	{ ROLE_TRASH, "deleted" },
	{ ROLE_TRASH, "bin" },
	{ ROLE_TRASH, "papierkorb" },
	{ ROLE_TRASH, "gelöscht" },
	{ ROLE_TRASH, "gelöschte elemente" },
	{ ROLE_TRASH, "gelöschte objekte" },
	{ ROLE_TRASH, "corbeille" },
	{ ROLE_TRASH, "papelera" },
	{ ROLE_TRASH, "lixeira" },
	{ ROLE_TRASH, "cestino" },
	{ ROLE_TRASH, "prullenbak" },
	{ ROLE_TRASH, "papperskorgen" },
	{ ROLE_TRASH, "kosz" },
	{ ROLE_TRASH, "koš" },
	{ ROLE_TRASH, "Корзина" },
	{ ROLE_TRASH, "Удаленные" },
	{ ROLE_TRASH, "已删除" },
	{ ROLE_TRASH, "ゴミ箱" },
	{ ROLE_ARCHIVE, "archive" },
	{ ROLE_ARCHIVE, "archives" },
	{ ROLE_ARCHIVE, "archiv" },
	{ ROLE_ARCHIVE, "archivio" },
	{ ROLE_ARCHIVE, "archivo" },
	{ ROLE_ARCHIVE, "arkiv" },
	{ ROLE_ARCHIVE, "Архив" },
};

struct folder {
	enum role role; /* by its attributes */
	char *name;
	char separator; /* of its path; '\0': none */
};

struct folder_list {
	struct folder items[FOLDERS_COUNT_MAX];
	size_t count;
	bool is_known[ROLES]; /* by an attribute */
};

/* --- LIST ---------------------------------------------------------------- */

/* What is in the parentheses; false: no folder that can be opened. */
static bool read_attributes(
	struct slice *rest, struct str *space, struct folder *f)
{
	struct slice word;
	bool is_string, is_good = true;

	if (!imap_word(rest, &word, space, &is_string) ||
		!slice_equals(word, "("))
		return false;
	while (imap_word(rest, &word, space, &is_string) &&
		!slice_equals(word, ")")) {
		if (slice_equals_nocase(word, "\\Noselect") ||
			slice_equals_nocase(word, "\\NonExistent"))
			is_good = false;
		for (int i = ROLE_INBOX; i < ROLES; i++) {
			if (slice_equals_nocase(word, roles[i].attribute))
				f->role = (enum role)i;
		}
	}
	return is_good;
}

static bool read_folder(struct slice rest, struct folder *f)
{
	struct str space, name;
	struct slice word;
	bool is_string, is_good;

	str_init(&space, NAME_MAX_BYTES);
	str_init(&name, NAME_MAX_BYTES);
	is_good = read_attributes(&rest, &space, f) &&
		  imap_word(&rest, &word, &space, &is_string);
	if (is_good && is_string && word.len == 1)
		f->separator = word.data[0];
	is_good = is_good && imap_word(&rest, &word, &space, &is_string) &&
		  word.len > 0 && imap_utf7_decode(&name, word) == 0;
	if (is_good)
		f->name = xstrdup(str_text(&name));
	str_finish(&space);
	str_finish(&name);
	return is_good;
}

static void on_list(struct imap *m, const struct imap_response *r,
	struct slice response UNUSED)
{
	struct folder_list *list = m->hear_arg;
	struct folder f = { .role = ROLE_NONE };

	if (r->kind != IMAP_LIST || list->count == FOLDERS_COUNT_MAX ||
		!read_folder(r->rest, &f))
		return;
	if (slice_equals_nocase(slice_of(f.name), "INBOX"))
		f.role = ROLE_INBOX;
	list->is_known[f.role] = true;
	list->items[list->count++] = f;
}

/* --- Names --------------------------------------------------------------- */

static enum role role_by_name(const struct folder *f)
{
	const char *last =
		f->separator != '\0' ? strrchr(f->name, f->separator) : NULL;
	struct slice name = slice_of(last != NULL ? last + 1 : f->name);

	for (size_t i = 0; i < COUNT(names); i++) {
		if (slice_equals_nocase(name, names[i].name))
			return names[i].role;
	}
	return ROLE_NONE;
}

/* The first of a name counts, and only where no attribute says it. */
static void find_roles(struct folder_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct folder *f = &list->items[i];
		enum role role;

		if (f->role != ROLE_NONE)
			continue;
		role = role_by_name(f);
		if (role != ROLE_NONE && !list->is_known[role]) {
			list->is_known[role] = true;
			f->role = role;
		}
	}
}

static void write_list(struct imap *m, const struct folder_list *list)
{
	str_reset(&m->folders);
	for (size_t i = 0; i < list->count; i++)
		str_addf(&m->folders, "%s\t%s\n",
			roles[list->items[i].role].name, list->items[i].name);
}

static void free_list(struct folder_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		xfree(list->items[i].name);
	xfree(list);
}

enum link_error imap_read_folders(struct imap *m)
{
	bool is_special =
		imap_can(m, "SPECIAL-USE") && imap_can(m, "LIST-EXTENDED");
	struct folder_list *list;
	enum link_error error;

	if (m->has_folders)
		return LINK_OK;
	list = xalloc(sizeof(*list));
	m->hear = on_list;
	m->hear_arg = list;
	error = imap_command(
		m, slice_of(is_special ? "LIST \"\" \"*\" RETURN (SPECIAL-USE)"
				       : "LIST \"\" \"*\""));
	m->hear = NULL;
	if (error == LINK_OK) {
		find_roles(list);
		write_list(m, list);
		m->has_folders = true;
	}
	free_list(list);
	return error;
}
