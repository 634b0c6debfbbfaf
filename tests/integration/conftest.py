"""Fixtures: servers of a session, people and places of a test.

Test functions are coroutines; they share one event loop. Servers live for the
whole session of a worker, so every test uses users, nicks and channels of its
own (`scene`) and finds nothing that another test left."""

import asyncio
import inspect
import itertools
import os
from collections import deque

import pytest

from clients import xml
from clients.irc import IrcClient
from clients.xmpp import XmppClient
from servers import ejabberd as ejabberd_module
from servers import scripted_irc, scripted_xmpp
from servers.causeway import Causeway, binary, irc_gateway
from servers.ejabberd import Ejabberd
from servers.inspircd import Atheme, Inspircd
from servers.ngircd import Ngircd
from servers.process import PATIENCE, Run
from servers.prosody import DOMAIN, Prosody
from servers.tls import Authority

pytest_plugins = ["mail_fixtures", "privilege_fixtures", "sms_fixtures",
                  "sms_http_fixtures"]

GATEWAY = f"irc.{DOMAIN}"
MAIL_GATEWAY = f"mail.{DOMAIN}"
SMS_GATEWAY = f"sms.{DOMAIN}"
# For daemons of a single test, one test after the other.
SPARES = [f"irc{number}.{DOMAIN}" for number in range(1, 13)]
SECOND = f"second.{DOMAIN}"  # beside one of those
UNATTACHED = f"unattached.{DOMAIN}"
CHEOGRAM = f"cheogram.{DOMAIN}"  # a component that tests play

_loop = asyncio.new_event_loop()
asyncio.set_event_loop(_loop)


