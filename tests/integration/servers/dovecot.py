"""Dovecot with IMAP, LMTP and the passwords of the users, private to a run.

It runs as the user of the tests (or as nobody, for root), with what it needs
in its folder."""

import asyncio
import contextlib
import email
import email.policy
import imaplib
import re
import smtplib
import socket
import subprocess
import time

from servers.process import Process, as_other_user, other_user, wait_for

PASSWORD = "Qz7secret"

CONFIG = """\
base_dir = {folder}/base
state_dir = {folder}/state
log_path = {folder}/dovecot.log
instance_name = {name}
auth_failure_delay = 0
default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
first_valid_uid = 1
last_valid_uid = 0
listen = {address}
protocols = imap lmtp
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
ssl_min_protocol = TLSv1.2
auth_mechanisms = plain login {oauth_mechanisms}
auth_username_chars =
mail_location = maildir:~/Maildir
mail_plugins = quota
mail_max_userip_connections = {connections}
imap_idle_notify_interval = {idle} secs
recipient_delimiter = +
lmtp_save_to_detail_mailbox = no
protocol imap {{
  mail_plugins = quota imap_quota
}}
plugin {{
  quota = count:User quota
  quota_vsizes = yes
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Junk {{
    auto = subscribe
    special_use = \\Junk
  }}
  mailbox Archive {{
    auto = subscribe
    special_use = \\Archive
  }}
  mailbox Trash {{
    auto = subscribe
    special_use = \\Trash
  }}
}}
passdb {{
  driver = passwd-file
  mechanisms = plain login
  args = scheme=PLAIN username_format=%u {folder}/users/%u
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {folder}/users/%u
  override_fields = uid={user} gid={group} home={folder}/mail/%u
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  service_count = 0
  client_limit = 4000
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service imap {{
  process_limit = 4000
}}
service auth {{
  chroot =
  unix_listener auth-exim {{
    mode = 0600
    user = {user}
  }}
}}
service lmtp {{
  chroot =
  unix_listener lmtp-exim {{
    mode = 0666
    user = {user}
  }}
}}
{extra}
"""

OAUTH = """\
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
"""

OAUTH_FILE = """\
introspection_url = {url}
introspection_mode = post
active_attribute = active
active_value = true
username_attribute = username
"""


class Mail:
    """A mail as it lies in a folder: its UID, flags and bytes."""

    def __init__(self, uid, flags, raw):
        self.uid = uid
        self.flags = set(flags)
        self.raw = raw
        self.message = email.message_from_bytes(
            raw, policy=email.policy.default)

    def __getitem__(self, header):
        return self.message[header]

    @property
    def body(self):
        part = self.message.get_body(("plain", "html"))
        return part.get_content() if part is not None else ""

    @property
    def files(self):
        return list(self.message.iter_attachments())


def _expect(answer):
    status, data = answer
    assert status == "OK", data
    return data


class Lmtp(smtplib.LMTP):
    """To a socket in a file; smtplib wants its name to begin with "/"."""


