/*
 * ISUPPORT: defaults, tokens, nonsense, and the questions asked of it.
 */
#include "irc/isupport.h"

#include "base/intern.h"
#include "base/macros.h"
#include "irc/rows.h"

/* Everything that is compared, as one text. */
static void dump(const struct irc_isupport *s, struct str *out)
{
	str_addf(out, "map=%s net=%s types=%s prefix=(%s)%s status=%s",
		irc_casemap_name(s->casemap), s->network ? s->network : "-",
		s->chantypes, s->prefix_modes, s->prefix_symbols, s->statusmsg);
	str_add(out, " classes=");
	for (char c = 'A'; c <= 'z'; c++)
		if (irc_mode_class(s, c) != IRC_MODE_FLAG)
			str_addf(
				out, "%c%u", c, (unsigned)irc_mode_class(s, c));
	str_addf(out, " modes=%u letters=", s->modes);
	const char letters[] = { s->except_mode, s->invite_mode, s->quiet_mode,
		s->bot_mode, s->extban_prefix };
	for (size_t i = 0; i < COUNT(letters); i++)
		str_add_char(out, letters[i] ? letters[i] : '-');
	str_addf(out, "%s lengths=%u,%u,%u,%u,%u,%u,%u,%u,%u", s->extban_types,
		s->nicklen, s->channellen, s->topiclen, s->awaylen, s->kicklen,
		s->userlen, s->hostlen, s->keylen, s->linelen);
	str_add(out, " targets=");
	for (size_t i = 0; i < IRC_TARGETS_COUNT; i++)
		str_addf(out, "%u,", s->targmax[i]);
	str_add(out, " limits=");
	for (size_t i = 0; s->chantypes[i] != '\0'; i++)
		str_addf(out, "%u,", s->chanlimit[i]);
	str_addf(out, " monitor=%u history=%u %s%s%s%s", s->monitor,
		s->chathistory, s->whox ? "w" : "", s->utf8only ? "u" : "",
		s->safelist ? "s" : "", s->elist_users ? "e" : "");
}

#define CLASSES "I1b1e1k2l3o4v4"
#define DEFAULTS_1                                                          \
	"map=rfc1459 net=- types=#& prefix=(ov)@+ status= classes=" CLASSES \
	" modes=3 letters=-----"
#define DEFAULTS_2                                                            \
	" lengths=0,0,0,0,0,32,63,0,512 targets=0,0,0,0,0,0,0,0, limits=0,0," \
	" monitor=0 history=0 "

static void test_defaults(void **state)
{
	(void)state;
	struct irc_isupport s;
	struct str out;

	irc_isupport_init(&s);
	str_init(&out, 1000);
	dump(&s, &out);
	assert_string_equal(str_text(&out), DEFAULTS_1 DEFAULTS_2);
	str_finish(&out);
	irc_isupport_finish(&s);
}

