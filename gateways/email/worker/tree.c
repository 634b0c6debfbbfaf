/*
 * GMime has no limit on what it builds: empty headers and empty parts take a
 * hundred times their bytes, 30 MB of them gigabytes and seconds. And it calls
 * itself for each group in a group of addresses ("a:a:a:"), until the stack
 * ends. It reads from a stream of ours, which ends when the heap has grown too
 * much, and shows no more colons in a header than a mail has.
 */
#include "email_worker/tree.h"

#include <malloc.h>

#include "base/macros.h"
#include "email_worker/chars.h"

/* What the objects of one mail may take. */
#define OBJECTS_MAX ((size_t)32 * 1024 * 1024)
/* Looking takes as long as the heap has holes. So many bytes cannot become
 * more than that. */
#define LOOK_EVERY  (64 * 1024)
/* In one header field; each can take 200 bytes of stack. */
#define COLONS_MAX  200

/* ------------------------------------------------------------------------
 * The stream
 * ------------------------------------------------------------------------ */

typedef struct {
	GMimeStreamMem parent;
	size_t heap_at_start;
	gint64 next_look; /* at the heap, at this position */
	bool has_ended;
	bool in_line;    /* the next byte is not the first of its line */
	unsigned colons; /* in this line and those that it continues */
} GuardedStream;

static GType guarded_type;
static GMimeStreamClass *guarded_parent;

static size_t heap_size(void)
{
	return mallinfo2().uordblks;
}

/* The parts' contents are not read from this buffer, so they keep theirs. */
static void hide_colons(GuardedStream *guarded, char *buffer, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!guarded->in_line && !char_is_blank(buffer[i]))
			guarded->colons = 0;
		guarded->in_line = buffer[i] != '\n';
		if (buffer[i] == ':' && ++guarded->colons > COLONS_MAX)
			buffer[i] = ' ';
	}
}

static ssize_t guarded_read(GMimeStream *stream, char *buffer, size_t len)
{
	GuardedStream *guarded = (GuardedStream *)stream;

	if (stream->position > guarded->next_look) {
		guarded->next_look += LOOK_EVERY;
		guarded->has_ended =
			heap_size() > guarded->heap_at_start + OBJECTS_MAX;
	}
	if (guarded->has_ended)
		return 0;
	ssize_t got = guarded_parent->read(stream, buffer, len);
	if (got > 0)
		hide_colons(guarded, buffer, (size_t)got);
	return got;
}

static gboolean guarded_eos(GMimeStream *stream)
{
	return ((GuardedStream *)stream)->has_ended ||
	       guarded_parent->eos(stream);
}

static void guarded_class_init(gpointer class, gpointer data UNUSED)
{
	GMimeStreamClass *stream = class;

	guarded_parent = g_type_class_peek_parent(class);
	stream->read = guarded_read;
	stream->eos = guarded_eos;
}

static GMimeStream *guarded_new(GByteArray *array)
{
	GuardedStream *guarded = g_object_new(guarded_type, NULL);
	GMimeStream *stream = GMIME_STREAM(guarded);

	g_mime_stream_construct(stream, 0, -1);
	g_mime_stream_mem_set_byte_array(&guarded->parent, array);
	g_mime_stream_mem_set_owner(&guarded->parent, FALSE);
	guarded->next_look = LOOK_EVERY;
	if (array->len > LOOK_EVERY)
		guarded->heap_at_start = heap_size();
	return stream;
}

void tree_preload(void)
{
	if (guarded_type != 0)
		return;
	g_mime_init();
	guarded_type = g_type_register_static_simple(GMIME_TYPE_STREAM_MEM,
		"CausewayGuardedStream", sizeof(GMimeStreamMemClass),
		guarded_class_init, sizeof(GuardedStream), NULL, 0);
}

/* ------------------------------------------------------------------------
 * The header, repaired
 * ------------------------------------------------------------------------ */

