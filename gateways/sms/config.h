/*
 * The operator's keys of an SMS gateway.
 */
#ifndef SMS_CONFIG_H
#define SMS_CONFIG_H

#include <stdbool.h>

#include "base/config.h"
#include "sms/brought_config.h"
#include "sms_carrier/carrier.h"
#include "sms_law/audit_config.h"
#include "sms_law/claim.h"
#include "sms_law/limits.h"
#include "sms_law/optout.h"
#include "sms_law/policy.h"

/* A number of the operator's and who may use it. */
struct sms_assign_config {
	char *number;          /* E.164 */
	struct cfg_list users; /* bare JIDs */
	int mode;              /* enum sms_number_mode */
	struct cfg_place place;
};

/* A way to the networks. */
struct sms_backend_config {
	char *kind;                /* of its carrier */
	char *name;                /* for logs and people */
	struct cfg_list numbers;   /* own numbers that go by it */
	struct cfg_list prefixes;  /* of receivers; empty: all */
	struct cfg_list users;     /* bare JIDs and domains; empty: all */
	bool resend_unacked;       /* send again what was perhaps taken */
	struct cfg_list languages; /* ISO 639-1: tables to write with */
	bool transliterate;        /* where that takes fewer segments */
	bool wide_ref;             /* references of 16 bits */
	void *own;                 /* the struct of the carrier's config */
	struct cfg_place place;
};

/* As many as outbound.tried has bits. */
#define SMS_BACKENDS_MAX 32

struct sms_config {
	char *country; /* ISO 3166, capitals */
	int validity;  /* hours that a text is tried for */
	int max_segments;
	struct sms_policy_config destinations;
	struct sms_limits_config user_limits, number_limits;
	struct sms_optout_config optout;
	struct sms_claim_config claim;
	struct sms_audit_config audit;
	struct sms_brought_config brought;
	struct cfg_list assign;   /* of struct sms_assign_config * */
	struct cfg_list backends; /* of struct sms_backend_config *, in the
				     order in which they are tried */
	struct cfg_place place;
};

extern const struct cfg_group sms_config_group, sms_backend_group;

/* Of a list of texts. */
bool sms_list_has(const struct cfg_list *list, const char *text);

/* All kinds of carriers; NULL at the end (carriers.c). */
extern const struct carrier_ops *const sms_carriers[];
/* NULL: there is no such kind. */
const struct carrier_ops *sms_carrier_find(const char *kind);

#endif
