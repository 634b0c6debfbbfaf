#include "email_worker/html.h"

void html_to_text(struct str *out, struct slice html, bool full,
	struct html_result *result)
{
	(void)full;
	*result = (struct html_result){ 0 };
	str_add_slice(out, html);
}

struct slice html_charset(struct slice html)
{
	return slice_make(html.data, 0);
}