/* Each row: tokens, and a piece of the dump that must be there. */
static void test_tokens(void **state)
{
	(void)state;
	static const struct {
		const char *tokens, *part;
	} rows[] = {
		{ "CASEMAPPING=ascii", "map=ascii " },
		{ "CASEMAPPING=rfc1459-strict", "map=rfc1459-strict " },
		{ "CASEMAPPING=strange", "map=ascii " },
		{ "CASEMAPPING=ascii -CASEMAPPING", "map=rfc1459 " },
		{ "NETWORK=Libera.Chat", "net=Libera.Chat " },
		{ "NETWORK=My\\x20Net", "net=My Net " },
		{ "NETWORK=a\\x5Cb\\x3Dc", "net=a\\b=c " },
		{ "NETWORK=a\\x0Ab\\x00c", "net=a b\xef\xbf\xbd"
					   "c " },
		{ "NETWORK=x\\xZZ", "net=x\\xZZ " },
		{ "NETWORK=x\\x4", "net=x\\x4 " },
		{ "NETWORK=\xff", "net=\xef\xbf\xbd " },
		{ "NETWORK=a NETWORK=b", "net=b " },
		{ "NETWORK=a NETWORK=", "net=- " },
		{ "NETWORK=a -NETWORK", "net=- " },
		{ "CHANTYPES=#", "types=# " },
		{ "CHANTYPES=", "types= " },
		{ "CHANTYPES=#a,:\\x20\\x00#&!", "types=#&! " },
		{ "CHANTYPES=#&!+~^*-", "types=#&!+~^* " },
		{ "CHANTYPES= -CHANTYPES", "types=#& " },
		{ "PREFIX=(qaohv)~&@%+", "prefix=(qaohv)~&@%+ " },
		{ "PREFIX=", "prefix=() " },
		{ "PREFIX", "prefix=() " },
		{ "PREFIX=(ov)@", "prefix=(o)@ " },
		{ "PREFIX=(o)@+", "prefix=(o)@ " },
		{ "PREFIX=ov@+", "prefix=() " },
		{ "PREFIX=(ov", "prefix=() " },
		{ "PREFIX=(", "prefix=() " },
		{ "PREFIX=(oo1v)@+!+", "prefix=(ov)@+ " },
		{ "PREFIX=(abcdefghijklmnopqrst)!\"#$%&'()*+,-./:;<=>",
			"prefix=(abcdefghijklmno)!\"#$%&'()*+,-./ " },
		{ "PREFIX=(Y)! -PREFIX", "prefix=(ov)@+ " },
		{ "STATUSMSG=@+", "status=@+ " },
		{ "STATUSMSG=@a+@", "status=@+ " },
		{ "STATUSMSG=@ -STATUSMSG", "status= " },
		{ "CHANMODES=eIbq,k,flj,imnpst",
			"classes=I1b1e1f3j3k2l3o4q1v4 " },
		{ "CHANMODES=eIbq,k,flj,imnpst", "letters=--q--" },
		{ "CHANMODES=q PREFIX=(qo)~@", "classes=o4q4 " },
		{ "CHANMODES=q PREFIX=(qo)~@", "letters=-----" },
		{ "PREFIX=(qo)~@ CHANMODES=qb,k", "classes=b1k2o4q4 " },
		{ "CHANMODES=", "classes=o4v4 " },
		{ "CHANMODES=,,,abc", "classes=o4v4 " },
		{ "CHANMODES=1b\\x00,k,l,m,Z", "classes=b1k2l3o4v4 " },
		{ "CHANMODES= -CHANMODES", "classes=" CLASSES " " },
		{ "MODES=6", "modes=6 " },
		{ "MODES", "modes=20 " },
		{ "MODES=", "modes=20 " },
		{ "MODES=1000", "modes=20 " },
		{ "MODES=0", "modes=1 " },
		{ "MODES=x", "modes=3 " },
		{ "MODES=99999999999999999999", "modes=3 " },
		{ "MODES=7 -MODES", "modes=3 " },
		{ "EXCEPTS INVEX BOT", "letters=eI-B-" },
		{ "EXCEPTS=f INVEX=J BOT=x", "letters=fJ-x-" },
		{ "EXCEPTS=1 INVEX=\\x00", "letters=-----" },
		{ "EXCEPTS INVEX BOT -EXCEPTS -INVEX -BOT", "letters=-----" },
		{ "EXTBAN=$,arxc", "letters=----$arxc " },
		{ "EXTBAN=,ARm", "letters=-----ARm " },
		{ "EXTBAN=~,a\\x20a", "letters=----~a " },
		{ "EXTBAN", "letters=----- " },
		{ "EXTBAN=$,a -EXTBAN", "letters=----- " },
		{ "NICKLEN=30 CHANNELLEN=50 TOPICLEN=390 AWAYLEN=200",
			"lengths=30,50,390,200,0,32,63,0,512 " },
		{ "KICKLEN=255 USERLEN=10 HOSTLEN=64 KEYLEN=23 LINELEN=2048",
			"lengths=0,0,0,0,255,10,64,23,2048 " },
		{ "NICKLEN=0 HOSTLEN=0 USERLEN=0", "0,32,63,0,512 " },
		{ "NICKLEN=65536 HOSTLEN=256 USERLEN=129", "0,32,63,0,512 " },
		{ "NICKLEN=-1 HOSTLEN=1x USERLEN=", "0,32,63,0,512 " },
		{ "LINELEN=511", ",512 " },
		{ "LINELEN=16385", ",512 " },
		{ "LINELEN=1024 -LINELEN", ",512 " },
		{ "NICKLEN=20 -NICKLEN", "lengths=0," },
		{ "NICKLEN=20 -NICKLEN=30", "lengths=0," },
		{ "TARGMAX=NAMES:1,LIST:1,KICK:4,WHOIS:1,PRIVMSG:3,NOTICE:",
			"targets=3,0,0,0,4,1,1,0, " },
		{ "TARGMAX=privmsg:x,JOIN:70000,PART", "targets=0,0,0,0,0," },
		{ "TARGMAX=JOIN:5 TARGMAX=PART:2", "targets=0,0,0,2,0," },
		{ "TARGMAX=JOIN:5 -TARGMAX", "targets=0,0,0,0,0," },
		{ "MAXTARGETS=4", "targets=4,4,0," },
		{ "CHANLIMIT=#&:50", "limits=50,50, " },
		{ "CHANLIMIT=#:50,&:", "limits=50,0, " },
		{ "CHANLIMIT=#:20 CHANTYPES=&#", "types=&# " },
		{ "CHANLIMIT=#:20 CHANTYPES=&#", "limits=0,20, " },
		{ "CHANLIMIT=#:20,!:3 -CHANLIMIT", "limits=0,0, " },
		{ "MAXCHANNELS=10", "limits=10,10, " },
		{ "MONITOR=100", "monitor=100 " },
		{ "MONITOR", "monitor=65535 " },
		{ "MONITOR=5 -MONITOR", "monitor=0 " },
		{ "CHATHISTORY=50", "history=50 " },
		{ "draft/CHATHISTORY=60", "history=60 " },
		{ "WHOX UTF8ONLY SAFELIST ELIST=CMNTU", " wuse" },
		{ "ELIST=CMNT", "history=0 " },
		{ "WHOX UTF8ONLY SAFELIST ELIST=U -WHOX -UTF8ONLY "
		  "-SAFELIST -ELIST",
			"history=0 " },
		{ "nicklen=5 UNKNOWN=1 -UNKNOWN = - -= ==", DEFAULTS_1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct irc_isupport s;
		struct str out, line;

		irc_isupport_init(&s);
		str_init(&out, 1000);
		str_init(&line, 1000);
		str_addf(&line, ":s 005 nick %s :are supported by this server",
			rows[i].tokens);
		struct irc_message m = parsed(str_text(&line));
		irc_isupport_apply(&s, &m);
		dump(&s, &out);
		str_add_char(&out, ' ');
		if (strstr(str_text(&out), rows[i].part) == NULL)
			fail_msg("row %zu: no '%s' in '%s'", i, rows[i].part,
				str_text(&out));
		str_finish(&line);
		str_finish(&out);
		irc_isupport_finish(&s);
	}
	assert_int_equal(intern_count(), 0);
}

static void test_apply(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		unsigned changed;
	} rows[] = {
		{ "005", 0 },
		{ "005 NICKLEN=5", 0 },
		{ "005 n NICKLEN=5", IRC_CHANGED_OTHER },
		{ "005 n :NICKLEN=5", IRC_CHANGED_OTHER },
		{ "005 n :NICKLEN=5 x", 0 },
		{ "005 n CASEMAPPING=ascii CHANTYPES=# :are supported",
			IRC_CHANGED_CASEMAP | IRC_CHANGED_CHANTYPES },
		{ "005 n PREFIX=(o)@ :are supported",
			IRC_CHANGED_PREFIX | IRC_CHANGED_MODES },
		{ "005 n -PREFIX :are supported",
			IRC_CHANGED_PREFIX | IRC_CHANGED_MODES },
		{ "005 n CHANMODES=b :are supported", IRC_CHANGED_MODES },
		{ "005 n WHATEVER :are supported", 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct irc_isupport s;
		struct irc_message m = parsed(rows[i].line);

		irc_isupport_init(&s);
		row_number(i, "changed", (long)irc_isupport_apply(&s, &m),
			(long)rows[i].changed);
		irc_isupport_finish(&s);
	}
}

static void test_long_value(void **state)
{
	(void)state;
	char token[700] = "NETWORK=";
	struct irc_isupport s;

	memset(token + 8, 'x', sizeof(token) - 8);
	irc_isupport_init(&s);
	assert_int_equal(
		irc_isupport_token(&s, slice_make(token, sizeof(token))), 0);
	assert_null(s.network);
	assert_int_not_equal(irc_isupport_token(&s, slice_make(token, 520)), 0);
	assert_int_equal(strlen(s.network), 64);
	irc_isupport_finish(&s);
	assert_null(s.network);
}

static void test_names(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		bool channel, joinable, nick;
	} rows[] = {
		{ "#chan", true, true, false },
		{ "&chan", true, true, false },
		{ "#", true, true, false },
		{ "##", true, true, false },
		{ "#caf\xc3\xa9", true, true, false },
		{ "#a b", true, false, false },
		{ "#a,b", true, false, false },
		{ "#a\x07", true, false, false },
		{ "#a\x7f", true, false, false },
		{ "#123456789", true, true, false },
		{ "#1234567890", true, false, false },
		{ "nick", false, false, true },
		{ "[nick]^\\{}|`_", false, false, false }, /* too long */
		{ "[n]^\\{}|`", false, false, true },
		{ "_-1", false, false, true },
		{ "n\xc3\xa9", false, false, true },
		{ "", false, false, false },
		{ "1nick", false, false, false },
		{ "-nick", false, false, false },
		{ ":nick", false, false, false },
		{ "@nick", false, false, false },
		{ "+nick", false, false, false },
		{ "~nick", false, false, false },
		{ "!nick", false, false, false },
		{ "ni ck", false, false, false },
		{ "ni!ck", false, false, false },
		{ "ni@ck", false, false, false },
		{ "ni,ck", false, false, false },
		{ "ni*ck", false, false, false },
		{ "ni?ck", false, false, false },
		{ "ni.ck", false, false, false },
		{ "ni\rck", false, false, false },
	};
	struct irc_isupport s;

	irc_isupport_init(&s);
	irc_isupport_token(&s, slice_of("NICKLEN=9"));
	irc_isupport_token(&s, slice_of("CHANNELLEN=10"));
	irc_isupport_token(&s, slice_of("PREFIX=(ov)!+"));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice name = slice_of(rows[i].name);

		row_number(i, "channel", irc_is_channel(&s, name),
			rows[i].channel);
		row_number(i, "joinable", irc_is_channel_name(&s, name),
			rows[i].joinable);
		row_number(i, "nick", irc_is_nick(&s, name), rows[i].nick);
	}
	assert_false(irc_is_nick(&s, slice_make("a\0b", 3)));
	assert_false(irc_is_channel_name(&s, slice_make("#\0b", 3)));
	assert_false(irc_is_channel(&s, slice_make("\0b", 2)));
	irc_isupport_finish(&s);
}

