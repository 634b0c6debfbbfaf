/*
 * JIDs: what was prepared is prepared for ever and consists of its parts;
 * escaping loses nothing.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "xmpp/jid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void check_part(
	const char *part, int (*prepare)(struct str *out, struct slice text))
{
	struct str out;

	if (part[0] == '\0')
		return;
	require(strlen(part) <= LIMIT_JID_PART);
	require(utf8_is_valid(slice_of(part)));
	str_init(&out, LIMIT_JID);
	require(prepare(&out, slice_of(part)) == 0);
	require(strcmp(str_text(&out), part) == 0);
	str_finish(&out);
}

static void check_jid(const struct jid *jid)
{
	struct str whole;

	check_part(jid->local, jid_prepare_local);
	check_part(jid->domain, jid_prepare_domain);
	check_part(jid->resource, jid_prepare_resource);
	require(jid->domain[0] != '\0');
	str_init(&whole, LIMIT_JID + 2);
	if (jid->local[0] != '\0')
		str_addf(&whole, "%s@", jid->local);
	str_add(&whole, jid->domain);
	require(strcmp(str_text(&whole), jid->bare) == 0);
	if (jid->resource[0] != '\0')
		str_addf(&whole, "/%s", jid->resource);
	require(strcmp(str_text(&whole), jid->full) == 0);
	str_finish(&whole);
}

static void check_escape(struct slice name)
{
	struct str escaped, back;

	str_init(&escaped, 2 * LIMIT_JID);
	str_init(&back, 2 * LIMIT_JID);
	if (jid_escape(&escaped, name) == 0) {
		jid_unescape(&back, str_slice(&escaped));
		require(back.len == name.len &&
			memcmp(back.data, name.data, name.len) == 0);
	}
	str_reset(&back);
	jid_unescape(&back, name);
	require(back.len <= name.len);
	str_finish(&escaped);
	str_finish(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make((const char *)data, size);
	struct jid jid, again;
	struct arena a;

	arena_init(&a, 64 * KIB);
	if (jid_parse(&jid, text, &a) == 0) {
		check_jid(&jid);
		require(jid_parse(&again, slice_of(jid.full), &a) == 0);
		require(strcmp(again.full, jid.full) == 0);
	}
	if (size <= LIMIT_JID)
		check_escape(text);
	arena_finish(&a);
	return 0;
}
