/*
 * The table is sorted by how often a row is asked for, roughly. What providers
 * publish about their servers changes rarely; what they want of passwords
 * changes more often, so the words are short.
 */
#include "email/providers.h"

#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "base/slice.h"

static const struct provider providers[] = {
	{ .name = "gmail",
		.title = "Gmail",
		.domains = "gmail.com googlemail.com",
		.mx = "google.com googlemail.com",
		.imap = { "imap.gmail.com", 993, TLS_REQUIRED },
		.smtp = { "smtp.gmail.com", 465, TLS_REQUIRED },
		.oauth = "google",
		.flags = PROVIDER_SAVES_SENT | PROVIDER_APP_PASSWORD,
		.help = "Google takes no account passwords here. Turn on "
			"2-Step Verification in your Google account, make an "
			"app password there, and use that.",
		.help_url = "https://myaccount.google.com/apppasswords" },
	{ .name = "outlook",
		.title = "Outlook.com",
		.domains = "outlook.* hotmail.* live.* msn.com passport.com "
			   "windowslive.com",
		.mx = "olc.protection.outlook.com",
		.imap = { "outlook.office365.com", 993, TLS_REQUIRED },
		.smtp = { "smtp-mail.outlook.com", 587, TLS_STARTTLS },
		.oauth = "microsoft",
		.flags = PROVIDER_SAVES_SENT | PROVIDER_OAUTH_ONLY,
		.help = "Microsoft takes no passwords here any more, only a "
			"login in the browser." },
	{ .name = "microsoft365",
		.title = "Microsoft 365",
		.mx = "mail.protection.outlook.com mx.microsoft",
		.imap = { "outlook.office365.com", 993, TLS_REQUIRED },
		.smtp = { "smtp.office365.com", 587, TLS_STARTTLS },
		.oauth = "microsoft",
		.flags = PROVIDER_SAVES_SENT | PROVIDER_OAUTH_ONLY,
		.help = "Microsoft takes no passwords here any more, only a "
			"login in the browser." },
	{ .name = "icloud",
		.title = "iCloud",
		.domains = "icloud.com me.com mac.com",
		.mx = "mail.icloud.com",
		.imap = { "imap.mail.me.com", 993, TLS_REQUIRED },
		.smtp = { "smtp.mail.me.com", 587, TLS_STARTTLS },
		.flags = PROVIDER_APP_PASSWORD,
		.help = "Apple takes no account passwords here. Make an "
			"app-specific password in your Apple account, and "
			"use that.",
		.help_url = "https://account.apple.com/account/manage" },
	{ .name = "yahoo",
		.title = "Yahoo",
		.domains = "yahoo.* ymail.com rocketmail.com myyahoo.com",
		.mx = "yahoodns.net",
		.imap = { "imap.mail.yahoo.com", 993, TLS_REQUIRED },
		.smtp = { "smtp.mail.yahoo.com", 465, TLS_REQUIRED },
		.oauth = "yahoo",
		.flags = PROVIDER_APP_PASSWORD | PROVIDER_NO_PUSH,
		.help = "Yahoo takes no account passwords here. Make an app "
			"password under Account security, and use that.",
		.help_url = "https://login.yahoo.com/account/security" },
	{ .name = "aol",
		.title = "AOL",
		.domains = "aol.* aim.com verizon.net",
		.imap = { "imap.aol.com", 993, TLS_REQUIRED },
		.smtp = { "smtp.aol.com", 465, TLS_REQUIRED },
		.oauth = "yahoo",
		.flags = PROVIDER_APP_PASSWORD | PROVIDER_NO_PUSH,
		.help = "AOL takes no account passwords here. Make an app "
			"password under Account security, and use that.",
		.help_url = "https://login.aol.com/account/security" },
	{ .name = "gmx",
		.title = "GMX",
		.domains = "gmx.net gmx.de gmx.at gmx.ch gmx.eu gmx.org "
			   "gmx.info gmx.biz",
		.mx = "gmx.net",
		.imap = { "imap.gmx.net", 993, TLS_REQUIRED },
		.smtp = { "mail.gmx.net", 465, TLS_REQUIRED },
		.flags = PROVIDER_TURN_ON,
		.help = "Allow POP3 and IMAP in the settings of your mailbox "
			"first. With two-factor authentication an "
			"application-specific password is needed.",
		.help_url = "https://hilfe.gmx.net/pop-imap/einschalten.html" },
	{ .name = "gmx-com",
		.title = "GMX",
		.domains = "gmx.com gmx.us gmx.fr gmx.es gmx.co.uk",
		.imap = { "imap.gmx.com", 993, TLS_REQUIRED },
		.smtp = { "mail.gmx.com", 465, TLS_REQUIRED },
		.flags = PROVIDER_TURN_ON,
		.help = "Allow POP3 and IMAP in the settings of your mailbox "
			"first. With two-factor authentication an "
			"application-specific password is needed.",
		.help_url = "https://support.gmx.com/pop-imap/toggle.html" },
	{ .name = "web.de",
		.title = "WEB.DE",
		.domains = "web.de email.de",
		.mx = "web.de",
		.imap = { "imap.web.de", 993, TLS_REQUIRED },
		.smtp = { "smtp.web.de", 587, TLS_STARTTLS },
		.flags = PROVIDER_TURN_ON,
		.help = "Allow POP3 and IMAP in the settings of your mailbox "
			"first. With two-factor authentication an "
			"application-specific password is needed.",
		.help_url = "https://hilfe.web.de/pop-imap/einschalten.html" },
	{ .name = "mailbox.org",
		.title = "mailbox.org",
		.domains = "mailbox.org",
		.mx = "mailbox.org",
		.imap = { "imap.mailbox.org", 993, TLS_REQUIRED },
		.smtp = { "smtp.mailbox.org", 465, TLS_REQUIRED } },
	{ .name = "posteo",
		.title = "Posteo",
		.domains = "posteo.*",
		.mx = "posteo.de",
		.imap = { "posteo.de", 993, TLS_REQUIRED },
		.smtp = { "posteo.de", 465, TLS_REQUIRED } },
	{ .name = "fastmail",
		.title = "Fastmail",
		.domains = "fastmail.com fastmail.fm fastmail.org "
			   "messagingengine.com sent.com",
		.mx = "messagingengine.com",
		.imap = { "imap.fastmail.com", 993, TLS_REQUIRED },
		.smtp = { "smtp.fastmail.com", 465, TLS_REQUIRED },
		.flags = PROVIDER_APP_PASSWORD,
		.help = "Fastmail takes no account passwords here. Make an "
			"app password under Privacy and Security, and use "
			"that.",
		.help_url = "https://app.fastmail.com/settings/security/apps" },
	{ .name = "proton",
		.title = "Proton Mail",
		.domains = "proton.me protonmail.com protonmail.ch pm.me",
		.mx = "protonmail.ch",
		.imap = { "127.0.0.1", 1143, TLS_STARTTLS },
		.smtp = { "127.0.0.1", 1025, TLS_STARTTLS },
		.flags = PROVIDER_SAVES_SENT | PROVIDER_LOCAL,
		.help = "Proton Mail is reached through Proton Mail Bridge, "
			"which has to run beside this gateway; use the "
			"password that Bridge shows.",
		.help_url = "https://proton.me/mail/bridge" },
	{ .name = "tuta",
		.title = "Tuta",
		.domains = "tuta.com tuta.io tutanota.com tutanota.de "
			   "tutamail.com keemail.me",
		.mx = "tutanota.de",
		.flags = PROVIDER_NO_IMAP,
		.help = "Tuta offers no IMAP, so its mailboxes cannot be "
			"used here." },
	{ .name = "hey",
		.title = "HEY",
		.domains = "hey.com",
		.flags = PROVIDER_NO_IMAP,
		.help = "HEY offers no IMAP, so its mailboxes cannot be used "
			"here." },
	{ .name = "yandex",
		.title = "Yandex",
		.domains = "yandex.* ya.ru",
		.mx = "yandex.net yandex.ru",
		.imap = { "imap.yandex.com", 993, TLS_REQUIRED },
		.smtp = { "smtp.yandex.com", 465, TLS_REQUIRED },
		.oauth = "yandex",
		.flags = PROVIDER_APP_PASSWORD | PROVIDER_TURN_ON,
		.help = "Allow IMAP in the settings of Yandex Mail, then "
			"make an app password for mail in your Yandex ID, "
			"and use that.",
		.help_url = "https://id.yandex.com/security/app-passwords" },
	{ .name = "mail.ru",
		.title = "Mail.ru",
		.domains =
			"mail.ru inbox.ru list.ru bk.ru internet.ru xmail.ru",
		.mx = "mail.ru",
		.imap = { "imap.mail.ru", 993, TLS_REQUIRED },
		.smtp = { "smtp.mail.ru", 465, TLS_REQUIRED },
		.oauth = "mail.ru",
		.flags = PROVIDER_APP_PASSWORD,
		.help = "Mail.ru takes no account passwords here. Make a "
			"password for external applications, and use that.",
		.help_url =
			"https://account.mail.ru/user/2-step-auth/passwords/" },
	{ .name = "rambler",
		.title = "Rambler",
		.domains = "rambler.ru lenta.ru autorambler.ru myrambler.ru "
			   "ro.ru",
		.mx = "rambler.ru",
		.imap = { "imap.rambler.ru", 993, TLS_REQUIRED },
		.smtp = { "smtp.rambler.ru", 465, TLS_REQUIRED },
		.flags = PROVIDER_TURN_ON,
		.help = "Allow mail programs in the settings of Rambler Mail "
			"first." },
	{ .name = "qq",
		.title = "QQ Mail",
		.domains = "qq.com foxmail.com",
		.mx = "mx1.qq.com mx2.qq.com mx3.qq.com",
		.imap = { "imap.qq.com", 993, TLS_REQUIRED },
		.smtp = { "smtp.qq.com", 465, TLS_REQUIRED },
		.flags = PROVIDER_APP_PASSWORD | PROVIDER_TURN_ON,
		.help = "Turn on IMAP/SMTP in the settings of the mailbox; "
			"the authorization code shown then is the password "
			"to use here." },
	{ .name = "exmail",
		.title = "Tencent Exmail",
		.mx = "mxbiz1.qq.com mxbiz2.qq.com",
		.imap = { "imap.exmail.qq.com", 993, TLS_REQUIRED },
		.smtp = { "smtp.exmail.qq.com", 465, TLS_REQUIRED },
		.flags = PROVIDER_TURN_ON,
		.help = "Turn on IMAP/SMTP in the settings of the mailbox; "
			"the authorization code shown then is the password "
			"to use here." },
	{ .name = "netease",
		.title = "NetEase Mail",
		.domains = "163.com 126.com yeah.net",
		.imap = { "imap.%EMAILDOMAIN%", 993, TLS_REQUIRED },
		.smtp = { "smtp.%EMAILDOMAIN%", 465, TLS_REQUIRED },
		.flags = PROVIDER_APP_PASSWORD | PROVIDER_TURN_ON,
		.help = "Turn on IMAP/SMTP in the settings of the mailbox; "
			"the authorization code shown then is the password "
			"to use here." },
	{ .name = "zoho",
		.title = "Zoho Mail",
		.domains = "zoho.com zohomail.com",
		.imap = { "imap.zoho.com", 993, TLS_REQUIRED },
		.smtp = { "smtp.zoho.com", 465, TLS_REQUIRED },
		.flags = PROVIDER_TURN_ON,
		.help = "Turn on IMAP access in the settings of Zoho Mail "
			"first; with two-factor authentication an app "
			"password is needed.",
		.help_url = "https://accounts.zoho.com/home" },
	{ .name = "zoho-eu",
		.title = "Zoho Mail",
		.domains = "zoho.eu zohomail.eu",
		.imap = { "imap.zoho.eu", 993, TLS_REQUIRED },
		.smtp = { "smtp.zoho.eu", 465, TLS_REQUIRED },
		.flags = PROVIDER_TURN_ON,
		.help = "Turn on IMAP access in the settings of Zoho Mail "
			"first; with two-factor authentication an app "
			"password is needed.",
		.help_url = "https://accounts.zoho.eu/home" },
	{ .name = "zoho-pro",
		.title = "Zoho Mail",
		.mx = "zoho.com",
		.imap = { "imappro.zoho.com", 993, TLS_REQUIRED },
		.smtp = { "smtppro.zoho.com", 465, TLS_REQUIRED },
		.flags = PROVIDER_TURN_ON,
		.help = "Turn on IMAP access in the settings of Zoho Mail "
			"first; with two-factor authentication an app "
			"password is needed." },
	{ .name = "zoho-eu-pro",
		.title = "Zoho Mail",
		.mx = "zoho.eu",
		.imap = { "imappro.zoho.eu", 993, TLS_REQUIRED },
		.smtp = { "smtppro.zoho.eu", 465, TLS_REQUIRED },
		.flags = PROVIDER_TURN_ON,
		.help = "Turn on IMAP access in the settings of Zoho Mail "
			"first; with two-factor authentication an app "
			"password is needed." },
	{ .name = "t-online",
		.title = "Telekom",
		.domains = "t-online.de magenta.de",
		.mx = "t-online.de",
		.imap = { "secureimap.t-online.de", 993, TLS_REQUIRED },
		.smtp = { "securesmtp.t-online.de", 465, TLS_REQUIRED },
		.flags = PROVIDER_APP_PASSWORD,
		.help = "Telekom has a password of its own for mail "
			"programs; set one in the customer centre and use "
			"that.",
		.help_url =
			"https://account.idm.telekom.com/account-manager/" },
	{ .name = "freenet",
		.title = "freenet",
		.domains = "freenet.de",
		.mx = "freenet.de",
		.imap = { "mx.freenet.de", 993, TLS_REQUIRED },
		.smtp = { "mx.freenet.de", 465, TLS_REQUIRED } },
	{ .name = "vodafone-de",
		.title = "Vodafone",
		.domains = "vodafone.de arcor.de vodafonemail.de",
		.mx = "vodafonemail.de",
		.imap = { "imap.vodafonemail.de", 993, TLS_REQUIRED },
		.smtp = { "smtp.vodafonemail.de", 465, TLS_REQUIRED } },
	{ .name = "mail.de",
		.title = "mail.de",
		.domains = "mail.de",
		.mx = "mail.de",
		.imap = { "imap.mail.de", 993, TLS_REQUIRED },
		.smtp = { "smtp.mail.de", 465, TLS_REQUIRED } },
	{ .name = "ionos",
		.title = "IONOS",
		.mx = "kundenserver.de ionos.de",
		.imap = { "imap.ionos.de", 993, TLS_REQUIRED },
		.smtp = { "smtp.ionos.de", 465, TLS_REQUIRED } },
	{ .name = "strato",
		.title = "STRATO",
		.mx = "rzone.de",
		.imap = { "imap.strato.de", 993, TLS_REQUIRED },
		.smtp = { "smtp.strato.de", 465, TLS_REQUIRED } },
	{ .name = "free.fr",
		.title = "Free",
		.domains = "free.fr",
		.mx = "free.fr",
		.imap = { "imap.free.fr", 993, TLS_REQUIRED },
		.smtp = { "smtp.free.fr", 465, TLS_REQUIRED },
		.user = "%EMAILLOCALPART%",
		.flags = PROVIDER_TURN_ON,
		.help = "Turn on authenticated SMTP in the settings of your "
			"Free account first." },
	{ .name = "orange.fr",
		.title = "Orange",
		.domains = "orange.fr wanadoo.fr",
		.mx = "orange.fr",
		.imap = { "imap.orange.fr", 993, TLS_REQUIRED },
		.smtp = { "smtp.orange.fr", 465, TLS_REQUIRED } },
	{ .name = "sfr",
		.title = "SFR",
		.domains = "sfr.fr neuf.fr",
		.mx = "sfr.fr",
		.imap = { "imap.sfr.fr", 993, TLS_REQUIRED },
		.smtp = { "smtp.sfr.fr", 465, TLS_REQUIRED } },
	{ .name = "laposte",
		.title = "La Poste",
		.domains = "laposte.net",
		.mx = "laposte.net",
		.imap = { "imap.laposte.net", 993, TLS_REQUIRED },
		.smtp = { "smtp.laposte.net", 465, TLS_REQUIRED } },
	{ .name = "libero",
		.title = "Libero",
		.domains = "libero.it inwind.it iol.it blu.it giallo.it",
		.mx = "libero.it",
		.imap = { "imapmail.libero.it", 993, TLS_REQUIRED },
		.smtp = { "smtp.libero.it", 465, TLS_REQUIRED },
		.flags = PROVIDER_APP_PASSWORD,
		.help = "Libero has passwords of their own for mail "
			"programs; make one in the settings of your account "
			"and use that." },
	{ .name = "tiscali",
		.title = "Tiscali",
		.domains = "tiscali.it",
		.mx = "tiscali.it",
		.imap = { "imap.tiscali.it", 993, TLS_REQUIRED },
		.smtp = { "smtp.tiscali.it", 465, TLS_REQUIRED } },
	{ .name = "aruba",
		.title = "Aruba",
		.domains = "aruba.it technet.it",
		.mx = "aruba.it",
		.imap = { "imaps.aruba.it", 993, TLS_REQUIRED },
		.smtp = { "smtps.aruba.it", 465, TLS_REQUIRED } },
	{ .name = "seznam",
		.title = "Seznam",
		.domains = "seznam.cz email.cz post.cz spoluzaci.cz",
		.mx = "seznam.cz",
		.imap = { "imap.seznam.cz", 993, TLS_REQUIRED },
		.smtp = { "smtp.seznam.cz", 465, TLS_REQUIRED },
		.flags = PROVIDER_TURN_ON,
		.help = "Allow IMAP in the settings of Seznam Email first." },
	{ .name = "centrum.cz",
		.title = "Centrum",
		.domains = "centrum.cz atlas.cz volny.cz",
		.mx = "centrum.cz",
		.imap = { "imap.centrum.cz", 993, TLS_REQUIRED },
		.smtp = { "smtp.centrum.cz", 465, TLS_REQUIRED } },
	{ .name = "wp",
		.title = "WP Poczta",
		.domains = "wp.pl",
		.mx = "wp.pl",
		.imap = { "imap.wp.pl", 993, TLS_REQUIRED },
		.smtp = { "smtp.wp.pl", 465, TLS_REQUIRED },
		.flags = PROVIDER_TURN_ON,
		.help = "Allow mail programs (POP3/IMAP) in the settings of "
			"WP Poczta first." },
	{ .name = "o2.pl",
		.title = "o2 Poczta",
		.domains = "o2.pl tlen.pl go2.pl",
		.mx = "o2.pl",
		.imap = { "poczta.o2.pl", 993, TLS_REQUIRED },
		.smtp = { "poczta.o2.pl", 465, TLS_REQUIRED },
		.flags = PROVIDER_TURN_ON,
		.help = "Allow mail programs (POP3/IMAP) in the settings of "
			"o2 Poczta first." },
	{ .name = "onet",
		.title = "Onet Poczta",
		.domains = "onet.pl onet.eu op.pl vp.pl poczta.onet.pl",
		.mx = "onet.pl",
		.imap = { "imap.poczta.onet.pl", 993, TLS_REQUIRED },
		.smtp = { "smtp.poczta.onet.pl", 465, TLS_REQUIRED },
		.flags = PROVIDER_TURN_ON,
		.help = "Allow mail programs in the settings of Onet Poczta "
			"first." },
	{ .name = "interia",
		.title = "Interia",
		.domains = "interia.pl interia.eu poczta.fm",
		.mx = "interia.pl",
		.imap = { "poczta.interia.pl", 993, TLS_REQUIRED },
		.smtp = { "poczta.interia.pl", 465, TLS_REQUIRED },
		.flags = PROVIDER_TURN_ON,
		.help = "Allow mail programs in the settings of Interia "
			"first." },
	{ .name = "bluewin",
		.title = "Swisscom Bluewin",
		.domains = "bluewin.ch bluemail.ch",
		.mx = "bluewin.ch",
		.imap = { "imaps.bluewin.ch", 993, TLS_REQUIRED },
		.smtp = { "smtpauths.bluewin.ch", 465, TLS_REQUIRED } },
	{ .name = "comcast",
		.title = "Comcast Xfinity",
		.domains = "comcast.net xfinity.com",
		.mx = "comcast.net",
		.imap = { "imap.comcast.net", 993, TLS_REQUIRED },
		.smtp = { "smtp.comcast.net", 465, TLS_REQUIRED },
		.flags = PROVIDER_TURN_ON,
		.help = "Allow third-party access in the security settings "
			"of Xfinity email first." },
	{ .name = "att",
		.title = "AT&T",
		.domains = "att.net sbcglobal.net bellsouth.net ameritech.net "
			   "pacbell.net swbell.net",
		.imap = { "imap.mail.att.net", 993, TLS_REQUIRED },
		.smtp = { "smtp.mail.att.net", 465, TLS_REQUIRED },
		.flags = PROVIDER_APP_PASSWORD,
		.help = "AT&T takes no account passwords here. Make a secure "
			"mail key in your profile, and use that." },
	{ .name = "naver",
		.title = "Naver",
		.domains = "naver.com",
		.mx = "naver.com",
		.imap = { "imap.naver.com", 993, TLS_REQUIRED },
		.smtp = { "smtp.naver.com", 465, TLS_REQUIRED },
		.user = "%EMAILLOCALPART%",
		.flags = PROVIDER_TURN_ON | PROVIDER_NO_PUSH,
		.help = "Turn on IMAP/SMTP in the settings of Naver Mail "
			"first." },
	{ .name = "daum",
		.title = "Daum",
		.domains = "daum.net hanmail.net",
		.mx = "daum.net",
		.imap = { "imap.daum.net", 993, TLS_REQUIRED },
		.smtp = { "smtp.daum.net", 465, TLS_REQUIRED },
		.user = "%EMAILLOCALPART%",
		.flags = PROVIDER_TURN_ON,
		.help = "Turn on IMAP/SMTP in the settings of Daum Mail "
			"first." },
	{ .name = "uol",
		.title = "UOL",
		.domains = "uol.com.br",
		.mx = "uol.com.br",
		.imap = { "imap.uol.com.br", 993, TLS_REQUIRED },
		.smtp = { "smtps.uol.com.br", 465, TLS_REQUIRED } },
	{ .name = "ukr.net",
		.title = "Ukr.net",
		.domains = "ukr.net",
		.mx = "ukr.net",
		.imap = { "imap.ukr.net", 993, TLS_REQUIRED },
		.smtp = { "smtp.ukr.net", 465, TLS_REQUIRED },
		.flags = PROVIDER_APP_PASSWORD | PROVIDER_TURN_ON,
		.help = "Allow IMAP in the settings of the mailbox; the "
			"password made there for mail programs is the one to "
			"use here." },
	{ .name = "runbox",
		.title = "Runbox",
		.domains = "runbox.com",
		.mx = "runbox.com",
		.imap = { "mail.runbox.com", 993, TLS_REQUIRED },
		.smtp = { "mail.runbox.com", 465, TLS_REQUIRED } },
	{ .name = "mailfence",
		.title = "Mailfence",
		.domains = "mailfence.com",
		.mx = "mailfence.com",
		.imap = { "imap.mailfence.com", 993, TLS_REQUIRED },
		.smtp = { "smtp.mailfence.com", 465, TLS_REQUIRED } },
	{ .name = "startmail",
		.title = "StartMail",
		.domains = "startmail.com",
		.mx = "startmail.com",
		.imap = { "imap.startmail.com", 993, TLS_REQUIRED },
		.smtp = { "smtp.startmail.com", 465, TLS_REQUIRED },
		.flags = PROVIDER_APP_PASSWORD,
		.help = "StartMail has passwords of their own for mail "
			"programs; allow IMAP in the settings and use the "
			"password shown there." },
	{ .name = "riseup",
		.title = "Riseup",
		.domains = "riseup.net",
		.mx = "riseup.net",
		.imap = { "mail.riseup.net", 993, TLS_REQUIRED },
		.smtp = { "mail.riseup.net", 465, TLS_REQUIRED },
		.user = "%EMAILLOCALPART%" },
	{ .name = "disroot",
		.title = "Disroot",
		.domains = "disroot.org",
		.mx = "disroot.org",
		.imap = { "disroot.org", 993, TLS_REQUIRED },
		.smtp = { "disroot.org", 587, TLS_STARTTLS },
		.user = "%EMAILLOCALPART%" },
	{ .name = "systemli",
		.title = "Systemli",
		.domains = "systemli.org",
		.mx = "systemli.org",
		.imap = { "mail.systemli.org", 993, TLS_REQUIRED },
		.smtp = { "mail.systemli.org", 465, TLS_REQUIRED } },
	{ .name = "migadu",
		.title = "Migadu",
		.mx = "migadu.com",
		.imap = { "imap.migadu.com", 993, TLS_REQUIRED },
		.smtp = { "smtp.migadu.com", 465, TLS_REQUIRED } },
	{ .name = "purelymail",
		.title = "Purelymail",
		.domains = "purelymail.com",
		.mx = "purelymail.com",
		.imap = { "imap.purelymail.com", 993, TLS_REQUIRED },
		.smtp = { "smtp.purelymail.com", 465, TLS_REQUIRED } },
	{ .name = "ovh",
		.title = "OVHcloud",
		.mx = "mail.ovh.net",
		.imap = { "ssl0.ovh.net", 993, TLS_REQUIRED },
		.smtp = { "ssl0.ovh.net", 465, TLS_REQUIRED } },
	{ .name = "gandi",
		.title = "Gandi",
		.mx = "mail.gandi.net",
		.imap = { "mail.gandi.net", 993, TLS_REQUIRED },
		.smtp = { "mail.gandi.net", 465, TLS_REQUIRED } },
	{ .name = "infomaniak",
		.title = "Infomaniak",
		.domains = "ik.me ikmail.com etik.com",
		.mx = "infomaniak.ch",
		.imap = { "mail.infomaniak.com", 993, TLS_REQUIRED },
		.smtp = { "mail.infomaniak.com", 465, TLS_REQUIRED } },
	{ .name = "privateemail",
		.title = "Namecheap Private Email",
		.mx = "privateemail.com",
		.imap = { "mail.privateemail.com", 993, TLS_REQUIRED },
		.smtp = { "mail.privateemail.com", 465, TLS_REQUIRED } },
	{ .name = "hostinger",
		.title = "Hostinger",
		.mx = "hostinger.com",
		.imap = { "imap.hostinger.com", 993, TLS_REQUIRED },
		.smtp = { "smtp.hostinger.com", 465, TLS_REQUIRED } },
	{ .name = "rackspace",
		.title = "Rackspace",
		.mx = "emailsrvr.com",
		.imap = { "secure.emailsrvr.com", 993, TLS_REQUIRED },
		.smtp = { "secure.emailsrvr.com", 465, TLS_REQUIRED } },
};

