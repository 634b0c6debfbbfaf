"""Mails, and people who write them with an ordinary mail program."""

import email.message
import email.policy
import email.utils
import itertools

SMTP = email.policy.SMTP.clone(max_line_length=998)
_numbers = itertools.count(1)


def new_id(domain="else.test"):
    return f"<{next(_numbers)}.{email.utils.make_msgid(domain=domain)[1:]}"


def compose(sender, to, subject=None, text="Hello.", *, cc=(), html=None,
            reply_to=None, files=(), headers=(), id=None):
    """Bytes of a mail. `reply_to` is the mail answered (clients.mail or what
    servers.dovecot found); `files` are (name, type, bytes)."""
    mail = email.message.EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = ", ".join([to] if isinstance(to, str) else to)
    if cc:
        mail["Cc"] = ", ".join([cc] if isinstance(cc, str) else cc)
    if subject is not None:
        mail["Subject"] = subject
    mail["Date"] = email.utils.formatdate(localtime=False)
    mail["Message-ID"] = id or new_id()
    if reply_to is not None:
        parent = reply_to["Message-ID"].strip()
        older = (reply_to["References"] or "").split()
        mail["In-Reply-To"] = parent
        mail["References"] = " ".join([*older, parent])
    for name, value in dict(headers).items():
        mail[name] = value
    mail.set_content(text)
    if html is not None:
        mail.add_alternative(html, subtype="html")
    for name, type, data in files:
        main, _, sub = type.partition("/")
        mail.add_attachment(data, main, sub, filename=name)
    return mail.as_bytes()


class Correspondent:
    """Somebody with a mailbox and no XMPP."""

    def __init__(self, system, address, name=None):
        self.system = system
        self.address = address
        self.name = name

    def __str__(self):
        return self.address

    @property
    def mailbox(self):
        """As it stands in headers."""
        if self.name is None:
            return self.address
        return email.utils.formataddr((self.name, self.address))

    async def write(self, to, subject=None, text="Hello.", cc=(), bcc=(),
                    **more):
        """Sends a mail; returns what it was as a message."""
        several = [to] if isinstance(to, (str, Correspondent)) else list(to)
        copies = [cc] if isinstance(cc, (str, Correspondent)) else list(cc)
        raw = compose(self.mailbox, [str(one) for one in several], subject,
                      text, cc=[str(one) for one in copies], **more)
        await self.send(raw, *several, *copies, *bcc)
        return email.message_from_bytes(raw, policy=email.policy.default)

    async def send(self, raw, *recipients):
        refused = await self.system.exim.deliver(
            raw, *(email.utils.parseaddr(str(one))[1] for one in recipients),
            sender=self.address)
        assert not refused, refused

    async def receive(self, match=lambda mail: True, folder="INBOX"):
        """Waits for a mail."""
        return await self.system.dovecot.received(self.address, match,
                                                  folder)

    async def mails(self, folder="INBOX"):
        return await self.system.dovecot.messages(self.address, folder)
