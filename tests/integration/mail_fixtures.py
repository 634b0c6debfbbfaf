"""Fixtures of the email gateway: a daemon with nothing else beside a mail
system, and people with mailboxes."""

import itertools

import pytest

from clients import xml
from clients.mail import Correspondent
from conftest import MAIL_GATEWAY as GATEWAY
from conftest import People, for_all, for_one, forget, need_binary, wait
from servers.causeway import Causeway
from servers.dns import Dns
from servers.dovecot import PASSWORD
from servers.faulty_smtp import FaultySmtp
from servers.hostile_imap import HostileImap
from servers.mail import MailSystem
from servers.web import Web, autoconfig

HOST = "mail.home.test"
# Their servers are found by SRV records of TLS, by those of STARTTLS, in the
# autoconfig database, by the MX record, by SRV records that lead to another
# domain, or not at all.
HOME, WORK, LISTED, HOSTED, FAR, LOST = DOMAINS = (
    "home.test", "work.test", "listed.test", "hosted.test", "far.test",
    "lost.test")
# Where scripted servers are.
SCRIPTED = "scripted.test"


@pytest.fixture(scope="session")
def mail(run, authority):
    return wait(MailSystem(run, authority, domains=DOMAINS).start())


@pytest.fixture(scope="session")
def web(run, authority):
    server = wait(Web(run.address, run.port(),
                      authority.issue("web.test", "autoconfig.test"),
                      "web.test").start())
    yield server
    wait(server.close())


@pytest.fixture(scope="session")
def names(run, mail, web, prosody):
    """The name server; it knows everything that is needed."""
    server = Dns(run.address, run.port())
    for host in (SCRIPTED, "web.test", prosody.upload, f"mx.{LISTED}",
                 *(f"mail.{domain}" for domain in DOMAINS)):
        server.host(host, run.address)
    tls = mail.dovecot.imaps, mail.exim.submissions
    for domain, host, service, ports in [
            (HOME, f"mail.{HOME}", "s", tls), (FAR, HOST, "s", tls),
            (WORK, f"mail.{WORK}", "",
             (mail.dovecot.imap, mail.exim.submission))]:
        server.srv(f"_imap{service}._tcp.{domain}", host, ports[0])
        server.srv(f"_submission{service}._tcp.{domain}", host, ports[1])
    for domain in DOMAINS:
        server.mx(domain, f"mx.{LISTED}" if domain == HOSTED else HOST)
    web.pages[f"/v1.1/{LISTED}"] = autoconfig(
        LISTED, (HOST, mail.dovecot.imaps, "SSL"),
        (HOST, mail.exim.submission, "STARTTLS"))
    wait(server.start())
    yield server
    wait(server.close())


def mail_gateway(jid, authority, web, settings=None):
    """A gateway's group of the configuration."""
    ca_file = str(authority.certificate)
    return {"type": "email", "jid": jid, "hold": 0, "ca_file": ca_file,
            "autoconfig": web.url("/v1.1/"), **(settings or {})}


@pytest.fixture
def own_postman(run, prosody, names, web, authority, spare):
    """Makes a daemon of this test's own, as own_causeway does:
    own_postman(gateway's settings, XMPP server, **settings)."""
    made = []

    def make(gateway=None, server=None, **settings):
        daemon = Causeway(
            run, server or prosody,
            [mail_gateway(spare, authority, web, gateway)],
            name=f"postman-{spare}", **{**surroundings(run, names, prosody,
                                                      authority),
                                        **settings})
        daemon.jid = spare
        made.append(daemon)
        return daemon
    need_binary()
    yield make
    forget(run, made)


def surroundings(run, names, prosody, authority):
    # Not asked about: the server has more items than a gateway looks at.
    return {"network": {"allow": [f"{run.address}/32"],
                        "nameserver": names.nameserver,
                        "ca_file": str(authority.certificate)},
            "upload": {"service": prosody.upload}}