/* Bytes up to the empty line, or all. */
static size_t header_size(struct slice bytes)
{
	size_t at = 0;

	while (at < bytes.len) {
		const char *end = memchr(bytes.data + at, '\n', bytes.len - at);

		if (end == NULL)
			return bytes.len;
		size_t len = (size_t)(end - bytes.data) - at;
		if (len == 0 || (len == 1 && bytes.data[at] == '\r'))
			return at;
		at += len + 1;
	}
	return bytes.len;
}

static bool has_lone_return(struct slice header)
{
	const char *at = header.data, *end = header.data + header.len;

	while (at < end &&
		(at = memchr(at, '\r', (size_t)(end - at))) != NULL) {
		if (at + 1 < end && at[1] != '\n')
			return true;
		at++;
	}
	return false;
}

/* Cut off at the last line break within the limit. */
static struct slice cut_header(struct slice header)
{
	size_t len = TREE_HEADER_MAX;

	while (len > 0 && header.data[len - 1] != '\n')
		len--;
	return slice_make(header.data, len);
}

/* NUL ends texts, and a lone CR is a line break, as in the body. */
static void add_repaired(struct str *out, struct slice header)
{
	for (size_t i = 0; i < header.len; i++) {
		char c = header.data[i];
		bool is_lone = c == '\r' && i + 1 < header.len &&
			       header.data[i + 1] != '\n';

		if (c != '\0')
			str_add_bytes(out, is_lone ? "\n" : &c, 1);
	}
}

static void repair(struct tree *t)
{
	struct slice header = slice_make(t->bytes.data, header_size(t->bytes));
	struct slice body = slice_make(
		t->bytes.data + header.len, t->bytes.len - header.len);

	if (header.len <= TREE_HEADER_MAX && !has_lone_return(header) &&
		(header.len == 0 ||
			memchr(header.data, '\0', header.len) == NULL))
		return;
	if (header.len > TREE_HEADER_MAX) {
		header = cut_header(header);
		t->is_cut = true;
	}
	t->repaired.max = t->bytes.len + 1;
	add_repaired(&t->repaired, header);
	str_add_slice(&t->repaired, body);
	t->bytes = str_slice(&t->repaired);
}

/* ------------------------------------------------------------------------
 * The array
 * ------------------------------------------------------------------------ */

static void lower(char *text)
{
	for (; *text != '\0'; text++)
		*text = char_lower(*text);
}

static void describe(struct tree *t, struct tree_part *p)
{
	char *type = g_mime_content_type_get_mime_type(
		g_mime_object_get_content_type(p->object));

	text_copy(p->type, sizeof(p->type), type);
	lower(p->type);
	g_free(type);
	p->is_multipart = GMIME_IS_MULTIPART(p->object);
	p->is_message = GMIME_IS_MESSAGE_PART(p->object);
	if (!GMIME_IS_PART(p->object))
		return;
	const char *encoding = g_mime_object_get_header(
		p->object, "Content-Transfer-Encoding");
	GMimeDataWrapper *content =
		g_mime_part_get_content((GMimePart *)p->object);
	GMimeStream *stream =
		content ? g_mime_data_wrapper_get_stream(content) : NULL;

	p->encoding = transfer_by_name(slice_of(encoding));
	if (stream == NULL || stream->bound_start < 0 ||
		stream->bound_end < stream->bound_start ||
		(size_t)stream->bound_end > t->bytes.len)
		return;
	p->raw = slice_make(t->bytes.data + stream->bound_start,
		(size_t)(stream->bound_end - stream->bound_start));
}

/* Depth is limited, so this may call itself. */
static void add_part(
	struct tree *t, GMimeObject *object, int parent, unsigned depth)
{
	if (t->count == TREE_PARTS_MAX || depth > TREE_DEPTH_MAX) {
		t->is_cut = true;
		return;
	}
	int index = (int)t->count++;
	struct tree_part *p = &t->parts[index];

	*p = (struct tree_part){ .number = (uint32_t)index + 1,
		.parent = parent,
		.object = object };
	describe(t, p);
	if (!p->is_multipart)
		return;
	GMimeMultipart *multipart = (GMimeMultipart *)object;
	int count = g_mime_multipart_get_count(multipart);

