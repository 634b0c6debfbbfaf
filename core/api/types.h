/*
 * The plain data that crosses the boundary (gateway.h).
 */
#ifndef API_TYPES_H
#define API_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One asynchronous call; 0: nobody waits for the result. */
typedef uint32_t gw_request;

/* What a network can do, for every account and room alike; the core announces
 * nothing else. */
enum gw_cap {
	GW_CAP_ROOMS = 1 << 0,
	GW_CAP_TYPING = 1 << 1,
	GW_CAP_RECEIPTS = 1 << 2,  /* GW_DELIVERED is reported */
	GW_CAP_DISPLAYED = 1 << 3, /* GW_DISPLAYED is, and ops->displayed */
	GW_CAP_SUBJECT = 1 << 4,   /* what users send may have a subject */
	GW_CAP_THREAD = 1 << 5,    /* ... and a thread */
	GW_CAP_GUEST = 1 << 6,     /* works without registration */
	GW_CAP_ALWAYS = 1 << 7,    /* a session is open as long as the account
				      is registered, whether the user is there
				      or not */
	/* A message of the user is stored before ops->send() and until its
	 * outcome is known, however long that takes and over restarts: it has
	 * no deadline, may be given while the session is not online, and its
	 * request stays valid. After a restart it is given again. */
	GW_CAP_DURABLE = 1 << 8,
	/* What messages of the user can be besides text; these need
	 * GW_CAP_DURABLE. */
	GW_CAP_REPLY = 1 << 9,    /* which message one answers (XEP-0461) */
	GW_CAP_CORRECT = 1 << 10, /* gw_outgoing.replaces (XEP-0308) */
	GW_CAP_RETRACT = 1 << 11, /* gw_outgoing.retracts (XEP-0424) */
	GW_CAP_REACT = 1 << 12,   /* GW_REACTION (XEP-0444) */
	GW_CAP_FILES = 1 << 13,   /* gw_outgoing.file; else its URL is text */
	/* Persons and rooms have one name for all accounts of a user, who may
	 * reach them by any: parse_address() gives them the account "". */
	GW_CAP_SHARED_NAMES = 1 << 14,
	GW_CAP_ADDRESSES = 1 << 15, /* gw_outgoing.receivers (XEP-0033); needs
				       GW_CAP_DURABLE */
	/* The user's nick in a room is seen by himself alone: set_nick() is
	 * also called, with request 0, when his first client enters under
	 * another one than he has. */
	GW_CAP_OWN_NICKS = 1 << 16,
	/* People can be written to; whom ops->caps_of denies it takes no
	 * messages (XEP-0506). Without it in ops->caps nothing is said. */
	GW_CAP_WRITE = 1 << 17,
};

/* Why something did not work. The core's one table makes it a stanza error;
 * the words come with it. */
enum gw_reason {
	GW_OK,
	GW_BAD_ADDRESS,    /* no such thing can exist */
	GW_NO_SUCH,        /* person, room or account does not exist */
	GW_NO_HOST,        /* the network's host name does not exist */
	GW_UNREACHABLE,    /* network does not answer; later perhaps */
	GW_LOST,           /* the link broke before the outcome was known */
	GW_BAD_PASSWORD,   /* of the account */
	GW_NOT_AUTHORIZED, /* a room's password is missing or wrong */
	GW_MEMBERS_ONLY,   /* invitation or registration needed there */
	GW_BANNED,
	GW_FORBIDDEN,   /* lacking a role for it */
	GW_NOT_ALLOWED, /* nobody can do that */
	GW_FULL,
	GW_CONFLICT,       /* the name is taken */
	GW_NOT_ACCEPTABLE, /* the request is malformed for this network */
	GW_POLICY,         /* the operator of this gateway forbids it */
	GW_BUSY,           /* too much at once; later */
	GW_UNSUPPORTED,
	GW_OUT_OF_REACH,  /* the person cannot be reached now; later perhaps */
	GW_UNDELIVERABLE, /* ... nor later, in this way */
	GW_NOT_NOW,       /* the network does not take it now; later perhaps */
	GW_FAULT, /* the operator of this gateway has to mend something */
	GW_REASON_COUNT
};

