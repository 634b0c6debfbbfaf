/*
 * libconfig reads the text that is built here. It is not left to find
 * includes itself, because it looks for all of them in one folder, and not
 * trusted with numbers: 4294967296 becomes 0 in it without a word, and a
 * string ends at \x00.
 */
#include "base/config_source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/intern.h"
#include "base/limits.h"
#include "base/utf8.h"

#define LONGEST_MESSAGE (4u * KIB)
#define LONGEST_PATH    (4u * KIB)

enum mode { MODE_CODE, MODE_STRING, MODE_COMMENT };

/* The file that is being added. */
struct scan {
	struct cfg_source *source;
	struct str *error;
	struct cfg_place at;
	unsigned depth;
	enum mode mode;
	int opened; /* line where the string or comment began */
};

int cfg_error(struct str *error, struct cfg_place place, const char *fmt, ...)
{
	struct str text;
	va_list args;

	str_init(&text, LONGEST_MESSAGE);
	if (place.line > 0)
		str_addf(&text, "%s:%d: ", place.file, place.line);
	else
		str_addf(&text, "%s: ", place.file);
	va_start(args, fmt);
	str_addv(&text, fmt, args);
	va_end(args);

	str_reset(error);
	struct slice all = str_slice(&text);
	if (error->max > 0)
		all.len = utf8_prefix(all, error->max - 1);
	str_add_slice(error, all);
	str_finish(&text);
	return -1;
}

/* Read up to `max` bytes and look whether there are more. */
static const char *read_open_file(int fd, size_t max, struct str *out)
{
	char buffer[4096];
	size_t total = 0;
	const char *reason = NULL;

	for (;;) {
		ssize_t len = read(fd, buffer, sizeof(buffer));

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			reason = strerror(errno);
		if (len <= 0)
			break;
		total += (size_t)len;
		if (total <= max)
			str_add_bytes(out, buffer, (size_t)len);
		if (total > max || out->overflow) {
			reason = "the file is too long";
			break;
		}
	}
	crypto_wipe(buffer, sizeof(buffer));
	return reason;
}

const char *cfg_read_file(
	const char *path, size_t max, struct str *out, bool *is_public_r)
{
	struct stat info;
	const char *reason = NULL;
	/* Not to wait for somebody to open the other end of a pipe. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return strerror(errno);
	if (fstat(fd, &info) != 0)
		reason = strerror(errno);
	else if (!S_ISREG(info.st_mode))
		reason = "not a regular file";
	else
		/* Room for all of it at once: what grows leaves copies. */
		reason = str_reserve(out, (size_t)info.st_size)
				 ? read_open_file(fd, max, out)
				 : "the file is too long";
	close(fd);
	if (reason == NULL)
		*is_public_r = (info.st_mode & S_IROTH) != 0;
	return reason;
}

void cfg_source_path(struct str *out, const char *file, struct slice path)
{
	const char *end = strrchr(file, '/');

	if (end != NULL && (path.len == 0 || path.data[0] != '/'))
		str_add_bytes(out, file, (size_t)(end + 1 - file));
	str_add_slice(out, path);
}

struct cfg_file *cfg_source_file(struct cfg_source *s, const char *name)
{
	for (size_t i = 0; i < s->file_count; i++) {
		if (s->files[i].name == name)
			return &s->files[i];
	}
	return NULL;
}

struct cfg_place cfg_source_place(const struct cfg_source *s, int line)
{
	struct cfg_place place = { s->files[0].name, 1 };

	for (size_t i = 0; i < s->segment_count; i++) {
		const struct cfg_segment *segment = &s->segments[i];

		if (segment->first > line)
			break;
		place.file = segment->file;
		place.line = segment->line + (line - segment->first);
	}
	return place;
}

void cfg_source_finish(struct cfg_source *s)
{
	for (size_t i = 0; i < s->file_count; i++)
		intern_drop(&s->files[i].name);
	if (s->text.data != NULL)
		crypto_wipe(s->text.data, s->text.len);
	str_finish(&s->text);
	xfree(s->segments);
	*s = (struct cfg_source){ 0 };
}

static void add_segment(struct scan *scan)
{
	struct cfg_source *s = scan->source;

	s->segments = xrealloc(
		s->segments, s->segment_count + 1, sizeof(*s->segments));
	s->segments[s->segment_count++] = (struct cfg_segment){
		.first = s->line,
		.file = scan->at.file,
		.line = scan->at.line,
	};
}

/* Add one line without its end, which may be missing in the file. */
static int add_line(struct scan *scan, struct slice line)
{
	struct str *text = &scan->source->text;

	str_add_slice(text, line);
	str_add_char(text, '\n');
	scan->source->line++;
	if (text->overflow)
		return cfg_error(scan->error, scan->at,
			"the configuration is longer than %u bytes",
			LIMIT_CONFIG_FILE);
	return 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       is_digit(c) || c == '-' || c == '_' || c == '*';
}