	for (int i = 0; i < count && !(t->is_cut && i > TREE_PARTS_MAX); i++)
		add_part(t, g_mime_multipart_get_part(multipart, i), index,
			depth + 1);
}

void tree_open(struct tree *t, struct slice bytes)
{
	/* Charsets that are tried on raw bytes in headers. */
	static const char *fallbacks[] = { "utf-8", "windows-1252", NULL };

	tree_preload();
	*t = (struct tree){ .bytes = bytes };
	repair(t);
	t->options = g_mime_parser_options_new();
	g_mime_parser_options_set_rfc2047_compliance_mode(
		t->options, GMIME_RFC_COMPLIANCE_LOOSE);
	g_mime_parser_options_set_fallback_charsets(t->options, fallbacks);

	/* The array lends the bytes, which stay where they are. */
	t->lent = g_byte_array_new();
	memcpy(&t->lent->data, &t->bytes.data, sizeof(t->lent->data));
	t->lent->len = (guint)t->bytes.len;
	GMimeStream *stream = guarded_new(t->lent);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	t->message = g_mime_parser_construct_message(parser, t->options);
	if (((GuardedStream *)stream)->has_ended)
		t->is_cut = true;
	g_object_unref(parser);
	g_object_unref(stream);
	GMimeObject *root = NULL;
	if (t->message != NULL)
		root = g_mime_message_get_mime_part(t->message);
	if (root != NULL)
		add_part(t, root, -1, 1);
}

void tree_close(struct tree *t)
{
	if (t->message != NULL)
		g_object_unref(t->message);
	g_byte_array_free(t->lent, FALSE);
	g_mime_parser_options_free(t->options);
	str_finish(&t->repaired);
	*t = (struct tree){ 0 };
}

/* ------------------------------------------------------------------------
 * Looking at parts
 * ------------------------------------------------------------------------ */

int tree_child(const struct tree *t, int parent, int after)
{
	int i = after >= 0 ? after + 1 : parent + 1;

	for (; i < (int)t->count; i++)
		if (t->parts[i].parent == parent)
			return i;
	return -1;
}

bool tree_is(const struct tree_part *p, const char *type)
{
	return strcmp(p->type, type) == 0;
}

const char *tree_disposition(const struct tree_part *p)
{
	const char *text = g_mime_object_get_disposition(p->object);

	return text != NULL ? text : "";
}

const char *tree_parameter(const struct tree_part *p, const char *name)
{
	return g_mime_object_get_content_type_parameter(p->object, name);
}

static int64_t decode_message(
	const struct tree_part *p, const struct mail_sink *sink)
{
	GMimeMessage *inner =
		g_mime_message_part_get_message((GMimeMessagePart *)p->object);

	if (inner == NULL)
		return 0;
	GMimeStream *stream = g_mime_stream_mem_new();
	g_mime_object_write_to_stream((GMimeObject *)inner, NULL, stream);
	GByteArray *array =
		g_mime_stream_mem_get_byte_array((GMimeStreamMem *)stream);
	int64_t size = transfer_decode(TRANSFER_NONE,
		slice_make((const char *)array->data, array->len), sink);
	g_object_unref(stream);
	return size;
}

int64_t tree_decode(const struct tree_part *p, const struct mail_sink *sink)
{
	if (p->is_message)
		return decode_message(p, sink);
	return transfer_decode(p->encoding, p->raw, sink);
}

/* All that fits of a piece. */
static int write_to_str(void *context, struct slice piece)
{
	struct str *out = context;
	size_t room = out->max - 1 - out->len;
	bool fits = piece.len <= room;

	str_add_bytes(out, piece.data, fits ? piece.len : room);
	return fits ? 0 : -1;
}

bool tree_read(const struct tree_part *p, struct str *out)
{
	struct mail_sink sink = { write_to_str, out };

	return tree_decode(p, &sink) >= 0;
}
