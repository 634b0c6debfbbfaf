#include "email_worker/authres.h"

#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "email_worker/chars.h"

/* --- Results ------------------------------------------------------------- */

/* The result of one method (RFC 8601): "pass", "fail"; empty: not told. */
static struct slice result_of(struct slice results, const char *method)
{
	size_t len = strlen(method);

	slice_cut(&results, ';');
	while (results.data != NULL) {
		struct slice one = slice_trim(slice_cut(&results, ';'));

		if (one.len <= len || strncasecmp(one.data, method, len) != 0 ||
			one.data[len] != '=')
			continue;
		struct slice value =
			slice_make(one.data + len + 1, one.len - len - 1);
		size_t end = 0;
		while (end < value.len && char_is_letter(value.data[end]))
			end++;
		return slice_make(value.data, end);
	}
	return slice_of(NULL);
}

struct authentication {
	bool dmarc_failed, any_passed, any_failed;
};

static void judge(struct authentication *a, struct slice results)
{
	static const char *const methods[] = { "dkim", "spf" };

	if (slice_equals_nocase(result_of(results, "dmarc"), "fail"))
		a->dmarc_failed = true;
	for (size_t i = 0; i < COUNT(methods); i++) {
		struct slice result = result_of(results, methods[i]);

		if (slice_equals_nocase(result, "pass"))
			a->any_passed = true;
		else if (slice_equals_nocase(result, "fail") ||
			 slice_equals_nocase(result, "softfail"))
			a->any_failed = true;
	}
}

/* --- Names --------------------------------------------------------------- */

/* "mx1.example.org" is below "example.org". */
static bool is_below(struct slice name, struct slice domain)
{
	size_t at = name.len - domain.len;

	return name.len >= domain.len && domain.len > 0 &&
	       strncasecmp(name.data + at, domain.data, domain.len) == 0 &&
	       (at == 0 || name.data[at - 1] == '.');
}

static bool is_trusted(struct slice name, const char *trusted)
{
	struct slice rest = slice_of(trusted);

	while (rest.len > 0) {
		struct slice one = slice_cut(&rest, ' ');

		if (is_below(name, one))
			return true;
	}
	return false;
}

/* The word up to white space, a comment or a semicolon. */
static struct slice first_word(struct slice text)
{
	text = slice_trim(text);
	size_t end = 0;

	while (end < text.len && !char_is_in(text.data[end], " \t\r\n;("))
		end++;
	return slice_make(text.data, end);
}

/* The name that a header begins with; "-" when it begins with a result. */
static struct slice signer(struct slice value)
{
	struct slice word = first_word(slice_cut(&value, ';'));

	return word.len > 0 && memchr(word.data, '=', word.len) == NULL
		       ? word
		       : slice_of("-");
}

/* Which server wrote a Received header: behind " by " (RFC 5321 section 4.4). */
static struct slice writer(struct slice value)
{
	for (size_t i = 0; i + 4 < value.len; i++)
		if (char_is_in(value.data[i], " \t\r\n") &&
			strncasecmp(value.data + i + 1, "by", 2) == 0 &&
			char_is_in(value.data[i + 3], " \t\r\n"))
			return first_word(slice_make(
				value.data + i + 4, value.len - i - 4));
	if (value.len > 3 && strncasecmp(value.data, "by ", 3) == 0)
		return first_word(slice_make(value.data + 3, value.len - 3));
	return slice_of(NULL);
}

/* A server within, as far as one can tell: they call each other by short names
 * and addresses. */
static bool is_foreign(struct slice value, const char *trusted)
{
	struct slice name = writer(slice_trim(value));

	return name.len > 0 && memchr(name.data, '.', name.len) != NULL &&
	       memchr(name.data, ':', name.len) == NULL &&
	       !slice_equals_nocase(name, "localhost.localdomain") &&
	       strspn(name.data, "[]0123456789.") < name.len &&
	       !is_trusted(name, trusted);
}

/* --- From the top -------------------------------------------------------- */

bool authres_failed(const struct tree *t, const char *trusted)
{
	GMimeHeaderList *list =
		g_mime_object_get_header_list((GMimeObject *)t->message);
	int count = g_mime_header_list_get_count(list);
	struct authentication a = { false, false, false };
	bool found = false;

	for (int i = 0; i < count; i++) {
		GMimeHeader *header = g_mime_header_list_get_header_at(list, i);
		const char *name = g_mime_header_get_name(header);
		struct slice value =
			slice_of(g_mime_header_get_raw_value(header));

		if (strcasecmp(name, "Received") == 0 &&
			(found || is_foreign(value, trusted)))
			break;
		if (strcasecmp(name, "Authentication-Results") != 0 ||
			!is_trusted(signer(value), trusted))
			continue;
		found = true;
		judge(&a, value);
	}
	return a.dmarc_failed || (a.any_failed && !a.any_passed);
}
