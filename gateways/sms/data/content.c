/*
 * Segments are read in runs: neighbours that are written alike.
 */
#include "sms_data/content.h"

#include <assert.h>

#include "base/limits.h"
#include "sms_data/udh.h"

#define GAP "[...]"

/* Ports whose data is text for people (the Internet Assigned Numbers
 * Authority's names: wap-vcard, wap-vcal, and those with security; 0x23f4
 * came with Nokia's Smart Messaging). */
static const struct {
	unsigned port;
	struct content content;
} ports[] = {
	{ 9204, { CONTENT_FILE, "text/vcard", "contact.vcf", 0 } },
	{ 9205, { CONTENT_FILE, "text/calendar", "event.ics", 0 } },
	{ 9206, { CONTENT_FILE, "text/vcard", "contact.vcf", 0 } },
	{ 9207, { CONTENT_FILE, "text/calendar", "event.ics", 0 } },
};

static const struct content text = { CONTENT_TEXT, "", "", 0 };
/* For a program, and people can read it. */
static const struct content plain = { CONTENT_FILE, "text/plain", "message.txt",
	0 };
static const struct content binary = { CONTENT_BINARY,
	"application/octet-stream", "message.bin", 0 };

/* Ports of programs: ring tones, pictures and settings of Smart Messaging, WAP
 * pushes and sessions; their octets are said to be text at times. */
static const struct {
	unsigned first, last;
} programs[] = { { 2948, 2949 }, { 5505, 5514 }, { 9200, 9203 } };

static struct content of_port(
	const struct content_segment *segment, const struct udh *udh)
{
	for (size_t i = 0; i < COUNT(ports); i++)
		if (ports[i].port == udh->port)
			return ports[i].content;
	bool is_octets = segment->alphabet == SMS_BINARY || udh->has_command;
	for (size_t i = 0; i < COUNT(programs); i++)
		is_octets |= udh->port >= programs[i].first &&
			     udh->port <= programs[i].last;
	return is_octets ? binary : plain;
}

struct content content_of(const struct content_segment *segment)
{
	struct content content = text;
	struct udh udh;

	if (segment->text != NULL)
		return text;
	udh_read(segment->header, &udh);
	if (udh.has_ports)
		content = of_port(segment, &udh);
	else if (udh.has_command || segment->alphabet == SMS_BINARY)
		content = binary;
	content.port = udh.has_ports ? udh.port : 0;
	return content;
}

/* --- Runs ---------------------------------------------------------------- */

/* How a segment is written. */
struct script {
	bool is_text; /* UTF-8 of a provider */
	enum sms_alphabet alphabet;
	struct gsm_tables tables;
};

static struct script script_of(const struct content_segment *segment)
{
	struct udh udh;

	if (segment->text != NULL)
		return (struct script){ .is_text = true };
	udh_read(segment->header, &udh);
	return (struct script){ .alphabet = segment->alphabet,
		.tables = udh.tables };
}

static bool is_same(struct script a, struct script b)
{
	return a.is_text == b.is_text && a.alphabet == b.alphabet &&
	       a.tables.single == b.tables.single &&
	       a.tables.locking == b.tables.locking;
}

static void decode(struct str *out, struct script script, struct slice octets)
{
	if (script.is_text) {
		utf8_decode(out, octets);
		return;
	}
	switch (script.alphabet) {
	case SMS_GSM:
		gsm_decode(out, script.tables, octets);
		break;
	case SMS_UCS2:
		ucs2_decode(out, octets);
		break;
	case SMS_LATIN1:
	case SMS_BINARY: /* a file: text of an alphabet that nobody names */
		latin1_decode(out, octets);
		break;
	}
}

static struct slice octets_of(const struct content_segment *segment)
{
	return segment->text != NULL ? slice_of(segment->text) : segment->data;
}

/* Read the run at the start; returns how many segments it has. */
static size_t read_run(struct str *out,
	const struct content_segment *const *segments, size_t count)
{
	struct script script = script_of(segments[0]);
	struct str joined;
	size_t n = 0, len = 1;

	while (n < count && segments[n] != NULL &&
		is_same(script, script_of(segments[n])))
		len += octets_of(segments[n++]).len;
	if (n == 1) {
		decode(out, script, octets_of(segments[0]));
		return 1;
	}
	str_init(&joined, len);
	for (size_t i = 0; i < n; i++)
		str_add_slice(&joined, octets_of(segments[i]));
	decode(out, script, str_slice(&joined));
	str_finish(&joined);
	return n;
}

static void read_text(struct str *out,
	const struct content_segment *const *segments, size_t count)
{
	bool is_gap = false;

	for (size_t i = 0; i < count;) {
		if (segments[i] != NULL) {
			i += read_run(out, segments + i, count - i);
			is_gap = false;
			continue;
		}
		if (!is_gap)
			str_add(out, GAP);
		is_gap = true;
		i++;
	}
}

struct content content_read(struct str *out,
	const struct content_segment *const *segments, size_t count)
{
	struct content content = text;
	size_t first = 0;

	while (first < count && segments[first] == NULL)
		first++;
	if (first == count)
		return content;
	content = content_of(segments[first]);
	if (content.kind != CONTENT_BINARY) {
		read_text(out, segments, count);
		return content;
	}
	for (size_t i = first; i < count; i++)
		if (segments[i] != NULL)
			str_add_slice(out, octets_of(segments[i]));
	return content;
}
