#include "sms_data/tapback.h"

#include <string.h>
#include <strings.h>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "sms_data/alphabet.h"
#include "sms_data/translit.h"

/* Longer texts are no reactions; the quotation is as long as the text was. */
#define TEXT_MAX (64 * KIB)

/* A shortened quotation of less tells nothing. */
#define BEGINNING_MIN 10

/* They make other emojis of emojis. */
#define JOINER   0x200d
#define SELECTOR 0xfe0f

/* --- Folding --------------------------------------------------------------- */

static bool is_space(uint32_t code)
{
	return code == ' ' || code == '\t' || code == '\n' || code == '\r';
}

static void add_code(struct str *out, uint32_t code, struct slice as_it_is)
{
	static const struct gsm_tables usual;
	char septets[2];
	struct slice plain = slice_make(NULL, 0);
	bool joins = code == JOINER || code == SELECTOR;
	if (!joins && gsm_character(usual, code, septets) == 0)
		plain = translit_of(code);
	str_add_slice(out, plain.data != NULL ? plain : as_it_is);
}

static bool ends_with_space(const struct str *out)
{
	return out->len == 0 || out->data[out->len - 1] == ' ';
}

/* Runs of spaces are one. */
static void squeeze(struct str *out, struct slice text)
{
	while (text.len > 0) {
		uint32_t code;
		size_t len = utf8_next(text, &code);
		len = len > 0 ? len : 1;
		if (!is_space(code))
			str_add_bytes(out, text.data, len);
		else if (!ends_with_space(out))
			str_add_char(out, ' ');
		text = slice_make(text.data + len, text.len - len);
	}
	while (out->len > 0 && out->data[out->len - 1] == ' ')
		str_truncate(out, out->len - 1);
}

void tapback_fold(struct str *out, const char *text)
{
	struct str plain = { .max = 3 * TEXT_MAX };
	struct str folded = { .max = 3 * TEXT_MAX };
	struct slice rest = slice_of(text);
	while (rest.len > 0) {
		uint32_t code = 0xfffd;
		size_t len = utf8_next(rest, &code);
		len = len > 0 ? len : 1;
		add_code(&plain, code, slice_make(rest.data, len));
		rest = slice_make(rest.data + len, rest.len - len);
	}
	squeeze(&folded, str_slice(&plain));
	str_add_slice(out, str_slice(&folded));
	str_finish(&plain);
	str_finish(&folded);
}

/* --- Phrases --------------------------------------------------------------- */

#define LIKE      "\xf0\x9f\x91\x8d"
#define LOVE      "\xe2\x9d\xa4\xef\xb8\x8f"
#define DISLIKE   "\xf0\x9f\x91\x8e"
#define LAUGH     "\xf0\x9f\x98\x82"
#define EMPHASIZE "\xe2\x80\xbc\xef\xb8\x8f"
#define QUESTION  "\xe2\x9d\x93"

/* What stands in front of the quotation and behind it, in small letters and
 * folded, as tapback_fold() writes it: without accents but those of the GSM
 * alphabet. */
struct phrase {
	const char *before, *behind;
	const char *emoji; /* "": taken back */
};

#define MENTION "a attribu\xc3\xa9 la mention "

static const struct phrase phrases[] = {
	{ "liked", "", LIKE },
	{ "loved", "", LOVE },
	{ "disliked", "", DISLIKE },
	{ "laughed at", "", LAUGH },
	{ "emphasized", "", EMPHASIZE },
	{ "emphasised", "", EMPHASIZE },
	{ "questioned", "", QUESTION },
	{ "removed a like from", "", "" },
	{ "removed a heart from", "", "" },
	{ "removed a dislike from", "", "" },
	{ "removed a laugh from", "", "" },
	{ "removed an exclamation from", "", "" },
	{ "removed a question mark from", "", "" },
	/* German */
	{ "gef\xc3\xa4llt", "", LIKE },
	{ "liebt", "", LOVE },
	{ "gef\xc3\xa4llt nicht", "", DISLIKE },
	{ "lacht \xc3\xbc"
	  "ber",
		"", LAUGH },
	{ "betont", "", EMPHASIZE },
	{ "hebt", "hervor", EMPHASIZE },
	{ "stellt", "infrage", QUESTION },
	{ "hinterfragt", "", QUESTION },
	/* French */
	{ "a aim\xc3\xa9", "", LIKE },
	{ "a ador\xc3\xa9", "", LOVE },
	{ "n'a pas aim\xc3\xa9", "", DISLIKE },
	{ "a ri de", "", LAUGH },
	{ "a mis en \xc3\xa9vidence", "", EMPHASIZE },
	{ "a soulign\xc3\xa9", "", EMPHASIZE },
	{ "a pos\xc3\xa9 une question sur", "", QUESTION },
	{ MENTION "\" j'aime \" \xc3\xa0", "", LIKE },
	{ MENTION "\" adore \" \xc3\xa0", "", LOVE },
	{ MENTION "\" je n'aime pas \" \xc3\xa0", "", DISLIKE },
	/* Spanish; accents that the GSM alphabet lacks are gone. */
	{ "le gusto", "", LIKE },
	{ "le encanto", "", LOVE },
	{ "no le gusto", "", DISLIKE },
	{ "le dio risa", "", LAUGH },
	{ "exclamo por", "", EMPHASIZE },
	{ "dudo sobre", "", QUESTION },
};

/* The same around an emoji: "Reacted 🎉 to". */
struct frame {
	const char *before, *between, *behind;
	bool is_removed;
};

