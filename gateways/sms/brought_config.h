/*
 * The operator's keys about accounts that users bring.
 */
#ifndef SMS_BROUGHT_CONFIG_H
#define SMS_BROUGHT_CONFIG_H

#include "base/config.h"

struct sms_brought_config {
	struct cfg_list providers; /* names or paths of files; empty: none */
	char *callback_url;        /* NULL: nothing comes, no receipts */
	int most;                  /* accounts */
	struct cfg_place place;
};

extern const struct cfg_group sms_brought_group;

#endif
