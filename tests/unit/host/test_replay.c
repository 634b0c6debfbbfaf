/* --replay: which gateway it is for, and what it is given. */
#include "host/host_fixture.h"

#include "host/replay.h"

#define TEXT                                                                   \
	"xmpp = { host = \"127.0.0.1\"; };\n"                                  \
	"gateways = ( { type = \"echo\"; jid = \"" GW "\"; secret = \"s\"; } " \
	");\n"

static int on_replay(const struct gw *gw, const char *part, const char *saved,
	size_t len, struct str *out, const char **reason_r)
{
	assert_string_equal(gw->jid, GW);
	assert_ptr_equal(gw->ops, &net_ops);
	assert_null(gw->env);
	assert_null(gw->impl);
	if (strcmp(part, "bad") == 0) {
		*reason_r = "there is no such backend";
		return -1;
	}
	str_addf(out, "part=%s saved=%.*s\n", part, (int)len, saved);
	return 0;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void a_saved_request_is_given_to_its_gateway(void **state)
{
	(void)state;
	static const struct {
		const char *where, *file, *out, *reason; /* NULL: it works */
	} rows[] = {
		{ GW "/main", "saved", "part=main saved=GET / HTTP/1.1\n\n\n",
			NULL },
		{ GW "/a/b", "saved", "part=a/b saved=GET / HTTP/1.1\n\n\n",
			NULL },
		{ GW, "saved", "part= saved=GET / HTTP/1.1\n\n\n", NULL },
		{ GW "/bad", "saved", "", "there is no such backend" },
		{ "other.example.org/main", "saved", "", "no gateway" },
		{ "", "saved", "", "no gateway" },
		{ GW "/main", "none", "", "No such file" },
	};
	struct str out = { .max = 4096 }, error = { .max = 4096 };
	struct options *o;

	write_file(path_of("conf"), TEXT);
	write_file(path_of("saved"), "GET / HTTP/1.1\n\n");
	o = options_load(path_of("conf"), &error);
	if (o == NULL)
		fail_msg("%s", str_text(&error));
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *reason = "";
		int ret;

		net_ops.replay = on_replay;
		str_reset(&out);
		ret = replay_file(
			o, rows[i].where, path_of(rows[i].file), &out, &reason);
		if ((ret == 0) != (rows[i].reason == NULL) ||
			strcmp(str_text(&out), rows[i].out) != 0)
			fail_msg("row %zu: %s", i, str_text(&out));
		if (ret != 0 && strstr(reason, rows[i].reason) == NULL)
			fail_msg("row %zu: %s", i, reason);
	}
	net_ops.replay = NULL;
	const char *reason = "";
	assert_int_equal(
		replay_file(o, GW "/main", path_of("saved"), &out, &reason),
		-1);
	assert_non_null(strstr(reason, "nothing that can be replayed"));
	options_free(&o);
	str_finish(&out);
	str_finish(&error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_BARE(a_saved_request_is_given_to_its_gateway),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
