/*
 * An autoconfig document: whatever it is, what is told of it is a record that
 * the daemon can read, and holds nothing but servers with TLS.
 */
#include <assert.h>
#include <stdint.h>

#include "email_wire/settings.h"
#include "email_worker/autoconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_server(const struct settings_server *s)
{
	assert(s->protocol == LINK_IMAP || s->protocol == LINK_SMTP);
	assert(s->port >= 1 && s->port <= 65535);
	assert(s->host[0] != '\0' && strlen(s->host) < 256);
	assert(s->user[0] != '\0' && strpbrk(s->user, " \r\n\t") == NULL);
	assert(s->logins != 0 && s->logins <= 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str out = { .max = (size_t)64 * 1024 };
	struct settings settings;
	struct arena arena;

	arena_init(&arena, (size_t)64 * 1024);
	if (autoconfig_read(slice_make((const char *)data, size), &out) == 0) {
		assert(!out.overflow);
		assert(settings_decode(str_slice(&out), &arena, &settings) ==
			0);
		assert(settings.server_count <= SETTINGS_SERVERS_MAX);
		for (size_t i = 0; i < settings.server_count; i++)
			check_server(&settings.servers[i]);
	} else {
		assert(out.len == 0);
	}
	arena_finish(&arena);
	str_finish(&out);
	return 0;
}
