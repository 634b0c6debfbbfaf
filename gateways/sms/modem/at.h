/*
 * What a modem says (3GPP TS 27.005, 27.007; ITU-T V.250): a stream of lines
 * between CR and LF, of which some announce a second line with a PDU. Pure:
 * bytes in, slices of them out.
 */
#ifndef SMS_MODEM_AT_H
#define SMS_MODEM_AT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "base/slice.h"

/* A longer line is noise. A PDU has at most some 360 digits, the list of what
 * a modem supports up to 1000. */
#define AT_LINE_MAX 2048

enum at_kind {
	AT_LINE,   /* an answer, or news: who asked knows */
	AT_OK,     /* the command is over */
	AT_ERROR,  /* ... and failed */
	AT_PROMPT, /* the PDU may come */
};

enum at_error {
	AT_ERROR_PLAIN, /* "ERROR" and the like */
	AT_ERROR_CMS,   /* 27.005 section 3.2.5 */
	AT_ERROR_CME,   /* 27.007 section 9.2 */
};

struct at_line {
	enum at_kind kind;
	struct slice text; /* all of it */
	struct slice name; /* "+CMTI" of "+CMTI: ...", or empty */
	struct slice args; /* what follows it */
	struct slice pdu;  /* hexadecimal digits of a second line, or empty */
	enum at_error error;
	int code; /* of an error; -1: none */
};

struct at_reader {
	bool wants_prompt; /* ">" is one now; for the owner to set */
	bool is_skipping;  /* the rest of a line that is too long */
};

/* The next line of `input`, with the bytes to consume in *used_r, which can be
 * some without a line too. False: more is needed. What is not consumed stays
 * below 2 * AT_LINE_MAX bytes and some. */
bool at_next(struct at_reader *r, struct slice input, struct at_line *line_r,
	size_t *used_r) MUST_CHECK;

/* What a modem says unasked. */
enum at_news {
	AT_NEWS_NONE,          /* an answer, or nothing for us */
	AT_NEWS_STORED,        /* +CMTI: "SM",3 */
	AT_NEWS_TEXT,          /* +CMT: ,24 and a PDU */
	AT_NEWS_STORED_REPORT, /* +CDSI: "SM",3 */
	AT_NEWS_REPORT,        /* +CDS: 24 and a PDU */
	AT_NEWS_NETWORK,       /* +CREG: 1 */
	AT_NEWS_SIM,           /* +CPIN: NOT INSERTED */
	AT_NEWS_INDICATOR,     /* +CIEV: 8,1 */
	AT_NEWS_BOOT,          /* it has started anew */
};

/* Of a line that answers nothing. */
enum at_news at_news(const struct at_line *line);

/* --- What follows a name: values between commas -------------------------- */

/* Cut the next one off, without its quotes. False: there is none. */
bool at_value(struct slice *args, struct slice *value_r);
/* A number of up to 9 digits, as the next value; -1 for anything else. */
int at_number(struct slice *args);

#endif
