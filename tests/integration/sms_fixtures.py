"""Fixtures of SMS: a short message centre, and people with numbers."""

import itertools

import pytest

from clients import xml
from conftest import SMS_GATEWAY as GATEWAY
from conftest import People, for_all, for_one, forget, need_binary, wait
from servers.causeway import Causeway
from servers.prosody import DOMAIN
from servers.smsc import Smsc

NAMES = ("alice", "bob")
FIRST = 10001   # of the people's numbers: nobody else's names have these
COUNT = 480     # so many have a number; a list has 1000 items at most
SHARED = "+15552009999"
AREAS = (202, 212, 213, 214, 215)  # of strangers


def own_number(name, number):
    """The number that somebody of these people has."""
    return f"+1555{NAMES.index(name) + 2}{number:06d}"


def assignments():
    return [{"number": own_number(name, number),
             "users": [f"{name}{number}@{DOMAIN}"]}
            for number in range(FIRST, FIRST + COUNT) for name in NAMES]


def sms_gateway(jid, smsc, settings=None, **backend):
    """A gateway's group of the configuration, with one link."""
    assign = assignments()
    numbers = [item["number"] for item in assign] + [SHARED]
    return {"type": "sms", "jid": jid, "country": "US", "assign": assign,
            "backends": [{"kind": "smpp", "name": "main",
                          "numbers": numbers,
                          **smsc.settings(enquire_link=5, window=100),
                          **backend}],
            **(settings or {})}


@pytest.fixture(scope="session")
def shared_smsc(run):
    return wait(Smsc(run).start())


@pytest.fixture
def smsc(shared_smsc):
    shared_smsc.mark()
    return shared_smsc


@pytest.fixture(scope="session")
def shared_exchange(run, prosody, shared_smsc):
    need_binary()
    daemon = Causeway(run, prosody, [sms_gateway(GATEWAY, shared_smsc)],
                      name="exchange")
    daemon.jid = GATEWAY
    yield from for_all(daemon)


@pytest.fixture
def exchange(shared_exchange):
    yield from for_one(shared_exchange)


@pytest.fixture
def own_smsc(run):
    """Makes a centre of this test's own."""
    made = []

    def make(**options):
        centre = Smsc(run, name=f"smsc-{next(_names)}", **options)
        made.append(centre)
        return centre
    yield make
    for centre in made:
        wait(centre.end())
        run.processes.remove(centre)


@pytest.fixture
def own_exchange(run, prosody, spare):
    """Makes a daemon of this test's own, as own_causeway does:
    own_exchange(smsc, gateway's settings, keys of its link). It is attached
    to Prosody, or to another server."""
    made = []

    def make(smsc, settings=None, server=None, **backend):
        daemon = Causeway(
            run, server or prosody,
            [sms_gateway(spare, smsc, settings, **backend)],
            name=f"exchange-{spare}")
        daemon.jid = spare
        made.append(daemon)
        return daemon
    need_binary()
    yield make
    forget(run, made)


class Phones(People):
    """The people of one test, each with a number."""

    def __init__(self, run, prosody, number):
        super().__init__(run, prosody, number)
        self.gateway = GATEWAY
        self._number = number
        self._strangers = itertools.count(1)

    def number(self, name="alice"):
        return own_number(name, self._number)

    def stranger(self, suffix="9999"):
        """A number of nobody here; the centre knows suffixes."""
        area = AREAS[next(self._strangers) % len(AREAS)]
        return f"+1{area}{200 + self._number % 700}{suffix}"

    def person(self, number, gateway=None):
        return f"{number}@{gateway or self.gateway}"

    async def registered(self, name="alice", gateway=None):
        """Somebody with an XMPP client, whose number it is:
        `client.number`."""
        self.gateway = gateway or self.gateway
        client = await self.xmpp(name)
        client.number = self.number(name)
        answer = await self.register(client, client.number)
        assert answer.get("type") == "result", xml.error_text(answer)
        await self.befriend(client)
        return client

    async def register(self, client, number):
        form = xml.submit({"phone": number},
                          form_type="jabber:iq:register")
        return await client.iq("set", self.gateway, "<query xmlns="
                               f"'jabber:iq:register'>{form}</query>")

    async def befriend(self, client):
        await client.get_presence(self.gateway, "subscribe")
        client.send_presence(self.gateway, "subscribed")
        client.send_presence(self.gateway, "subscribe")
        await client.get_presence(self.gateway)


@pytest.fixture
def phones(run, prosody):
    for process in run.processes:
        process.mark()
    phones = Phones(run, prosody, next(_numbers))
    yield phones
    wait(phones.close())


_numbers = itertools.count(FIRST)
_names = itertools.count(1)
