/*
 * STOP, START and HELP, as carriers and laws want them (CTIA's messaging
 * principles in the USA, CWTA's in Canada): what a text means, and what becomes
 * of it. Pure: the time is given, and what is remembered of a pair of own
 * number and person can be kept.
 */
#ifndef SMS_OPTOUT_H
#define SMS_OPTOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"

enum sms_word {
	SMS_WORD_NONE,
	SMS_WORD_STOP,
	SMS_WORD_LEAVE, /* "end", "quit": STOP to a service, talk to a friend */
	SMS_WORD_START,
	SMS_WORD_HELP,
};

/* The whole text is one of these words: of any case, perhaps with white space
 * and marks around it. */
enum sms_word sms_optout_word(const char *text);

/* Whose number it is; in the order of the names in the configuration. */
enum sms_number_mode {
	SMS_P2P, /* "p2p": one person's; words are words, STOP is a hint */
	SMS_A2P, /* "a2p": a service's; STOP holds */
};
extern const char *const sms_number_modes[]; /* NULL at the end */

/* What is answered from numbers of services: a group of the configuration.
 * Never empty but `help`. */
struct sms_optout_config {
	char *stopped, *started, *help;
	struct cfg_place place;
};

extern const struct cfg_group sms_optout_group;

/* What is remembered of a pair; zeroed: nothing was ever said. */
struct sms_pair {
	bool is_stopped;
	int64_t since_ms; /* of that, wall clock */
	/* When words were last answered: machines that answer each other must
	 * not go on for ever. */
	int64_t stop_answer_ms, start_answer_ms, help_answer_ms;
	int64_t seen_ms; /* one wrote to the other; 0: nobody knows */
};

void sms_pair_encode(const struct sms_pair *pair, struct str *out);
/* -1: it is damaged; `pair` is stopped, as nobody knows better. */
int sms_pair_decode(struct slice data, struct sms_pair *pair) MUST_CHECK;
/* As if nothing had ever been said: it need not be kept. */
bool sms_pair_is_over(const struct sms_pair *pair, int64_t wall_ms);

/* They have not written for so long that they are strangers again. STOP holds
 * for ever. */
#define SMS_PAIR_DAYS 365
bool sms_pair_is_old(const struct sms_pair *pair, int64_t wall_ms);

struct sms_optout_act {
	bool is_passed;     /* the user gets the text */
	bool is_changed;    /* `pair` is to be kept, before anything is sent */
	const char *answer; /* to be sent to the person, whatever the limits
			       and the pair say; of the config, or NULL */
	const char *notice; /* for the user, as from the person; static, or
			       NULL */
};

/* A text of this person came; changes `pair`. */
void sms_optout_receive(const struct sms_optout_config *config,
	enum sms_number_mode mode, struct sms_pair *pair, const char *text,
	int64_t wall_ms, struct sms_optout_act *out);

/* A carrier refuses texts to this person, as he said STOP there. True: that is
 * new, and to be kept. */
bool sms_optout_refused(struct sms_pair *pair, int64_t wall_ms);
/* An administrator says what holds. The same. */
bool sms_optout_set(struct sms_pair *pair, bool stopped, int64_t wall_ms);

/* Why the user's text cannot go to this person; NULL: it can. Static. */
const char *sms_optout_reason(
	enum sms_number_mode mode, const struct sms_pair *pair);

#endif