/* --- Names --------------------------------------------------------------- */

/* "com", "de", "co.uk", "com.br": what a provider has its name in. */
static bool is_top(const char *text)
{
	static const char *const seconds[] = { "co.", "com.", "net.", "org." };

	for (size_t i = 0; i < COUNT(seconds); i++) {
		size_t len = strlen(seconds[i]);

		if (strncasecmp(text, seconds[i], len) == 0)
			text += len;
	}
	return text[0] != '\0' && strlen(text) <= 3 &&
	       strchr(text, '.') == NULL;
}

static bool matches_domain(struct slice pattern, const char *domain)
{
	size_t stem = pattern.len - 1;

	if (pattern.len < 3 || pattern.data[stem] != '*')
		return slice_equals_nocase(pattern, domain);
	return strncasecmp(pattern.data, domain, stem) == 0 &&
	       is_top(domain + stem);
}

/* The host itself, or one below it. */
static bool matches_host(struct slice pattern, const char *host)
{
	size_t len = strlen(host);

	if (len < pattern.len)
		return false;
	host += len - pattern.len;
	return slice_equals_nocase(pattern, host) &&
	       (len == pattern.len || host[-1] == '.');
}

static bool holds(const char *patterns, const char *name,
	bool (*matches)(struct slice pattern, const char *name))
{
	struct slice rest = slice_of(patterns);

	while (rest.len > 0)
		if (matches(slice_cut(&rest, ' '), name))
			return true;
	return false;
}

