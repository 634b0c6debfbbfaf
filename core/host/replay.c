#include "host/replay.h"

#include <string.h>

#include "base/config_source.h"
#include "base/limits.h"

/* A request of ours is not longer; the HTTP server takes none that is. */
#define SAVED_MAX ((size_t)2 * MIB)

static const struct gateway_options *find(
	const struct options *o, struct slice jid)
{
	for (size_t i = 0; i < o->gateways.count; i++) {
		const struct gateway_options *g = o->gateways.items[i];

		if (slice_equals(jid, g->jid))
			return g;
	}
	return NULL;
}

int replay_file(const struct options *o, const char *where, const char *path,
	struct str *out, const char **reason_r)
{
	struct slice part = slice_of(where), jid = slice_cut(&part, '/');
	const struct gateway_options *g = find(o, jid);
	struct str saved;
	bool is_public;
	int ret = -1;

	*reason_r = "no gateway of that name is configured";
	if (g == NULL)
		return -1;
	const struct gw gw = {
		.ops = options_ops(g), .config = g->own, .jid = g->jid
	};
	*reason_r = "this gateway has nothing that can be replayed";
	if (gw.ops->replay == NULL)
		return -1;
	str_init(&saved, SAVED_MAX);
	*reason_r = cfg_read_file(path, SAVED_MAX - 1, &saved, &is_public);
	if (*reason_r == NULL)
		ret = gw.ops->replay(&gw, part.data != NULL ? part.data : "",
			str_text(&saved), saved.len, out, reason_r);
	str_finish(&saved);
	return ret;
}