static const struct frame frames[] = {
	{ "", "to", "", false },
	{ "reacted", "to", "", false },
	{ "removed", "from", "", true },
	{ "removed a", "from", "", true },
	{ "", "zu", "", false },
	{ "", "auf", "", false },
	{ "hat mit", "auf", "reagiert", false },
	{ "", "\xc3\xa0", "", false },
	{ "a r\xc3\xa9"
	  "agi avec",
		"\xc3\xa0", "", false },
	{ "", "a", "", false },
	{ "reacciono con", "a", "", false },
};

static bool cut_front(struct slice *text, const char *words)
{
	size_t len = strlen(words);
	if (text->len < len || strncasecmp(text->data, words, len) != 0)
		return false;
	*text = slice_trim(slice_make(text->data + len, text->len - len));
	return true;
}

static bool cut_end(struct slice *text, const char *words)
{
	size_t len = strlen(words);
	if (text->len < len ||
		strncasecmp(text->data + text->len - len, words, len) != 0)
		return false;
	*text = slice_trim(slice_make(text->data, text->len - len));
	return true;
}

/* One character as it is shown, and no letter. Behind another one there is no
 * place to cut in it. */
static bool is_emoji(struct slice text)
{
	char line[TAPBACK_EMOJI + 1];
	uint32_t code;
	return text.len < TAPBACK_EMOJI && utf8_next(text, &code) > 0 &&
	       code >= 0x203c &&
	       text_format(
		       line, sizeof(line), "x%.*s", (int)text.len, text.data) &&
	       utf8_prefix_cluster(slice_of(line), text.len) == 1;
}

/* What is between quotation marks, which are plain by now, up to what is
 * behind them; false: that is not how the text goes on. */
static bool cut_quote(
	struct slice text, const char *behind, struct slice *quote_r)
{
	if (!cut_end(&text, behind) || text.len < 2 || text.data[0] != '"' ||
		text.data[text.len - 1] != '"')
		return false;
	*quote_r = slice_trim(slice_make(text.data + 1, text.len - 2));
	return quote_r->len > 0;
}

static bool read_phrase(
	const struct phrase *p, struct slice text, struct tapback *out)
{
	struct slice quote;
	if (!cut_front(&text, p->before) || !cut_quote(text, p->behind, &quote))
		return false;
	str_add_slice(&out->quote, quote);
	return text_copy(out->emoji, sizeof(out->emoji), p->emoji);
}

static bool read_frame(
	const struct frame *f, struct slice text, struct tapback *out)
{
	struct slice quote;
	if (!cut_front(&text, f->before))
		return false;
	const char *mark = memchr(text.data, '"', text.len);
	if (mark == NULL)
		return false;
	struct slice emoji =
		slice_trim(slice_make(text.data, (size_t)(mark - text.data)));
	text = slice_make(mark, text.len - (size_t)(mark - text.data));
	if (!cut_end(&emoji, f->between) || !is_emoji(emoji) ||
		!cut_quote(text, f->behind, &quote))
		return false;
	str_add_slice(&out->quote, quote);
	text_format(out->emoji, sizeof(out->emoji), "%.*s",
		f->is_removed ? 0 : (int)emoji.len, emoji.data);
	return true;
}

static bool read_words(struct slice text, struct tapback *out)
{
	for (size_t i = 0; i < COUNT(phrases); i++)
		if (read_phrase(&phrases[i], text, out))
			return true;
	for (size_t i = 0; i < COUNT(frames); i++)
		if (read_frame(&frames[i], text, out))
			return true;
	return false;
}

bool tapback_read(const char *text, struct tapback *out)
{
	struct str plain = { .max = 3 * TEXT_MAX };
	*out = (struct tapback){ .quote = { .max = 3 * TEXT_MAX } };
	if (strlen(text) > TEXT_MAX)
		return false;
	tapback_fold(&plain, text);
	bool is_one = read_words(slice_trim(str_slice(&plain)), out);
	str_finish(&plain);
	return is_one;
}

/* --- Which text ------------------------------------------------------------ */

static void digest_of(struct slice folded, char out[TAPBACK_DIGEST])
{
	unsigned char digest[SHA256_SIZE];
	struct str hex = { .max = TAPBACK_DIGEST };
	crypto_sha256(folded, digest);
	hex_encode(&hex, slice_make((const char *)digest, 16));
	text_copy(out, TAPBACK_DIGEST, str_text(&hex));
	str_finish(&hex);
}

void tapback_digest(const char *text, char out[TAPBACK_DIGEST])
{
	struct str folded = { .max = 3 * TEXT_MAX };
	tapback_fold(&folded, text);
	digest_of(str_slice(&folded), out);
	str_finish(&folded);
}

/* The quotation without its dots; false: it has none. */
static bool cut_dots(struct slice *quote)
{
	return cut_end(quote, "...") && quote->len >= BEGINNING_MIN;
}

enum tapback_match tapback_match(
	const struct tapback *t, const char *digest, const char *head)
{
	char own[TAPBACK_DIGEST];
	struct slice quote = str_slice(&t->quote);
	struct str folded = { .max = 4 * TAPBACK_HEAD };
	digest_of(quote, own);
	if (strcmp(own, digest) == 0)
		return TAPBACK_WHOLE;
	tapback_fold(&folded, head);
	bool begins = cut_dots(&quote) && folded.len >= quote.len &&
		      memcmp(str_text(&folded), quote.data, quote.len) == 0;
	str_finish(&folded);
	return begins ? TAPBACK_BEGINNING : TAPBACK_OTHER;
}