class Dovecot(Process):
    """`idle` seconds between its signs of life to who waits in IDLE;
    `connections` that one user may have; `oauth`: where access tokens are
    looked into (RFC 7662)."""

    def __init__(self, run, certificate, key, name="dovecot", idle=120,
                 connections=100, oauth=None, extra=""):
        super().__init__(run, name)
        self.imap, self.imaps = run.port(), run.port()
        self.logs = [self.output, self.folder / "dovecot.log"]
        self.lmtp_socket = self.folder / "base" / "lmtp-exim"
        self.auth_socket = self.folder / "base" / "auth-exim"
        self.users = self.folder / "users"
        self.users.mkdir()
        self._passwords = {}
        self.mailboxes = self.folder / "mail"
        self.mailboxes.mkdir()
        user, group = other_user()
        if oauth:
            (self.folder / "oauth2.conf").write_text(
                OAUTH_FILE.format(url=oauth))
        self.config = self.folder / "dovecot.conf"
        self.config.write_text(CONFIG.format(
            folder=self.folder, name=name, address=run.address, user=user,
            group=group, certificate=certificate, key=key, imap=self.imap,
            imaps=self.imaps, idle=idle, connections=connections,
            oauth_mechanisms="xoauth2 oauthbearer" if oauth else "",
            extra=(OAUTH.format(folder=self.folder) if oauth else "") +
            extra))

    def command(self):
        # It refuses to start beside an end that is not over yet.
        return [*as_other_user(self.folder), "dovecot", "-F",
                "-c", str(self.config)]

    async def ready(self):
        await self.port_answers(self.imap)
        await self.port_answers(self.imaps)

    # People.
    def add_user(self, address, password=PASSWORD, quota=None):
        """A new user; `quota` in kilobytes."""
        # Each has a file, as one is read again only once in a second.
        extra = f"userdb_quota_rule=*:storage={quota}K" if quota else ""
        path = self.users / address
        path.write_text(f"{address}:{{PLAIN}}{password}::::::{extra}\n")
        path.chmod(0o644)
        self._passwords[address] = password

    def password(self, address):
        return self._passwords[address]

    async def change_password(self, address, password):
        """Returns when the new one counts."""
        # A file counts as changed when its size is another.
        extra = " " * (len(self._passwords[address]) + len(password))
        self.add_user(address, password)
        with open(self.users / address, "a") as file:
            file.write(f"#{extra}\n")

        async def attempt():
            try:
                return await self.doveadm("auth", "test", address, password)
            except subprocess.CalledProcessError:
                return False
        await wait_for(attempt, f"the new password of {address}")

    async def remove_user(self, address):
        (self.users / address).unlink()
        await self.kick(address)

    # Mailboxes.
    @contextlib.contextmanager
    def login(self, address, folder=None, readonly=False):
        """A connection of imaplib; blocks."""
        client = imaplib.IMAP4_SSL(self.run.address, self.imaps, timeout=30)
        try:
            answer = f"\0{address}\0{self.password(address)}".encode()
            _expect(client.authenticate("PLAIN", lambda challenge: answer))
            if folder:
                _expect(client.select(f'"{folder}"', readonly))
            yield client
        finally:
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                client.logout()

    async def messages(self, address, folder="INBOX"):
        """What lies in the folder, oldest first; nothing is changed."""
        return await asyncio.to_thread(self._messages, address, folder)

    def _messages(self, address, folder):
        with self.login(address, folder, readonly=True) as client:
            data = _expect(client.uid("FETCH", "1:*",
                                      "(UID FLAGS BODY.PEEK[])"))
        return [self._mail(item) for item in data if isinstance(item, tuple)]

    @staticmethod
    def _mail(item):
        said = item[0].decode()
        flags = re.search(r"FLAGS \(([^)]*)\)", said).group(1).split()
        return Mail(int(re.search(r"UID (\d+)", said).group(1)), flags,
                    item[1])

    async def received(self, address, match=lambda mail: True,
                       folder="INBOX", count=1):
        """Waits for mails that match; the one, or the list of `count`."""
        found = []

        async def attempt():
            self._must_live()
            found[:] = filter(match, await self.messages(address, folder))
            return len(found) >= count
        await wait_for(attempt, f"mail for {address} in {folder}")
        return found[0] if count == 1 else found

    async def deliver(self, raw, *recipients, sender=""):
        """A mail straight into INBOX, by LMTP."""
        await asyncio.to_thread(self._deliver, raw, recipients, sender)

    def _deliver(self, raw, recipients, sender):
        with Lmtp(str(self.lmtp_socket)) as lmtp:
            lmtp.ehlo_or_helo_if_needed()
            refused = lmtp.sendmail(sender, recipients, raw)
            assert not refused, refused

    async def append(self, address, raw, folder="INBOX", flags=(),
                     when=None):
        """A mail put there as it is, byte by byte; its UID. `when`: its
        INTERNALDATE in seconds since 1970."""
        def work():
            with self.login(address) as client:
                data = _expect(client.append(
                    f'"{folder}"', " ".join(flags),
                    imaplib.Time2Internaldate(when or time.time()), raw))
            return int(re.search(rb"APPENDUID \d+ (\d+)", data[0]).group(1))
        return await asyncio.to_thread(work)

    async def flag(self, address, uid, *flags, folder="INBOX", remove=False):
        """As another mail program of the user does."""
        def work():
            with self.login(address, folder) as client:
                _expect(client.uid("STORE", str(uid),
                                   "-FLAGS" if remove else "+FLAGS",
                                   f"({' '.join(flags)})"))
        await asyncio.to_thread(work)

    async def expunge(self, address, uid, folder="INBOX"):
        def work():
            with self.login(address, folder) as client:
                _expect(client.uid("STORE", str(uid), "+FLAGS",
                                   r"(\Deleted)"))
                _expect(client.uid("EXPUNGE", str(uid)))
        await asyncio.to_thread(work)

    async def folders(self, address):
        def work():
            with self.login(address) as client:
                return [re.search(rb'"/" "?([^"]*)"?$', line).group(1)
                        .decode() for line in _expect(client.list())]
        return await asyncio.to_thread(work)

    async def recreate(self, address, folder):
        """Deletes a folder other than INBOX, with all in it, and makes it
        again: UIDs begin anew under another UIDVALIDITY."""
        def work():
            with self.login(address) as client:
                _expect(client.delete(f'"{folder}"'))
                _expect(client.create(f'"{folder}"'))
        await asyncio.to_thread(work)

    async def renumber(self, address, folder="INBOX"):
        """The mails stay, but their UIDs mean nothing any more; the new
        UIDVALIDITY."""
        old = await self.uidvalidity(address, folder)
        await self.doveadm("mailbox", "update", "-u", address,
                           "--uid-validity", str(old + 1), folder)
        return old + 1

    async def uidvalidity(self, address, folder="INBOX"):
        def work():
            with self.login(address) as client:
                data = _expect(client.status(f'"{folder}"',
                                             "(UIDVALIDITY)"))
            return int(re.search(rb"UIDVALIDITY (\d+)", data[0]).group(1))
        return await asyncio.to_thread(work)

    # The server.
    async def doveadm(self, *arguments):
        """Its output."""
        return await asyncio.to_thread(lambda: subprocess.run(
            [*as_other_user(self.folder), "doveadm", "-c", str(self.config),
             *arguments], check=True, stdout=subprocess.PIPE, text=True
        ).stdout)

    async def kick(self, address):
        """Ends all connections of a user."""
        with contextlib.suppress(subprocess.CalledProcessError):
            await self.doveadm("kick", address)  # fails without any

    async def stop(self):
        status = await super().stop()
        await wait_for(lambda: not self._answers(), "the ports of Dovecot")
        return status

    def _answers(self):
        with socket.socket() as probe:
            return probe.connect_ex((self.run.address, self.imap)) == 0
