#include "email_worker/quote_words.h"

#include <strings.h>

#include "base/macros.h"
#include "email_worker/chars.h"
#include "email_worker/plain.h"

/* clang-format off */

/* Outlook's header of a quoted mail. */
static const char *const from_labels[] = {
	"From", "Von", "De", "Da", "Van", "Fra", "Från",
	"Lähettäjä", "Od", "Feladó",
	"Kimden", "Gönderen",
	"От", "Від",
	"Από",
	"发件人",
	"寄件者",
	"寄件人",
	"差出人",
	"보낸 사람",
	"מאת",
	"من",
	"De la", "Expediteur", "Expéditeur",
};

static const char *const other_labels[] = {
	/* when */
	"Sent", "Date", "Gesendet", "Datum", "Envoyé",
	"Envoyé le", "Enviado", "Enviado el", "Enviada em", "Fecha",
	"Data", "Inviato", "Verzonden", "Sendt", "Dato", "Skickat",
	"Lähetetty", "Päivämäärä",
	"Wysłano", "Wysłane",
	"Odesláno", "Küldve", "Dátum",
	"Gönderildi", "Gönderilme", "Tarih",
	"Отправлено",
	"Дата",
	"Надіслано",
	"Στάλθηκε",
	"Ημερομηνία",
	"发送时间",
	"日期",
	"寄件日期",
	"送信日時",
	"日時",
	"보낸 날짜",
	"날짜",
	/* to whom */
	"To", "Cc", "An", "Kopie", "À", "Para", "A", "Aan", "Til",
	"Till", "Vastaanottaja", "Kopio", "Do", "DW", "Komu", "Címzett",
	"Kime", "Kopia", "Kopi",
	"Кому",
	"Копия",
	"Προς",
	"收件人", "抄送",
	"收件者", "宛先",
	"받는 사람",
	"אל",
	/* about what */
	"Subject", "Betreff", "Objet", "Asunto", "Assunto", "Oggetto",
	"Onderwerp", "Emne", "Ämne", "Aihe", "Temat",
	"Předmět", "Tárgy", "Konu", "Subiect",
	"Тема", "Θέμα",
	"主题", "主旨",
	"件名", "제목",
	"נושא",
	"الموضوع",
};

/* Between dashes. */
static const char *const originals[] = {
	"Original Message", "Original Appointment",
	"Ursprüngliche Nachricht", "Originalnachricht",
	"Message d'origine", "Message original", "Message initial",
	"Mensaje original", "Messaggio originale", "Mensagem original",
	"Oorspronkelijk bericht", "Oprindelig meddelelse",
	"Originalmeddelande", "Ursprungligt meddelande",
	"Opprinnelig melding", "Alkuperäinen viesti",
	"Wiadomość oryginalna",
	"Oryginalna wiadomość", "Původní zpráva",
	"Eredeti üzenet", "Orijinal Mesaj",
	"Исходное сообщение",
	"Αρχικό μήνυμα",
	"原始邮件",
	"邮件原件",
	"原始郵件",
	"元のメッセージ",
	"원본 메시지",
};

/* Between dashes. */
static const char *const forwards[] = {
	"Forwarded message", "Forwarded by", "Weitergeleitete Nachricht",
	"Message transféré", "Mensaje reenviado",
	"Messaggio inoltrato", "Mensagem encaminhada",
	"Mensagem reencaminhada", "Doorgestuurd bericht",
	"Videresendt meddelelse", "Videresendt besked",
	"Videresendt melding", "Vidarebefordrat meddelande",
	"Vidarebefordrat mejl",
	"Edelleenlähetetty viesti",
	"Przekazana wiadomość",
	"Wiadomość przekazana", "Přeposlaná zpráva",
	"Předaná zpráva",
	"Továbbított üzenet",
	"Yönlendirilmiş", "İletilen",
	"Пересылаемое",
	"Пересланное",
	"Перенаправленное",
	"转发邮件",
	"转发的邮件",
	"轉寄郵件",
	"轉寄的郵件",
	"転送メッセージ",
	"전달된",
};

