/* Files that come with texts: a URL, a line break, what somebody says it is, a
 * line break, and how it begins. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "sms_data/media.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* With a NUL behind, in memory of its own. */
static char *text_of(struct slice s)
{
	char *text = malloc(s.len + 1);
	if (text == NULL)
		abort();
	if (s.len > 0)
		memcpy(text, s.data, s.len);
	text[s.len] = '\0';
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_make((const char *)data, size);
	char *url = text_of(slice_cut(&rest, '\n'));
	char *said = text_of(slice_cut(&rest, '\n'));
	char type[MEDIA_TYPE_SIZE], name[MEDIA_NAME_SIZE];
	media_type(said, rest, type);
	media_name(url, type, name);
	if (strchr(type, '/') == NULL || strchr(name, '/') != NULL ||
		strchr(name, '.') == NULL || name[0] == '.')
		abort();
	(void)media_is_layout(url, said);
	free(url);
	free(said);
	return 0;
}
