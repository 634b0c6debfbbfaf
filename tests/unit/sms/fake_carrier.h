/*
 * A carrier for tests of the gateway above the boundary: it notes what it is
 * given, and says what the test wants. The only kind there is in these tests,
 * also in place of "http": what a user brings has the name of his account.
 *
 * Lines:
 *	submit NAME from > to[ & other...]: text [ucs2] [single] [locking]
 *		[part] +
 *	settled NAME ticket ok, not
 *	drain NAME, reconnect NAME
 */
#ifndef TESTS_SMS_FAKE_CARRIER_H
#define TESTS_SMS_FAKE_CARRIER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateways/kit/fake_core.h"
#include "sms_carrier/carrier.h"

extern const struct gateway_ops gateway_sms;

struct fake_carrier {
	struct carrier carrier;
	struct carrier_setup setup;
	char name[64];
	size_t room;
	unsigned caps;
	size_t group_max;
	uint64_t tokens[64]; /* given, in their order */
	size_t given, answered;
	uint64_t gone; /* nobody waits for tickets up to this one */
};

/* The open one of a backend with this name. */
struct fake_carrier *carrier(const char *name);

/* What its one key says: "pin". */
const char *carrier_pin(const char *name);

/* Nothing was noted yet that is not looked at. */
void carriers_reset(void);
/* The next line that was noted. */
void expect_line(const char *file, int line, const char *text);
#define EXPECT_LINE(text) expect_line(__FILE__, __LINE__, text)
/* The last one that was noted; "" when there is none. */
const char *last_line(void);
void expect_no_line(const char *file, int line);
#define EXPECT_NO_LINE() expect_no_line(__FILE__, __LINE__)

/* What it says about the oldest submit that it has not said anything about.
 * What this causes has happened when they return. */
void carrier_accepts(const char *name, const char *id);
void carrier_rejects(const char *name, enum sms_class class, const char *text);
/* Of its alphabet. */
void carrier_rejects_alphabet(const char *name);
void carrier_loses(const char *name);
/* About the n-th submit, which was lost: an id, or a refusal and NULL. */
void carrier_answers_late(
	const char *name, size_t n, const char *id, enum sms_class class);

void carrier_reports(const char *name, uint64_t ticket, const char *id,
	enum sms_state state);
void carrier_reports_to(const char *name, uint64_t ticket, const char *id,
	const char *to, enum sms_state state);
void carrier_brings(const char *name, uint64_t ticket, const char *from,
	const char *to, const char *text, const char *id);
/* One of two parts of a long one. */
void carrier_brings_part(const char *name, uint64_t ticket, const char *from,
	const char *to, const char *text, unsigned number);
/* With a file (or NULL). */
void carrier_brings_file(const char *name, uint64_t ticket, const char *from,
	const char *to, const char *text, const char *id,
	const struct carrier_media *file);
/* The same for several, who are named with spaces between them. */
void carrier_brings_group(const char *name, uint64_t ticket, const char *from,
	const char *to, const char *others, const char *text, const char *id);
void carrier_goes(const char *name, enum carrier_state state);

/* The core that these are run in. */
extern struct fake_core *core;

/* Makes it, with this configuration: the session of a user with this number, who is
 * online, and is freed with the core; NULL: none. */
struct gw_session *begin_gateway(const char *config, const char *account);
/* Frees it: a tear-down of cmocka. */
int end_gateway(void **state);
/* A text of his; what this causes has happened. */
gw_request sent_text(struct gw_session *s, const char *to, const char *words);
/* The next thing that the core heard about it: "STAGE REQUEST" and this. */
void heard(const char *stage, gw_request r, const char *rest);

#endif