static bool starts_number(struct slice s)
{
	if (s.len > 1 && (s.data[0] == '-' || s.data[0] == '+'))
		return is_digit(s.data[1]);
	return s.len > 0 && is_digit(s.data[0]);
}

/* Length of the run of `set` that starts at `from`. */
static size_t span(struct slice s, size_t from, const char *set)
{
	size_t i = from;

	while (i < s.len && s.data[i] != '\0' && strchr(set, s.data[i]))
		i++;
	return i - from;
}

/* A whole number must fit where libconfig stores it: 32 bits, or 64 with the
 * suffix L. */
static bool number_fits(struct slice digits, bool hex, bool is_long)
{
	char text[32];
	char *end;

	if (digits.len >= sizeof(text))
		return false;
	memcpy(text, digits.data, digits.len);
	text[digits.len] = '\0';
	errno = 0;
	long long value = strtoll(text, &end, hex ? 16 : 10);
	if (errno != 0 || *end != '\0')
		return false;
	return is_long || (value >= INT32_MIN && value <= INT32_MAX);
}

/* Check the number at the start of `s`; its length in *len_r. */
static int check_number(struct scan *scan, struct slice s, size_t *len_r)
{
	size_t sign = s.data[0] == '-' || s.data[0] == '+';
	bool hex = s.len > sign + 1 && s.data[sign] == '0' &&
		   (s.data[sign + 1] | 0x20) == 'x';
	size_t len = hex ? sign + 2 : sign;

	len += span(s, len, hex ? "0123456789abcdefABCDEF" : "0123456789");
	if (!hex && len < s.len &&
		(s.data[len] == '.' || (s.data[len] | 0x20) == 'e')) {
		*len_r = len + span(s, len, "0123456789.eE+-");
		return 0;
	}
	bool is_long = len < s.len && s.data[len] == 'L';
	if (!number_fits(slice_make(s.data, len), hex, is_long))
		return cfg_error(scan->error, scan->at,
			"the number %.*s is too large: %s",
			len > 40 ? 40 : (int)len, s.data,
			is_long ? "it must fit in 64 bits"
				: "numbers go from -2147483648 to 2147483647");
	*len_r = len + span(s, len, "L");
	return 0;
}

/* One step inside a string. */
static int scan_string(struct scan *scan, struct slice s, size_t *len_r)
{
	*len_r = 1;
	if (s.data[0] == '"') {
		scan->mode = MODE_CODE;
	} else if (s.data[0] == '\\' && s.len > 1) {
		*len_r = 2;
		if (s.len >= 4 && memcmp(s.data, "\\x00", 4) == 0)
			return cfg_error(scan->error, scan->at,
				"a string must not contain \\x00");
	}
	return 0;
}

/* One step outside of strings and comments. */
static int scan_code(struct scan *scan, struct slice s, size_t *len_r)
{
	*len_r = 1;
	if (starts_number(s))
		return check_number(scan, s, len_r);
	if (is_name(s.data[0])) {
		while (*len_r < s.len && is_name(s.data[*len_r]))
			(*len_r)++;
	} else if (s.data[0] == '.') {
		*len_r += span(s, 1, "0123456789");
	} else if (s.data[0] == '"') {
		scan->mode = MODE_STRING;
		scan->opened = scan->at.line;
	} else if (s.len > 1 && memcmp(s.data, "/*", 2) == 0) {
		scan->mode = MODE_COMMENT;
		scan->opened = scan->at.line;
		*len_r = 2;
	} else if (s.data[0] == '#' ||
		   (s.len > 1 && memcmp(s.data, "//", 2) == 0)) {
		*len_r = s.len;
	}
	return 0;
}

static int scan_line(struct scan *scan, struct slice line)
{
	struct slice s = line;

	while (s.len > 0) {
		size_t len = 1;
		int ret = 0;

		if (scan->mode == MODE_CODE) {
			ret = scan_code(scan, s, &len);
		} else if (scan->mode == MODE_STRING) {
			ret = scan_string(scan, s, &len);
		} else if (s.len > 1 && memcmp(s.data, "*/", 2) == 0) {
			scan->mode = MODE_CODE;
			len = 2;
		}
		if (ret != 0)
			return -1;
		s = slice_make(s.data + len, s.len - len);
	}
	return add_line(scan, line);
}

/* True for a line `@include "PATH"`, with what follows it in *rest_r. */
static bool is_include(
	struct slice line, struct slice *path_r, struct slice *rest_r)
{
	static const char word[] = "@include";
	size_t len = sizeof(word) - 1;
	struct slice s = slice_trim(line);

