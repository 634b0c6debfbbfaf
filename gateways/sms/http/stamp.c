#include "sms_http/stamp.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

/* Seconds have fewer digits until the year 5138; then there are no more. */
#define MILLISECONDS INT64_C(100000000000)
#define LAST         INT64_C(253402300799999)

static int64_t read_number(const char *text)
{
	char *end;
	long long number = strtoll(text, &end, 10);

	if (end == text || (*end != '\0' && *end != '.') || number > LAST)
		return 0;
	return number < MILLISECONDS ? number * 1000 : number;
}

int64_t stamp_read(struct slice text)
{
	char copy[48];
	int64_t wall_ms;

	text = slice_trim(text);
	if (text.len == 0 || text.len >= sizeof(copy) - 2)
		return 0;
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	if (text.len > 10 && copy[10] == ' ') {
		copy[10] = 'T';
		if (text.len == 16)
			text.len += (size_t)text_copy(copy + 16, 4, ":00") * 3;
		(void)text_copy(copy + text.len, 2, "Z");
	}
	if (strspn(copy, "0123456789.") == strlen(copy))
		return read_number(copy);
	return clock_parse(slice_of(copy), &wall_ms) == 0 ? wall_ms : 0;
}