/* What to do about a session that ended. */
enum gw_retry {
	GW_RETRY,        /* connect again soon, with backoff */
	GW_RETRY_SLOWLY, /* the network told us to stay away */
	GW_RETRY_NEVER,  /* useless until the user changes a setting */
};

/* What became of a request. Accepted or failed is the answer to all of them.
 * Of a message to a person more may be told until its session is closed, also
 * after the link was lost in between: delivered (GW_CAP_RECEIPTS), displayed
 * (GW_CAP_DISPLAYED), which says delivered as well, or failed after all. Each
 * at most once and in this order; nothing follows displayed or failed. The core
 * tells the sender as far as he asked (XEP-0184, XEP-0333), and remembers the
 * newest LIMIT_AWAITED of a session (base/limits.h). */
enum gw_stage { GW_FAILED, GW_ACCEPTED, GW_DELIVERED, GW_DISPLAYED };

struct gw_result {
	enum gw_stage stage;
	enum gw_reason reason;  /* of a failure */
	const char *text;       /* of a failure: why, for a person. Of a
				   command: the answer. Of a message: what
				   was really sent; NULL: as it was given */
	const char *network_id; /* of a message, where the network has ids */
};

enum gw_kind { GW_PERSON, GW_ROOM, GW_NETWORK };

#define GW_ACCOUNT_SIZE 256
#define GW_NAME_SIZE    1024

/* Whom a JID stands for; `name` is "" for the network itself. */
struct gw_address {
	enum gw_kind kind;
	char account[GW_ACCOUNT_SIZE];
	char name[GW_NAME_SIZE];
};

/* --- Settings ------------------------------------------------------------ */

enum gw_setting_type {
	GW_TEXT,
	GW_TEXT_LIST, /* one value a line */
	GW_SECRET,    /* stored encrypted, never shown again */
	GW_BOOL,      /* "0" or "1" */
	GW_INT,
	GW_CHOICE,
};

/* What the core itself does with a setting, besides storing it. */
enum gw_setting_use {
	GW_USE_NONE,
	GW_USE_ACCOUNT, /* says which account it is: exactly one row */
	GW_USE_NICK,    /* default nick in rooms */
	GW_USE_STAY,    /* keep the session while the user is offline */
	GW_USE_ROOMS,   /* rooms to join at login */
};

/* One row drives registration, ad-hoc form and chat dialogue alike. */
struct gw_setting {
	const char *name; /* of the form field */
	const char *label, *help;
	enum gw_setting_type type;
	enum gw_setting_use use;
	const char *element; /* in jabber:iq:register, or NULL */
	const char *def;
	bool required;
	bool advanced;              /* not asked in the chat dialogue */
	bool late;                  /* there only after gw_want() */
	bool form_only;             /* never asked in a chat: servers archive
				       what is said there */
	long min, max;              /* of GW_INT; of texts, and of each
				       line of a list: bytes (max) */
	const char *const *choices; /* NULL-terminated */
	/* MAY. Why a value (or line of a list) is wrong, or NULL. */
	const char *(*check)(const char *value);
};

/* A command of this network, run from a form or by chat. */
struct gw_command {
	const char *name, *label, *help;
	const struct gw_setting *settings; /* NULL: none */
	bool is_early; /* works while the account is being opened, too */
};

/* --- People and rooms ---------------------------------------------------- */

enum gw_show { GW_OFFLINE, GW_AVAILABLE, GW_CHAT, GW_AWAY, GW_XA, GW_DND };

enum gw_role { GW_ROLE_NONE, GW_VISITOR, GW_PARTICIPANT, GW_MODERATOR };

enum gw_affiliation { GW_OUTCAST, GW_NONE, GW_MEMBER, GW_ADMIN, GW_OWNER };

struct gw_hat {
	const char *uri, *title;
};

