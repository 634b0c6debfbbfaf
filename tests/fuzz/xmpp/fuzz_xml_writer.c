/*
 * The input is a program of writer calls with arbitrary bytes as values. The
 * parser must read from the result exactly what was put in, cleaned.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../unit/xmpp/tree.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = { "a", "message", "x-y_z.1", "b" };
static const char *const spaces[] = { NULL, "u:1", "", NS_COMPONENT,
	"u:'\"<&>2" };

/* What is to come out, one line per fact. */
struct model {
	struct str lines;
	struct str text; /* runs are joined until an element */
	const char *ns[32];
	unsigned depth;
	unsigned attrs;
};

static void model_flush(struct model *m)
{
	if (m->text.len > 0) {
		str_add(&m->lines, "text ");
		str_add_slice(&m->lines, str_slice(&m->text));
		str_add_char(&m->lines, '\n');
	}
	str_reset(&m->text);
}

static void dump(struct str *out, const struct xml *node)
{
	if (node->name == NULL) {
		str_add(out, "text ");
		str_add_slice(out, node->text);
		str_add_char(out, '\n');
		return;
	}
	str_addf(out, "open %s %s\n", node->name, node->ns);
	for (const struct xml_attr *a = node->attrs; a != NULL; a = a->next)
		str_addf(out, "attr %s %s\n", a->name, a->value);
	for (const struct xml *it = node->first; it != NULL; it = it->next)
		dump(out, it);
	str_add(out, "close\n");
}

static struct slice take(struct slice *rest, size_t len)
{
	struct slice taken = *rest;

	if (taken.len > len)
		taken.len = len;
	rest->data += taken.len;
	rest->len -= taken.len;
	return taken;
}

static void run_open(struct xml_writer *w, struct model *m, unsigned pick)
{
	const char *name = names[pick % COUNT(names)];
	const char *ns = spaces[pick / 4 % COUNT(spaces)];

	if (m->depth + 1 >= 20)
		return;
	model_flush(m);
	xml_open(w, name, ns);
	m->ns[m->depth + 1] = ns ? ns : m->ns[m->depth];
	m->depth++;
	m->attrs = 0;
	str_addf(&m->lines, "open %s %s\n", name, m->ns[m->depth]);
}

static void run_attr(struct xml_writer *w, struct model *m, struct slice value)
{
	char name[16], copy[256];
	struct str clean;

	if (!w->tag_open || m->attrs >= 100)
		return;
	snprintf(name, sizeof(name), "k%u", m->attrs++);
	memcpy(copy, value.data, value.len);
	copy[value.len] = '\0';
	xml_put_attr(w, name, copy);
	str_init(&clean, 4096);
	utf8_clean(&clean, slice_of(copy));
	str_addf(&m->lines, "attr %s %s\n", name, str_text(&clean));
	str_finish(&clean);
}

static void run_close(struct xml_writer *w, struct model *m)
{
	model_flush(m);
	xml_close(w);
	m->depth--;
	str_add(&m->lines, "close\n");
}

static void run(struct xml_writer *w, struct model *m, struct slice program)
{
	run_open(w, m, 0);
	while (program.len > 0) {
		unsigned op = (unsigned char)take(&program, 1).data[0];
		struct slice value = slice_make("", 0);
		if (op % 4 < 2 && program.len > 0) {
			size_t len = (unsigned char)take(&program, 1).data[0];
			value = take(&program, len);
		}
		if (op % 4 == 0) {
			run_attr(w, m, value);
		} else if (op % 4 == 1) {
			xml_put_slice(w, value);
			utf8_clean(&m->text, value);
		} else if (op % 4 == 2) {
			run_open(w, m, op / 4);
		} else if (m->depth > 1) {
			run_close(w, m);
		}
	}
	while (m->depth > 0)
		run_close(w, m);
}

/* A model of the namespaces as the parser gives them: the root is a stanza
 * (parser.h), which run() opens in NS_COMPONENT. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct model m = { .ns = { NS_COMPONENT } };
	struct xml_writer w;
	struct str out, got, copy;
	struct tree t;

	if (size > 4096)
		return 0;
	str_init(&m.lines, 4 * MIB);
	str_init(&m.text, MIB);
	tree_writer(&out, &w);
	run(&w, &m, slice_make((const char *)data, size));
	tree_init(&t, str_text(&out));
	if (t.root == NULL)
		abort();
	str_init(&got, 4 * MIB);
	dump(&got, t.root);
	if (strcmp(str_text(&got), str_text(&m.lines)) != 0) {
		fprintf(stderr, "%s\nmodel:\n%s\ngot:\n%s\n", str_text(&out),
			str_text(&m.lines), str_text(&got));
		abort();
	}
	/* And once more through the writer of trees. */
	struct tree again;
	tree_writer(&copy, &w);
	xml_put_tree(&w, t.root);
	tree_init(&again, str_text(&copy));
	str_reset(&got);
	dump(&got, again.root);
	if (strcmp(str_text(&got), str_text(&m.lines)) != 0)
		abort();
	tree_finish(&again);
	tree_finish(&t);
	str_finish(&copy);
	str_finish(&got);
	str_finish(&out);
	str_finish(&m.text);
	str_finish(&m.lines);
	return 0;
}
