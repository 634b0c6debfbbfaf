#include "xmpp/stream_error.h"

#include <string.h>

#include "base/macros.h"
#include "xmpp/ns.h"

#define OUR_FAULT \
	"this is a fault of Causeway: please report it with a debug log"

static const struct stream_error errors[] = {
	{ "bad-format", STREAM_ERROR_OTHER, OUR_FAULT },
	{ "bad-namespace-prefix", STREAM_ERROR_OTHER, OUR_FAULT },
	{ "conflict", STREAM_ERROR_CONFLICT,
		"another process is attached to the XMPP server under this "
		"address, or a dead connection still is" },
	{ "connection-timeout", STREAM_ERROR_OTHER, NULL },
	{ "host-gone", STREAM_ERROR_CONFIG,
		"the XMPP server does not serve this address any more" },
	{ "host-unknown", STREAM_ERROR_CONFIG,
		"add a component with the gateway's jid to the XMPP server's "
		"configuration, or correct the jid" },
	{ "improper-addressing", STREAM_ERROR_OTHER, OUR_FAULT },
	{ "internal-server-error", STREAM_ERROR_OTHER, NULL },
	{ "invalid-from", STREAM_ERROR_OTHER, OUR_FAULT },
	{ "invalid-namespace", STREAM_ERROR_CONFIG,
		"xmpp.port must be the port for components, not the one for "
		"clients or servers" },
	{ "invalid-xml", STREAM_ERROR_OTHER, OUR_FAULT },
	{ "not-authorized", STREAM_ERROR_CONFIG,
		"the gateway's secret must be the one in the XMPP server's "
		"configuration" },
	{ "not-well-formed", STREAM_ERROR_OTHER, OUR_FAULT },
	{ "policy-violation", STREAM_ERROR_OTHER,
		"the XMPP server may have a limit for components that is "
		"too low" },
	{ "remote-connection-failed", STREAM_ERROR_OTHER, NULL },
	{ "reset", STREAM_ERROR_OTHER, NULL },
	{ "resource-constraint", STREAM_ERROR_OTHER, NULL },
	{ "restricted-xml", STREAM_ERROR_OTHER, OUR_FAULT },
	{ "see-other-host", STREAM_ERROR_CONFIG,
		"set xmpp.host and xmpp.port to the server that is named" },
	{ "system-shutdown", STREAM_ERROR_SHUTDOWN, NULL },
	{ "undefined-condition", STREAM_ERROR_OTHER, NULL },
	{ "unsupported-encoding", STREAM_ERROR_OTHER, OUR_FAULT },
	{ "unsupported-feature", STREAM_ERROR_OTHER, NULL },
	{ "unsupported-stanza-type", STREAM_ERROR_OTHER, OUR_FAULT },
	{ "unsupported-version", STREAM_ERROR_OTHER, NULL },
};

static const struct stream_error unknown = {
	"undefined-condition",
	STREAM_ERROR_OTHER,
	NULL,
};

const struct stream_error *stream_error_by_name(const char *name)
{
	for (size_t i = 0; i < COUNT(errors); i++)
		if (strcmp(errors[i].name, name) == 0)
			return &errors[i];
	return &unknown;
}

static const struct xml *condition_of(const struct xml *error)
{
	const struct xml *it = xml_child(error, NULL, NS_STREAM_ERRORS);

	while (it != NULL && strcmp(it->name, "text") == 0)
		it = xml_next(it, NULL, NS_STREAM_ERRORS);
	return it;
}

const struct stream_error *stream_error_read(
	const struct xml *error, struct arena *a, struct str *words)
{
	const struct xml *condition = condition_of(error);
	const char *name = condition ? condition->name : unknown.name;
	const char *text = xml_child_text(error, "text", NS_STREAM_ERRORS, a);

	str_add(words, name);
	/* Where to go, in see-other-host. */
	const char *detail = xml_text(condition, a);
	if (detail != NULL && detail[0] != '\0')
		str_addf(words, " (%s)", detail);
	if (text != NULL && text[0] != '\0')
		str_addf(words, ": %s", text);
	return stream_error_by_name(name);
}
