/*
 * Almost every JID is plain ASCII: one table says for each byte what it is in
 * each part, and such a JID is split, checked and folded without the library.
 * Whatever has other bytes goes through libidn's stringprep, with the same
 * profiles and flags as today's servers: unassigned code points are allowed
 * (emoji are newer than Unicode 3.2), and a domain is prepared by nameprep
 * but not converted from or to its "xn--" form, which is another address to
 * them.
 */
#include "xmpp/jid.h"

#include <string.h>

#include <idn-free.h>
#include <idna.h>
#include <stringprep.h>

#include "base/limits.h"
#include "base/utf8.h"

/* What a byte may be; nothing: not in a JID at all. */
enum {
	IN_LOCAL = 1,
	IN_DOMAIN = 2,
	IN_RESOURCE = 4,
	WIDE = 8, /* not ASCII: ask libidn */
};

#define R     IN_RESOURCE
#define LR    (IN_LOCAL | IN_RESOURCE)
#define A     (IN_LOCAL | IN_DOMAIN | IN_RESOURCE)
#define W     WIDE
#define X8(c) c, c, c, c, c, c, c, c

/* RFC 6122 appendix A.5 and B.5 (ASCII part); a domain is letters, digits,
 * hyphens, underscores and dots. */
/* clang-format off */
static const unsigned char classes[256] = {
	X8(0), X8(0), X8(0), X8(0),
	/* space ! " # $ % & ' */
	R, LR, R, LR, LR, LR, R, R,
	/* ( ) * + , - . / */
	LR, LR, LR, LR, LR, A, A, R,
	X8(A),
	/* 8 9 : ; < = > ? */
	A, A, R, LR, R, LR, R, LR,
	/* @ A-Z [ \ ] ^ _ */
	R, A, A, A, A, A, A, A,
	X8(A), X8(A),
	A, A, A, LR, LR, LR, LR, A,
	/* ` a-z { | } ~ */
	LR, A, A, A, A, A, A, A,
	X8(A), X8(A),
	A, A, A, LR, LR, LR, LR, 0,
	X8(W), X8(W), X8(W), X8(W), X8(W), X8(W), X8(W), X8(W),
	X8(W), X8(W), X8(W), X8(W), X8(W), X8(W), X8(W), X8(W),
};
/* clang-format on */

/* --- One part ------------------------------------------------------------ */

/* A prepared part, in memory of its own. */
struct part {
	char text[LIMIT_JID_PART + 1];
	size_t len;
};

static char fold(char c)
{
	if (c >= 'A' && c <= 'Z')
		c = (char)(c | 0x20);
	return c;
}

/* Can every byte of an ASCII text be in this part? WIDE when it is not all
 * ASCII, 0 when it can't, otherwise the classes that occurred. */
static unsigned classify(struct slice text, unsigned place)
{
	unsigned seen = 0, all = ~0u;

	for (size_t i = 0; i < text.len; i++) {
		unsigned class = classes[(unsigned char)text.data[i]];
		seen |= class;
		all &= class;
	}
	if (seen & WIDE)
		return WIDE;
	return (all & place) ? seen : 0;
}

/* Preparing twice must give the same as once, or two servers disagree about
 * the address; some compatibility characters need a second pass to settle
 * and what has not settled then is refused. */
static int run_stringprep(
	struct part *out, struct slice text, const Stringprep_profile *profile)
{
	char again[sizeof(out->text)];

	/* U+0000 would end the text early. */
	if (text.len > LIMIT_JID_PART || !utf8_is_valid(text) ||
		memchr(text.data, '\0', text.len) != NULL)
		return -1;
	memcpy(out->text, text.data, text.len);
	out->text[text.len] = '\0';
	for (int pass = 0; pass < 3; pass++) {
		memcpy(again, out->text, sizeof(again));
		if (stringprep(out->text, sizeof(out->text), 0, profile) !=
			STRINGPREP_OK)
			return -1;
		if (strcmp(again, out->text) == 0)
			break;
		if (pass == 2)
			return -1;
	}
	out->len = strlen(out->text);
	return out->len > 0 ? 0 : -1;
}

