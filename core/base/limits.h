/*
 * Every fixed limit of the daemon, with its reason. A limit that an operator
 * may want to change is a configuration key instead (config.h).
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#define KIB 1024u
#define MIB 1048576u

/* --- XMPP ---------------------------------------------------------------- */

/* One part of a JID (RFC 7622 section 3.1), and a whole one. */
#define LIMIT_JID_PART 1023u
#define LIMIT_JID      (3u * LIMIT_JID_PART + 2u)

/* A stanza from the server: ejabberd's usual c2s limit; more is swallowed
 * and answered with not-acceptable. */
#define LIMIT_STANZA_IN (256u * KIB)

/* A stanza to the server: Prosody closes the component stream for all users
 * at 512 KiB, ejabberd at what its operator set, often 256 KiB. */
#define LIMIT_STANZA_OUT (250u * KIB)

/* One start tag: expat scans an unfinished tag again on every read. */
#define LIMIT_TAG (32u * KIB)

/* A longer tag is still read to its end, to refuse only its stanza, up to
 * this size; some servers pass stanzas of 512 KiB. */
#define LIMIT_TAG_SWALLOW (1u * MIB)

/* Nesting; XHTML-IM and forwarded forms stay far below. */
#define LIMIT_XML_DEPTH 64u

/* Elements in one stanza (the number Prosody chose), attributes in one. */
#define LIMIT_XML_ELEMENTS   25000u
#define LIMIT_XML_ATTRIBUTES 128u

/* Namespace prefixes in scope: each prefixed name is looked up among them. */
#define LIMIT_XML_NAMESPACES 64u

/* Memory of one parsed stanza: the tree is at most some 10 times the text. */
#define LIMIT_STANZA_ARENA (4u * MIB)

/* Names that expat remembers for ever; above it the parser is replaced. */
#define LIMIT_PARSER_MEMORY (256u * KIB)

/* Bytes waiting for the XMPP server before back-pressure sets in, those at
 * which networks are read again, and those with which the stream is given up
 * as dead: what does not come from networks can still grow the queue. */
#define LIMIT_STREAM_QUEUE_HIGH (16u * MIB)
#define LIMIT_STREAM_QUEUE_LOW  (4u * MIB)
#define LIMIT_STREAM_QUEUE_MAX  (256u * MIB)

/* A data form: fields, values of a field, bytes of a value. */
#define LIMIT_FORM_FIELDS 100u
#define LIMIT_FORM_VALUES 100u
#define LIMIT_FORM_VALUE  (16u * KIB)

/* IQ requests of ours that wait for an answer, for the whole process. */
#define LIMIT_IQ_PENDING 65536u

/* ... of these to one user: at most two for each of his clients, and some
 * more. Whoever answers none does not use up those of all others. */
#define LIMIT_IQ_PENDING_USER 100u

/* Items in one disco#items or RSM page. */
#define LIMIT_PAGE 100u

/* Resources of one user that we keep track of. */
#define LIMIT_RESOURCES 32u

/* What a user is called: as the settings in which he says so himself. */
#define LIMIT_OWN_NAME 100u

/* The words of one client's presence: networks show some 300 bytes. */
#define LIMIT_STATUS (1u * KIB)

/* Contacts and choices for rooms that are kept of one user; the rosters of
 * people with very many contacts hold some thousand. */
#define LIMIT_CONTACTS     2000u
#define LIMIT_ROOM_CHOICES 2000u

/* Stanzas of one user that cost us work, at once and per second: a client
 * with 300 rooms sends some 2000 when it logs in (joins, archive, disco,
 * avatars); 2000 new contacts are as many. */
#define LIMIT_STANZA_BURST 5000u
#define LIMIT_STANZA_RATE  100u

/* Users of one gateway known at a time, guests included; some 500 bytes each.
 * The registered ones are loaded however many they are. */
#define LIMIT_USERS 100000u

/* Ad-hoc command sessions: of one user, and in the process. */
#define LIMIT_COMMANDS_USER 5u
#define LIMIT_COMMANDS      10000u
/* Lines that wait for the end of the command before them. */
#define LIMIT_TYPEAHEAD     8u

/* Registrations and changes of a user that make a new session, in ten
 * minutes: each is a connection to a network. */