struct gw_occupant {
	const char *nick;
	const char *person; /* name of his GW_PERSON address; NULL: nick */
	const char *host;   /* resource of his JID, or NULL */
	const char *stable; /* tells him from others, whatever his nick; the
			       first one reported counts; NULL: nick */
	const char *status; /* words to `show`, or NULL */
	enum gw_role role;
	enum gw_affiliation affiliation;
	enum gw_show show;
	unsigned hats; /* bit i: ops->hats[i] */
};

enum gw_leaving {
	GW_LEFT,
	GW_KICKED,
	GW_WAS_BANNED,
	GW_QUIT,    /* left the network */
	GW_SPLIT,   /* lost by a fault of the network */
	GW_REMOVED, /* by an affiliation or configuration change */
};

/* A picture of somebody. */
#define GW_SHA1_SIZE 41

struct gw_photo {
	char sha1[GW_SHA1_SIZE]; /* lower case hex; "": there is none */
	const char *type;        /* media type; lives as long as the gateway */
	uint32_t bytes;
	uint32_t width, height; /* pixels; 0: unknown */
};

struct gw_gone {
	const char *nick;
	enum gw_leaving how;
	const char *actor; /* nick of who did it, or NULL */
	const char *text;  /* or NULL */
};

enum gw_room_field {
	GW_ROOM_MODERATED = 1 << 0,
	GW_ROOM_MEMBERS_ONLY = 1 << 1,
	GW_ROOM_HIDDEN = 1 << 2,
	GW_ROOM_SUBJECT_LOCKED = 1 << 3,
	GW_ROOM_PASSWORD = 1 << 4,
	GW_ROOM_MAX_USERS = 1 << 5,
};

struct gw_room_info {
	unsigned flags;       /* of the first four fields, which are set */
	const char *password; /* NULL: none */
	long max_users;       /* 0: no limit */
	const char *detail;   /* for people: "+nt", or NULL */
	bool created;         /* it is there since the user entered; counts
				 only before gw_room_joined() */
	bool logged;          /* what is said is published */
	const char *logs;     /* ... there: a URL, or NULL */
	const char *title;    /* what people call the room; NULL: its name */
};

enum gw_verb { GW_SET_ROLE, GW_SET_AFFILIATION };

/* Kick is role none, ban is affiliation outcast (XEP-0045). */
struct gw_moderation {
	enum gw_verb verb;
	const char *nick;   /* or NULL */
	const char *person; /* person or mask when there is no nick */
	enum gw_role role;
	enum gw_affiliation affiliation;
	const char *reason; /* or NULL */
};

/* --- Messages ------------------------------------------------------------ */

enum gw_style {
	GW_BOLD = 1 << 0,
	GW_ITALIC = 1 << 1,
	GW_UNDERLINE = 1 << 2,
	GW_STRIKE = 1 << 3,
	GW_MONO = 1 << 4,
};

/* Formatting of text[start..end) in bytes; ordered, not overlapping. */
struct gw_span {
	size_t start, end;
	unsigned style;
	int fg, bg; /* 0xRRGGBB; -1: none */
};

enum gw_message_kind {
	GW_MESSAGE,
	GW_ACTION,   /* "/me" */
	GW_NOTICE,   /* must never be answered by a machine */
	GW_REACTION, /* `text`: the sender's reactions to `reply_to`, each one
			character cluster, separated by spaces; "": none */
};

/* A file that can be fetched (XEP-0066, XEP-0447). */
struct gw_file {
	const char *url;
	const char *name, *type; /* media type; or NULL */
	int64_t size;            /* bytes; -1: unknown */
	const char *sha256;      /* lower case hex, or NULL */
};

/* As what somebody gets a message, or is named in it (XEP-0033). */
enum gw_copy {
	GW_TO,
	GW_CC,
	GW_BCC,      /* the others must not learn of him */
	GW_REPLY_TO, /* answers are wanted there; he gets nothing */
	GW_NO_REPLY, /* nobody reads answers; names nobody */
};

