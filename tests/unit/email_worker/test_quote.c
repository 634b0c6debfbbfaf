/*
 * What of a text is new, in the languages that mail programs speak.
 */
#include "email_worker/quote.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/macros.h"
#include "email_worker/quote_words.h"

static void check(size_t row, const char *text, const char *want,
	bool is_forward, bool is_list)
{
	struct quote_result result;
	struct str out;

	str_init(&out, 65536);
	quote_cut(&out, slice_of(text), is_forward, is_list, &result);
	if (strcmp(str_text(&out), want) != 0)
		fail_msg("row %zu: '%s' became '%s', not '%s'", row, text,
			str_text(&out), want);
	assert_int_equal(result.is_cut, strlen(want) < strlen(text));
	str_finish(&out);
}

/* ------------------------------------------------------------------------
 * Attributions
 * ------------------------------------------------------------------------ */

/* clang-format off */
static const char *const attributions[] = {
	"On Tue, Nov 3, 2026 at 9:15 AM Bob <bob@example.net> wrote:",
	"On 2026-11-03 09:15, Bob wrote:",
	"On Nov 3, 2026, at 9:15 AM, Bob Example <bob@example.net> wrote:",
	"On Tuesday, 3 November 2026 at 09:15:00 UTC, Bob\n<bob@example.net>\nwrote:",
	"Bob Example <bob@example.net> wrote:",
	"Am Di., 3. Nov. 2026 um 09:15 Uhr schrieb Bob <bob@example.net>:",
	"Am 03.11.26 um 09:15 schrieb Bob Beispiel:",
	"Am 3. November 2026 09:15:00 MEZ schrieb Bob <bob@example.net>:",
	"Bob Beispiel schrieb am 03.11.2026 um 09:15:",
	"Le mar. 3 nov. 2026 à 09:15, Bob <bob@example.net> a écrit :",
	"Le 03/11/2026 à 09:15, Bob a écrit :",
	"El mar, 3 nov 2026 a las 9:15, Bob (<bob@example.net>) escribió:",
	"El 3/11/26 a las 9:15, Bob escribió:",
	"Il giorno mar 3 nov 2026 alle ore 09:15 Bob <bob@example.net> ha\nscritto:",
	"Il 03/11/2026 09:15, Bob ha scritto:",
	"Em ter., 3 de nov. de 2026 às 09:15, Bob <bob@example.net> escreveu:",
	"Op di 3 nov 2026 om 09:15 schreef Bob <bob@example.net>:",
	"Op 03-11-2026 om 09:15 schreef Bob:",
	"Den tis 3 nov. 2026 kl 09:15 skrev Bob <bob@example.net>:",
	"Den tir. 3. nov. 2026 kl. 09.15 skrev Bob <bob@example.net>:",
	"tir. 3. nov. 2026 kl. 09:15 skrev Bob <bob@example.net>:",
	"ti 3. marrask. 2026 klo 9.15 Bob <bob@example.net> kirjoitti:",
	"wt., 3 lis 2026 o 09:15 Bob <bob@example.net> napisał(a):",
	"W dniu 3.11.2026 o 09:15, Bob pisze:",
	"út 3. 11. 2026 v 9:15 odesílatel Bob <bob@example.net> napsal:",
	"Dne 03. 11. 26 v 9:15 Bob napsal(a):",
	"Bob <bob@example.net> ezt írta (időpont: 2026. nov. 3., K, 9:15):",
	"вт, 3 нояб. 2026 г. в 09:15, Bob <bob@example.net>:",
	"03.11.2026 9:15, Боб пишет:",
	"вт, 3 лист. 2026 р. о 09:15 Bob <bob@example.net> пише:",
	"В Вт, 03/11/2026 в 09:15 +0300, Боб пишет:",
	"Στις Τρί 3 Νοε 2026 στις 9:15 π.μ., ο χρήστης Bob\n<bob@example.net> έγραψε:",
	"Bob <bob@example.net>, 3 Kas 2026 Sal, 09:15 tarihinde şunu yazdı:",
	"2026年11月3日(火) 9:15 Bob <bob@example.net>:",
	"2026/11/03 9:15、Bob <bob@example.net>のメール:",
	"Bob <bob@example.net> 于2026年11月3日周二 09:15写道：",
	"在 2026年11月3日，09:15，Bob <bob@example.net> 写道：",
	"Bob <bob@example.net> 於 2026年11月3日 週二 上午9:15寫道：",
	"2026년 11월 3일 (화) 오전 9:15, Bob <bob@example.net>님이 작성:",
	"Vào Th 3, 3 thg 11, 2026 vào lúc 09:15 Bob <bob@example.net> đã viết:",
};
/* clang-format on */

