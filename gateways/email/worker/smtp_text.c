#include "email_worker/smtp_text.h"

#define ADDRESS_MAX 254

char smtp_add_data(struct str *out, struct slice bytes, char last)
{
	for (size_t i = 0; i < bytes.len; i++) {
		char c = bytes.data[i];

		/* A CR was written as a line end already. */
		if (c == '\n' && last == '\r') {
			last = '\n';
			continue;
		}
		if (c == '\r' || c == '\n') {
			str_add(out, "\r\n");
			last = c;
			continue;
		}
		if (c == '.' && (last == '\0' || last == '\r' || last == '\n'))
			str_add_char(out, '.');
		str_add_char(out, c);
		last = c;
	}
	return last;
}

const char *smtp_data_end(char last)
{
	return last == '\r' || last == '\n' ? ".\r\n" : "\r\n.\r\n";
}

static size_t digits(struct slice text)
{
	size_t len = 0;

	while (len < text.len && text.data[len] >= '0' && text.data[len] <= '9')
		len++;
	return len;
}

struct slice smtp_cut_code(struct slice *words)
{
	struct slice rest = *words;
	size_t len = 0;

	for (int part = 0; part < 3; part++) {
		size_t count = digits(rest);

		if (count == 0 || count > 3 ||
			(part < 2 &&
				(rest.len <= count || rest.data[count] != '.')))
			return slice_make(NULL, 0);
		count += part < 2;
		len += count;
		rest.data += count;
		rest.len -= count;
	}
	if (rest.len > 0 && rest.data[0] != ' ')
		return slice_make(NULL, 0);
	rest = slice_make(words->data, len);
	words->data += len;
	words->len -= len;
	*words = slice_trim(*words);
	return rest;
}

bool smtp_is_address(struct slice address, bool utf8)
{
	if (address.len > ADDRESS_MAX)
		return false;
	for (size_t i = 0; i < address.len; i++) {
		unsigned char c = (unsigned char)address.data[i];

		if (c < ' ' || c == 0x7f || c == '<' || c == '>' ||
			(c > 0x7f && !utf8))
			return false;
	}
	return true;
}
