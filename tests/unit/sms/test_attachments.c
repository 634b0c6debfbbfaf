/*
 * What is no text: a file of the user where his server has a place for it, and
 * words where not.
 */
#include "sms/fake_carrier.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "base/str.h"
#include "sms/attachment.h"

#define OWN  "+15551230000"
#define PEER "+15557770000"

#define VCARD                                              \
	"BEGIN:VCARD\r\nVERSION:2.1\r\nFN;CHARSET=UTF-8: " \
	"Bob Builder\r\nEND:VCARD\r\n"

static const char config[] =
	"country = \"US\";"
	"assign = ( { number = \"" OWN "\"; users = "
	"( \"user@example.test\" ); } );"
	"backends = ( { kind = \"fake\"; name = \"main\"; numbers = ( \"" OWN
	"\" ); } );";

static struct gw_session *alice;

static int set_up(void **state)
{
	(void)state;
	alice = begin_gateway(config, OWN);
	carrier_goes("main", CARRIER_UP);
	return 0;
}

static void brings(const char *id, unsigned port, const char *octets)
{
	struct fake_carrier *c = carrier("main");
	char header[] = { 5, 4, (char)(port >> 8), (char)port, 0, 0 };
	const struct carrier_incoming in = { .from = { NUMBER_INTERNATIONAL,
						     "15557770000" },
		.to = { NUMBER_INTERNATIONAL, "15551230000" },
		.alphabet = SMS_BINARY,
		.header = slice_make(header, sizeof(header)),
		.data = slice_of(octets),
		.id = id };
	c->setup.events->incoming(c->setup.arg, &in);
	fake_run(core, 0);
}

static void uploaded(uint32_t upload, const char *url)
{
	gateway_sms.uploaded(alice, upload, url,
		url != NULL ? GW_OK : GW_UNREACHABLE, url ? NULL : "no");
	fake_run(core, 0);
}

static void a_contact_is_a_file(void **state)
{
	(void)state;
	fake_allow_uploads(alice, -1);
	brings("a", 9204, VCARD);
	fake_expect(core, "upload contact.vcf text/vcard *");
	fake_expect_none(core, "message *", 1000);
	gateway_sms.upload_more(alice, 1, 5);
	fake_expect(core, "upload 1: BEGIN");
	gateway_sms.upload_more(alice, 1, 1000);
	fake_expect(core, "upload 1: :VCARD*");
	uploaded(1, "https://x/1");
	fake_expect(core, "message " PEER ": A contact: Bob Builder * "
			  "file=https://x/1 [[]durable]");
	fake_expect(core, "own-keep i/* (no longer)");
}

static void is_words_where_files_have_no_place(void **state)
{
	(void)state;
	brings("a", 9204, VCARD);
	fake_expect(core, "message " PEER ": BEGIN:VCARD*Bob Builder*");
	fake_allow_uploads(alice, 5);
	brings("b", 5000, "octets");
	fake_expect(core, "message " PEER
			  ": (6 octets for a program (port 5000), which *");
	fake_allow_uploads(alice, 100);
	brings("c", 5000, "octets");
	fake_expect(core, "upload message.bin application/octet-stream 6");
	uploaded(1, NULL);
	fake_expect(core, "message " PEER ": (6 octets *");
}

static void one_after_the_other(void **state)
{
	(void)state;
	fake_allow_uploads(alice, 1000);
	brings("a", 5000, "octets");
	brings("b", 9205, "SUMMARY:Tea\n");
	fake_expect(core, "upload message.bin *");
	fake_expect_none(core, "upload event.ics *", 1000);
	uploaded(1, "https://x/1");
	fake_expect(core, "message " PEER ": Octets for a program (port 5000) "
			  "* file=https://x/1 *");
	fake_expect(core, "upload event.ics *");
	uploaded(2, "https://x/2");
	fake_expect(core, "message " PEER ": An appointment: Tea *");
}

/* Neither a closed session nor a restart loses it. */
static void is_uploaded_again(void **state)
{
	(void)state;
	fake_allow_uploads(alice, 1000);
	brings("a", 9204, VCARD);
	fake_expect(core, "upload contact.vcf *");
	fake_close(alice, NULL);
	fake_open(alice);
	fake_expect(core, "upload contact.vcf *");
	carriers_reset();
	fake_core_restart(core);
	fake_open(alice);
	fake_expect(core, "upload contact.vcf text/vcard 64");
	uploaded(3, "https://x/3");
	fake_expect(core, "message " PEER ": A contact: Bob Builder *");
}

/* --- Records --------------------------------------------------------------- */

static void records_read_as_they_were_written(void **state)
{
	static const struct content content = { CONTENT_BINARY,
		"application/octet-stream", "message.bin", 7 };
	struct str out = { .max = KIB };
	(void)state;
	struct attachment *a = attachment_new(&content, slice_make("a\0b", 3));
	attachment_pack(&out, a);
	for (size_t len = 0; len <= out.len; len++) {
		struct unpack u = { .rest = slice_make(out.data, len) };
		(void)unpack_text(&u);
		struct attachment *b = attachment_unpack(&u);
		assert_int_equal(b != NULL, len == out.len);
		if (b != NULL)
			assert_memory_equal(b->octets.data, "a\0b", 3);
		attachment_free(&b);
	}
	attachment_free(&a);
	str_finish(&out);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, end_gateway)
	const struct CMUnitTest tests[] = {
		TEST(a_contact_is_a_file),
		TEST(is_words_where_files_have_no_place),
		TEST(one_after_the_other),
		TEST(is_uploaded_again),
		cmocka_unit_test(records_read_as_they_were_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