	if (s.len <= len || memcmp(s.data, word, len) != 0)
		return false;
	struct slice quoted = slice_trim(slice_make(s.data + len, s.len - len));
	if (quoted.len < 2 || quoted.data[0] != '"')
		return false;
	*rest_r = slice_make(quoted.data + 1, quoted.len - 1);
	*path_r = slice_cut(rest_r, '"');
	return rest_r->data != NULL;
}

static int add_file(struct cfg_source *s, const char *path, unsigned depth,
	struct cfg_place from, struct str *error);

static int include(struct scan *scan, struct slice path)
{
	struct str full;
	int ret = -1;

	str_init(&full, LONGEST_PATH);
	cfg_source_path(&full, scan->at.file, path);
	if (full.overflow)
		cfg_error(scan->error, scan->at, "the path is too long");
	else
		ret = add_file(scan->source, str_text(&full), scan->depth + 1,
			scan->at, scan->error);
	str_finish(&full);
	return ret;
}

static int add_text(struct scan *scan, struct slice text)
{
	add_segment(scan);
	while (text.len > 0) {
		struct slice path, rest;
		struct slice line = slice_cut(&text, '\n');

		if (scan->mode == MODE_CODE && is_include(line, &path, &rest)) {
			if (include(scan, path) != 0)
				return -1;
			add_segment(scan);
			line = rest;
		}
		if (scan_line(scan, line) != 0)
			return -1;
		scan->at.line++;
	}
	scan->at.line = scan->opened;
	if (scan->mode == MODE_STRING)
		return cfg_error(scan->error, scan->at,
			"the string that begins here has no end");
	if (scan->mode == MODE_COMMENT)
		return cfg_error(scan->error, scan->at,
			"the comment that begins here has no end");
	return 0;
}

/* What is wrong with the bytes before any of them is understood. */
static int check_bytes(
	struct slice text, struct cfg_place at, struct str *error)
{
	at.line = 1;
	if (text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0)
		return cfg_error(error, at,
			"the file begins with a byte "
			"order mark; save it as UTF-8 without one");
	const char *nul = text.len ? memchr(text.data, 0, text.len) : NULL;
	if (nul == NULL)
		return 0;
	for (const char *c = text.data; c < nul; c++)
		at.line += *c == '\n';
	return cfg_error(error, at, "the file contains a NUL byte");
}

static int add_named_text(struct cfg_source *s, const char *name,
	struct slice text, unsigned depth, struct str *error)
{
	struct cfg_file *file = &s->files[s->file_count];

	file->name = intern(name);
	s->file_count++;
	struct scan scan = {
		.source = s,
		.error = error,
		.at = { file->name, 1 },
		.depth = depth,
	};
	if (check_bytes(text, scan.at, error) != 0)
		return -1;
	return add_text(&scan, text);
}

/* `from` is the place of the @include, or line 0 for the first file. */
static int add_file(struct cfg_source *s, const char *path, unsigned depth,
	struct cfg_place from, struct str *error)
{
	struct str text;
	const char *reason = NULL;
	bool is_public = false;
	int ret = -1;

	str_init(&text, LIMIT_CONFIG_FILE + 1);
	if (depth > CFG_SOURCE_DEPTH)
		reason = "files include each other too deeply";
	else if (s->file_count >= CFG_SOURCE_FILES)
		reason = "too many files";
	else
		reason = cfg_read_file(
			path, LIMIT_CONFIG_FILE, &text, &is_public);
	if (reason != NULL && from.line > 0) {
		cfg_error(
			error, from, "cannot include \"%s\": %s", path, reason);
	} else if (reason != NULL) {
		cfg_error(error, from, "%s", reason);
	} else {
		s->files[s->file_count].is_public = is_public;
		ret = add_named_text(s, path, str_slice(&text), depth, error);
	}
	if (text.data != NULL)
		crypto_wipe(text.data, text.len);
	str_finish(&text);
	return ret;
}

static void source_init(struct cfg_source *s)
{
	*s = (struct cfg_source){ .line = 1 };
	str_init(&s->text, LIMIT_CONFIG_FILE + 1);
	if (str_reserve(&s->text, LIMIT_CONFIG_FILE) == NULL)
		abort();
}

int cfg_source_load(struct cfg_source *s, const char *path, struct str *error)
{
	source_init(s);
	return add_file(s, path, 0, (struct cfg_place){ path, 0 }, error);
}

int cfg_source_parse(struct cfg_source *s, const char *text, const char *name,
	struct str *error)
{
	source_init(s);
	return add_named_text(s, name, slice_of(text), 0, error);
}