static void test_attributions(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(attributions); i++) {
		char text[1000];

		text_format(text, sizeof(text), "Yes.\n\n%s\n\n> Lunch?\n>\n",
			attributions[i]);
		check(i, text, "Yes.", false, false);
		text_format(text, sizeof(text), "Yes.\n\n%s\n> Lunch?\n",
			attributions[i]);
		check(i, text, "Yes.", false, false);
		/* The reply between the quotes: only who wrote them goes. */
		text_format(text, sizeof(text),
			"%s\n> Lunch?\n\nYes.\n\n> Where?\n\nHere.",
			attributions[i]);
		check(i, text, "> Lunch?\n\nYes.\n\n> Where?\n\nHere.", false,
			false);
	}
}

/* ------------------------------------------------------------------------
 * Headers of Outlook
 * ------------------------------------------------------------------------ */

/* clang-format off */
static const char *const headers[] = {
	"From: Bob <b@x.y>\nSent: Tuesday\nTo: Alice\nSubject: lunch",
	"*From:* Bob <b@x.y>\n*Sent:* Tuesday\n*To:* Alice\n*Subject:* lunch",
	"Von: Bob <b@x.y>\nGesendet: Dienstag\nAn: Alice\nBetreff: Mittag",
	"De : Bob <b@x.y>\nEnvoyé : mardi\nÀ : Alice\nObjet : midi",
	"De: Bob <b@x.y>\nEnviado el: martes\nPara: Alice\nAsunto: comida",
	"De: Bob <b@x.y>\nEnviado: terça\nPara: Alice\nAssunto: almoço",
	"Da: Bob <b@x.y>\nInviato: martedì\nA: Alice\nOggetto: pranzo",
	"Van: Bob <b@x.y>\nVerzonden: dinsdag\nAan: Alice\nOnderwerp: lunch",
	"Fra: Bob <b@x.y>\nSendt: tirsdag\nTil: Alice\nEmne: frokost",
	"Från: Bob <b@x.y>\nSkickat: tisdag\nTill: Alice\nÄmne: lunch",
	"Lähettäjä: Bob <b@x.y>\nLähetetty: tiistai\nVastaanottaja: Alice\nAihe: lounas",
	"Od: Bob <b@x.y>\nWysłano: wtorek\nDo: Alice\nTemat: obiad",
	"Od: Bob <b@x.y>\nOdesláno: úterý\nKomu: Alice\nPředmět: oběd",
	"Feladó: Bob <b@x.y>\nKüldve: kedd\nCímzett: Alice\nTárgy: ebéd",
	"Kimden: Bob <b@x.y>\nGönderildi: Salı\nKime: Alice\nKonu: yemek",
	"От: Боб <b@x.y>\nОтправлено: вторник\nКому: Алиса\nТема: обед",
	"Від: Боб <b@x.y>\nНадіслано: вівторок\nКому: Аліса\nТема: обід",
	"Από: Bob <b@x.y>\nΣτάλθηκε: Τρίτη\nΠρος: Alice\nΘέμα: γεύμα",
	"发件人: Bob <b@x.y>\n发送时间: 2026年11月3日\n收件人: Alice\n主题: 午餐",
	"发件人： Bob <b@x.y>\n日期： 2026年11月3日\n收件人： Alice\n主题： 午餐",
	"寄件者: Bob <b@x.y>\n寄件日期: 2026年11月3日\n收件者: Alice\n主旨: 午餐",
	"差出人: Bob <b@x.y>\n送信日時: 2026年11月3日\n宛先: Alice\n件名: 昼食",
	"보낸 사람: Bob <b@x.y>\n보낸 날짜: 2026년\n받는 사람: Alice\n제목: 점심",
};

static const char *const originals[] = {
	"-----Original Message-----", "-----Ursprüngliche Nachricht-----",
	"-----Message d'origine-----", "-----Mensaje original-----",
	"-----Messaggio originale-----", "-----Mensagem original-----",
	"-----Oorspronkelijk bericht-----", "-----Исходное сообщение-----",
	"------------------ 原始邮件 ------------------",
	"-----邮件原件-----", "-----元のメッセージ-----",
	"-----원본 메시지-----", "-----Alkuperäinen viesti-----",
	"-----Původní zpráva-----", "-----Eredeti üzenet-----",
};

static const char *const forwards[] = {
	"---------- Forwarded message ---------",
	"-------- Weitergeleitete Nachricht --------",
	"---------- Message transféré ---------",
	"-------- Mensaje reenviado --------",
	"---------- Messaggio inoltrato ----------",
	"-------- Пересылаемое сообщение --------",
	"---------- 转发的邮件 ---------",
	"Begin forwarded message:",
	"Anfang der weitergeleiteten Nachricht:",
	"Начало переадресованного сообщения:",
};
/* clang-format on */

