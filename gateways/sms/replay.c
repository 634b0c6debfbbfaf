#include "sms/replay.h"

#include <string.h>

#include "sms/config.h"

static const struct sms_backend_config *find(
	const struct sms_config *config, const char *name)
{
	for (size_t i = 0; i < config->backends.count; i++) {
		const struct sms_backend_config *b = config->backends.items[i];

		if (b->name != NULL && strcmp(b->name, name) == 0)
			return b;
	}
	return NULL;
}

int sms_replay(const struct gw *gw, const char *name, const char *saved,
	size_t len, struct str *out, const char **reason_r)
{
	const struct sms_backend_config *b = find(gw->config, name);
	const struct carrier_ops *ops;

	*reason_r = "this gateway has no backend of that name";
	if (b == NULL)
		return -1;
	ops = sms_carrier_find(b->kind);
	*reason_r = "only backends with kind = \"http\" can be tried so";
	if (ops == NULL || ops->replay == NULL)
		return -1;
	const struct carrier_setup setup = {
		.name = b->name, .config = b->own, .gateway = gw->jid
	};
	return ops->replay(&setup, slice_make(saved, len), out, reason_r);
}