@pytest.fixture(scope="session")
def shared_postman(run, prosody, names, web, authority):
    need_binary()
    daemon = Causeway(run, prosody, [mail_gateway(GATEWAY, authority, web)],
                      name="postman", **surroundings(run, names, prosody,
                                                      authority))
    daemon.jid = GATEWAY
    yield from for_all(daemon)


@pytest.fixture
def postman(shared_postman):
    yield from for_one(shared_postman)


class Post(People):
    """The people of one test, some with mailboxes."""

    def __init__(self, run, prosody, mail, certificate, number):
        super().__init__(run, prosody, number)
        self.mail = mail
        self.gateway = GATEWAY
        self._certificate = certificate

    # Names.
    def person(self, address, gateway=None):
        """The JID of somebody with this address."""
        escaped = str(address).lower().replace("@", r"\40")
        return f"{escaped}@{gateway or self.gateway}"

    def mailbox(self, name="alice", domain=HOME, **settings):
        """The address of a new mailbox."""
        address = f"{name}{self._suffix}@{domain}"
        self.mail.add_user(address, **settings)
        return address

    # People.
    def correspondent(self, name="bob", display=None, domain=WORK):
        return Correspondent(self.mail, self.mailbox(name, domain), display)

    async def registered(self, local="alice", domain=HOME, address=None,
                         **values):
        """Somebody with an XMPP client and a mailbox that is watched:
        `client.address` is its address; `values` are of the form."""
        client = await self.xmpp(local)
        client.address = address or self.mailbox(local, domain)
        answer = await self.register(client, client.address, **values)
        assert answer.get("type") == "result", xml.error_text(answer)
        await self.befriend(client)
        return client

    async def register(self, client, address, password=PASSWORD, **values):
        form = xml.submit({"address": address, "password": password,
                           **values}, form_type="jabber:iq:register")
        return await client.iq("set", self.gateway, "<query xmlns="
                               f"'jabber:iq:register'>{form}</query>")

    async def befriend(self, client, *people):
        """The presence subscriptions of XEP-0100, both ways; returns when
        the mailbox is watched."""
        await client.get_presence(self.gateway, "subscribe")
        for jid in (self.gateway, *map(self.person, people)):
            client.send_presence(jid, "subscribed")
            client.send_presence(jid, "subscribe")
        await client.get_presence(self.gateway)

    # Scripted servers.
    async def scripted_imap(self, *faults, **settings):
        return await self._scripted(HostileImap, faults, settings)

    async def scripted_smtp(self, *faults, **settings):
        return await self._scripted(FaultySmtp, faults, settings)

    async def _scripted(self, kind, faults, settings):
        settings = {"port": self.run.port(), "faults": faults, **settings}
        settings.setdefault("certificate", self._certificate)
        server = kind(self.run.address, **settings)
        self._open.append(server)
        return await server.start()

    @staticmethod
    def servers(imap=None, smtp=None):
        """The fields of a registration for scripted servers."""
        modes = {"tls": "required", "starttls": "starttls"}
        values = {}
        for name, server in (("imap", imap), ("smtp", smtp)):
            if server is not None:
                values |= {f"{name}_host": SCRIPTED,
                           f"{name}_port": server.port,
                           f"{name}_tls": modes[server.mode]}
        return values

    def real_servers(self):
        """The same for Dovecot and Exim."""
        mail = self.mail
        return {"imap_host": HOST, "imap_port": mail.dovecot.imaps,
                "imap_tls": "required", "smtp_host": HOST,
                "smtp_port": mail.exim.submissions, "smtp_tls": "required"}


@pytest.fixture(scope="session")
def scripted_certificate(authority):
    return authority.issue(SCRIPTED)


@pytest.fixture
def post(run, prosody, mail, scripted_certificate):
    for process in run.processes:
        process.mark()
    post = Post(run, prosody, mail, scripted_certificate, next(_numbers))
    yield post
    wait(post.close())


_numbers = itertools.count(1)
