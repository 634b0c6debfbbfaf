/*
 * The boundary between the core and a network. A gateway is one constant
 * `struct gateway_ops`: the core calls down through it, the gateway calls up
 * through the gw_* services (services.h). All arguments are plain data,
 * borrowed for the call; text is clean UTF-8. The gateway never sees XML, a
 * JID, the store or another user; the core never sees the network.
 *
 * Rules:
 * - One thread. No op is called before a gw_* service returns.
 * - Every op that takes a `gw_request` is completed exactly once with
 *   gw_result(), during the op or later, unless its session or room was
 *   closed first. An op that is NULL is not supported: the core answers.
 * - After close() or stop() returned, the gateway makes no call about it.
 * To read on: types.h, services.h, then tests/gateways/echo.
 */
#ifndef API_GATEWAY_H
#define API_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/types.h"

struct cfg_group;   /* base/config.h */
struct str;         /* base/str.h */
struct loop;        /* net/loop.h */
struct resolver;    /* net/resolve.h */
struct policy;      /* net/policy.h */
struct http_client; /* net/http_client.h */
struct http_server; /* net/http.h */
struct dns;         /* net/dns.h */
struct str;         /* base/str.h */

/* What the process lends to every gateway. */
struct gw_env {
	struct loop *loop;
	struct resolver *resolver;
	const struct policy *policy; /* for hosts that users name */
	const char *software;        /* "causeway 0.1.0" */
	struct http_client *http;    /* obeys the policy */
	/* For requests of the network's own servers; NULL: there is none. A
	 * path begins with the name of the gateway. */
	struct http_server *http_server;
	struct dns *dns; /* MX and SRV records */
};

/* One configured gateway. The core owns it; `impl` is the gateway's. */
struct gw {
	const struct gateway_ops *ops;
	const struct gw_env *env;
	const void *config; /* the struct of ops->config */
	const char *jid;    /* for texts only */
	void *impl;
};

/* One user's link to one network, from open() until close(). It lives
 * through lost connections: open() is called again after gw_closed(). */
struct gw_session {
	struct gw *gw;
	const char *account; /* as canonical_account() made it */
	const char *user;    /* bare JID: for limits and logs, not to show */
	const char *id;      /* short and unique: starts every log line */
	void *impl;
};

/* One room as one user's link sees it, from join() until leave() returned,
 * or until gw_room_failed() or the user's own gw_room_gone() was called. A
 * lost link (gw_closed) ends it for the gateway; the core joins again. */
struct gw_room {
	struct gw_session *session;
	const char *name; /* as parse_address() gave it */
	void *impl;
};

struct gateway_ops {
	/* --- Identity ------------------------------------------------------------ */
	const char *name;        /* "irc": the `type` in the configuration */
	const char *disco_type;  /* gateway/<type> of the XMPP registrar */
	const char *person_type; /* client/<type> of a person: "pc" */
	const char *room_type;   /* conference/<type> besides "text"; or NULL */
	const char *title;       /* for people: "IRC" */
	const char *account_title; /* what one account is: "IRC network" */
	const char *prompt;        /* jabber:iq:gateway: what to type */
	/* Localparts of a room, a person and the like for the help by chat;
	 * the last is NULL. */
	const char *examples[4];
	/* URIs of people in messages to several (GW_CAP_ADDRESSES), as
	 * read_input() takes them: "sms", and the name follows. The first is
	 * written; the last is NULL. NULL: they have JIDs alone. */
	const char *const *uri_schemes;
	unsigned caps;                     /* enum gw_cap */
	const struct cfg_group *config;    /* operator's keys; may be NULL */
	const struct gw_setting *settings; /* user's; ends with name NULL */
	const struct gw_hat *hats;         /* ends with uri NULL; or NULL */
	const struct gw_command *commands; /* ends with name NULL; or NULL */
	/* Of administrators, about the gateway as a whole; the same. */
	const struct gw_command *admin_commands;

	/* --- The gateway itself -------------------------------------------------- */

	/* MUST. Once at start-up. -1 with a reason ends the program. */
	int (*start)(struct gw *gw, const char **reason_r);
	/* MAY. The program is about to stop: begin nothing new on the network,
	 * let what is under way end, then gw_drained(). Sessions are open
	 * until then, or for 8 s; NULL: there is nothing to wait for. */
	void (*drain)(struct gw *gw);
	/* MUST. Once at the end, when all sessions are closed. */
	void (*stop)(struct gw *gw);
	/* MAY. gw->config was replaced by SIGHUP. NULL: the operator's keys
	 * of this network stay as they were at start-up. */
	void (*reload)(struct gw *gw);
	/* MAY. Append the network's own figures for operators' metrics, one
	 * a line: a name, labels in braces if it has any, a value. */
	void (*measure)(const struct gw *gw, struct str *out);
	/* MAY. What gw_must_wait() announced is over. */
	void (*resume)(struct gw *gw);

