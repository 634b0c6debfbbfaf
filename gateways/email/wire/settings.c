/*
 * The fields of struct settings.
 */
#include "email_wire/settings.h"

#include "base/macros.h"
#include "email_wire/shape.h"

#define SERVER_FIELD(number, kind, member) \
	SHAPE_FIELD(number, SHAPE_##kind, struct settings_server, member)

static const struct shape_field server_fields[] = {
	SERVER_FIELD(1, SMALL, protocol),
	SERVER_FIELD(2, WORD, host),
	SERVER_FIELD(3, WORD, user),
	SERVER_FIELD(4, SMALL, port),
	SERVER_FIELD(5, BOOL, is_starttls),
	SERVER_FIELD(6, SMALL, logins),
};
static const struct shape server_shape = { server_fields, COUNT(server_fields),
	sizeof(struct settings_server) };

static const struct shape_field settings_fields[] = {
	SHAPE_FIELD(1, SHAPE_TEXT, struct settings, title),
	SHAPE_ARRAY(2, struct settings, servers, server_count, &server_shape),
};
static const struct shape settings_shape = { settings_fields,
	COUNT(settings_fields), sizeof(struct settings) };

void settings_encode(struct str *out, const struct settings *s)
{
	shape_encode(out, &settings_shape, s);
}

int settings_decode(struct slice in, struct arena *arena, struct settings *s)
{
	*s = (struct settings){ 0 };
	return shape_decode(in, &settings_shape, arena, s);
}
