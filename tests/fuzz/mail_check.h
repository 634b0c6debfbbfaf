/*
 * What every text of a mail that was read must be.
 */
#ifndef TESTS_FUZZ_MAIL_CHECK_H
#define TESTS_FUZZ_MAIL_CHECK_H

#include <assert.h>
#include <stdint.h>

#include "base/utf8.h"
#include "email_wire/address.h"
#include "email_wire/mail.h"

/* UTF-8 without controls; of texts, line breaks and tabs may be there. */
static inline void check_text(const char *text, bool is_line)
{
	struct slice s = slice_of(text);

	while (s.len > 0) {
		uint32_t code;
		size_t len = utf8_next(s, &code);

		assert(len > 0);
		assert(utf8_is_xml_char(code));
		assert(code >= 0x20 ||
			(!is_line && (code == '\n' || code == '\t')));
		assert(code < 0x7f || code > 0x9f);
		s = slice_make(s.data + len, s.len - len);
	}
}

static inline void check_address(const struct mail_address *a)
{
	if (a->name != NULL) {
		check_text(a->name, true);
		assert(a->name[0] != '\0');
	}
	assert(a->address != NULL);
	assert(a->address[0] == '\0' || address_is_valid(slice_of(a->address)));
}

static inline void check_addresses(const struct mail_addresses *list)
{
	assert(list->count <= 1000);
	for (size_t i = 0; i < list->count; i++) {
		check_address(&list->items[i]);
		assert(list->items[i].address[0] != '\0');
	}
}

#endif
