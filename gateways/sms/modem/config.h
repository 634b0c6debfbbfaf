/*
 * The operator's keys of a backend of modems.
 */
#ifndef SMS_MODEM_CONFIG_H
#define SMS_MODEM_CONFIG_H

#include <stdbool.h>

#include "base/config.h"

/* One modem with its SIM. */
struct modem_config {
	char *device;
	char *name; /* NULL: the last part of `device` */
	char *number;
	struct secret *pin;
	char *centre;
	char *memory;
	int speed;
	struct cfg_list init; /* of char * */
};

struct modem_backend_config {
	struct cfg_list modems; /* of struct modem_config * */
	bool reports;
};

extern const struct cfg_group modem_config_group;

/* What the modem is called; of the configuration. */
const char *modem_config_name(const struct modem_config *config);

#endif