struct gw_receiver {
	enum gw_copy as;
	const char *person; /* name of a GW_PERSON address, or NULL */
	const char *title;  /* what he is called; or NULL */
};

/* A message of the network. */
struct gw_message {
	enum gw_message_kind kind;
	const char *from; /* person or nick; NULL: the network (or room) */
	/* Of one from a person: what he calls himself, for clients that have
	 * no name for him yet; NULL: `from`. */
	const char *name;
	const char *text;
	const struct gw_span *spans;
	size_t span_count;
	const char *network_id;       /* NULL: the network has no ids */
	int64_t wall_ms;              /* when it was sent; 0: now */
	const char *subject, *thread; /* or NULL */
	/* The user himself sent it, in another way than by ops->send. In a room
	 * it is shown as what he said. Else it goes into the archive of his
	 * chat with the person `to`; his clients show it only where his
	 * server lets the gateway say it in his name. */
	bool own;
	const char *to;
	/* The `network_id` of the message that this one answers; or NULL. */
	const char *reply_to;
	/* The message is this file; `text` is then its description or "". */
	const struct gw_file *file;
	/* It is stored before it is sent to the user, and sent again after a
	 * crash, with the same id; a second one with this `network_id` from
	 * the same sender is nothing new and is dropped. Needs `network_id`
	 * and ops->settled, which is called when the user's server has it. */
	bool durable;
	bool quiet; /* nobody needs to look up from his work */
	/* The `network_id` of an earlier message of the same person (that it is
	 * his, the gateway has made sure): it says `text` now (XEP-0308), or
	 * it is withdrawn (XEP-0424) and `text` is "". Not with `own`, `file`
	 * or a reaction. */
	const char *replaces, *retracts;
	/* Of one from a person: who else got it, and where answers are wanted;
	 * for the user's clients to show and to answer to. None is GW_BCC; at
	 * most LIMIT_RECEIVERS (base/limits.h). */
	const struct gw_receiver *receivers;
	size_t receiver_count;
};

/* A message of the user. */
struct gw_outgoing {
	gw_request request;
	enum gw_kind kind;
	struct gw_room *room;         /* of GW_ROOM */
	const char *to;               /* person of GW_PERSON */
	const char *text;             /* "/me " stands for itself */
	const char *subject, *thread; /* NULL without GW_CAP_SUBJECT, _THREAD */
	bool notice;                  /* must never be answered by a machine */
	/* What follows is NULL, 0 or false without the capability. */
	const char *id;       /* of the message as its sender named it */
	int64_t wall_ms;      /* when he sent it */
	bool again;           /* given before, by an earlier process */
	const char *reply_to; /* `network_id` of the message it answers */
	const char *replaces; /* `id` of his message that this corrects */
	const char *retracts; /* `id` of his message to be withdrawn; `text`
				 is then "" */
	bool reaction;        /* `text` as for GW_REACTION, to `reply_to` */
	const struct gw_file *file;
	/* All who are to get it, `to` among them: it is one message. Without
	 * any, it is for `to` alone. Nobody is in it twice as one who gets it;
	 * at most LIMIT_RECEIVERS. */
	const struct gw_receiver *receivers;
	size_t receiver_count;
	/* What his client quoted of `reply_to`, which is not in `text`; or
	 * NULL. */
	const char *quote;
};

/* --- Lists and look-ups -------------------------------------------------- */

enum gw_lookup { GW_PROFILE, GW_PING, GW_VERSION, GW_IDLE, GW_TIME };

/* Keys of GW_PROFILE items: "nick", "realname", "user", "host", "account",
 * "server", "rooms", "away", "operator", "secure", "registered", "email",
 * "phone", "description", "photo" (media type, ';', base64). GW_PING: number is milliseconds.
 * GW_VERSION: value. GW_IDLE: number is seconds. Rooms: key is the name, value
 * the topic, number the people in it. Bans: key is the mask, value who set it.
 */
struct gw_item {
	const char *key;
	const char *value;
	long number;
};

#endif
