/*
 * The configuration form (XEP-0045 section 10.2): what the network can change
 * about a room, and what the user chose for himself here. The network decides
 * who may change what; there are no owners to ask for beforehand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "host/room_private.h"
#include "store/accounts.h"
#include "xmpp/form.h"
#include "xmpp/ns.h"

#define FIELD(name)     "muc#roomconfig_" name
#define FIELD_PROTECTED FIELD("passwordprotectedroom")
#define FIELD_SECRET    FIELD("roomsecret")
#define FIELD_MAX_USERS FIELD("maxusers")

/* Switches of the network; some are named by their opposite. */
static const struct {
	const char *var, *label;
	unsigned flag;
	bool inverted;
} switches[] = {
	{ FIELD("moderatedroom"), "Only people with voice may speak",
		GW_ROOM_MODERATED, false },
	{ FIELD("membersonly"), "Only invited people may enter",
		GW_ROOM_MEMBERS_ONLY, false },
	{ FIELD("publicroom"), "The room is listed publicly", GW_ROOM_HIDDEN,
		true },
	{ FIELD("changesubject"), "Everybody may change the subject",
		GW_ROOM_SUBJECT_LOCKED, true },
};

/* --- The user's choices -------------------------------------------------- */

static const char *local_part(
	const struct room *room, char out[GATEWAY_JID_SIZE])
{
	text_format(out, GATEWAY_JID_SIZE, "%.*s", (int)strcspn(room->jid, "@"),
		room->jid);
	return out;
}

static const char *choice(const struct room *room, const char *name)
{
	char local[GATEWAY_JID_SIZE];
	return room_choice(room->account->user, local_part(room, local), name);
}

long room_history_choice(const struct room *room)
{
	const char *value = choice(room, CHOICE_HISTORY);
	return value != NULL ? strtol(value, NULL, 10) : HISTORY_DEFAULT;
}

static bool autojoin_choice(const struct room *room)
{
	const char *value = choice(room, CHOICE_AUTOJOIN);
	return value != NULL && strcmp(value, "1") == 0;
}

static void choose(struct room *room, const char *name, const char *value)
{
	char local[GATEWAY_JID_SIZE];
	room_choice_keep(
		room->account->user, local_part(room, local), name, value);
}

/* Choices are kept with the user's accounts: guests have none. */
static bool has_choices(const struct room *room)
{
	return room->account->registered;
}

static bool is_configurable(const struct room *room)
{
	return room_ops(room)->configure != NULL && room->configured;
}

/* --- The form ------------------------------------------------------------- */

static void put_switches(struct xml_writer *w, unsigned flags)
{
	for (size_t i = 0; i < COUNT(switches); i++) {
		bool on = (flags & switches[i].flag) != 0;
		const struct form_field field = { .var = switches[i].var,
			.type = FORM_BOOLEAN,
			.label = switches[i].label,
			.value = on != switches[i].inverted ? "1" : "0" };
		form_put(w, &field);
	}
}

static void put_network_fields(
	struct xml_writer *w, const struct gw_room_info *info)
{
	char users[24] = "";
	put_switches(w, info->flags);
	const struct form_field protected = { .var = FIELD_PROTECTED,
		.type = FORM_BOOLEAN,
		.label = "A password is needed to enter",
		.value = info->password != NULL ? "1" : "0" };
	form_put(w, &protected);
	const struct form_field secret = { .var = FIELD_SECRET,
		.type = FORM_SECRET,
		.label = "The password",
		.desc = "Leave it empty to keep it as it is." };
	form_put(w, &secret);
	if (info->max_users > 0)
		snprintf(users, sizeof(users), "%ld", info->max_users);
	const struct form_field max_users = { .var = FIELD_MAX_USERS,
		.type = FORM_TEXT,
		.label = "Most people in the room; empty: no limit",
		.value = users };
	form_put(w, &max_users);
	if (info->detail == NULL)
		return;
	char words[512];
	text_format(words, sizeof(words), "Modes now: %s", info->detail);
	const struct form_field detail = { .type = FORM_FIXED, .value = words };
	form_put(w, &detail);
}

static void put_choices(struct xml_writer *w, const struct room *room)
{
	char history[24], most[24];
	snprintf(history, sizeof(history), "%ld", room_history_choice(room));
	snprintf(most, sizeof(most), "%d", HISTORY_MAX);
	if (history_archive(account_gateway(room->account)) != NULL) {
		const struct form_field field = { .var = CHOICE_HISTORY,
			.type = FORM_TEXT,
			.label = "Messages to show when I enter",
			.value = history,
			.datatype = "xs:integer",
			.min = "0",
			.max = most };
		form_put(w, &field);
	}
	const struct form_field autojoin = { .var = CHOICE_AUTOJOIN,
		.type = FORM_BOOLEAN,
		.label = "Stay in this room whenever I am connected",
		.value = autojoin_choice(room) ? "1" : "0" };
	form_put(w, &autojoin);
}