/* Apple's, each a whole line. */
static const char *const forward_lines[] = {
	"Begin forwarded message:",
	"Anfang der weitergeleiteten Nachricht:",
	"Début du message réexpédié :",
	"Début du message réexpédié :",
	"Début du message transféré :",
	"Inicio del mensaje reenviado:", "Inizio messaggio inoltrato:",
	"Início da mensagem encaminhada:",
	"Início da mensagem reencaminhada:",
	"Begin doorgestuurd bericht:", "Vidarebefordrat brev:",
	"Start på videresendt besked:",
	"Videresendt melding:",
	"Начало переадресованного сообщения:",
	"下面是被转发的邮件：",
	"転送されたメッセージ:",
};

static const char *const verbs[] = {
	"wrote", "schrieb", "geschrieben", "a écrit",
	"escribió", "ha scritto", "scrisse", "schreef", "escreveu",
	"geschreven", "skrev", "kirjoitti", "napisał", "pisze",
	"napsal", "píše", "írta", "yazdı",
	"şunu yazdı", "a scris", "viết",
	"написал",
	"пишет", "пише",
	"написав",
	"έγραψε",
	"写道", "寫道",
	"のメール",
	"書きました",
	"작성", "כתב",
	"كتب",
};

static const char *const openings[] = {
	"On ", "Am ", "Le ", "El ", "Il ", "Op ", "Em ", "No dia ",
	"W dniu ", "Dnia ", "Den ", "Dne ", "Pe ", "På ",
	"Il giorno ", "Quoting ", "Zitat von ",
	"В ", "Στις ",
	"在", "於", "ב-", "Vào ",
};

/* How the line begins. */
static const char *const devices[] = {
	"Sent from my ", "Sent from Mail for ", "Sent from Outlook",
	"Sent from Yahoo", "Sent from Proton", "Sent from Gmail Mobile",
	"Sent from mobile", "Sent via the Samsung", "Sent with Proton",
	"Get Outlook for ",
	"Von meinem ", "Gesendet mit der ", "Gesendet von Outlook",
	"Gesendet von meinem ", "Gesendet von Mail für ",
	"Holen Sie sich Outlook ", "Outlook für ",
	"Envoyé de mon ", "Envoyé depuis mon ",
	"Envoyé à partir d", "Télécharger Outlook ",
	"Obtenez Outlook pour ",
	"Enviado desde mi ", "Enviado desde Outlook", "Obtener Outlook para ",
	"Enviado do meu ", "Enviado do Outlook", "Inviato da iPhone",
	"Inviato da iPad", "Inviato da Outlook", "Inviato dal mio ",
	"Ottieni Outlook per ", "Verzonden vanaf mijn ",
	"Verstuurd vanaf mijn ", "Verzonden vanuit ", "Outlook voor ",
	"Skickat från min ", "Sendt fra min ",
	"Lähetetty iPhonesta", "Wysłane z ",
	"Wysłano z ", "Odesláno z ",
	"Отправлено с ",
	"Отправлено из ",
	/* iPhoneから送信 发自我的 從我的 나의 iPhone에서 보냄 */
	"iPhoneから送信",
	"iPadから送信",
	"发自我的",
	"從我的",
	"나의 iPhone에서",
};

/* clang-format on */

#define IN_TABLE(table, line, test) in_table(table, COUNT(table), line, test)

static bool in_table(const char *const *table, size_t count, struct slice line,
	bool (*test)(struct slice line, const char *word))
{
	for (size_t i = 0; i < count; i++)
		if (test(line, table[i]))
			return true;
	return false;
}

static bool begins_with(struct slice line, const char *word)
{
	size_t len = strlen(word);

	return line.len >= len && strncasecmp(line.data, word, len) == 0;
}

static bool is_word(struct slice line, const char *word)
{
	return slice_equals_nocase(line, word);
}

