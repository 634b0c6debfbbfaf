/*
 * A carrier of modems on virtual time, the modems that it talks to, and what it
 * told its gateway. A modem answers "OK" to everything but what is in its
 * answers.
 */
#ifndef TESTS_SMS_MODEM_FAKE_MODEM_H
#define TESTS_SMS_MODEM_FAKE_MODEM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "net/conn.h"
#include "sms_carrier/carrier.h"

#define FAKE_MODEMS  2
#define FAKE_ANSWERS 32

#define OK      "\r\nOK\r\n"
/* What a PDU is answered by, as a command. */
#define PAYLOAD "\x1a"

struct fake_modem {
	struct conn *conn; /* our end; NULL: nobody has opened it */
	bool is_absent;
	bool is_silent;
	unsigned opened;
	struct str said;    /* commands with "|" behind each */
	struct str payload; /* the last PDU */
	struct {
		const char *command, *answer; /* NULL: none */
	} answers[FAKE_ANSWERS];
	size_t count;
};

struct fake {
	struct loop *loop;
	struct carrier *carrier;
	struct modem_backend_config *config;
	struct carrier_setup setup;
	struct fake_modem modems[FAKE_MODEMS];
	struct str events; /* what was told, with "|" behind each */
	bool settles;      /* tickets are settled at once */
	bool takes;        /* ... as taken */
};

extern struct fake fake;

/* Around each test. `config`: the keys of a modem; NULL: one with a number. */
int fake_set_up(void **state);
int fake_tear_down(void **state);

/* Open the carrier with these keys of the backend; NULL: one modem, sim1. */
void fake_open(const char *config);
/* From now on this command (or what begins with it) gets this answer. */
void fake_answer(size_t modem, const char *command, const char *answer);
/* The modem says this unasked. */
void fake_say(size_t modem, const char *text);
void fake_unplug(size_t modem);
void fake_plug(size_t modem);

/* Let `ms` pass. */
void fake_pass(int64_t ms);
/* All that was told since the last call must be this. */
void fake_told(const char *events);
/* The same for what was said to a modem; polls are left out. */
void fake_heard(size_t modem, const char *commands);
/* Forget both. */
void fake_forget(void);

/* Submit "hello" to this number. */
void fake_submit(uint64_t token, const char *from, const char *to);

#endif