static void get(struct user *u, const struct room *room, const struct stanza *s)
{
	struct component *c = u->gateway->component;
	struct xml_writer *w = iq_result_begin(c, s);
	xml_open(w, "query", NS_MUC_OWNER);
	/* Section 10.2: nothing to configure is an empty query. */
	if (is_configurable(room) || has_choices(room)) {
		char title[GW_NAME_SIZE + 32];
		text_format(title, sizeof(title), "Configuration of %s",
			room->name);
		form_open(w, "form", NS_MUC_ROOMCONFIG, title,
			"The network decides which changes you may make.");
		if (is_configurable(room))
			put_network_fields(w, &room->info);
		if (has_choices(room))
			put_choices(w, room);
		xml_close(w);
	}
	xml_close(w);
	(void)stanza_end(c);
}

/* --- A submitted form ---------------------------------------------------- */

/* What a form asks for. */
struct wish {
	struct gw_room_info info; /* strings borrowed from the stanza */
	unsigned fields;          /* what differs from how it is */
	int autojoin;             /* -1: not given */
	long history;             /* likewise */
};

/* A whole number from 0 to `max`; "" and "none" are 0. -1: it is not. */
static long read_number(const char *text, long max)
{
	if (text[0] == '\0' || strcmp(text, "none") == 0)
		return 0;
	long value = 0;
	for (size_t i = 0; text[i] != '\0'; i++) {
		if (text[i] < '0' || text[i] > '9' || i == 9)
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value <= max ? value : -1;
}

/* Each of the readers below returns NULL, or what is wrong. */
static const char *read_switches(const struct form *form,
	const struct gw_room_info *now, struct wish *wish)
{
	for (size_t i = 0; i < COUNT(switches); i++) {
		const char *text = form_get(form, switches[i].var);
		bool on;
		if (text == NULL)
			continue;
		if (form_boolean(text, &on) != 0)
			return "A switch must be 0 or 1.";
		unsigned flag = switches[i].flag;
		if (on != switches[i].inverted)
			wish->info.flags |= flag;
		else
			wish->info.flags &= ~flag;
		if (((wish->info.flags ^ now->flags) & flag) != 0)
			wish->fields |= flag;
	}
	return NULL;
}

static const char *read_password(const struct form *form,
	const struct gw_room_info *now, struct wish *wish)
{
	const char *text = form_get(form, FIELD_PROTECTED);
	const char *secret = form_get(form, FIELD_SECRET);
	bool given = secret != NULL && secret[0] != '\0';
	bool wanted = given || now->password != NULL;
	if (text != NULL && form_boolean(text, &wanted) != 0)
		return "A switch must be 0 or 1.";
	if (wanted && !given && now->password == NULL)
		return "Give the password that people will need.";
	if (!wanted)
		wish->info.password = NULL;
	else if (given)
		wish->info.password = secret;
	bool same = wish->info.password == now->password ||
		    (wish->info.password != NULL && now->password != NULL &&
			    strcmp(wish->info.password, now->password) == 0);
	if (!same)
		wish->fields |= GW_ROOM_PASSWORD;
	return NULL;
}

static const char *read_network(
	const struct form *form, const struct room *room, struct wish *wish)
{
	if (!is_configurable(room))
		return NULL;
	const struct gw_room_info *now = &room->info;
	const char *fault = read_switches(form, now, wish);
	if (fault == NULL)
		fault = read_password(form, now, wish);
	const char *users = form_get(form, FIELD_MAX_USERS);
	if (fault != NULL || users == NULL)
		return fault;
	wish->info.max_users = read_number(users, 1000000);
	if (wish->info.max_users < 0)
		return "The number of people must be a whole number.";
	if (wish->info.max_users != now->max_users)
		wish->fields |= GW_ROOM_MAX_USERS;
	return NULL;
}

static bool too_many_choices(const struct room *room, const struct wish *wish)
{
	bool keeps = wish->history >= 0 &&
		     wish->history != room_history_choice(room);
	bool stays = wish->autojoin == 1 && !autojoin_choice(room);
	return (keeps || stays) && choice(room, CHOICE_HISTORY) == NULL &&
	       choice(room, CHOICE_AUTOJOIN) == NULL &&
	       room->account->user->choices.count >= LIMIT_ROOM_CHOICES;
}

static const char *read_choices(
	const struct form *form, const struct room *room, struct wish *wish)
{
	if (!has_choices(room))
		return NULL;
	const char *history = form_get(form, CHOICE_HISTORY);
	const char *autojoin = form_get(form, CHOICE_AUTOJOIN);
	if (history != NULL) {
		wish->history = read_number(history, HISTORY_MAX);
		if (wish->history < 0)
			return "The number of messages is out of range.";
	}
	bool on;
	if (autojoin != NULL) {
		if (form_boolean(autojoin, &on) != 0)
			return "A switch must be 0 or 1.";
		wish->autojoin = on;
	}
	return too_many_choices(room, wish) ? "You have settings for too many "
					      "rooms. Reset those of others."
					    : NULL;
}

/* The user's part of a form, while the network works on its own. */
struct pending {
	int autojoin;
	long history;
	char room[]; /* its name */
};

static void keep_choices(struct account *a, const struct pending *p)
{
	struct room *room = room_find(a, p->room);
	if (room == NULL)
		return;
	if (p->history >= 0 && p->history != room_history_choice(room)) {
		char number[24];
		snprintf(number, sizeof(number), "%ld", p->history);
		choose(room, CHOICE_HISTORY, number);
	}
	if (p->autojoin >= 0 && (p->autojoin == 1) != autojoin_choice(room)) {
		choose(room, CHOICE_AUTOJOIN, p->autojoin == 1 ? "1" : NULL);
		room->listed = p->autojoin == 1;
	}
}

static void configured(struct request *r, const struct gw_result *result)
{
	if (result->stage == GW_FAILED) {
		request_reply_error(r, result->reason, result->text);
		return;
	}
	keep_choices(r->account, r->arg);
	request_reply_result(r);
}

static void apply(struct user *u, struct room *room, const struct stanza *s,
	const struct wish *wish)
{
	struct account *a = room->account;
	size_t len = strlen(room->name);
	struct pending *p = xalloc(sizeof(*p) + len + 1);
	p->autojoin = wish->autojoin;
	p->history = wish->history;
	memcpy(p->room, room->name, len);
	struct request *r = NULL;
	if (wish->fields == 0) {
		keep_choices(a, p);
		iq_result(u->gateway->component, s);
	} else if ((r = request_new(a, s, configured)) == NULL) {
		user_refuse(u, s, ERR_RESOURCE_CONSTRAINT, TEXT_BUSY);
	}
	if (r == NULL) {
		xfree(p);
		return;
	}
	r->arg = p;
	r->owns_arg = true;
	room_ops(room)->configure(
		&room->room, r->id, &wish->info, wish->fields);
}

static void submit(struct user *u, struct room *room, const struct stanza *s,
	const struct form *form)
{
	struct wish wish = {
		.info = room->info, .autojoin = -1, .history = -1
	};
	const char *fault = read_network(form, room, &wish);
	if (fault == NULL)
		fault = read_choices(form, room, &wish);
	if (fault != NULL)
		user_refuse(u, s, ERR_NOT_ACCEPTABLE, fault);
	else
		apply(u, room, s, &wish);
}

static void set(struct user *u, struct room *room, const struct stanza *s,
	const struct xml *query)
{
	struct form form;
	const struct xml *x = xml_child(query, "x", NS_DATA_FORM);
	if (xml_child(query, "destroy", NULL) != NULL) {
		user_refuse(u, s, ERR_NOT_ALLOWED,
			"A room of this network cannot be destroyed.");
		return;
	}
	if (x == NULL || form_read(&form, x, s->arena) != 0) {
		user_refuse(u, s, ERR_BAD_REQUEST, "The form is missing.");
		return;
	}
	if (form.type != NULL && strcmp(form.type, "cancel") == 0)
		iq_result(u->gateway->component, s);
	else if (form.type == NULL || strcmp(form.type, "submit") != 0 ||
		 (form.form_type != NULL &&
			 strcmp(form.form_type, NS_MUC_ROOMCONFIG) != 0))
		user_refuse(u, s, ERR_BAD_REQUEST, "This is another form.");
	else
		submit(u, room, s, &form);
}

void room_owner_iq(
	struct user *u, const struct target *t, const struct stanza *s)
{
	const struct seat *seat = room_need_member(u, t, s);
	if (seat == NULL)
		return;
	if (s->type == TYPE_GET)
		get(u, seat->room, s);
	else
		set(u, seat->room, s, xml_child(s->xml, "query", NS_MUC_OWNER));
}