static int prepare(struct part *out, struct slice text, unsigned place,
	const Stringprep_profile *profile)
{
	unsigned seen = classify(text, place);

	if (text.len == 0 || text.len > LIMIT_JID_PART || seen == 0)
		return -1;
	if (seen & WIDE)
		return run_stringprep(out, text, profile);
	memcpy(out->text, text.data, text.len);
	for (size_t i = 0; place != IN_RESOURCE && i < text.len; i++)
		out->text[i] = fold(out->text[i]);
	out->text[text.len] = '\0';
	out->len = text.len;
	return 0;
}

/* An IPv6 address in brackets (RFC 7622 section 3.2). */
static bool is_literal(struct slice text)
{
	static const char allowed[] = "0123456789abcdefABCDEF:.";

	if (text.len < 4 || text.data[0] != '[' ||
		text.data[text.len - 1] != ']')
		return false;
	for (size_t i = 1; i + 1 < text.len; i++)
		if (memchr(allowed, text.data[i], sizeof(allowed) - 1) == NULL)
			return false;
	return memchr(text.data, ':', text.len) != NULL;
}

/* The ideographic full stops separate labels too (RFC 3490 section 3.1);
 * nameprep has folded the other forms already. */
static void fold_dots(struct part *p)
{
	char *found;

	while ((found = strstr(p->text, "\xe3\x80\x82")) != NULL) {
		size_t rest = p->len - (size_t)(found - p->text) - 3;
		*found = '.';
		memmove(found + 1, found + 3, rest + 1);
		p->len -= 2;
	}
}

/* A domain that is not all ASCII must be one that DNS could know. */
static bool is_international(const struct part *p)
{
	char *ascii = NULL;

	for (size_t i = 0; i < p->len; i++)
		if (!(classes[(unsigned char)p->text[i]] & (IN_DOMAIN | WIDE)))
			return false;
	bool ok = idna_to_ascii_8z(p->text, &ascii, IDNA_ALLOW_UNASSIGNED) ==
		  IDNA_SUCCESS;
	idn_free(ascii);
	return ok;
}

static int prepare_domain(struct part *out, struct slice text)
{
	if (is_literal(text) && text.len <= LIMIT_JID_PART) {
		for (size_t i = 0; i < text.len; i++)
			out->text[i] = fold(text.data[i]);
		out->text[text.len] = '\0';
		out->len = text.len;
		return 0;
	}
	if (prepare(out, text, IN_DOMAIN, stringprep_nameprep) != 0)
		return -1;
	if (classify(text, IN_DOMAIN) == WIDE)
		fold_dots(out);
	/* The root's dot is no part of the name (RFC 7622 section 3.2). */
	if (out->text[out->len - 1] == '.')
		out->text[--out->len] = '\0';
	if (out->len == 0 || out->text[0] == '.' ||
		out->text[out->len - 1] == '.' ||
		strstr(out->text, "..") != NULL)
		return -1;
	unsigned seen = classify(slice_make(out->text, out->len), IN_DOMAIN);
	if (seen == 0 || (seen == WIDE && !is_international(out)))
		return -1;
	return 0;
}

static int prepare_local(struct part *out, struct slice text)
{
	return prepare(out, text, IN_LOCAL, stringprep_xmpp_nodeprep);
}

static int prepare_resource(struct part *out, struct slice text)
{
	return prepare(out, text, IN_RESOURCE, stringprep_xmpp_resourceprep);
}

int jid_prepare_local(struct str *out, struct slice text)
{
	struct part p;

	if (prepare_local(&p, text) != 0)
		return -1;
	str_add_bytes(out, p.text, p.len);
	return 0;
}

