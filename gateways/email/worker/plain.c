#include "email_worker/plain.h"

#include "email_worker/chars.h"

bool plain_next_line(struct slice *rest, struct slice *line_r)
{
	if (rest->data == NULL || rest->len == 0)
		return false;
	*line_r = slice_cut(rest, '\n');
	if (line_r->len > 0 && line_r->data[line_r->len - 1] == '\r')
		line_r->len--;
	return true;
}

bool plain_contains(struct slice text, const char *piece)
{
	size_t len = strlen(piece);

	for (size_t i = 0; i + len <= text.len; i++) {
		size_t same = 0;

		while (same < len && char_lower(text.data[i + same]) ==
					     char_lower(piece[same]))
			same++;
		if (same == len)
			return true;
	}
	return false;
}

/* ------------------------------------------------------------------------
 * format=flowed (RFC 3676 section 4.2)
 * ------------------------------------------------------------------------ */

struct flow {
	struct str *out;
	bool is_open; /* the paragraph goes on with the next line */
	size_t depth; /* of its quote */
};

static size_t cut_quotes(struct slice *line)
{
	size_t depth = 0;

	while (depth < line->len && line->data[depth] == '>')
		depth++;
	*line = slice_make(line->data + depth, line->len - depth);
	return depth;
}

static void begin_line(struct flow *f, size_t depth)
{
	if (f->out->len > 0)
		str_add_char(f->out, '\n');
	for (size_t i = 0; i < depth; i++)
		str_add_char(f->out, '>');
	if (depth > 0)
		str_add_char(f->out, ' ');
}

static void flow_line(struct flow *f, struct slice line, bool delete_space)
{
	size_t depth = cut_quotes(&line);

	if (line.len > 0 && line.data[0] == ' ')
		line = slice_make(line.data + 1, line.len - 1);
	bool is_mark = slice_equals(line, "-- ");
	bool is_flowed =
		line.len > 0 && line.data[line.len - 1] == ' ' && !is_mark;

	if (!f->is_open || depth != f->depth || is_mark)
		begin_line(f, depth);
	if (is_flowed && delete_space)
		line.len--;
	str_add_slice(f->out, line);
	f->is_open = is_flowed;
	f->depth = depth;
}

void plain_unflow(struct str *out, struct slice text, bool delete_space)
{
	struct flow f = { out, false, 0 };
	struct slice line;
	bool is_first = true;

	while (plain_next_line(&text, &line)) {
		/* An empty first line has no line break before it. */
		if (is_first && line.len == 0)
			str_add_char(out, '\n');
		is_first = false;
		flow_line(&f, line, delete_space);
	}
}
