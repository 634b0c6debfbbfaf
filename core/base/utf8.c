/*
 * Most text is ASCII, so the scan takes eight bytes at a time until one needs
 * care. What is good is copied in runs; only what is bad is handled alone.
 */
#include "base/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define ZWJ         0x200du

static inline bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* RFC 3629 section 4: shortest form, no surrogates, at most U+10FFFF. */
static inline size_t decode(struct slice s, uint32_t *code_r)
{
	const unsigned char *p = (const unsigned char *)s.data;

	if (s.len == 0)
		return 0;
	if (p[0] < 0x80) {
		*code_r = p[0];
		return 1;
	}
	if (p[0] < 0xc2 || s.len < 2 || (p[1] & 0xc0) != 0x80)
		return 0;
	if (p[0] < 0xe0) {
		*code_r = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
		return 2;
	}
	if (s.len < 3 || (p[2] & 0xc0) != 0x80)
		return 0;
	if (p[0] < 0xf0) {
		uint32_t code = (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 |
				(p[2] & 0x3fu);

		if (code < 0x800 || (code >= 0xd800 && code <= 0xdfff))
			return 0;
		*code_r = code;
		return 3;
	}
	if (p[0] > 0xf4 || s.len < 4 || (p[3] & 0xc0) != 0x80)
		return 0;
	uint32_t code = (p[0] & 7u) << 18 | (p[1] & 0x3fu) << 12 |
			(p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
	if (code < 0x10000 || code > 0x10ffff)
		return 0;
	*code_r = code;
	return 4;
}

size_t utf8_next(struct slice s, uint32_t *code_r)
{
	return decode(s, code_r);
}

void utf8_add(struct str *out, uint32_t code)
{
	char b[4];

	if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		code = 0xfffd;
	if (code < 0x80) {
		str_add_char(out, (char)code);
		return;
	}
	size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (size_t i = len - 1; i > 0; i--) {
		b[i] = (char)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	b[0] = (char)(lead[len] | code);
	str_add_bytes(out, b, len);
}

bool utf8_is_xml_char(uint32_t code)
{
	if (code < 0x20)
		return code == '\t' || code == '\n' || code == '\r';
	return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) ||
	       (code >= 0x10000 && code <= 0x10ffff);
}

static inline bool is_plain(char c)
{
	return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80;
}

/* Length of the run of plain ASCII (0x20 to 0x7f) at the start. */
static inline size_t plain_run(const char *data, size_t len)
{
	size_t i = 0;

	for (; len - i >= 8; i += 8) {
		uint64_t word;

		memcpy(&word, data + i, 8);
		/* A byte below 0x20 borrows into its top bit; bytes from 0x80
		 * have it set already. A borrow can reach the next byte too,
		 * but only after a byte that ends the run anyway. */
		if (((word | (word - 0x2020202020202020)) &
			    0x8080808080808080) != 0)
			break;
	}
	while (i < len && is_plain(data[i]))
		i++;
	return i;
}

bool utf8_is_valid(struct slice s)
{
	while (s.len > 0) {
		uint32_t code;
		size_t len = is_plain(s.data[0]) ? plain_run(s.data, s.len)
						 : decode(s, &code);

		if (len == 0)
			return false;
		s = slice_make(s.data + len, s.len - len);
	}
	return true;
}

/* Length of the run of XML characters in UTF-8 at the start. */
static size_t clean_run(struct slice s)
{
	size_t i = 0;

	while (i < s.len) {
		struct slice rest = slice_make(s.data + i, s.len - i);
		uint32_t code;

		if (is_plain(rest.data[0])) {
			i += plain_run(rest.data, rest.len);
			continue;
		}
		size_t len = decode(rest, &code);
		if (len == 0 || !utf8_is_xml_char(code))
			break;
		i += len;
	}
	return i;
}

void utf8_clean(struct str *out, struct slice s)
{
	for (;;) {
		uint32_t code;
		size_t good = clean_run(s);

		if (good > 0)
			str_add_bytes(out, s.data, good);
		if (good == s.len)
			return;
		s = slice_make(s.data + good, s.len - good);
		size_t bad = utf8_next(s, &code);
		if (bad == 0)
			bad = 1;
		str_add(out, REPLACEMENT);
		s = slice_make(s.data + bad, s.len - bad);
	}
}

/* Where the code point starts that ends at `end` (> 0); a byte that is part
 * of none stands for itself. */
static size_t previous(struct slice s, size_t end, uint32_t *code_r)
{
	for (size_t back = 1; back <= 4 && back <= end; back++) {
		size_t start = end - back;
		uint32_t code;

		if (is_continuation(s.data[start]))
			continue;
		if (utf8_next(slice_make(s.data + start, s.len - start),
			    &code) == back) {
			*code_r = code;
			return start;
		}
		break;
	}
	*code_r = 0;
	return end - 1;
}

size_t utf8_prefix(struct slice s, size_t max)
{
	if (s.len <= max)
		return s.len;
	for (size_t back = 0; back <= 3 && back <= max; back++) {
		size_t start = max - back;
		uint32_t code;

		if (is_continuation(s.data[start]))
			continue;
		size_t len = utf8_next(
			slice_make(s.data + start, s.len - start), &code);
		return len > back ? start : max;
	}
	return max;
}

/* Code points that continue the cluster before them: combining marks
 * (general categories Mn, Mc and Me of Unicode 14 beyond ASCII), the joiners,
 * halfwidth voicing marks, emoji modifiers, tags and variation selectors.
 * Gaps of unassigned code points are closed. */
/* clang-format off */
static const struct {
	uint32_t first, last;
} extenders[] = {
	{ 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd },
	{ 0x05bf, 0x05bf }, { 0x05c1, 0x05c2 }, { 0x05c4, 0x05c5 },
	{ 0x05c7, 0x05c7 }, { 0x0610, 0x061a }, { 0x064b, 0x065f },
	{ 0x0670, 0x0670 }, { 0x06d6, 0x06dc }, { 0x06df, 0x06e4 },
	{ 0x06e7, 0x06e8 }, { 0x06ea, 0x06ed }, { 0x0711, 0x0711 },
	{ 0x0730, 0x074a }, { 0x07a6, 0x07b0 }, { 0x07eb, 0x07f3 },
	{ 0x07fd, 0x07fd }, { 0x0816, 0x0819 }, { 0x081b, 0x0823 },
	{ 0x0825, 0x0827 }, { 0x0829, 0x082d }, { 0x0859, 0x085b },
	{ 0x0898, 0x089f }, { 0x08ca, 0x08e1 }, { 0x08e3, 0x0903 },
	{ 0x093a, 0x093c }, { 0x093e, 0x094f }, { 0x0951, 0x0957 },
	{ 0x0962, 0x0963 }, { 0x0981, 0x0983 }, { 0x09bc, 0x09bc },
	{ 0x09be, 0x09cd }, { 0x09d7, 0x09d7 }, { 0x09e2, 0x09e3 },
	{ 0x09fe, 0x0a03 }, { 0x0a3c, 0x0a51 }, { 0x0a70, 0x0a71 },
	{ 0x0a75, 0x0a75 }, { 0x0a81, 0x0a83 }, { 0x0abc, 0x0abc },
	{ 0x0abe, 0x0acd }, { 0x0ae2, 0x0ae3 }, { 0x0afa, 0x0b03 },
	{ 0x0b3c, 0x0b3c }, { 0x0b3e, 0x0b4d }, { 0x0b55, 0x0b57 },
	{ 0x0b62, 0x0b63 }, { 0x0b82, 0x0b82 }, { 0x0bbe, 0x0bcd },
	{ 0x0bd7, 0x0bd7 }, { 0x0c00, 0x0c04 }, { 0x0c3c, 0x0c3c },
	{ 0x0c3e, 0x0c4d }, { 0x0c55, 0x0c56 }, { 0x0c62, 0x0c63 },
	{ 0x0c81, 0x0c83 }, { 0x0cbc, 0x0cbc }, { 0x0cbe, 0x0ccd },
	{ 0x0cd5, 0x0cd6 }, { 0x0ce2, 0x0ce3 }, { 0x0d00, 0x0d03 },
	{ 0x0d3b, 0x0d3c }, { 0x0d3e, 0x0d4d }, { 0x0d57, 0x0d57 },
	{ 0x0d62, 0x0d63 }, { 0x0d81, 0x0d83 }, { 0x0dca, 0x0ddf },
	{ 0x0df2, 0x0df3 }, { 0x0e31, 0x0e31 }, { 0x0e34, 0x0e3a },
	{ 0x0e47, 0x0e4e }, { 0x0eb1, 0x0eb1 }, { 0x0eb4, 0x0ebc },
	{ 0x0ec8, 0x0ecd }, { 0x0f18, 0x0f19 }, { 0x0f35, 0x0f35 },
	{ 0x0f37, 0x0f37 }, { 0x0f39, 0x0f39 }, { 0x0f3e, 0x0f3f },
	{ 0x0f71, 0x0f84 }, { 0x0f86, 0x0f87 }, { 0x0f8d, 0x0fbc },
	{ 0x0fc6, 0x0fc6 }, { 0x102b, 0x103e }, { 0x1056, 0x1059 },
	{ 0x105e, 0x1060 }, { 0x1062, 0x1064 }, { 0x1067, 0x106d },
	{ 0x1071, 0x1074 }, { 0x1082, 0x108d }, { 0x108f, 0x108f },
	{ 0x109a, 0x109d }, { 0x135d, 0x135f }, { 0x1712, 0x1715 },
	{ 0x1732, 0x1734 }, { 0x1752, 0x1753 }, { 0x1772, 0x1773 },
	{ 0x17b4, 0x17d3 }, { 0x17dd, 0x17dd }, { 0x180b, 0x180d },
	{ 0x180f, 0x180f }, { 0x1885, 0x1886 }, { 0x18a9, 0x18a9 },
	{ 0x1920, 0x193b }, { 0x1a17, 0x1a1b }, { 0x1a55, 0x1a7f },
	{ 0x1ab0, 0x1ace }, { 0x1b00, 0x1b04 }, { 0x1b34, 0x1b44 },
	{ 0x1b6b, 0x1b73 }, { 0x1b80, 0x1b82 }, { 0x1ba1, 0x1bad },
	{ 0x1be6, 0x1bf3 }, { 0x1c24, 0x1c37 }, { 0x1cd0, 0x1cd2 },
	{ 0x1cd4, 0x1ce8 }, { 0x1ced, 0x1ced }, { 0x1cf4, 0x1cf4 },
	{ 0x1cf7, 0x1cf9 }, { 0x1dc0, 0x1dff }, { 0x200c, 0x200d },
	{ 0x20d0, 0x20f0 }, { 0x2cef, 0x2cf1 }, { 0x2d7f, 0x2d7f },
	{ 0x2de0, 0x2dff }, { 0x302a, 0x302f }, { 0x3099, 0x309a },
	{ 0xa66f, 0xa672 }, { 0xa674, 0xa67d }, { 0xa69e, 0xa69f },
	{ 0xa6f0, 0xa6f1 }, { 0xa802, 0xa802 }, { 0xa806, 0xa806 },
	{ 0xa80b, 0xa80b }, { 0xa823, 0xa827 }, { 0xa82c, 0xa82c },
	{ 0xa880, 0xa881 }, { 0xa8b4, 0xa8c5 }, { 0xa8e0, 0xa8f1 },
	{ 0xa8ff, 0xa8ff }, { 0xa926, 0xa92d }, { 0xa947, 0xa953 },
	{ 0xa980, 0xa983 }, { 0xa9b3, 0xa9c0 }, { 0xa9e5, 0xa9e5 },
	{ 0xaa29, 0xaa36 }, { 0xaa43, 0xaa43 }, { 0xaa4c, 0xaa4d },
	{ 0xaa7b, 0xaa7d }, { 0xaab0, 0xaab0 }, { 0xaab2, 0xaab4 },
	{ 0xaab7, 0xaab8 }, { 0xaabe, 0xaabf }, { 0xaac1, 0xaac1 },
	{ 0xaaeb, 0xaaef }, { 0xaaf5, 0xaaf6 }, { 0xabe3, 0xabea },
	{ 0xabec, 0xabed }, { 0xfb1e, 0xfb1e }, { 0xfe00, 0xfe0f },
	{ 0xfe20, 0xfe2f }, { 0xff9e, 0xff9f }, { 0x101fd, 0x101fd },
	{ 0x102e0, 0x102e0 }, { 0x10376, 0x1037a }, { 0x10a01, 0x10a06 },
	{ 0x10a0c, 0x10a0f }, { 0x10a38, 0x10a3f }, { 0x10ae5, 0x10ae6 },
	{ 0x10d24, 0x10d27 }, { 0x10eab, 0x10eac }, { 0x10f46, 0x10f50 },
	{ 0x10f82, 0x10f85 }, { 0x11000, 0x11002 }, { 0x11038, 0x11046 },
	{ 0x11070, 0x11070 }, { 0x11073, 0x11074 }, { 0x1107f, 0x11082 },
	{ 0x110b0, 0x110ba }, { 0x110c2, 0x110c2 }, { 0x11100, 0x11102 },
	{ 0x11127, 0x11134 }, { 0x11145, 0x11146 }, { 0x11173, 0x11173 },
	{ 0x11180, 0x11182 }, { 0x111b3, 0x111c0 }, { 0x111c9, 0x111cc },
	{ 0x111ce, 0x111cf }, { 0x1122c, 0x11237 }, { 0x1123e, 0x1123e },
	{ 0x112df, 0x112ea }, { 0x11300, 0x11303 }, { 0x1133b, 0x1133c },
	{ 0x1133e, 0x1134d }, { 0x11357, 0x11357 }, { 0x11362, 0x11374 },
	{ 0x11435, 0x11446 }, { 0x1145e, 0x1145e }, { 0x114b0, 0x114c3 },
	{ 0x115af, 0x115c0 }, { 0x115dc, 0x115dd }, { 0x11630, 0x11640 },
	{ 0x116ab, 0x116b7 }, { 0x1171d, 0x1172b }, { 0x1182c, 0x1183a },
	{ 0x11930, 0x1193e }, { 0x11940, 0x11940 }, { 0x11942, 0x11943 },
	{ 0x119d1, 0x119e0 }, { 0x119e4, 0x119e4 }, { 0x11a01, 0x11a0a },
	{ 0x11a33, 0x11a39 }, { 0x11a3b, 0x11a3e }, { 0x11a47, 0x11a47 },
	{ 0x11a51, 0x11a5b }, { 0x11a8a, 0x11a99 }, { 0x11c2f, 0x11c3f },
	{ 0x11c92, 0x11cb6 }, { 0x11d31, 0x11d45 }, { 0x11d47, 0x11d47 },
	{ 0x11d8a, 0x11d97 }, { 0x11ef3, 0x11ef6 }, { 0x16af0, 0x16af4 },
	{ 0x16b30, 0x16b36 }, { 0x16f4f, 0x16f4f }, { 0x16f51, 0x16f87 },
	{ 0x16f8f, 0x16f92 }, { 0x16fe4, 0x16fe4 }, { 0x16ff0, 0x16ff1 },
	{ 0x1bc9d, 0x1bc9e }, { 0x1cf00, 0x1cf46 }, { 0x1d165, 0x1d169 },
	{ 0x1d16d, 0x1d172 }, { 0x1d17b, 0x1d182 }, { 0x1d185, 0x1d18b },
	{ 0x1d1aa, 0x1d1ad }, { 0x1d242, 0x1d244 }, { 0x1da00, 0x1da36 },
	{ 0x1da3b, 0x1da6c }, { 0x1da75, 0x1da75 }, { 0x1da84, 0x1da84 },
	{ 0x1da9b, 0x1daaf }, { 0x1e000, 0x1e02a }, { 0x1e130, 0x1e136 },
	{ 0x1e2ae, 0x1e2ae }, { 0x1e2ec, 0x1e2ef }, { 0x1e8d0, 0x1e8d6 },
	{ 0x1e944, 0x1e94a }, { 0x1f3fb, 0x1f3ff }, { 0xe0020, 0xe007f },
	{ 0xe0100, 0xe01ef },
};
/* clang-format on */

static bool is_extender(uint32_t code)
{
	size_t low = 0, high = COUNT(extenders);

	if (code < extenders[0].first)
		return false;
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (code > extenders[mid].last)
			low = mid + 1;
		else
			high = mid;
	}
	return low < COUNT(extenders) && code >= extenders[low].first;
}

static bool is_regional(uint32_t code)
{
	return code >= 0x1f1e6 && code <= 0x1f1ff;
}

/* True if a regional indicator at `at` is the second one of a flag. */
static bool is_half_flag(struct slice s, size_t at)
{
	size_t count = 0;
	uint32_t code;

	while (at > 0) {
		at = previous(s, at, &code);
		if (!is_regional(code))
			break;
		count++;
	}
	return count % 2 == 1;
}

/* True if text may be cut at `at`, a code point boundary inside `s`; after
 * the rules GB3 and GB9 to GB13 of Unicode's annex 29. */
static bool is_cluster_boundary(struct slice s, size_t at)
{
	uint32_t before, after;

	if (utf8_next(slice_make(s.data + at, s.len - at), &after) == 0)
		return true;
	previous(s, at, &before);
	if (before == '\r' && after == '\n')
		return false;
	if (before < 0x20 || before == 0x7f)
		return true;
	if (is_extender(after) || before == ZWJ)
		return false;
	return !is_regional(after) || !is_half_flag(s, at);
}

size_t utf8_prefix_cluster(struct slice s, size_t max)
{
	size_t end = utf8_prefix(s, max);
	size_t at = end;
	uint32_t code;

	if (end == s.len)
		return end;
	while (at > 0 && !is_cluster_boundary(s, at))
		at = previous(s, at, &code);
	return at > 0 ? at : end;
}
