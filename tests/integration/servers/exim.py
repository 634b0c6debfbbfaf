"""Exim, private to a run: submission for the users of a Dovecot, and the door
for mails from elsewhere. It runs as the user of the tests (or as nobody, for
root), from a copy of the program that has no privileges.

Recipients with a fate of their own, in every domain of the users:
    greylist@    451 for now             full@        550 5.2.2
    latebounce@  accepted, then a DSN    anybody else who is no user: 550 5.1.1
Another domain is accepted from users, and a DSN follows."""

import asyncio
import re
import shutil
import smtplib
import ssl

from servers.process import Process, as_other_user, other_user

CONFIG = """\
primary_hostname = {host}
exim_path = {program}
exim_user = {user}
exim_group = {group}
spool_directory = {folder}/spool
log_file_path = {folder}/%s.log
pid_file_path = {folder}/exim.pid
never_users =
keep_environment =
deliver_drop_privilege = true
local_interfaces = {address}
daemon_smtp_ports = {mx} : {submission} : {submissions}
tls_on_connect_ports = {submissions}
tls_advertise_hosts = *
tls_certificate = {certificate}
tls_privatekey = {key}
host_lookup =
rfc1413_query_timeout = 0s
smtp_accept_max = 0
smtp_accept_max_per_connection = 10000
smtp_accept_queue_per_connection = 0
smtp_accept_queue = 0
message_size_limit = {size_limit}
smtputf8_advertise_hosts = *
allow_utf8_domains = true
dsn_advertise_hosts = *
bounce_return_size_limit = 100K
ignore_bounce_errors_after = 0s
acl_smtp_mail = check_mail
acl_smtp_rcpt = check_rcpt
acl_smtp_data = check_data
log_selector = +smtp_protocol_error +tls_cipher +received_recipients
domainlist local_domains = {domains}
{extra}

begin acl
check_mail:
  deny message = 530 5.7.0 Authentication required
       condition = ${{if !={{$received_port}}{{{mx}}}}}
      !authenticated = *
  accept
check_rcpt:
  # A lookup is remembered as long as the connection lasts.
  warn  set acl_m_answer = ${{extract{{$local_part@$domain}}\
{{${{readfile{{{folder}/answers}}{{ }}}}}}}}
  defer condition = ${{if match{{$acl_m_answer}}{{^4}}}}
        message = $acl_m_answer
  deny  condition = ${{if match{{$acl_m_answer}}{{^5}}}}
        message = $acl_m_answer
  defer local_parts = greylist
        domains = +local_domains
        message = 451 4.7.1 Greylisted, please try again later
  deny  local_parts = full
        domains = +local_domains
        message = 550 5.2.2 Mailbox full
  deny  domains = !+local_domains
       !authenticated = *
        message = 550 5.7.1 Relaying denied
  deny  domains = +local_domains
       !verify = recipient
        message = 550 5.1.1 No such user here
  accept
check_data:
  deny  condition = ${{if match{{$h_subject:}}{{REJECT-SPAM}}}}
        message = 554 5.7.1 This looks like spam
  defer condition = ${{if match{{$h_subject:}}{{REJECT-LATER}}}}
        message = 451 4.3.0 Not now
  accept

begin routers
late_bounce:
  driver = redirect
  domains = +local_domains
  local_parts = latebounce
  allow_fail
  no_verify
  data = :fail: 550 5.1.1 The mailbox is gone
late_bounce_verify:
  driver = accept
  verify_only
  domains = +local_domains
  local_parts = latebounce
users_beyond_ascii:
  driver = accept
  domains = +local_domains
  condition = ${{if match{{$local_part}}{{[^\\x01-\\x7f]}}}}
  condition = ${{lookup{{$local_part@$domain}}dsearch{{{users}}}{{yes}}{{no}}}}
  transport = maildir
users:
  driver = accept
  domains = +local_domains
  local_part_suffix = +*
  local_part_suffix_optional
  condition = ${{lookup{{$local_part@$domain}}dsearch{{{users}}}{{yes}}{{no}}}}
  transport = dovecot
nobody:
  driver = redirect
  domains = +local_domains
  allow_fail
  data = :fail: 550 5.1.1 No such user here
elsewhere:
  driver = redirect
  domains = !+local_domains
  allow_fail
  data = :fail: 550 5.4.4 No such domain

begin transports
dovecot:
  driver = lmtp
  socket = {lmtp}
  batch_max = 100
  return_path_add = false

# Dovecot 2.3 takes no SMTPUTF8 by LMTP.
maildir:
  driver = appendfile
  maildir_format
  directory = {mailboxes}/${{lookup{{$local_part@$domain}}\
dsearch{{{users}}}}}/Maildir

begin retry
* * F,1h,1s; F,1d,1m

begin authenticators
plain:
  driver = dovecot
  public_name = PLAIN
  server_socket = {auth}
  server_set_id = $auth1
  server_advertise_condition = ${{if def:tls_in_cipher}}
login:
  driver = dovecot
  public_name = LOGIN
  server_socket = {auth}
  server_set_id = $auth1
  server_advertise_condition = ${{if def:tls_in_cipher}}
{oauth}
"""