	/* MUST with admin_commands. Run admin_commands[index]; values in the
	 * order of its settings. Append the answer for the administrator, or
	 * (-1) why it cannot be done. */
	int (*administer)(struct gw *gw, size_t index,
		const char *const *values, struct str *out);

	/* MAY. For operators, of a gateway that is not started (without env
	 * and impl): append, in lines, what would become of a request of the
	 * network's that was saved as it came. `part` says of what is behind
	 * the gateway's name on the command line. -1 with a reason. */
	int (*replay)(const struct gw *gw, const char *part, const char *saved,
		size_t len, struct str *out, const char **reason_r);

	/* --- Names: pure, no session needed -------------------------------------- */

	/* MUST. The decoded localpart of a JID to an address. -1 with a
	 * reason for a person when it cannot be one. */
	int (*parse_address)(const struct gw *gw, const char *local,
		struct gw_address *out, const char **reason_r);
	/* MUST. The inverse; the core escapes it. -1: does not fit `size`. */
	int (*format_address)(const struct gw *gw, const struct gw_address *a,
		char *out, size_t size);
	/* MUST. What a person typed ("nick@irc.libera.chat", a URI). */
	int (*read_input)(const struct gw *gw, const char *text,
		struct gw_address *out, const char **reason_r);
	/* MAY. What this user wrote (a localpart, or what read_input() takes)
	 * as all would write it, where his settings say how it is read: 1 with
	 * `out`; 0: it is read as it stands; -1 with a reason for a person
	 * when it can be nobody. What has a JID's one form keeps it. The
	 * session need not be open. */
	int (*spell_out)(const struct gw_session *s, const char *text,
		char *out, size_t size, const char **reason_r);
	/* MUST. Check the account setting a user gave and bring it into the
	 * one form that addresses use; also whether policy permits it. */
	int (*canonical_account)(const struct gw *gw, const char *text,
		char *out, size_t size, const char **reason_r);
	/* MAY. Accounts every user can reach without registration: item by
	 * index, false at the end. For service discovery. */
	bool (*known_account)(const struct gw *gw, size_t index,
		const char **account_r, const char **title_r);
	/* MAY. As the operator configured the gateway, nobody is asked for this
	 * setting of the user. */
	bool (*hides)(const struct gw *gw, const char *setting);
	/* MAY. Do people send passwords to this person, a service of the
	 * network? Such chats are not archived. */
	bool (*is_confidential)(
		const struct gw *gw, const char *account, const char *person);

	/* --- A session ----------------------------------------------------------- */

	/* MUST. Connect, with gw_setting(). Ends in gw_online() or
	 * gw_closed(), perhaps during the call. */
	void (*open)(struct gw_session *s);
	/* MUST. Leave in order, `text` as parting words (or NULL), and forget
	 * the session. Also called for one that is not connected. */
	void (*close)(struct gw_session *s, const char *text);
	/* MUST. Send one message; m->request is completed as accepted when
	 * the network took it (result.text: what was really sent, when that
	 * differs) or failed; see enum gw_stage for what may follow. */
	void (*send)(struct gw_session *s, const struct gw_outgoing *m);
	/* MAY. The user's presence, summed over all his resources. */
	void (*presence)(
		struct gw_session *s, enum gw_show show, const char *status);
	/* MAY. The user's contact list holds this person (or no longer):
	 * report him with gw_presence(); until then he is offline. NULL:
	 * people have no presence and are shown as long as the session is
	 * online. */
	void (*watch)(struct gw_session *s, const char *person, bool on);
	/* MAY. Which of ops->caps hold for this person, or (`room` not NULL)
	 * in this room, where not all do; NULL: all hold everywhere. Answered
	 * at once; gw_person_changed() when it is another answer. */
	unsigned (*caps_of)(
		struct gw_session *s, struct gw_room *room, const char *person);
	/* MAY. This person's picture; left as it is (none) when he has none.
	 * GW_PROFILE then has the item "photo". NULL: nobody has one. Answered
	 * at once; gw_person_changed() when it is another one. */
	void (*photo_of)(
		struct gw_session *s, const char *person, struct gw_photo *out);
	/* MUST if GW_CAP_DISPLAYED. The user has seen the message that
	 * gw_message() told of this person, or (`room` not NULL) in this room,
	 * with this `network_id`, and so all before it. Comes when he likes:
	 * late, out of order, repeatedly, about a message of before a restart. */
	void (*displayed)(struct gw_session *s, struct gw_room *room,
		const char *person, const char *network_id);
	/* MAY. The user types, or stopped, to a person or in a room. */
	void (*typing)(struct gw_session *s, struct gw_room *room,
		const char *person, bool on);
	/* MAY. Find out about a person; gw_item() per fact, then result. */
	void (*lookup)(struct gw_session *s, gw_request request,
		enum gw_lookup what, const char *person);
	/* MAY. List all rooms of the network; gw_item() each, then result. */
	void (*list_rooms)(struct gw_session *s, gw_request request);
	/* MAY. A line that began with '/', without it, typed in a room, to a
	 * person, or (both NULL) to the network; completed with the answer
	 * as result.text. Unknown commands fail with an explanation; what it
	 * said to others may still fail later. */
	void (*slash)(struct gw_session *s, gw_request request,
		struct gw_room *room, const char *person, const char *line);
	/* MAY. Run commands[index]; values in the order of its settings. */
	void (*command)(struct gw_session *s, gw_request request, size_t index,
		const char *const *values);
	/* MAY. What is used where this setting is empty, for people: forms
	 * show it beside the field. False: nothing, or it does not fit. */
	bool (*in_use)(const struct gw_session *s, const char *setting,
		char *out, size_t size);
	/* MAY. The answer to gw_ask(); values NULL: the user declined. */
	void (*answer)(struct gw_session *s, uint32_t question,
		const char *const *values);

