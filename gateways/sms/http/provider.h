/*
 * What a file in etc/sms-providers says: how a provider is asked to send, what
 * its answers mean, and what it calls us with. The tables of provider.c are
 * the schema; docs/sms-providers.md tells how to write one.
 */
#ifndef SMS_HTTP_PROVIDER_H
#define SMS_HTTP_PROVIDER_H

#include <stdbool.h>

#include "base/config.h"
#include "base/macros.h"
#include "base/str.h"

/* --- Sending ------------------------------------------------------------- */

enum provider_format { PROVIDER_FORM, PROVIDER_JSON, PROVIDER_QUERY };

enum provider_login { LOGIN_NONE, LOGIN_BASIC, LOGIN_BEARER };

struct provider_request {
	char *method, *url;
	int format; /* enum provider_format */
	struct cfg_list headers, fields;
};

struct provider_auth {
	int kind; /* enum provider_login */
	char *user, *password, *token;
};

struct provider_refusal {
	struct cfg_list statuses, codes; /* int *, char *; empty: any */
	int class;                       /* of enum sms_class, less one */
};

/* Where strings are found in an answer, see answer.h. */
struct provider_result {
	struct cfg_list statuses;
	char *test;
	struct cfg_list equals;
	char *id, *code, *text;
	struct cfg_list refusals;
};

/* --- Callbacks ----------------------------------------------------------- */

enum provider_verifier {
	VERIFY_NONE,
	VERIFY_BASIC,
	VERIFY_TOKEN,
	VERIFY_IP,
	VERIFY_HMAC_SHA256,
	VERIFY_ED25519,
	VERIFY_TWILIO,
	VERIFY_VONAGE,
	VERIFY_JWT,
};

enum provider_encoding { ENCODING_HEX, ENCODING_BASE64 };

struct provider_verify {
	int kind; /* enum provider_verifier */
	char *key, *user, *password;
	char *header, *timestamp, *signed_text, *prefix;
	int encoding, tolerance_s;
	struct cfg_list addresses;
};

enum provider_event { EVENT_IGNORE, EVENT_MO, EVENT_REPORT };

struct provider_rule {
	struct cfg_list when; /* "PATH=VALUE", "PATH", "!PATH": all of them */
	int is;               /* enum provider_event */
};

struct provider_coding {
	char *when; /* the value of `coding` */
	int is;     /* 0: text, 1: UTF-16BE, 2: binary */
};

struct provider_mo {
	char *from, *to, *text, *id, *time, *others;
	char *coding, *hex, *header;
	struct cfg_list codings;
	char *part, *parts, *part_ref;
	char *media, *media_type;
	bool is_international;
	bool media_auth;
	struct cfg_list media_hosts;
};

struct provider_state {
	struct cfg_list when;
	int is; /* enum sms_state */
};

struct provider_failure {
	struct cfg_list codes;
	int class; /* of enum sms_class, less one */
};

struct provider_report {
	char *id, *to, *state, *code, *text, *time;
	struct cfg_list states, failures;
};

struct provider_reply {
	int status;
	char *type, *body;
};

struct provider_callbacks {
	char *root;
	struct provider_verify verify;
	struct cfg_list rules;
	struct provider_mo mo;
	struct provider_report report;
	struct provider_reply reply;
};

/* --- All ----------------------------------------------------------------- */

struct provider {
	char *title, *url;
	struct cfg_list needs; /* names of parameters */
	bool has_media;
	double rate;
	int parallel;
	int group_max; /* receivers of one text; 0: any number */
	struct provider_auth auth;
	struct provider_request send;
	struct provider_request group; /* url NULL: there are no groups */
	struct provider_result result;
	struct provider_callbacks callbacks;
};

/* NULL with "FILE:LINE: what is wrong and what is allowed". */
struct provider *provider_load(const char *path, struct str *error) MUST_CHECK;
/* The same from memory; `name` stands for the file in messages. */
struct provider *provider_parse(
	const char *text, const char *name, struct str *error) MUST_CHECK;
/* Takes NULL inside, sets NULL. */
void provider_free(struct provider **slot);

/* Where the file of a provider is: a path if there is a "/" in it, one
 * relative to the folder of `beside` (may be NULL); else the name of one of
 * those that come with the program. -1: there is none of that name. */
int provider_find(
	const char *name, const char *beside, struct str *path) MUST_CHECK;

/* For the manual: every key. */
extern const struct cfg_group provider_schema;

#endif
