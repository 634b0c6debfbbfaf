/*
 * What is kept over restarts, as a store may give it back, damaged or not: the
 * gateway starts with it, its user comes, reacts to a text, and some time passes. An
 * input is several records: a byte that says of which kind one is, two with its
 * length, and its octets.
 */
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/macros.h"
#include "gateways/kit/fake_core.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct gateway_ops gateway_sms;

#define OWN         "+15551230000"
#define PEER        "+15557770000"
#define RECORDS_MAX 8
#define LATER_MS    200

static const char config[] = "country = \"US\";"
			     "assign = ( { number = \"" OWN "\"; users = "
			     "( \"user@example.test\" ); } );";

static const char *const prefixes[] = { "o/", "i/", "p/", "c/", "k/", "n/",
	"u/", "t/", "g/", "a/" };

static struct fake_core *core;
static struct gw_session *session;

static void nothing(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

/* Of a text of the conversation with PEER. */
static void keep_recent(struct slice data, unsigned number)
{
	unsigned char digest[SHA256_SIZE];
	struct str name = { .max = 200 };
	crypto_sha256(slice_of(PEER), digest);
	str_add(&name, "t/");
	hex_encode(&name, slice_make((const char *)digest, 16));
	str_addf(&name, "/%u", number);
	const struct gw_kept kept = {
		.name = str_text(&name), .data = data.data, .len = data.len
	};
	gw_keep(session, &kept, 1, 0);
	str_finish(&name);
}

static void keep(unsigned kind, struct slice data, unsigned number)
{
	char name[64];
	const char *prefix = prefixes[kind % COUNT(prefixes)];
	if (strcmp(prefix, "t/") == 0) {
		keep_recent(data, number);
		return;
	}
	text_format(name, sizeof(name), "%s%08x", prefix, number + 1);
	fake_own_keep(core, name, data.data, data.len);
}

static void keep_all(struct slice input)
{
	for (unsigned i = 0; i < RECORDS_MAX && input.len >= 3; i++) {
		const unsigned char *head = (const unsigned char *)input.data;
		unsigned kind = head[0];
		size_t len = (size_t)head[1] << 8 | head[2];
		input = slice_make(input.data + 3, input.len - 3);
		len = len < input.len ? len : input.len;
		keep(kind, slice_make(input.data, len), i);
		input = slice_make(input.data + len, input.len - len);
	}
}

static void react(void)
{
	const struct gw_outgoing m = { .request = fake_request(session),
		.kind = GW_PERSON,
		.to = PEER,
		.text = "\xf0\x9f\x91\x8d",
		.reply_to = "0",
		.reaction = true };
	gateway_sms.send(session, &m);
	fake_run(core, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	log_set_sink(nothing, NULL);
	core = fake_core_new(&gateway_sms, config);
	session = fake_session(core, OWN);
	fake_open(session);
	fake_run(core, 0);
	/* Messages that may be on their way. */
	for (unsigned i = 0; i < RECORDS_MAX; i++)
		(void)fake_request(session);
	keep_all(slice_make((const char *)data, size));
	fake_core_restart(core);
	fake_open(session);
	fake_run(core, 0);
	react();
	fake_clear(core);
	fake_run(core, LATER_MS);
	fake_core_free(&core);
	return 0;
}