/* --- Look-ups ------------------------------------------------------------ */

const struct provider *provider_at(size_t index)
{
	return index < COUNT(providers) ? &providers[index] : NULL;
}

bool provider_has_domain(const struct provider *p, const char *domain)
{
	return holds(p->domains, domain, matches_domain);
}

bool provider_has_mx(const struct provider *p, const char *host)
{
	return holds(p->mx, host, matches_host);
}

const struct provider *provider_by_domain(const char *domain)
{
	for (size_t i = 0; i < COUNT(providers); i++)
		if (provider_has_domain(&providers[i], domain))
			return &providers[i];
	return NULL;
}

const struct provider *provider_by_mx(const char *host)
{
	for (size_t i = 0; i < COUNT(providers); i++)
		if (provider_has_mx(&providers[i], host))
			return &providers[i];
	return NULL;
}

static bool is_server(const struct provider_server *s, const char *host)
{
	return s->host != NULL && strcasecmp(s->host, host) == 0;
}

bool provider_has_host(const struct provider *p, const char *host)
{
	return is_server(&p->imap, host) || is_server(&p->smtp, host);
}

const struct provider *provider_by_host(const char *host)
{
	for (size_t i = 0; i < COUNT(providers); i++) {
		const struct provider *p = &providers[i];

		if (!(p->flags & PROVIDER_LOCAL) && provider_has_host(p, host))
			return p;
	}
	return NULL;
}

const struct provider *provider_by_name(const char *name)
{
	for (size_t i = 0; i < COUNT(providers); i++)
		if (strcmp(providers[i].name, name) == 0)
			return &providers[i];
	return NULL;
}
