/* The hosts file: any bytes, then every word of them looked for. */
#include <stdint.h>
#include <stdio.h>

#include "net/hosts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make((const char *)data, size);
	struct hosts *h = hosts_new();

	hosts_parse(h, text);
	while (text.data != NULL) {
		struct slice word = slice_cut(&text, ' ');
		char name[300];

		snprintf(name, sizeof(name), "%.*s", (int)word.len,
			word.len > 0 ? word.data : "");
		(void)hosts_find(h, name);
	}
	hosts_free(&h);
	return 0;
}
