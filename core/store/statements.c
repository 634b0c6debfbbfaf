/*
 * The SQL of the store, in the subset that SQLite 3.40 and PostgreSQL 15
 * share. Numbers of messages and of milliseconds are BIGINT.
 */
#include "store/statements.h"

#include <assert.h>
#include <stddef.h>

/* The highest number of a channel, from two values: what the caller knows
 * (0: nothing, so that the blocks have to tell), and the channel. */
#define CHANNEL_HIGHEST                                          \
	"COALESCE(NULLIF(?, 0), (SELECT last FROM archive_block" \
	" WHERE channel = ? ORDER BY first DESC LIMIT 1), 0)"

/* The blocks of a channel that overlap numbers low..high and times
 * start..end, from eight values: channel, channel, low, low, high, low,
 * start, end. At most one block begins below `low` and ends above it; the
 * inner SELECT finds it, so that no older row is looked at. */
#define BLOCKS_BETWEEN                                                 \
	" FROM archive_block WHERE channel = ? AND first >= COALESCE(" \
	"(SELECT MAX(first) FROM archive_block"                        \
	" WHERE channel = ? AND first <= ?), ?)"                       \
	" AND first <= ? AND last >= ? AND high_ms >= ? AND low_ms <= ?"

#define NO_ACCOUNT_LEFT(table)                       \
	" AND NOT EXISTS (SELECT 1 FROM account"     \
	" WHERE account.gateway = " table ".gateway" \
	" AND account.jid = " table ".jid)"

/* All rows of an account, or of all a user has with "": gateway, jid, account,
 * account. */
#define ERASE(table)                                          \
	"DELETE FROM " table " WHERE gateway = ? AND jid = ?" \
	" AND (account = ? OR CAST(? AS TEXT) = '')"

/* The same of accounts that are not registered (again). */
#define LEFT(table)                                  \
	ERASE(table)                                 \
	" AND NOT EXISTS (SELECT 1 FROM account"     \
	" WHERE account.gateway = " table ".gateway" \
	" AND account.jid = " table ".jid"           \
	" AND account.name = " table ".account)"

/* What is over, by the columns of the key: ms, limit. */
#define EXPIRE(table, key)                                                     \
	"DELETE FROM " table " WHERE (" key ") IN (SELECT " key " FROM " table \
	" WHERE expires <> 0 AND expires < ?"                                  \
	" ORDER BY expires LIMIT ?)"

/* The last of those that an index finds by another column. Without the plus
 * SQLite reads all of the user's rows by the key, as they are in that order. */
#define LAST(number) " ORDER BY +" number " DESC LIMIT 1"

/* What the network calls the user's own message that one of the outbox is
 * about. */
#define OWN_REF                                                             \
	", (SELECT own.sent_as FROM outbox AS own"                          \
	" WHERE own.gateway = outbox.gateway AND own.jid = outbox.jid"      \
	" AND own.account = outbox.account"                                 \
	" AND own.stanza_id = outbox.ref AND own.sent_as IS NOT NULL" LAST( \
		"own.number") ")"

/* The id of the user's own message that one of the inbox is about. */
#define OWN_ID                                                       \
	", (SELECT own.stanza_id FROM outbox AS own"                 \
	" WHERE own.gateway = inbox.gateway AND own.jid = inbox.jid" \
	" AND own.account = inbox.account"                           \
	" AND own.sent_as = inbox.ref" LAST("own.number") ")"