static void test_prefixes(void **state)
{
	(void)state;
	static const struct {
		const char *entry, *prefixes, *name;
	} rows[] = {
		{ "@+nick", "@+", "nick" },
		{ "~&@%+nick!u@h", "~&@%+", "nick!u@h" },
		{ "nick", "", "nick" },
		{ "^nick", "", "^nick" },
		{ "@", "@", "" },
		{ "", "", "" },
	};
	struct irc_isupport s;

	irc_isupport_init(&s);
	irc_isupport_token(&s, slice_of("PREFIX=(qaohv)~&@%+"));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice name = slice_of(rows[i].entry);

		row_slice(i, "prefixes", irc_cut_prefixes(&s, &name),
			rows[i].prefixes);
		row_slice(i, "name", name, rows[i].name);
	}
	assert_int_equal(irc_rank_of_mode(&s, 'q'), 0);
	assert_int_equal(irc_rank_of_mode(&s, 'v'), 4);
	assert_int_equal(irc_rank_of_mode(&s, 'b'), -1);
	assert_int_equal(irc_rank_of_mode(&s, '\0'), -1);
	assert_int_equal(irc_rank_of_symbol(&s, '~'), 0);
	assert_int_equal(irc_rank_of_symbol(&s, '+'), 4);
	assert_int_equal(irc_rank_of_symbol(&s, '!'), -1);
	assert_int_equal(irc_rank_of_symbol(&s, '\0'), -1);
	irc_isupport_finish(&s);
}

static void test_statusmsg(void **state)
{
	(void)state;
	static const struct {
		const char *target;
		char status;
		const char *rest;
	} rows[] = {
		{ "@#chan", '@', "#chan" },
		{ "+#chan", '+', "#chan" },
		{ "@+#chan", '@', "#chan" },
		{ "#chan", '\0', "#chan" },
		{ "&chan", '\0', "&chan" },
		{ "&&chan", '&', "&chan" },
		{ "@&chan", '@', "&chan" },
		{ "@nick", '\0', "@nick" },
		{ "@", '\0', "@" },
		{ "", '\0', "" },
		{ "%#chan", '\0', "%#chan" },
	};
	struct irc_isupport s;

	irc_isupport_init(&s);
	irc_isupport_token(&s, slice_of("STATUSMSG=&@+"));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice target = slice_of(rows[i].target);

		row_number(i, "status", irc_cut_statusmsg(&s, &target),
			rows[i].status);
		row_slice(i, "rest", target, rows[i].rest);
	}
	irc_isupport_finish(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_apply),
		cmocka_unit_test(test_long_value),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_statusmsg),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