static void test_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(headers); i++) {
		char text[1000];

		text_format(text, sizeof(text), "Yes.\n\n%s\n\nLunch?\n",
			headers[i]);
		check(i, text, "Yes.", false, false);
		text_format(text, sizeof(text),
			"Yes.\n\n________________________________\n%s\n\nx\n",
			headers[i]);
		check(i, text, "Yes.", false, false);
		/* Passed on: it is what the mail is about. */
		text_format(
			text, sizeof(text), "See:\n\n%s\n\nLunch?", headers[i]);
		check(i, text, text, true, false);
		text_format(text, sizeof(text), "%s\n\nLunch?", headers[i]);
		check(i, text, text, false, false);
	}
}

static void test_originals(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(originals); i++) {
		char text[1000];

		text_format(text, sizeof(text), "ok\n\n%s\nx: y\n\nLunch?\n",
			originals[i]);
		check(i, text, "ok", false, false);
	}
}

static void test_forwards(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(forwards); i++) {
		struct quote_result result;
		char text[1000];
		struct str out;

		text_format(text, sizeof(text),
			"FYI\n\n%s\nFrom: B\nDate: x\nSubject: y\nTo: A\n\nLate.",
			forwards[i]);
		check(i, text, text, false, false);
		str_init(&out, 1000);
		quote_cut(&out, slice_of(text), false, false, &result);
		assert_true(result.is_forward);
		str_finish(&out);
	}
}

/* ------------------------------------------------------------------------
 * The rest
 * ------------------------------------------------------------------------ */

/* clang-format off */
static const struct {
	const char *text, *want; /* want NULL: it stays as it is */
} rows[] = {
	{ "", NULL },
	{ "a", NULL },
	{ "a\n\nb", NULL },
	/* signatures */
	{ "a\n-- \nAlice", "a" },
	{ "a\n--\nAlice", "a" },
	{ "a\n-- \nAlice\n-- \nfooter of a list", "a" },
	{ "-- \nAlice", NULL },
	{ "a\n---\nb", NULL },
	{ "a\n-- b", NULL },
	{ "Best regards\nAlice", NULL },
	/* signature, quote and device in any order */
	{ "a\n-- \nAlice\n\nOn 3.11. Bob wrote:\n> b", "a" },
	{ "a\n\nOn 3.11. Bob wrote:\n> b\n\n-- \nAlice", "a" },
	{ "a\n\nSent from my phone\n\nOn 3.11. Bob wrote:\n> b", "a" },
	{ "a\n\nSent from my iPhone", "a" },
	{ "a\n\nVon meinem iPhone gesendet", "a" },
	{ "a\n\nEnvoyé de mon iPhone", "a" },
	{ "a\n\nEnviado desde mi iPhone", "a" },
	{ "a\n\nInviato da iPhone", "a" },
	{ "a\n\nОтправлено с iPhone", "a" },
	{ "a\n\niPhoneから送信", "a" },
	{ "a\n\n发自我的iPhone", "a" },
	{ "Sent from my iPhone", NULL },
	{ "I read: Sent from my iPhone", NULL },
	{ "Sent from my heart\nis a song", NULL },
	/* quotes without a word of who wrote them */
	{ "a\n\n> b\n> c", "a" },
	{ "a\n> b", "a" },
	{ "> a\n> b", NULL },
	{ "> a\n\nb", NULL },
	{ "> a\n\nb\n\n> c", NULL },
	/* lines above that are not an attribution */
	{ "He wrote this poem:\n> roses", "He wrote this poem:" },
	{ "My list:\n> one", "My list:" },
	{ "Yes\nOn Tue, Bob wrote:\n> x", "Yes" },
	/* what only looks like a header */
	{ "From: here\nto there", NULL },
	{ "From: A\nb\nSubject: c\nd", NULL },
	{ "Von: hier\nnach da\nund dort", NULL },
	{ "To: do\nSubject: things", NULL },
	/* a poem with dashes */
	{ "-- original --\nx", NULL },
	/* trailing empty lines are nothing */
	{ "a\n\n-- \nA\n\n\n", "a" },
};
/* clang-format on */

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check(i, rows[i].text,
			rows[i].want ? rows[i].want : rows[i].text, false,
			false);
}

static void test_lists(void **state)
{
	(void)state;
	static const char footer[] =
		"a\n\n____________________________________\n"
		"dev mailing list -- dev@lists.example\n"
		"https://lists.example/dev\n";

	check(0, footer, "a", false, true);
	struct quote_result result;
	struct str out;
	str_init(&out, 1000);
	quote_cut(&out, slice_of(footer), false, false, &result);
	assert_non_null(strstr(str_text(&out), "lists.example"));
	str_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attributions),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_originals),
		cmocka_unit_test(test_forwards),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_lists),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