#define LIMIT_REGISTRATIONS    30u
#define LIMIT_REGISTRATIONS_MS 600000
/* A registration waits this long for the network; clients wait some 30 s. */
#define LIMIT_LOGIN_MS         25000

/* --- Networks ------------------------------------------------------------ */

/* Bytes read from a legacy peer and not yet understood (one line or frame):
 * 8191 bytes of IRCv3 tags plus a line of a server that allows long ones. */
#define LIMIT_IRC_LINE (16u * KIB)

/* Bytes queued towards one legacy peer. */
#define LIMIT_PEER_QUEUE (1u * MIB)

/* IRC lines of one session that wait for flood control. */
#define LIMIT_IRC_QUEUE_LINES 200u

/* Occupants of one room: NAMES of the biggest public channels is < 20 000. */
#define LIMIT_OCCUPANTS 30000u

/* Members of all channels of one session, some 300 bytes each where nobody is
 * in two: a user of 200 channels sees some 100 000. */
#define LIMIT_IRC_MEMBERS 200000u

/* Channels kept of one LIST answer. */
#define LIMIT_CHANNEL_LIST 20000u

/* Entries kept of a ban list. */
#define LIMIT_BAN_LIST 1000u

/* File descriptors that connections to networks leave to what everybody needs:
 * the XMPP streams, the database, HTTP. With few of them it is an eighth. */
#define LIMIT_FDS_RESERVED 128u

/* HTTP connections open at a time. A new one takes the place of that which has
 * been quiet longest. */
#define LIMIT_HTTP_CLIENTS 64u

/* Requests of ours to web servers under way, for the whole process: each is a
 * descriptor and some 100 KiB. */
#define LIMIT_HTTP_CALLS 200u

/* Requests of one session that wait for an answer of the network. */
#define LIMIT_REQUESTS 256u

/* Messages of one session of which the network may still tell what became of
 * them. */
#define LIMIT_AWAITED 256u

/* Messages of one account of which a network that takes long has not said what
 * became of them: they are in the database, and block nobody. */
#define LIMIT_OUTBOX 1000u

/* People whom one message can name: XEP-0033 section 6 wants more than 20 and
 * fewer than 100. */
#define LIMIT_RECEIVERS 50u

/* How long a server may take to write down what it has taken over: ejabberd
 * writes its offline store every 180 s. */
#define LIMIT_GRACE_MS INT64_C(300000)

/* One message of a network as it is stored: what is too long for a stanza is
 * cut when it is sent. */
#define LIMIT_LETTER (4u * MIB)

/* Files of one session on their way to an upload service at a time: each is a
 * connection and up to 64 KiB. */
#define LIMIT_UPLOADS 4u

/* Items of a server that are asked whether they are an upload service, once an
 * hour; they come in no order, and some servers list every gateway. */
#define LIMIT_UPLOAD_ITEMS 200u

/* Live events of one session held back while its login is under way. */
#define LIMIT_EARLY_EVENTS 1000u

/* --- Store --------------------------------------------------------------- */

/* Operations waiting for the store thread before work is refused. */
#define LIMIT_STORE_QUEUE 65536u

/* One thing that a gateway keeps, and the bytes of its name. */
#define LIMIT_KEPT      ((size_t)512 * KIB)
#define LIMIT_KEPT_NAME 200u

/* One archived message: text as in the biggest stanza; nick and ids. */
#define LIMIT_ARCHIVE_TEXT ((size_t)256 * KIB)
#define LIMIT_ARCHIVE_ID   KIB

/* One page of the archive: messages, and bytes of their strings. */
#define LIMIT_ARCHIVE_PAGE       1000u
#define LIMIT_ARCHIVE_PAGE_BYTES ((size_t)8 * MIB)

/* Archived messages in memory: gathered into blocks, and in all while the
 * database does not work; what comes on top of that is lost. */
#define LIMIT_ARCHIVE_GATHERED ((size_t)32 * MIB)
#define LIMIT_ARCHIVE_MEMORY   ((size_t)96 * MIB)

/* --- Configuration ------------------------------------------------------- */

#define LIMIT_CONFIG_STRING (4u * KIB)
#define LIMIT_CONFIG_LIST   1000u
#define LIMIT_CONFIG_FILE   (1u * MIB)
#define LIMIT_LOG_LINE      (4u * KIB)

#endif
