/*
 * The operator's keys of the audit log (audit.h): a group of the configuration.
 */
#ifndef SMS_AUDIT_CONFIG_H
#define SMS_AUDIT_CONFIG_H

#include <stdbool.h>

#include "base/config.h"

enum sms_audit_target { SMS_AUDIT_LOG, SMS_AUDIT_FILE, SMS_AUDIT_NOWHERE };

struct sms_audit_config {
	int to;     /* enum sms_audit_target */
	char *file; /* if it goes to a file */
	bool bodies;
	struct cfg_place place;
};

extern const struct cfg_group sms_audit_group;

#endif