OAUTH = """\
xoauth2:
  driver = dovecot
  public_name = XOAUTH2
  server_socket = {auth}
  server_set_id = $auth1
  server_advertise_condition = ${{if def:tls_in_cipher}}
oauthbearer:
  driver = dovecot
  public_name = OAUTHBEARER
  server_socket = {auth}
  server_set_id = $auth1
  server_advertise_condition = ${{if def:tls_in_cipher}}
"""

DOMAINS = ("home.test", "work.test")


class Exim(Process):
    """`mx` is the port for mails from elsewhere, without login; `submission`
    has STARTTLS, `submissions` is TLS from the start."""

    def __init__(self, run, dovecot, certificate, key, host, name="exim",
                 domains=DOMAINS, size_limit="2M", oauth=False, extra=""):
        super().__init__(run, name)
        self.dovecot = dovecot
        self.host = host
        self.domains = domains
        self.mx, self.submission, self.submissions = (
            run.port(), run.port(), run.port())
        self.logs = [self.output, *(self.folder / f"{kind}.log" for kind in
                                    ("main", "reject", "panic"))]
        self._answers = {}
        self._answers_file = self.folder / "answers"
        self._write_answers()
        program = self.folder / "exim"
        shutil.copyfile("/usr/sbin/exim4", program)
        program.chmod(0o755)
        self._program = program
        user, group = other_user()
        self.config = self.folder / "exim.conf"
        self.config.write_text(CONFIG.format(
            host=self.host, program=program, user=user, group=group,
            folder=self.folder, address=run.address, mx=self.mx,
            submission=self.submission, submissions=self.submissions,
            certificate=certificate, key=key, size_limit=size_limit,
            domains=" : ".join(domains), users=dovecot.users,
            mailboxes=dovecot.mailboxes,
            lmtp=dovecot.lmtp_socket, auth=dovecot.auth_socket, extra=extra,
            oauth=OAUTH.format(auth=dovecot.auth_socket) if oauth else ""))

    def command(self):
        return [*as_other_user(self.folder), str(self._program),
                "-C", str(self.config), "-bdf", "-q1m"]

    async def ready(self):
        await self.port_answers(self.mx)
        await self.port_answers(self.submissions)

    def answer(self, recipient, words):
        """What it says to RCPT TO for him from now on ("451 4.7.1 Later",
        "550 5.7.1 Never"), or None: what it would say by itself."""
        self._answers[recipient] = words
        self._write_answers()

    def _write_answers(self):
        fresh = self._answers_file.with_suffix(".new")
        fresh.write_text("".join(f'{recipient}="{words}"\n' for
                                 recipient, words in self._answers.items()
                                 if words))
        fresh.chmod(0o644)
        fresh.rename(self._answers_file)

    async def deliver(self, raw, *recipients, sender="someone@else.test"):
        """A mail as it comes from elsewhere, by SMTP without login. What is
        refused: {recipient: (code, words)}."""
        return await asyncio.to_thread(self._deliver, raw, recipients, sender)

    def _deliver(self, raw, recipients, sender):
        with smtplib.SMTP(self.run.address, self.mx, timeout=30) as smtp:
            try:
                return smtp.sendmail(sender, recipients, raw,
                                     self._options(smtp, raw, recipients))
            except smtplib.SMTPRecipientsRefused as refusal:
                return refusal.recipients

    @staticmethod
    def _options(smtp, raw, recipients):
        smtp.ehlo()
        is_utf8 = not "".join(recipients).isascii()
        return ["SMTPUTF8", "BODY=8BITMIME"] if is_utf8 else ["BODY=8BITMIME"]

    async def submit(self, raw, *recipients, sender, authority,
                     implicit=True, password=None):
        """As a user's own mail program sends it: with TLS and login."""
        return await asyncio.to_thread(self._submit, raw, recipients, sender,
                                       authority, implicit, password)

    def _submit(self, raw, recipients, sender, authority, implicit, password):
        tls = ssl.create_default_context(cafile=authority.certificate)
        with self._connect(tls, implicit) as smtp:
            smtp.login(sender, password or self.dovecot.password(sender))
            return smtp.sendmail(sender, recipients, raw,
                                 self._options(smtp, raw, recipients))

    def _connect(self, tls, implicit):
        tls.check_hostname = False  # of an address; its certificate counts
        if implicit:
            return smtplib.SMTP_SSL(self.run.address, self.submissions,
                                    timeout=30, context=tls)
        smtp = smtplib.SMTP(self.run.address, self.submission, timeout=30)
        smtp.starttls(context=tls)
        return smtp

    async def arrived(self, pattern, since=None):
        """Waits until it accepted a mail that its log tells of like this:
        "from@x.*for to@y"."""
        return await self.logged(rf"<= .*{pattern}", since)

    def queue(self):
        """The names of the mails that it still has."""
        folder = self.folder / "spool/input"
        return sorted({re.sub(r"-[HDJ]$", "", path.name)
                       for path in folder.glob("*-[HDJ]")})
