/*
 * Answers the questions of texts.mjs, for the test that compares what it and
 * other programs say.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "sms_data/segment.h"

#define MAX 20000

static void answer_count(struct str *out, struct slice text)
{
	static const struct segment_options options = { 0 };
	struct segments s;

	if (segments_cut(&s, &options, text, 1) == 0)
		str_addf(out, "%zu %s", s.count,
			s.alphabet == SMS_UCS2 ? "UCS-2" : "GSM-7");
	segments_finish(&s);
}

static void answer(const char *line, struct str *out)
{
	unsigned single = 0, locking = 0;
	char name[10], digits[MAX];
	struct str in, bytes;

	str_init(&in, MAX);
	str_init(&bytes, MAX);
	if (sscanf(line, "%9s %u %u %19999s", name, &single, &locking,
		    digits) != 4 &&
		sscanf(line, "%9s %19999s", name, digits) != 2)
		exit(1);
	if (hex_decode(&in, slice_of(digits)) != 0)
		exit(1);
	struct gsm_tables tables = { (unsigned char)single,
		(unsigned char)locking };
	if (strcmp(name, "count") == 0)
		answer_count(out, str_slice(&in));
	else if (strcmp(name, "decode") == 0)
		gsm_decode(&bytes, tables, str_slice(&in));
	else if (gsm_encode(&bytes, tables, str_slice(&in)) != 0)
		str_add(out, "none");
	hex_encode(out, str_slice(&bytes));
	str_finish(&in);
	str_finish(&bytes);
}

int main(void)
{
	char line[MAX];
	struct str out;

	str_init(&out, 2 * MAX);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		str_reset(&out);
		answer(line, &out);
		puts(str_text(&out));
	}
	str_finish(&out);
	return 0;
}