static const char *const texts[DB_STATEMENT_COUNT] = {
	/* --- The store itself ---------------------------------------------------- */

	[DB_VERSION_GET] = "SELECT MAX(version) FROM store_version",
	[DB_VERSION_CLEAR] = "DELETE FROM store_version",
	[DB_VERSION_SET] = "INSERT INTO store_version (version) VALUES (?)",
	/* Writes without a change: is there space again? */
	[DB_PROBE] = "UPDATE store_version SET version = version",

	/* --- Accounts: gateway, jid, ... ----------------------------------------- */

	[DB_ACCOUNT_PUT] = "INSERT INTO account (gateway, jid, name)"
			   " VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
	[DB_ACCOUNT_REMOVE] = "DELETE FROM account"
			      " WHERE gateway = ? AND jid = ? AND name = ?",
	[DB_ACCOUNT_REMOVE_ALL] = "DELETE FROM account"
				  " WHERE gateway = ? AND jid = ?",
	/* gateway, after jid, after name, limit of accounts; gives jid, name
	 * and of each setting, if any: name, value, key, sealed. */
	[DB_ACCOUNT_PAGE] =
		"SELECT a.jid, a.name, s.name, s.value, s.key_id, s.sealed"
		" FROM (SELECT gateway, jid, name FROM account"
		" WHERE gateway = ? AND (jid, name) > (?, ?)"
		" ORDER BY jid, name LIMIT ?) AS a"
		" LEFT JOIN account_setting AS s ON s.gateway = a.gateway"
		" AND s.jid = a.jid AND s.account = a.name"
		" ORDER BY a.jid, a.name, s.name",
	[DB_SETTING_PUT] =
		"INSERT INTO account_setting"
		" (gateway, jid, account, name, value, key_id, sealed)"
		" VALUES (?, ?, ?, ?, ?, ?, ?)"
		" ON CONFLICT (gateway, jid, account, name) DO UPDATE"
		" SET value = excluded.value, key_id = excluded.key_id,"
		" sealed = excluded.sealed",
	/* new key, new sealed; gateway, jid, account, name, old sealed */
	[DB_SETTING_RESEAL] =
		"UPDATE account_setting SET key_id = ?, sealed = ?"
		" WHERE gateway = ? AND jid = ? AND account = ? AND name = ?"
		" AND sealed = ?",
	[DB_SETTING_REMOVE] = "DELETE FROM account_setting"
			      " WHERE gateway = ? AND jid = ? AND account = ?",
	[DB_CONTACT_PUT] =
		"INSERT INTO contact (gateway, jid, contact, name, state)"
		" VALUES (?, ?, ?, ?, ?)"
		" ON CONFLICT (gateway, jid, contact) DO UPDATE"
		" SET name = excluded.name, state = excluded.state",
	[DB_CONTACT_REMOVE] = "DELETE FROM contact"
			      " WHERE gateway = ? AND jid = ? AND contact = ?",
	[DB_CONTACT_REMOVE_ALL] = "DELETE FROM contact WHERE gateway = ?"
				  " AND jid = ?" NO_ACCOUNT_LEFT("contact"),
	/* gateway, after jid, after contact, limit */
	[DB_CONTACT_PAGE] = "SELECT jid, contact, name, state FROM contact"
			    " WHERE gateway = ? AND (jid, contact) > (?, ?)"
			    " ORDER BY jid, contact LIMIT ?",
	[DB_CHOICE_PUT] =
		"INSERT INTO room_choice (gateway, jid, room, name, value)"
		" VALUES (?, ?, ?, ?, ?)"
		" ON CONFLICT (gateway, jid, room, name) DO UPDATE"
		" SET value = excluded.value",
	[DB_CHOICE_REMOVE] = "DELETE FROM room_choice WHERE gateway = ?"
			     " AND jid = ? AND room = ? AND name = ?",
	[DB_CHOICE_REMOVE_ALL] = "DELETE FROM room_choice WHERE gateway = ?"
				 " AND jid = ?" NO_ACCOUNT_LEFT("room_choice"),
	/* gateway, after jid, after room, after name, limit */
	[DB_CHOICE_PAGE] = "SELECT jid, room, name, value FROM room_choice"
			   " WHERE gateway = ?"
			   " AND (jid, room, name) > (?, ?, ?)"
			   " ORDER BY jid, room, name LIMIT ?",
	/* Removals: gateway, jid, account ("" for all) */
	[DB_REMOVAL_PUT] = "INSERT INTO removal (gateway, jid, account)"
			   " VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
	[DB_REMOVAL_DONE] = "DELETE FROM removal"
			    " WHERE gateway = ? AND jid = ? AND account = ?",
	/* Registered again before it was done: gateway, jid, account */
	[DB_REMOVAL_OVERTAKEN] = "DELETE FROM removal WHERE gateway = ?"
				 " AND jid = ? AND account IN ('', ?)",
	/* gateway, after jid, after account, limit */
	[DB_REMOVAL_PAGE] = "SELECT jid, account FROM removal"
			    " WHERE gateway = ? AND (jid, account) > (?, ?)"
			    " ORDER BY jid, account LIMIT ?",

	/* --- Farewells: gateway, peer, jid, run ---------------------------------- */

	[DB_ANNOUNCED_PUT] = "INSERT INTO announced (gateway, peer, jid, run)"
			     " VALUES (?, ?, ?, ?)"
			     " ON CONFLICT (gateway, peer, jid) DO UPDATE"
			     " SET run = excluded.run",
	[DB_ANNOUNCED_REMOVE] = "DELETE FROM announced WHERE gateway = ?"
				" AND peer = ? AND jid = ?",
	/* gateway, present run, limit */
	[DB_ANNOUNCED_OLD] = "SELECT peer, jid FROM announced"
			     " WHERE gateway = ? AND run <> ?"
			     " ORDER BY peer, jid LIMIT ?",
	[DB_ANNOUNCED_TAKEN] = "DELETE FROM announced WHERE gateway = ?"
			       " AND peer = ? AND jid = ? AND run <> ?",

	/* --- Things kept: gateway, jid, account, name, expires, key, sealed ------ */

	[DB_KEPT_PUT] =
		"INSERT INTO kept"
		" (gateway, jid, account, name, expires, key_id, sealed)"
		" VALUES (?, ?, ?, ?, ?, ?, ?)"
		" ON CONFLICT (gateway, jid, account, name) DO UPDATE"
		" SET expires = excluded.expires,"
		" key_id = excluded.key_id, sealed = excluded.sealed",
	/* new key, new sealed; gateway, jid, account, name, old sealed */
	[DB_KEPT_RESEAL] = "UPDATE kept SET key_id = ?, sealed = ?"
			   " WHERE gateway = ? AND jid = ? AND account = ?"
			   " AND name = ? AND sealed = ?",
	[DB_KEPT_REMOVE] = "DELETE FROM kept WHERE gateway = ? AND jid = ?"
			   " AND account = ? AND name = ?",
	/* gateway, jid, account, from name, below name */
	[DB_KEPT_FORGET] = "DELETE FROM kept WHERE gateway = ? AND jid = ?"
			   " AND account = ? AND name >= ? AND name < ?",
	/* gateway, jid, account, from name, below name, after name, limit */
	[DB_KEPT_PAGE] = "SELECT name, key_id, sealed FROM kept"
			 " WHERE gateway = ? AND jid = ? AND account = ?"
			 " AND name >= ? AND name < ? AND name > ?"
			 " ORDER BY name LIMIT ?",
	[DB_KEPT_ERASE] = ERASE("kept"),
	[DB_KEPT_LEFT] = LEFT("kept"),
	[DB_KEPT_EXPIRE] = EXPIRE("kept", "gateway, jid, account, name"),

	/* --- Numbers of messages: gateway ---------------------------------------- */

	[DB_NUMBER_TAKE] = "INSERT INTO message_number (gateway, number)"
			   " VALUES (?, 1) ON CONFLICT (gateway) DO UPDATE"
			   " SET number = message_number.number + 1",
	[DB_NUMBER_LAST] =
		"SELECT number FROM message_number WHERE gateway = ?",

	/* --- Outgoing messages: gateway, jid, account, number, ... --------------- */

	/* gateway, jid, same, since */
	[DB_OUTBOX_SAME] = "SELECT number FROM outbox"
			   " WHERE gateway = ? AND jid = ? AND same = ?"
			   " AND noted > ? ORDER BY noted DESC LIMIT 1",
	/* data; gateway, jid, account, number */
	[DB_OUTBOX_RENEW] = "UPDATE outbox SET data = ? WHERE gateway = ?"
			    " AND jid = ? AND account = ? AND number = ?"
			    " AND stage = 0",
	/* ..., run, same, noted, data, stanza id, ref */
	[DB_OUTBOX_PUT] = "INSERT INTO outbox (gateway, jid, account, number,"
			  " stage, run, same, noted, expires, data,"
			  " stanza_id, ref)"
			  " VALUES (?, ?, ?, ?, 0, ?, ?, ?, 0, ?, ?, ?)",
	/* gateway, jid, account, after number, limit */
	[DB_OUTBOX_PAGE] =
		"SELECT number, run, stage, data" OWN_REF " FROM outbox"
		" WHERE gateway = ? AND jid = ? AND account = ?"
		" AND number > ? AND stage = 0"
		" ORDER BY number LIMIT ?",
	/* gateway, jid, account, number, limit */
	[DB_OUTBOX_FIND] =
		"SELECT number, run, stage, data" OWN_REF " FROM outbox"
		" WHERE gateway = ? AND jid = ? AND account = ?"
		" AND number = ? LIMIT ?",
	/* stage, expires, data; gateway, jid, account, number */
	[DB_OUTBOX_CHANGE] = "UPDATE outbox SET stage = ?, expires = ?,"
			     " data = ? WHERE gateway = ? AND jid = ?"
			     " AND account = ? AND number = ?",
	/* sent as, archived; gateway, jid, account, number */
	[DB_OUTBOX_SENT] = "UPDATE outbox SET sent_as = ?, archived = ?"
			   " WHERE gateway = ? AND jid = ? AND account = ?"
			   " AND number = ?",
	[DB_OUTBOX_REMOVE] = "DELETE FROM outbox WHERE gateway = ?"
			     " AND jid = ? AND account = ? AND number = ?",
	/* gateway, after jid, after account, limit */
	[DB_OUTBOX_WAITING] = "SELECT jid, account, COUNT(*) FROM outbox"
			      " WHERE gateway = ? AND (jid, account) > (?, ?)"
			      " AND stage = 0 GROUP BY jid, account"
			      " ORDER BY jid, account LIMIT ?",
	/* gateway */
	[DB_OUTBOX_COUNT] = "SELECT COUNT(*) FROM outbox"
			    " WHERE gateway = ? AND stage = 0",
	[DB_OUTBOX_OLDEST] = "SELECT COALESCE(MIN(noted), 0) FROM outbox"
			     " WHERE gateway = ? AND stage = 0",
	[DB_OUTBOX_ERASE] = ERASE("outbox"),
	[DB_OUTBOX_LEFT] = LEFT("outbox"),
	[DB_OUTBOX_EXPIRE] = EXPIRE("outbox", "gateway, jid, account, number"),

	/* --- Incoming messages: gateway, jid, account, same, ... ----------------- */

	/* ..., number, state, run, noted, expires, data, ref, archived */
	[DB_INBOX_PUT] = "INSERT INTO inbox (gateway, jid, account, same,"
			 " number, state, run, noted, settled, expires, data,"
			 " ref, archived)"
			 " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)"
			 " ON CONFLICT (gateway, jid, account, same)"
			 " DO NOTHING",
	[DB_INBOX_STATE] = "SELECT state FROM inbox WHERE gateway = ?"
			   " AND jid = ? AND account = ? AND same = ?",
	/* Numbers in the archive: gateway, jid, account, same; sent as */
	[DB_INBOX_ARCHIVED] = "SELECT archived FROM inbox WHERE gateway = ?"
			      " AND jid = ? AND account = ? AND same = ?",
	[DB_OUTBOX_ARCHIVED] =
		"SELECT archived FROM outbox WHERE gateway = ?"
		" AND jid = ? AND account = ? AND sent_as = ?" LAST("number"),
	/* gateway, after number, settled since, limit */
	[DB_INBOX_PAGE] =
		"SELECT number, state, run, jid, account, same, data" OWN_ID
		" FROM inbox WHERE gateway = ? AND number > ?"
		" AND data IS NOT NULL AND (state = 0"
		" OR (state = 1 AND settled > ?))"
		" ORDER BY number LIMIT ?",
	/* gateway, after number, jid, limit */
	[DB_INBOX_RETURNED_PAGE] =
		"SELECT number, state, run, jid, account, same, data" OWN_ID
		" FROM inbox WHERE gateway = ? AND number > ?"
		" AND data IS NOT NULL AND jid = ? AND state IN (3, 4)"
		" ORDER BY number LIMIT ?",
	/* settled; gateway, jid, account, same */
	[DB_INBOX_SETTLE] = "UPDATE inbox SET state = 1, settled = ?"
			    " WHERE gateway = ? AND jid = ? AND account = ?"
			    " AND same = ? AND state IN (0, 1)",
	[DB_INBOX_RETURN] = "UPDATE inbox SET state = state + 3"
			    " WHERE gateway = ? AND jid = ? AND account = ?"
			    " AND same = ? AND state IN (0, 1)"
			    " AND data IS NOT NULL",
	/* settled; gateway, jid, account, same */
	[DB_INBOX_RETRY] = "UPDATE inbox SET state = state - 3, settled = ?"
			   " WHERE gateway = ? AND jid = ? AND account = ?"
			   " AND same = ? AND state IN (3, 4)",
	/* settled before, limit */
	[DB_INBOX_EMPTY] = "UPDATE inbox SET state = 2, data = NULL"
			   " WHERE (gateway, jid, account, same) IN"
			   " (SELECT gateway, jid, account, same FROM inbox"
			   " WHERE state = 1 AND settled < ? LIMIT ?)",
	[DB_INBOX_EMPTY_ALL] = "UPDATE inbox SET state = 2, data = NULL"
			       " WHERE gateway = ? AND state = 1",
	/* gateway */
	[DB_INBOX_COUNT] = "SELECT COUNT(*) FROM inbox WHERE gateway = ?"
			   " AND data IS NOT NULL AND state = 0",
	[DB_INBOX_OLDEST] =
		"SELECT COALESCE(MIN(noted), 0) FROM inbox"
		" WHERE gateway = ? AND data IS NOT NULL AND state = 0",
	[DB_INBOX_RETURNED_COUNT] =
		"SELECT COUNT(*) FROM inbox WHERE gateway = ?"
		" AND data IS NOT NULL AND state IN (3, 4)",
	[DB_INBOX_ERASE] = ERASE("inbox"),
	[DB_INBOX_LEFT] = LEFT("inbox"),
	[DB_INBOX_EXPIRE] = EXPIRE("inbox", "gateway, jid, account, same"),

	/* --- Archive: blocks ----------------------------------------------------- */

	/* A block that is there already was written by a try whose answer
	 * got lost. */
	[DB_BLOCK_PUT] = "INSERT INTO archive_block"
			 " (channel, first, last, messages,"
			 " low_ms, high_ms, data)"
			 " VALUES (?, ?, ?, ?, ?, ?, ?)"
			 " ON CONFLICT DO NOTHING",
	[DB_BLOCK_LAST] = "SELECT last FROM archive_block WHERE channel = ?"
			  " ORDER BY first DESC LIMIT 1",
	/* BLOCKS_BETWEEN, limit */
	[DB_BLOCK_FORWARD] = "SELECT first, last, messages, data" BLOCKS_BETWEEN
			     " ORDER BY first LIMIT ?",
	[DB_BLOCK_BACKWARD] =
		"SELECT first, last, messages, data" BLOCKS_BETWEEN
		" ORDER BY first DESC LIMIT ?",
	/* channel, number: the block that holds it, if any does */
	[DB_BLOCK_AT] = "SELECT first, last, messages, data"
			" FROM archive_block WHERE channel = ? AND first <= ?"
			" ORDER BY first DESC LIMIT 1",
	/* channel, low, high, high, start, end */
	[DB_BLOCK_COUNT_WHOLE] =
		"SELECT CAST(COALESCE(SUM(messages), 0) AS BIGINT)"
		" FROM archive_block WHERE channel = ? AND first >= ?"
		" AND first <= ? AND last <= ? AND low_ms >= ?"
		" AND high_ms <= ?",
	/* BLOCKS_BETWEEN, low, high, start, end, limit: the blocks that
	 * DB_BLOCK_COUNT_WHOLE leaves out */
	[DB_BLOCK_PARTLY] = "SELECT first, last, messages, data" BLOCKS_BETWEEN
			    " AND NOT (first >= ? AND last <= ?"
			    " AND low_ms >= ? AND high_ms <= ?)"
			    " ORDER BY first LIMIT ?",
	[DB_BLOCK_NEXT_CHANNEL] = "SELECT channel FROM archive_block"
				  " WHERE channel > ?"
				  " ORDER BY channel LIMIT 1",
	/* channel, channel, below, below, limit */
	[DB_BLOCK_EXPIRE] =
		"DELETE FROM archive_block WHERE channel = ? AND first <="
		" (SELECT MAX(old.first) FROM"
		" (SELECT first FROM archive_block WHERE channel = ?"
		" AND first < ? AND last < ? ORDER BY first LIMIT ?) AS old)",
	/* channel, first, last, messages */
	[DB_BLOCK_REMOVE] = "DELETE FROM archive_block WHERE channel = ?"
			    " AND first = ? AND last = ? AND messages = ?",
	/* channel, after first: the next block that lies not as a whole in
	 * somebody's time */
	[DB_BLOCK_UNCOVERED] =
		"SELECT first, last, messages, data FROM archive_block"
		" WHERE channel = ? AND first > ? AND NOT EXISTS"
		" (SELECT 1 FROM archive_time AS t"
		" WHERE t.channel = archive_block.channel"
		" AND t.first <= archive_block.first"
		" AND (t.last IS NULL OR t.last >= archive_block.last))"
		" ORDER BY first LIMIT 1",

	/* --- Archive: log of what is in no block yet ----------------------------- */

	[DB_LOG_PUT] = "INSERT INTO archive_log (holder, number, data)"
		       " VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
	[DB_LOG_READ] = "SELECT number, data FROM archive_log"
			" WHERE holder = ? AND number > ?"
			" ORDER BY number LIMIT ?",
	[DB_LOG_TRIM] = "DELETE FROM archive_log"
			" WHERE holder = ? AND number < ?",
	[DB_STATE_PUT] = "INSERT INTO archive_state (holder, highest)"
			 " VALUES (?, ?) ON CONFLICT (holder) DO UPDATE"
			 " SET highest = excluded.highest",
	[DB_STATE_HIGHEST] = "SELECT MAX(highest) FROM archive_state",

	/* --- Archive: when a reader was there ------------------------------------ */

	/* Nothing was said since he left: go on with that time.
	 * holder, reader, channel, CHANNEL_HIGHEST */
	[DB_TIME_REOPEN] = "UPDATE archive_time SET last = NULL, holder = ?"
			   " WHERE reader = ? AND channel = ?"
			   " AND last >= " CHANNEL_HIGHEST,
	/* reader, channel, CHANNEL_HIGHEST, holder, reader, channel */
	[DB_TIME_OPEN] = "INSERT INTO archive_time"
			 " (reader, channel, first, last, holder)"
			 " SELECT ?, ?, " CHANNEL_HIGHEST " + 1, NULL, ?"
			 " WHERE NOT EXISTS (SELECT 1 FROM archive_time"
			 " WHERE reader = ? AND channel = ? AND last IS NULL)"
			 " ON CONFLICT DO NOTHING",
	/* CHANNEL_HIGHEST, reader, channel */
	[DB_TIME_CLOSE] = "UPDATE archive_time SET last = " CHANNEL_HIGHEST
			  " WHERE reader = ? AND channel = ?"
			  " AND last IS NULL",
	[DB_TIME_DROP_EMPTY] = "DELETE FROM archive_time"
			       " WHERE reader = ? AND channel = ?"
			       " AND last < first",
	/* last, holder */
	[DB_TIME_CLOSE_ALL] = "UPDATE archive_time SET last = ?"
			      " WHERE holder = ? AND last IS NULL",
	[DB_TIME_LIST] = "SELECT first, COALESCE(last, 9223372036854775807)"
			 " FROM archive_time WHERE reader = ? AND channel = ?"
			 " ORDER BY first",
	[DB_TIME_EXPIRE] = "DELETE FROM archive_time WHERE last < ?",
	[DB_TIME_ERASE] = "DELETE FROM archive_time"
			  " WHERE reader = ? AND channel = ?",
	[DB_TIME_OF_ALL] =
		"SELECT first, COALESCE(last, 9223372036854775807)"
		" FROM archive_time WHERE channel = ? ORDER BY first",

	/* --- Archive: what a reader has ------------------------------------------ */

	/* gateway, jid, channel, account, name, is it a chat, ms */
	[DB_SOURCE_PUT] = "INSERT INTO archive_source"
			  " (gateway, jid, channel, account, name, chat, noted)"
			  " VALUES (?, ?, ?, ?, ?, ?, ?)"
			  " ON CONFLICT (gateway, jid, channel) DO UPDATE"
			  " SET noted = excluded.noted",
	/* gateway, jid, limit */
	[DB_SOURCE_LIST] = "SELECT channel, chat, account, name"
			   " FROM archive_source WHERE gateway = ? AND jid = ?"
			   " ORDER BY account, chat, name LIMIT ?",
	/* gateway, jid, account, account: of all accounts with "" */
	[DB_SOURCE_FIRST] = "SELECT channel, chat FROM archive_source"
			    " WHERE gateway = ? AND jid = ?"
			    " AND (account = ? OR CAST(? AS TEXT) = '')"
			    " ORDER BY channel LIMIT 1",
	[DB_SOURCE_REMOVE] = "DELETE FROM archive_source"
			     " WHERE gateway = ? AND jid = ? AND channel = ?",
	/* ms */
	[DB_SOURCE_EXPIRE] =
		"DELETE FROM archive_source WHERE noted < ?"
		" AND NOT EXISTS (SELECT 1 FROM archive_time AS t"
		" WHERE t.reader = archive_source.jid"
		" AND t.channel = archive_source.channel)"
		" AND (chat = 0 OR NOT EXISTS (SELECT 1 FROM archive_block AS b"
		" WHERE b.channel = archive_source.channel))",
};

const char *db_statement_text(enum db_statement id)
{
	assert((size_t)id < DB_STATEMENT_COUNT && texts[id] != NULL);
	return texts[id];
}