/* ------------------------------------------------------------------------
 * Fields of a quoted header
 * ------------------------------------------------------------------------ */

/* What stands before the colon, which may be a wide one; cut off `*line`. */
static struct slice cut_label(struct slice *line)
{
	static const char wide[] = "：";

	for (size_t i = 0; i < line->len && i < 40; i++) {
		size_t len = 0;

		if (line->data[i] == ':')
			len = 1;
		else if (line->len - i >= 3 &&
			 memcmp(line->data + i, wide, 3) == 0)
			len = 3;
		if (len == 0)
			continue;
		struct slice label = slice_make(line->data, i);
		*line = slice_make(line->data + i + len, line->len - i - len);
		return label;
	}
	return slice_make(line->data, 0);
}

/* Without what HTML made of bold labels, "*From:* x". */
static struct slice unstyled(struct slice s)
{
	s = slice_trim(s);
	while (s.len > 0 && (s.data[0] == '*' || s.data[0] == '_'))
		s = slice_make(s.data + 1, s.len - 1);
	while (s.len > 0 &&
		(s.data[s.len - 1] == '*' || s.data[s.len - 1] == '_' ||
			s.data[s.len - 1] == ' '))
		s.len--;
	/* A no-break space before the colon, as the French write it. */
	if (s.len > 2 && memcmp(s.data + s.len - 2, " ", 2) == 0)
		s.len -= 2;
	return s;
}

enum quote_label quote_label(struct slice line)
{
	struct slice label = unstyled(cut_label(&line));

	if (label.len == 0)
		return LABEL_NONE;
	if (IN_TABLE(from_labels, label, is_word))
		return unstyled(line).len > 0 ? LABEL_FROM : LABEL_NONE;
	return IN_TABLE(other_labels, label, is_word) ? LABEL_OTHER
						      : LABEL_NONE;
}

/* ------------------------------------------------------------------------
 * Lines of their own
 * ------------------------------------------------------------------------ */

static bool is_between_dashes(struct slice line)
{
	line = slice_trim(line);
	return line.len > 6 && line.len < 120 && line.data[0] == '-' &&
	       line.data[1] == '-' && line.data[line.len - 1] == '-';
}

bool quote_is_original(struct slice line)
{
	return is_between_dashes(line) &&
	       IN_TABLE(originals, line, plain_contains);
}

bool quote_is_forward(struct slice line)
{
	line = slice_trim(line);
	if (IN_TABLE(forward_lines, line, is_word))
		return true;
	return is_between_dashes(line) &&
	       IN_TABLE(forwards, line, plain_contains);
}

bool quote_is_device(struct slice line)
{
	line = slice_trim(line);
	return line.len <= 120 && IN_TABLE(devices, line, begins_with);
}

/* ------------------------------------------------------------------------
 * Who wrote
 * ------------------------------------------------------------------------ */

static bool ends_in_colon(struct slice line)
{
	line = slice_trim(line);
	return line.len > 0 &&
	       (line.data[line.len - 1] == ':' ||
		       (line.len > 3 &&
			       memcmp(line.data + line.len - 3, "：", 3) == 0));
}

bool quote_has_verb(struct slice line)
{
	return ends_in_colon(line) && IN_TABLE(verbs, line, plain_contains);
}

static bool ends_in_word(struct slice line, const char *word)
{
	size_t len = strlen(word);

	return line.len >= len &&
	       strncasecmp(line.data + line.len - len, word, len) == 0;
}

bool quote_ends_in_verb(struct slice line)
{
	line = slice_trim(line);
	if (!ends_in_colon(line))
		return false;
	line.len -= line.data[line.len - 1] == ':' ? 1 : 3;
	line = slice_trim(line);
	return IN_TABLE(verbs, line, ends_in_word);
}

bool quote_has_opening(struct slice line)
{
	line = slice_trim(line);
	return (line.len > 0 && char_is_digit(line.data[0])) ||
	       IN_TABLE(openings, line, begins_with);
}
