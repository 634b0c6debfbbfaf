/*
 * Writing accounts, contacts and choices; load.c reads them.
 */
#include "store/accounts.h"

#include <assert.h>

#include "base/limits.h"
#include "store/job.h"
#include "store/load.h"
#include "store/script.h"

/* Names never hold NUL, so that no two rows have the same context. */
void account_context(
	struct str *out, const struct store_account *a, const char *setting)
{
	const struct slice parts[] = { slice_of(a->gateway), slice_of(a->user),
		slice_of(a->account), slice_of(setting) };

	str_reset(out);
	for (size_t i = 0; i < COUNT(parts); i++) {
		str_add_slice(out, parts[i]);
		str_add_char(out, '\0');
	}
	assert(!out->overflow);
}

static void add_setting(struct script *script, struct store *s,
	const struct store_account *a, const struct store_setting *setting)
{
	const struct vault *vault = store_vault(s);
	const char *value = setting->value ? setting->value : "";
	struct str context, sealed;

	str_init(&context, ACCOUNT_CONTEXT_MAX);
	str_init(&sealed, ACCOUNT_SEALED_MAX);
	if (setting->secret) {
		account_context(&context, a, setting->name);
		vault_seal(
			vault, str_slice(&context), slice_of(value), &sealed);
		if (sealed.overflow)
			script_refuse(script);
	}
	script_add(script, DB_SETTING_PUT,
		DB_VALUES(db_text(a->gateway), db_text(a->user),
			db_text(a->account), db_text(setting->name),
			db_text(setting->secret ? NULL : value),
			db_text(setting->secret ? vault_key_id(vault) : NULL),
			db_blob(sealed.data, sealed.len)));
	str_finish(&sealed);
	str_finish(&context);
}

void store_account_put(struct store *s, const struct store_account *a,
	store_done_fn fn, void *arg)
{
	static const struct job_type type = SCRIPT_TYPE(.name = "account put");
	struct script *script = script_new(fn, arg);
	struct db_value gateway = db_text(a->gateway);
	struct db_value user = db_text(a->user);
	struct db_value account = db_text(a->account);

	/* Who sees this answered may rely on all that was announced before. */
	announced_flush(store_announced(s));
	script_add(script, DB_ACCOUNT_PUT, DB_VALUES(gateway, user, account));
	script_add(script, DB_REMOVAL_OVERTAKEN,
		DB_VALUES(gateway, user, account));
	script_add(
		script, DB_SETTING_REMOVE, DB_VALUES(gateway, user, account));
	for (size_t i = 0; i < a->setting_count; i++)
		add_setting(script, s, a, &a->settings[i]);
	script_submit(script, s, &type);
}

/* What else belongs to an account. */
static const enum db_statement erasing[] = { DB_KEPT_ERASE, DB_OUTBOX_ERASE,
	DB_INBOX_ERASE };
static const enum db_statement clearing[] = { DB_KEPT_LEFT, DB_OUTBOX_LEFT,
	DB_INBOX_LEFT };

/* All these statements, for one account or (NULL) all of a user. */
static void add_each(struct script *script, const enum db_statement *ids,
	size_t count, const char *gateway, const char *user,
	const char *account)
{
	struct db_value which = db_text(account != NULL ? account : "");

	for (size_t i = 0; i < count; i++)
		script_add(script, ids[i],
			DB_VALUES(
				db_text(gateway), db_text(user), which, which));
}

void store_account_remove(struct store *s, const char *gateway,
	const char *user, const char *account, store_done_fn fn, void *arg)
{
	static const struct job_type type =
		SCRIPT_TYPE(.name = "account removal", .purges = true);
	struct script *script = script_new(fn, arg);
	struct db_value which = db_text(account != NULL ? account : "");

	add_each(script, erasing, COUNT(erasing), gateway, user, account);
	/* The settings go with the account. */
	if (account != NULL)
		script_add(script, DB_ACCOUNT_REMOVE,
			DB_VALUES(db_text(gateway), db_text(user),
				db_text(account)));
	else
		script_add(script, DB_ACCOUNT_REMOVE_ALL,
			DB_VALUES(db_text(gateway), db_text(user)));
	script_add(script, DB_REMOVAL_PUT,
		DB_VALUES(db_text(gateway), db_text(user), which));
	script_submit(script, s, &type);
}

void store_removal_done(struct store *s, const char *gateway, const char *user,
	const char *account, store_done_fn fn, void *arg)
{
	static const struct job_type type =
		SCRIPT_TYPE(.name = "end of a removal", .patient = true,
			.purges = true);
	struct script *script = script_new(fn, arg);
	struct db_value which = db_text(account != NULL ? account : "");

	announced_flush(store_announced(s));
	/* What its last session still wrote. */
	add_each(script, clearing, COUNT(clearing), gateway, user, account);
	script_add(script, DB_CONTACT_REMOVE_ALL,
		DB_VALUES(db_text(gateway), db_text(user)));
	script_add(script, DB_CHOICE_REMOVE_ALL,
		DB_VALUES(db_text(gateway), db_text(user)));
	script_add(script, DB_REMOVAL_DONE,
		DB_VALUES(db_text(gateway), db_text(user), which));
	script_submit(script, s, &type);
}

void store_contact_put(struct store *s, const struct store_contact *c,
	store_done_fn fn, void *arg)
{
	static const struct job_type type = SCRIPT_TYPE(.name = "contact put");
	struct script *script = script_new(fn, arg);

	script_add(script, DB_CONTACT_PUT,
		DB_VALUES(db_text(c->gateway), db_text(c->user),
			db_text(c->contact), db_text(c->name),
			db_number(c->state)));
	script_submit(script, s, &type);
}

void store_contact_remove(struct store *s, const char *gateway,
	const char *user, const char *contact, store_done_fn fn, void *arg)
{
	static const struct job_type type =
		SCRIPT_TYPE(.name = "contact removal");
	struct script *script = script_new(fn, arg);

	script_add(script, DB_CONTACT_REMOVE,
		DB_VALUES(db_text(gateway), db_text(user), db_text(contact)));
	script_submit(script, s, &type);
}

void store_room_choice_put(struct store *s, const struct store_room_choice *c,
	store_done_fn fn, void *arg)
{
	static const struct job_type type = SCRIPT_TYPE(.name = "room choice");
	struct script *script = script_new(fn, arg);
	struct db_value gateway = db_text(c->gateway);
	struct db_value user = db_text(c->user);
	struct db_value room = db_text(c->room);
	struct db_value name = db_text(c->name);

	if (c->value != NULL)
		script_add(script, DB_CHOICE_PUT,
			DB_VALUES(
				gateway, user, room, name, db_text(c->value)));
	else
		script_add(script, DB_CHOICE_REMOVE,
			DB_VALUES(gateway, user, room, name));
	script_submit(script, s, &type);
}
