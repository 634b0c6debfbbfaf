/*
 * A core for tests of gateways: implements every gw_* service by noting the
 * call as one line of text, and holds each call against the rules of
 * api/gateway.h (a request is completed once, nothing about a closed session
 * or a room that is over, text is clean). A broken rule ends the program with
 * what was broken. Knows no network.
 *
 * Lines look like this; parts that are NULL, 0 or default are left out:
 *	online alice
 *	delayed 2000
 *	closed GW_NO_HOST retry text
 *	accepted 7 [text]       delivered, displayed, failed 7 GW_NO_SUCH text
 *	item 7 key=value #number
 *	message bob: text       (ROOM: in front when it is of a room)
 *	action, notice          likewise; [own to=x] [id=x] [time=ms] [0-3:1]
 *	presence bob away text
 *	typing bob on
 *	invited #room by bob: reason
 *	ask 1 text
 *	ROOM: occupant bob participant none away hats=2 host=x stable=x (words)
 *	ROOM: joined alice      ROOM: failed GW_BANNED text
 *	ROOM: gone bob kicked by carol: text
 *	ROOM: renamed bob robert
 *	ROOM: subject by bob @ms: text
 *	ROOM: info moderated,hidden password=x max=5 (+ms)
 *	keep NAME [(no longer)]	forget PREFIX
 *	own-keep NAME [(no longer)]
 *	room-open ROOM: words
 *	drained
 */
#ifndef TESTS_KIT_FAKE_CORE_H
#define TESTS_KIT_FAKE_CORE_H

#include <stdbool.h>

#include "api/services.h"
#include "base/list.h"
#include "net/loop.h"
#include "net/policy.h"
#include "net/resolve.h"

struct fake_core;

/* A core with one gateway, configured by `config` (the inside of its group in
 * the configuration file), started. Virtual time. */
struct fake_core *fake_core_new(
	const struct gateway_ops *ops, const char *config);

/* Close what is open, stop the gateway and start it anew: what it kept is there,
 * and the sessions can be opened again. */
void fake_core_restart(struct fake_core *core);

/* Close what is open, stop the gateway, free all. */
void fake_core_free(struct fake_core **core);

struct loop *fake_core_loop(struct fake_core *core);
struct gw *fake_core_gw(struct fake_core *core);
struct policy *fake_core_policy(struct fake_core *core);

/* The XMPP server does not keep up: gw_must_wait() says so. With false it
 * reads again, and ops->resume is called if it was announced. */
void fake_stall(struct fake_core *core, bool on);
/* It reads for as long as `count` more calls of gw_must_wait() take. */
void fake_stall_after(struct fake_core *core, unsigned count);

/* ops->reload, which is there, with another configuration. */
void fake_reload(struct fake_core *core, const char *config);
/* ops->drain, which is there; the line "drained" follows. */
void fake_drain(struct fake_core *core);

/* What gw_user_name() says; kept by the test. NULL, as at first: nothing. */
void fake_user_name(struct fake_core *core, const char *name);

/* Of gw_is_own_domain(), beside the gateway's own. */
#define FAKE_OTHER_GATEWAY "other-gateway.example.org"

/* Of gw_is_relayed(): who has his JID there. */
#define FAKE_RELAY "relay.example.test"

/* Does gw_shows_own() say so? It does not at first. */
void fake_show_own(struct fake_core *core, bool on);

/* What is noted takes this long, each. */
void fake_work(struct fake_core *core, int64_t ms);

/* --- Sessions and rooms -------------------------------------------------- */

/* A session that is not open yet, of user@example.test; if he has this account
 * already, of user2@example.test and so on. Lives until fake_core_free(). */
struct gw_session *fake_session(struct fake_core *core, const char *account);

/* The same of another user. */
struct gw_session *fake_session_of(
	struct fake_core *core, const char *user, const char *account);

/* Closes it when it is open; all its rooms go. For long runs. */
void fake_session_free(struct gw_session **s);

/* A setting of its account. */
void fake_set(struct gw_session *s, const char *name, const char *value);

/* What it is for all accounts that have not set it. */
void fake_set_default(
	struct fake_core *core, const char *name, const char *value);

/* The ops, with what the fake needs to know of it. */
void fake_open(struct gw_session *s);
void fake_close(struct gw_session *s, const char *text);
struct gw_room *fake_join(struct gw_session *s, const char *name,
	const char *nick, const char *password);
void fake_leave(struct gw_room *r, const char *text);

/* A number for a request of this session. */
gw_request fake_request(struct gw_session *s);

/* Send to a person, or to a room; the request's number is returned. */
gw_request fake_send(struct gw_session *s, const char *to, const char *text);
gw_request fake_send_room(struct gw_room *r, const char *text);

/* --- What is kept -------------------------------------------------------- */

/* As if the gateway had kept this earlier; `text` NULL: no longer. */
void fake_keep(struct gw_session *s, const char *name, const char *text);
/* What is kept for the account of `s`, with a NUL behind; NULL: nothing. Lives
 * until it is changed. `len_r` may be NULL. */
const void *fake_kept(
	const struct gw_session *s, const char *name, size_t *len_r);
/* The same for what is the gateway's own. */
void fake_own_keep(
	struct fake_core *core, const char *name, const void *data, size_t len);
const void *fake_own_kept(
	struct fake_core *core, const char *name, size_t *len_r);
/* Durable messages are settled at once unless this is on: then by the test, with
 * ops->settled. For all sessions. */
void fake_hold_settled(struct gw_session *s, bool on);
/* From now on the store fails, or works again. */
void fake_fail_store(struct gw_session *s, bool on);
/* What is given to gw_keep() from now on: it is kept, that is only told when
 * this is called again, or it fails, while what was kept can be read. */
enum fake_keeping { FAKE_KEEPS, FAKE_KEEPS_LATER, FAKE_KEEPS_NOT };
void fake_keeping(struct gw_session *s, enum fake_keeping how);

/* The user's server takes files up to this size, in bytes; 0 (as it is at
 * first): none. The test ends them with ops->uploaded; the first has number 1. */
void fake_allow_uploads(struct gw_session *s, int64_t limit);

/* --- What happened ------------------------------------------------------- */

/* Let the loop run, for at most `ms` of virtual time, until a line that was
 * not looked at yet matches `pattern` (fnmatch(3)); returns it, or ends the
 * program with what there was instead. All lines up to it count as looked
 * at. */
const char *fake_wait(struct fake_core *core, const char *pattern, int64_t ms);

/* The same with 10 s, which is longer than anything that is not a delay. */
const char *fake_expect(struct fake_core *core, const char *pattern);

/* No line that was not looked at matches, after `ms` more. */
void fake_expect_none(struct fake_core *core, const char *pattern, int64_t ms);

/* Let everything that is ready happen, and `ms` pass. */
void fake_run(struct fake_core *core, int64_t ms);

/* How many lines match, of all. */
size_t fake_count(const struct fake_core *core, const char *pattern);

/* Forget what happened so far, for tests of many events. */
void fake_clear(struct fake_core *core);

/* Note nothing until this is called again with false: for measurements. */
void fake_mute(struct fake_core *core, bool on);

/* How many services were called. */
unsigned long fake_calls(const struct fake_core *core);

#endif
