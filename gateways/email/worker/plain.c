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
	bool is_open;  /* the paragraph goes on with the next line */
	size_t depth;  /* of its quote */
	bool has_line; /* there is one before it */
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
	if (f->has_line)
		str_add_char(f->out, '\n');
	f->has_line = true;
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
	struct flow f = { out, false, 0, false };
	struct slice line;

	while (plain_next_line(&text, &line))
		flow_line(&f, line, delete_space);
}

/* ------------------------------------------------------------------------
 * Clear-signed texts
 * ------------------------------------------------------------------------ */

bool plain_unarmour(struct str *out, struct slice text)
{
	struct slice rest = text, line;
	bool in_head = false, in_text = false;

	while (plain_next_line(&rest, &line)) {
		struct slice bare = slice_trim(line);

		if (in_text &&
			slice_equals(bare, "-----BEGIN PGP SIGNATURE-----"))
			return true;
		if (in_text) {
			if (line.len > 1 && memcmp(line.data, "- ", 2) == 0)
				line = slice_make(line.data + 2, line.len - 2);
			str_add_slice(out, line);
			str_add_char(out, '\n');
		} else if (in_head) {
			in_text = bare.len == 0;
		} else if (bare.len > 0) {
			if (!slice_equals(
				    bare, "-----BEGIN PGP SIGNED MESSAGE-----"))
				return false;
			in_head = true;
		}
	}
	return in_text;
}

/* ------------------------------------------------------------------------
 * uuencode
 * ------------------------------------------------------------------------ */

/* "begin 644 a.txt" */
static bool is_begin(struct slice line, struct slice *name_r)
{
	size_t at = 6;

	if (line.len < 11 || memcmp(line.data, "begin ", 6) != 0)
		return false;
	while (at < line.len && line.data[at] >= '0' && line.data[at] <= '7')
		at++;
	if (at < 9 || at > 10 || at >= line.len || line.data[at] != ' ')
		return false;
	*name_r = slice_trim(slice_make(line.data + at, line.len - at));
	return name_r->len > 0;
}

/* As long as its first character says. */
static bool is_uu_line(struct slice line)
{
	if (line.len == 0)
		return false;
	size_t bytes = ((unsigned char)line.data[0] - 0x20u) & 0x3f;
	size_t least = (bytes * 4 + 2) / 3, most = (bytes + 2) / 3 * 4;

	for (size_t i = 0; i < line.len; i++)
		if (line.data[i] < ' ' || line.data[i] > '`')
			return false;
	return line.len - 1 <= most + 1 && line.len - 1 + 3 >= least;
}

bool plain_find_file(struct slice text, struct plain_file *file)
{
	struct slice line, name;
	bool is_open = false;

	while (plain_next_line(&text, &line)) {
		if (is_open && slice_equals(line, "end")) {
			file->lines.len =
				(size_t)(line.data - file->lines.data);
			file->whole.len = (size_t)(line.data + line.len -
						   file->whole.data);
			return true;
		}
		if (is_begin(line, &name)) {
			is_open = true;
			file->name = name;
			file->whole = line;
			file->lines = slice_make(line.data + line.len, 0);
		} else if (is_open && !is_uu_line(line)) {
			is_open = false;
		}
	}
	return false;
}