int jid_prepare_resource(struct str *out, struct slice text)
{
	struct part p;

	if (prepare_resource(&p, text) != 0)
		return -1;
	str_add_bytes(out, p.text, p.len);
	return 0;
}

int jid_prepare_domain(struct str *out, struct slice text)
{
	struct part p;

	if (prepare_domain(&p, text) != 0)
		return -1;
	str_add_bytes(out, p.text, p.len);
	return 0;
}

static bool is_portable(
	struct slice text, unsigned place, const Stringprep_profile *profile)
{
	struct part p, folded;

	if (prepare(&p, text, place, profile) != 0)
		return false;
	if (classify(text, place) != WIDE)
		return true;
	for (size_t i = 0; i < text.len; i++)
		folded.text[i] = (char)(place == IN_LOCAL ? fold(text.data[i])
							  : text.data[i]);
	folded.text[text.len] = '\0';
	memcpy(p.text, folded.text, text.len + 1);
	return stringprep(p.text, sizeof(p.text), STRINGPREP_NO_UNASSIGNED,
		       profile) == STRINGPREP_OK &&
	       strcmp(p.text, folded.text) == 0;
}

bool jid_is_portable_local(struct slice text)
{
	return is_portable(text, IN_LOCAL, stringprep_xmpp_nodeprep);
}

bool jid_is_portable_resource(struct slice text)
{
	return is_portable(text, IN_RESOURCE, stringprep_xmpp_resourceprep);
}

/* --- Whole JIDs ---------------------------------------------------------- */

/* The parts as written; data is NULL where there is none. */
struct parts {
	struct slice local, domain, resource;
};

/* RFC 7622 section 3.1: the resource is what follows the first '/', the
 * local part what stands before the first '@' in the rest. */
static void split(struct slice text, struct parts *out)
{
	struct slice rest = text;

	*out = (struct parts){ 0 };
	const char *slash = memchr(text.data, '/', text.len);
	if (slash != NULL) {
		rest.len = (size_t)(slash - text.data);
		out->resource = slice_make(slash + 1, text.len - rest.len - 1);
	}
	const char *at = memchr(rest.data, '@', rest.len);
	if (at != NULL) {
		out->local = slice_make(rest.data, (size_t)(at - rest.data));
		rest = slice_make(at + 1, rest.len - out->local.len - 1);
	}
	out->domain = rest;
}

static char *put(char *end, struct slice text)
{
	memcpy(end, text.data, text.len);
	return end + text.len;
}

static char *put_folded(char *end, struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		end[i] = fold(text.data[i]);
	return end + text.len;
}

/*
 * One allocation holds full, bare and local. The domain is the end of the
 * bare JID and the resource the end of the full one; without a resource bare
 * and full are the same. Upper case is folded here unless it is `folded`.
 */
static int assemble(
	struct jid *jid, const struct parts *p, bool folded, struct arena *a)
{
	char *(*put_text)(char *, struct slice) = folded ? put : put_folded;
	bool has_local = p->local.data != NULL;
	bool has_resource = p->resource.data != NULL;
	size_t bare = p->local.len + has_local + p->domain.len;
	size_t full = bare + has_resource + p->resource.len;
	char *text = arena_alloc(
		a, full + 1 + p->local.len + 1 + (has_resource ? bare + 1 : 0));

	if (text == NULL)
		return -1;
	char *end = text;
	if (has_local) {
		end = put_text(end, p->local);
		*end++ = '@';
	}
	end = put_text(end, p->domain);
	jid->full = jid->bare = text;
	jid->resource = text + full;
	if (has_resource) {
		*end++ = '/';
		jid->resource = end;
		end = put(end, p->resource);
		jid->bare = end + 1;
		end = put(end + 1, slice_make(text, bare));
	}
	jid->domain = jid->bare + bare - p->domain.len;
	jid->local = end + 1;
	put(end + 1, slice_make(text, p->local.len));
	return 0;
}

