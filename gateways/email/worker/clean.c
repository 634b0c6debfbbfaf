#include "email_worker/clean.h"

#include <glib.h>

#include "base/utf8.h"

/* Normalising takes quadratic time on a run of combining marks. */
#define COMPOSE_MAX 1024

bool clean_is_space(uint32_t code)
{
	return code == ' ' || (code >= '\t' && code <= '\r') || code == 0x85 ||
	       code == 0xa0 || (code >= 0x2000 && code <= 0x200a) ||
	       code == 0x2028 || code == 0x2029 || code == 0x202f ||
	       code == 0x205f || code == 0x3000;
}

bool clean_is_invisible(uint32_t code)
{
	return code == 0xad || code == 0x34f || code == 0x61c ||
	       code == 0x180e || (code >= 0x200b && code <= 0x200f) ||
	       (code >= 0x202a && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
	       (code >= 0xfff9 && code <= 0xfffb);
}

bool clean_is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) ||
	       (code & 0xfffe) == 0xfffe || (code >= 0xfdd0 && code <= 0xfdef);
}

/* Joiners belong to emoji and to the scripts of India and Persia. */
static bool is_joiner(uint32_t code)
{
	return code == 0x200c || code == 0x200d;
}

static uint32_t next_code(struct slice *rest)
{
	uint32_t code;
	size_t len = utf8_next(*rest, &code);

	if (len == 0) {
		code = 0xfffd;
		len = 1;
	}
	*rest = slice_make(rest->data + len, rest->len - len);
	return code;
}

static void add_composed(struct str *out, struct slice line)
{
	char *composed = NULL;

	if (line.len <= COMPOSE_MAX)
		composed = g_utf8_normalize(
			line.data, (gssize)line.len, G_NORMALIZE_NFC);
	str_add_slice(out, composed ? slice_of(composed) : line);
	g_free(composed);
}

void clean_line(struct str *out, struct slice text, size_t max)
{
	struct str line;
	bool wants_space = false;

	str_init(&line, max + 8);
	while (text.len > 0 && line.len < max) {
		uint32_t code = next_code(&text);

		if (clean_is_space(code)) {
			wants_space = line.len > 0;
			continue;
		}
		if (clean_is_control(code) ||
			(clean_is_invisible(code) && !is_joiner(code)))
			continue;
		if (wants_space)
			str_add_char(&line, ' ');
		wants_space = false;
		utf8_add(&line, code);
	}
	if (line.len > max)
		str_truncate(&line, utf8_prefix(str_slice(&line), max));
	if (line.len > 0)
		add_composed(out, str_slice(&line));
	str_finish(&line);
}

bool clean_text(struct str *out, struct slice text)
{
	while (text.len > 0) {
		uint32_t code = next_code(&text);

		if (code == '\r' && text.len > 0 && text.data[0] == '\n')
			continue;
		if (code == '\r' || code == 0x85 || code == 0x2028 ||
			code == 0x2029)
			code = '\n';
		if (code != '\n' && code != '\t' && clean_is_control(code))
			continue;
		if (out->max - out->len < 5)
			return false;
		utf8_add(out, code);
	}
	return true;
}
