/*
 * By libytnef. It trusts lengths and counts, so the frame of attributes is
 * walked before it sees it.
 */
#include "email_worker/tnef.h"

#include <stdint.h>
#include <stdio.h>
#include <ytnef.h>

#include "base/alloc.h"

#define SIGNATURE       0x223e9f78
#define HEADER_SIZE     6
#define ATTRIBUTE_SIZE  9 /* before the data; a checksum of 2 behind it */
#define ATTRIBUTES_MAX  1000
#define PROPERTIES_MAX  2000
#define MAPI_PROPERTIES 0x00069003
#define MAPI_ATTACHMENT 0x00069005

static uint32_t little_endian(const char *data)
{
	const unsigned char *b = (const unsigned char *)data;

	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
	       (uint32_t)b[3] << 24;
}

/* Behind the data stands the sum of its bytes. */
static bool is_intact(const char *data, uint32_t len)
{
	const unsigned char *b = (const unsigned char *)data;
	unsigned sum = 0;

	for (uint32_t i = 0; i < len; i++)
		sum += b[i];
	return (sum & 0xffff) == ((unsigned)b[len] | (unsigned)b[len + 1] << 8);
}

/* Every attribute within the bytes, not too many, and none that claims more
 * properties than it could have. */
static bool is_sound(struct slice s)
{
	unsigned count = 0;

	if (s.len < HEADER_SIZE || s.len > TNEF_SIZE_MAX ||
		little_endian(s.data) != SIGNATURE)
		return false;
	s = slice_make(s.data + HEADER_SIZE, s.len - HEADER_SIZE);
	while (s.len > 0) {
		if (s.len < ATTRIBUTE_SIZE + 2 || ++count > ATTRIBUTES_MAX)
			return false;
		uint32_t type = little_endian(s.data + 1);
		uint32_t len = little_endian(s.data + 5);
		if (len > s.len - ATTRIBUTE_SIZE - 2)
			return false;
		const char *data = s.data + ATTRIBUTE_SIZE;
		if (!is_intact(data, len))
			return false;
		if ((type == MAPI_PROPERTIES || type == MAPI_ATTACHMENT) &&
			(len < 4 || little_endian(data) > PROPERTIES_MAX ||
				little_endian(data) > len / 8))
			return false;
		size_t all = ATTRIBUTE_SIZE + (size_t)len + 2;
		s = slice_make(s.data + all, s.len - all);
	}
	return true;
}

static struct slice bytes_of(const variableLength *v)
{
	/* The library's "there is none". */
	if (v == MAPI_UNDEFINED || v->data == NULL || v->size <= 0)
		return slice_of(NULL);
	return slice_make((const char *)v->data, (size_t)v->size);
}

/* A property that may be in Unicode or not. */
static struct slice text_property(MAPIProps *properties, unsigned id)
{
	struct slice text = bytes_of(
		MAPIFindProperty(properties, PROP_TAG(PT_UNICODE, id)));

	if (text.len == 0)
		text = bytes_of(
			MAPIFindProperty(properties, PROP_TAG(PT_STRING8, id)));
	while (text.len > 0 && text.data[text.len - 1] == '\0')
		text.len--;
	return text;
}

/* The name, if it ends in NUL as it should. */
static const char *title_of(Attachment *a)
{
	variableLength *name = MAPIFindProperty(
		&a->MAPI, PROP_TAG(PT_UNICODE, PR_ATTACH_LONG_FILENAME));

	if (name == MAPI_UNDEFINED)
		name = MAPIFindProperty(&a->MAPI,
			PROP_TAG(PT_STRING8, PR_ATTACH_LONG_FILENAME));
	if (name == MAPI_UNDEFINED)
		name = &a->Title;
	struct slice text = bytes_of(name);
	if (text.len == 0 || memchr(text.data, '\0', text.len) == NULL)
		return NULL;
	return text.data;
}

static void add_files(struct tnef *t, TNEFStruct *library)
{
	Attachment *a = library->starting_attach.next;

	for (; a != NULL && t->file_count < TNEF_FILES_MAX; a = a->next) {
		struct slice bytes = bytes_of(&a->FileData);

		if (bytes.len == 0)
			continue;
		t->files[t->file_count++] =
			(struct tnef_file){ title_of(a), bytes };
	}
}

bool tnef_open(struct tnef *t, struct slice bytes)
{
	*t = (struct tnef){ 0 };
	if (!is_sound(bytes))
		return false;
	/* It is not const to the library, though it changes nothing. */
	BYTE *copy = xalloc(bytes.len);
	memcpy(copy, bytes.data, bytes.len);
	TNEFStruct *library = xalloc(sizeof(*library));
	TNEFInitialize(library);
	int result = TNEFParseMemory(copy, (long)bytes.len, library);
	xfree(copy);
	if (result < 0) {
		TNEFFree(library);
		xfree(library);
		return false;
	}
	t->library = library;
	t->text = bytes_of(&library->body);
	while (t->text.len > 0 && t->text.data[t->text.len - 1] == '\0')
		t->text.len--;
	if (t->text.len == 0)
		t->text = text_property(&library->MapiProperties, PR_BODY);
	add_files(t, library);
	return true;
}

void tnef_close(struct tnef *t)
{
	if (t->library != NULL) {
		TNEFFree(t->library);
		xfree(t->library);
	}
	*t = (struct tnef){ 0 };
}