def pytest_configure(config):
    named = os.environ.get("CAUSEWAY_BIN")
    if named and not binary().exists():
        raise pytest.UsageError(f"there is no program {named}")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Runs test functions that are coroutines."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    arguments = {name: pyfuncitem.funcargs[name] for name in names
                 if name in pyfuncitem.funcargs}
    _loop.run_until_complete(asyncio.wait_for(
        pyfuncitem.obj(**arguments), 4 * PATIENCE))
    return True


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Attaches logs and transcripts to a failure."""
    outcome = yield
    report = outcome.get_result()
    if not report.failed:
        return
    for people in ("scene", "post", "phones"):
        if people in item.funcargs:
            report.sections.append(("transcripts",
                                    item.funcargs[people].transcript()))
    world = item.session.stash.get(_run_key, None)
    for process in world.processes if world else ():
        news = process.news() if process.alive() else process.log()
        if news:
            report.sections.append((process.name, news[-12000:]))


_run_key = pytest.StashKey()


def wait(coroutine):
    """Runs a coroutine from a fixture."""
    return _loop.run_until_complete(coroutine)


# --- Daemons ------------------------------------------------------------------

def need_binary():
    if not binary().exists():
        pytest.skip(f"{binary()} is not built")


def end(daemon):
    """It must end in order, with nothing to complain about."""
    status = wait(daemon.stop())
    assert not daemon.complaints(), daemon.complaints()
    assert status == 0, f"exit status {status}\n{daemon.tail()}"


def for_all(daemon):
    """The steps of a fixture for the whole session."""
    wait(daemon.start())
    yield daemon
    end(daemon)


def for_one(daemon):
    """The same for one test, which must leave that daemon alive and well."""
    if not daemon.alive():
        wait(daemon.start())
    yield daemon
    assert daemon.alive(), f"the daemon died\n{daemon.complaints()}"
    assert not daemon.complaints(), daemon.complaints()


def forget(run, daemons):
    """The end of those of one test, which may have ended them already."""
    for daemon in daemons:
        if daemon.alive():
            end(daemon)
        assert not daemon.complaints(), daemon.complaints()
        run.processes.remove(daemon)


# --- Servers of the session ---------------------------------------------------

@pytest.fixture(scope="session")
def run(request):
    run = Run()
    request.session.stash[_run_key] = run
    yield run
    wait(run.close())


@pytest.fixture(scope="session")
def authority(run):
    return Authority(run.make_folder("tls"))


@pytest.fixture(scope="session")
def inspircd(run, authority):
    certificate, key = authority.issue("tls.localhost")
    return wait(Inspircd(run, certificate, key).start())


@pytest.fixture(scope="session")
def atheme(run, inspircd):
    return wait(Atheme(run, inspircd).start())


@pytest.fixture(scope="session")
def ngircd(run):
    return wait(Ngircd(run, password="letmein").start())


@pytest.fixture(scope="session")
def prosody(run, authority):
    return wait(Prosody(
        run, components=[GATEWAY, MAIL_GATEWAY, SMS_GATEWAY, SECOND,
                         UNATTACHED, CHEOGRAM, *SPARES],
        upload=authority.issue(f"upload.{DOMAIN}")).start())


@pytest.fixture(scope="session")
def ejabberd(run):
    if not ejabberd_module.available():
        pytest.skip("ejabberd is not installed")
    return wait(Ejabberd(run, components=[GATEWAY, *SPARES]).start())


class Networks:
    """The IRC networks that the daemon under test knows."""

    def __init__(self, run, inspircd, ngircd, authority):
        # Scripted servers; every test takes another one.
        self.fakes = [(f"fake{n}.localhost", run.port()) for n in range(180)]
        local = {"address": run.address}
        plain = {**local, "tls": "none"}
        secure = {**local, "port": inspircd.tls_port, "tls": "required"}
        ca_file = {"ca_file": str(authority.certificate)}
        self.groups = [
            {"host": "irc.localhost", "name": "TestNet",
             "port": inspircd.port, **plain},
            {"host": "old.localhost", "port": ngircd.port, **plain},
            {"host": "tls.localhost", **secure, **ca_file},
            {"host": "unknownca.localhost", **secure},
            {"host": "wrongname.localhost", **secure, **ca_file},
            {"host": "unverified.localhost", **secure, "verify": False},
            {"host": "down.localhost", "port": run.port(), **plain},
        ] + [{"host": host, "port": port, **plain}
             for host, port in self.fakes]


@pytest.fixture(scope="session")
def networks(run, inspircd, ngircd, authority):
    return Networks(run, inspircd, ngircd, authority)


@pytest.fixture(scope="session")
def shared(run, prosody, networks):
    """The daemon that most tests share; use `causeway`."""
    need_binary()
    yield from for_all(Causeway(
        run, prosody, [irc_gateway(GATEWAY, networks)],
        admins=[f"admin@{DOMAIN}"]))


@pytest.fixture
def causeway(shared):
    yield from for_one(shared)


class Site:
    """An XMPP server with the daemon attached to it."""

    def __init__(self, server, daemon):
        self.server = server
        self.daemon = daemon


@pytest.fixture(scope="session")
def beside_ejabberd(run, ejabberd, networks):
    need_binary()
    yield from for_all(Causeway(
        run, ejabberd, [irc_gateway(GATEWAY, networks)],
        name="causeway-ejabberd"))


@pytest.fixture(params=[
    "prosody",
    pytest.param("ejabberd", marks=pytest.mark.xdist_group("ejabberd"))])
def site(request):
    """The test runs once with each XMPP server."""
    if request.param == "prosody":
        return Site(request.getfixturevalue("prosody"),
                    request.getfixturevalue("causeway"))
    return Site(request.getfixturevalue("ejabberd"),
                request.getfixturevalue("beside_ejabberd"))


@pytest.fixture
def spare(request):
    """A component JID for a daemon of this test's own. It is given back at
    the end, and the one that was free longest is taken."""
    free = request.session.stash.setdefault(_spare_key, deque(SPARES))
    jid = free.popleft()
    yield jid
    free.append(jid)


_spare_key = pytest.StashKey()
_names = itertools.count(1)


@pytest.fixture
def own_causeway(run, networks, spare):
    """Makes a daemon of this test's own: own_causeway(server, **settings).
    It is not started, and must end in order."""
    need_binary()
    made = []

    def make(server, gateway=None, **settings):
        daemon = Causeway(run, server,
                          [irc_gateway(spare, networks, gateway)],
                          name=f"causeway-{next(_names)}", **settings)
        daemon.jid = daemon.gateways[0]["jid"]
        made.append(daemon)
        return daemon
    yield make
    forget(run, made)


# --- People and places of a test ----------------------------------------------

class People:
    """The people of one test, with names of their own."""

    def __init__(self, run, prosody, number):
        self.run = run
        self.prosody = prosody
        self._suffix = f"{number}"
        self._open = []

    def nick(self, name):
        return f"{name}{self._suffix}"

    def jid(self, name):
        return f"{name}{self._suffix}@{DOMAIN}"

    async def xmpp(self, name="alice", resource="desk", server=None,
                   presence=True, plugins=(), exactly=False, domain=DOMAIN):
        """Somebody with an XMPP client; `exactly` keeps the name as it
        is."""
        server = server or self.prosody
        local = name if exactly else self.nick(name)
        server.add_user(local, "secret", domain)
        client = XmppClient(f"{local}@{domain}", "secret", resource)
        client.add_plugins(*plugins)
        self._open.append(client)
        await client.connect(self.run.address, server.c2s)
        if presence:
            # Prosody shows subscriptions only to those who have asked.
            await client.iq("get", None,
                            "<query xmlns='jabber:iq:roster'/>")
            client.send_presence()
            await client.get_presence(client.jid)
        return client

    async def scripted_xmpp(self):
        server = scripted_xmpp.ScriptedXmppServer(self.run)
        self._open.append(server)
        return await server.start()

    def transcript(self):
        lines = []
        for actor in self._open:
            if hasattr(actor, "inbox"):
                lines += actor.inbox.transcript[-80:]
            else:
                lines += actor.transcripts()[-80:]
        return "\n".join(line[:1500] for line in lines)

    async def close(self):
        await asyncio.gather(*(actor.close() for actor in self._open),
                             return_exceptions=True)


class Scene(People):
    """The people and places of one test on IRC, with names of their own."""

    def __init__(self, run, prosody, inspircd, networks, number):
        super().__init__(run, prosody, number)
        self.ircd = inspircd  # of what names no other
        self.gateway = GATEWAY
        self.fake, self._fake_port = networks.fakes[
            number % len(networks.fakes)]

    # Names.
    def channel(self, name="room"):
        return f"#{name}{self._suffix}"

    def room(self, channel, network=None):
        return f"{channel}%{network or self.ircd.host}@{self.gateway}"

    def person(self, nick, network=None):
        host = network or self.ircd.host
        return f"{nick}%{host}@{self.gateway}".lower()

    def network(self, host=None):
        return f"{host or self.ircd.host}@{self.gateway}"

    # People.
    async def irc(self, name="bob", join=None, server=None, port=None,
                  caps=(), authority=None):
        """Somebody with a native IRC client."""
        server = server or self.ircd
        client = IrcClient(self.nick(name))
        self._open.append(client)
        await client.connect(self.run.address, port or server.port,
                             authority, caps, server.password)
        if join:
            await client.join(join)
        return client

    async def scripted_ircd(self, port=None):
        """The server behind the network `self.fake`, or at another port."""
        ircd = scripted_irc.ScriptedIrcd(self.run.address,
                                         port or self._fake_port)
        self._open.append(ircd)
        return await ircd.start()


_scenes = itertools.count(1)


@pytest.fixture
def scene(run, prosody, inspircd, networks):
    for process in run.processes:
        process.mark()
    scene = Scene(run, prosody, inspircd, networks, next(_scenes))
    yield scene
    wait(scene.close())


@pytest.fixture(params=["inspircd", "ngircd"])
def each_ircd(request, scene):
    """The scene's IRC server: a test runs on both."""
    scene.ircd = request.getfixturevalue(request.param)


# --- Comparing ----------------------------------------------------------------

def pytest_assertrepr_compare(op, left, right):
    if op == "==" and xml.ET.iselement(left):
        return [xml.ET.tostring(left, encoding="unicode")]
    return None