	/* --- What must not get lost ---------------------------------------------- */

	/* MUST if it calls gw_keep() with a token: what was to be kept is on
	 * disk, or (`ok` false) the store failed and nothing of it is. */
	void (*kept)(struct gw_session *s, uint64_t token, bool ok);
	/* MUST if it calls gw_recall(): one thing kept, in the order of the
	 * names; `name` NULL: there is no more (`ok`), or the store failed. */
	void (*recalled)(struct gw_session *s, uint64_t token, const char *name,
		const void *data, size_t len, bool ok);
	/* MUST if it calls gw_own_keep() with a token, or gw_own_recall(): the
	 * same for what is the gateway's own. */
	void (*own_kept)(struct gw *gw, uint64_t token, bool ok);
	void (*own_recalled)(struct gw *gw, uint64_t token, const char *name,
		const void *data, size_t len, bool ok);
	/* MAY. This account of the user was removed, or (NULL) all of his:
	 * keep nothing with gw_own_keep() that is about him. Its session is
	 * closed; called again when a crash came between. */
	void (*forget)(struct gw *gw, const char *user, const char *account);
	/* MUST if it sends what is `durable`: the user's server has taken over
	 * the message with this id (or it was a repetition): it may be
	 * forgotten. `ok` false: the store failed; give it again later. */
	void (*settled)(struct gw_session *s, const char *network_id, bool ok);
	/* MAY. The user's own server refused this person's message with this
	 * id for him while he was there: he has blocked the person (XEP-0191),
	 * and does not see it. Perhaps more than once; it is settled all the
	 * same. */
	void (*refused)(struct gw_session *s, const char *person,
		const char *network_id);
	/* MUST if it calls gw_upload(). Give more bytes, up to `room`. */
	void (*upload_more)(struct gw_session *s, uint32_t upload, size_t room);
	/* MUST if it calls gw_upload(). It is over: the file has this URL, or
	 * (NULL) it failed. */
	void (*uploaded)(struct gw_session *s, uint32_t upload, const char *url,
		enum gw_reason reason, const char *text);

	/* --- Rooms: only with GW_CAP_ROOMS --------------------------------------- */

	/* Enter; the session is online. gw_room_occupant() for everybody,
	 * then gw_room_joined(); or gw_room_failed(). `nick` may be NULL,
	 * then the session's own name counts. */
	void (*join)(struct gw_room *r, const char *nick, const char *password);
	/* MUST if join is there. Leave and forget the room. */
	void (*leave)(struct gw_room *r, const char *text);
	/* MAY. Change the user's nick; seen by gw_room_renamed(). */
	void (*set_nick)(
		struct gw_room *r, gw_request request, const char *nick);
	/* MAY. Change the subject; seen by gw_room_subject(). */
	void (*set_subject)(
		struct gw_room *r, gw_request request, const char *text);
	/* MAY. Kick, ban, role, affiliation; completed when the network
	 * showed the change or refused it. */
	void (*moderate)(struct gw_room *r, gw_request request,
		const struct gw_moderation *m);
	/* MAY. List banned masks; gw_item() each, then result. */
	void (*list_bans)(struct gw_room *r, gw_request request);
	/* MAY. Change what gw_room_info() reports; `fields` says which. */
	void (*configure)(struct gw_room *r, gw_request request,
		const struct gw_room_info *wanted, unsigned fields);
	/* MAY. Invite a person of this network. */
	void (*invite)(struct gw_room *r, gw_request request,
		const char *person, const char *reason);
};

/* All gateways of this program; NULL at the end. Made by CMake. */
extern const struct gateway_ops *const gateway_list[];

#endif