/* A domain that needs nothing but folding: no dot at an edge, none doubled. */
static bool is_simple_domain(struct slice domain)
{
	if (domain.len == 0 || domain.len > LIMIT_JID_PART)
		return false;
	char before = '.';
	for (size_t i = 0; i < domain.len; i++) {
		unsigned class = classes[(unsigned char)domain.data[i]];
		if (!(class & IN_DOMAIN) ||
			(domain.data[i] == '.' && before == '.'))
			return false;
		before = domain.data[i];
	}
	return before != '.';
}

static bool is_simple(struct slice text, unsigned place)
{
	if (text.data == NULL)
		return true;
	unsigned seen = classify(text, place);
	return text.len > 0 && text.len <= LIMIT_JID_PART && seen != 0 &&
	       !(seen & WIDE);
}

int jid_parse(struct jid *jid, struct slice text, struct arena *a)
{
	struct parts parts;
	struct part local, domain, resource;

	if (text.len == 0 || text.len > LIMIT_JID)
		return -1;
	split(text, &parts);
	if (is_simple_domain(parts.domain) &&
		is_simple(parts.local, IN_LOCAL) &&
		is_simple(parts.resource, IN_RESOURCE))
		return assemble(jid, &parts, false, a);

	if (prepare_domain(&domain, parts.domain) != 0)
		return -1;
	parts.domain = slice_make(domain.text, domain.len);
	if (parts.local.data != NULL) {
		if (prepare_local(&local, parts.local) != 0)
			return -1;
		parts.local = slice_make(local.text, local.len);
	}
	if (parts.resource.data != NULL) {
		if (prepare_resource(&resource, parts.resource) != 0)
			return -1;
		parts.resource = slice_make(resource.text, resource.len);
	}
	return assemble(jid, &parts, true, a);
}

/* --- XEP-0106 ------------------------------------------------------------ */

static const char escapable[] = " \"&'/:<>@\\";

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What two digits after a backslash stand for, 0 for nothing. */
static char escaped_char(char first, char second)
{
	int high = hex_digit(first);
	int low = hex_digit(second);

	if (high < 2 || high > 5 || low < 0)
		return '\0';
	char c = (char)(high << 4 | low);
	if (strchr(escapable, c) == NULL)
		c = '\0';
	return c;
}

/* A backslash is escaped only where it would be read as an escape (section
 * 4.2); digits of either case count, because preparing folds them. */
static bool needs_escape(struct slice rest)
{
	char c = rest.data[0];

	if (c == '\\')
		return rest.len > 2 &&
		       escaped_char(rest.data[1], fold(rest.data[2])) != '\0';
	return c != '\0' && strchr(escapable, c) != NULL;
}

int jid_escape(struct str *out, struct slice name)
{
	static const char digits[] = "0123456789abcdef";
	size_t before = out->len;

	if (name.len == 0 || name.len > LIMIT_JID_PART || name.data[0] == ' ' ||
		name.data[name.len - 1] == ' ')
		return -1;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];
		if (!needs_escape(slice_make(name.data + i, name.len - i))) {
			str_add_char(out, c);
			continue;
		}
		str_add_char(out, '\\');
		str_add_char(out, digits[(c >> 4) & 0xf]);
		str_add_char(out, digits[c & 0xf]);
	}
	if (out->overflow || out->len - before > LIMIT_JID_PART) {
		if (out->len > before)
			str_truncate(out, before);
		return -1;
	}
	return 0;
}

void jid_unescape(struct str *out, struct slice local)
{
	for (size_t i = 0; i < local.len; i++) {
		char c = '\0';
		if (local.data[i] == '\\' && local.len - i > 2)
			c = escaped_char(local.data[i + 1], local.data[i + 2]);
		if (c != '\0')
			i += 2;
		else
			c = local.data[i];
		str_add_char(out, c);
	}
}
