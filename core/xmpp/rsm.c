#include "xmpp/rsm.h"

#include <stdio.h>

#include "xmpp/ns.h"

/* XEP-0059 section 4: non-negative integers. Ten digits are more than there
 * will ever be items. */
static int read_number(const char *text, long *out_r)
{
	long value = 0;
	size_t digits = 0;

	for (; text[digits] != '\0'; digits++) {
		if (text[digits] < '0' || text[digits] > '9' || digits == 9)
			return -1;
		value = value * 10 + (text[digits] - '0');
	}
	if (digits == 0)
		return -1;
	*out_r = value;
	return 0;
}

static int read_child(
	const struct xml *set, const char *name, long *out_r, struct arena *a)
{
	if (xml_child(set, name, NS_RSM) == NULL)
		return 0;
	const char *text = xml_child_text(set, name, NS_RSM, a);
	return text ? read_number(text, out_r) : -1;
}

int rsm_read(struct rsm *rsm, const struct xml *parent, struct arena *a)
{
	const struct xml *set = xml_child(parent, "set", NS_RSM);

	*rsm = (struct rsm){ .max = -1, .index = -1 };
	if (set == NULL)
		return 0;
	rsm->present = true;
	rsm->after = xml_child_text(set, "after", NS_RSM, a);
	rsm->before = xml_child_text(set, "before", NS_RSM, a);
	if (read_child(set, "max", &rsm->max, a) != 0 ||
		read_child(set, "index", &rsm->index, a) != 0)
		return -1;
	return 0;
}

static void put_number(struct xml_writer *w, const char *name, long value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%ld", value);
	xml_put(w, name, NULL, digits);
}

void rsm_put(struct xml_writer *w, const struct rsm_page *page)
{
	xml_open(w, "set", NS_RSM);
	if (page->first != NULL) {
		xml_open(w, "first", NULL);
		if (page->first_index >= 0)
			xml_put_attr_int(w, "index", page->first_index);
		xml_put_text(w, page->first);
		xml_close(w);
	}
	if (page->last != NULL)
		xml_put(w, "last", NULL, page->last);
	if (page->count >= 0)
		put_number(w, "count", page->count);
	xml_close(w);
}
