#include "sms_modem/config.h"

#include <stddef.h>
#include <string.h>

#include "base/slice.h"
#include "sms_modem/tty.h"

/* Digits of a PIN (31.101), and of a number. */
#define PIN_MIN    4
#define PIN_MAX    8
#define NUMBER_MAX 15

/* A name is in the ids of texts. */
#define NAME_MAX_LENGTH 100

#define MODEM(field) .offset = offsetof(struct modem_config, field)

static const struct cfg_item modem_items[] = {
	{ .name = "device",
		.type = CFG_STRING,
		MODEM(device),
		.flags = CFG_REQUIRED,
		.help = "The modem's serial line, such as /dev/ttyUSB0 or, the "
			"same after every start, a link in /dev/serial/by-id. "
			"It may be absent, and come and go." },
	{ .name = "name",
		.type = CFG_STRING,
		MODEM(name),
		.help = "What it is called in logs and metrics; the last part "
			"of the device when it is missing. Receipts of texts "
			"that are under way are found by it." },
	{ .name = "number",
		.type = CFG_STRING,
		MODEM(number),
		.help = "The number of its SIM, with +. Texts from this number "
			"go by this modem." },
	{ .name = "pin",
		.type = CFG_SECRET,
		MODEM(pin),
		.help = "The SIM's PIN, 4 to 8 digits. One that is refused is "
			"not tried again until the next start, as three "
			"block the SIM." },
	{ .name = "service_centre",
		.type = CFG_STRING,
		MODEM(centre),
		.help = "The number of the operator's service centre, with +; "
			"the one in the SIM when it is missing." },
	{ .name = "memory",
		.type = CFG_STRING,
		MODEM(memory),
		.help = "Where the modem keeps texts until they are taken "
			"over, SM or ME; as the modem likes when it is "
			"missing." },
	{ .name = "speed",
		.type = CFG_INT,
		MODEM(speed),
		.def = "115200",
		.unit = "bits per second",
		.help = "Of the serial line: 9600, 19200, 38400, 57600, "
			"115200, 230400, 460800 or 921600." },
	{ .name = "init",
		.type = CFG_STRING_LIST,
		MODEM(init),
		.help = "Commands for this modem, such as \"AT+CFUN=1\", given "
			"once the SIM is open. One that fails is logged." },
	{ .name = NULL },
};

const char *modem_config_name(const struct modem_config *config)
{
	const char *slash = strrchr(config->device, '/');

	if (config->name != NULL)
		return config->name;
	return slash != NULL && slash[1] != '\0' ? slash + 1 : config->device;
}

static int complain(const char **key_r, const char *key, const char **reason_r,
	const char *reason)
{
	*key_r = key;
	*reason_r = reason;
	return -1;
}

static bool is_digits(struct slice s, size_t min, size_t max)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] < '0' || s.data[i] > '9')
			return false;
	return s.len >= min && s.len <= max;
}

/* NULL is fine. */
static bool is_number(const char *text)
{
	return text == NULL ||
	       (text[0] == '+' && is_digits(slice_of(text + 1), 3, NUMBER_MAX));
}

/* It is between quotes in metrics. */
static bool is_name(const char *text)
{
	return strlen(text) <= NAME_MAX_LENGTH && strpbrk(text, "\"\\") == NULL;
}

/* "SM", "ME", "MT": no quotes, which would end the command's. */
static bool is_memory(const char *text)
{
	return text == NULL ||
	       (strlen(text) == 2 &&
		       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 2);
}

static int check_modem(
	const void *data, const char **key_r, const char **reason_r)
{
	const struct modem_config *m = data;

	if (!is_name(modem_config_name(m)))
		return complain(key_r, "name", reason_r,
			"must be at most 100 characters, without quotes and "
			"backslashes; without it, the device's is taken");
	if (!tty_knows_speed(m->speed))
		return complain(key_r, "speed", reason_r,
			"is no usual speed: 9600, 19200, 38400, 57600, 115200, "
			"230400, 460800 or 921600");
	if (m->pin != NULL &&
		!is_digits(secret_reveal(m->pin), PIN_MIN, PIN_MAX))
		return complain(
			key_r, "pin", reason_r, "must be 4 to 8 digits");
	if (!is_number(m->number))
		return complain(key_r, "number", reason_r,
			"must be a number such as \"+15551234567\"");
	if (!is_number(m->centre))
		return complain(key_r, "service_centre", reason_r,
			"must be a number such as \"+15551234567\"");
	if (!is_memory(m->memory))
		return complain(key_r, "memory", reason_r,
			"must be two capitals, such as \"SM\" or \"ME\"");
	for (size_t i = 0; i < m->init.count; i++)
		if (!slice_equals_nocase(slice_make(m->init.items[i],
						 strnlen(m->init.items[i], 2)),
			    "AT"))
			return complain(key_r, "init", reason_r,
				"must be commands that begin with AT");
	return 0;
}

static const struct cfg_group modem_group = {
	.items = modem_items,
	.size = sizeof(struct modem_config),
	.check = check_modem,
};

static const struct cfg_item backend_items[] = {
	{ .name = "modems",
		.type = CFG_GROUP_LIST,
		.offset = offsetof(struct modem_backend_config, modems),
		.group = &modem_group,
		.flags = CFG_REQUIRED,
		.help = "The modems; what one receiver gets goes by the same "
			"one while it works." },
	{ .name = "reports",
		.type = CFG_BOOL,
		.offset = offsetof(struct modem_backend_config, reports),
		.def = "true",
		.help = "Ask for delivery reports, for which some operators "
			"charge." },
	{ .name = NULL },
};

/* Receipts are found by the name, so that two need two. */
static int check_backend(
	const void *data, const char **key_r, const char **reason_r)
{
	const struct cfg_list *list =
		&((const struct modem_backend_config *)data)->modems;

	for (size_t i = 0; i < list->count; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(modem_config_name(list->items[i]),
				    modem_config_name(list->items[j])) == 0)
				return complain(key_r, "modems", reason_r,
					"has two modems of the same name: give "
					"each a `name` of its own");
	return 0;
}

const struct cfg_group modem_config_group = {
	.items = backend_items,
	.size = sizeof(struct modem_backend_config),
	.check = check_backend,
};
