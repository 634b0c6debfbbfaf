"""Two gateways whose users are each other: what one says, the other takes for
a user's words. Nothing of that may go on without end."""

import asyncio

import pytest

from clients import xml
from servers.prosody import SECRET
from test_stream import PING, USER

# How often both sides are asked for a sign of life; each time a stanza makes
# a hop at least.
ROUNDS = 300

# Hops of a conversation by chat until one side says that it is too much.
CHAT = 120


class Wire:
    """Two daemons at one scripted server, which passes on what they send to
    each other."""

    def __init__(self, daemons, streams):
        self.jids = [daemon.jid for daemon in daemons]
        self._streams = dict(zip(self.jids, streams))
        self.passed = []
        self.answers = {}  # of bots, by their local parts
        self._task = asyncio.create_task(self._run())

    async def _run(self):
        await asyncio.gather(*(self._pass_on(*item)
                               for item in self._streams.items()))

    async def _pass_on(self, jid, stream):
        other = self.jids[1 - self.jids.index(jid)]
        while True:
            stanza = await stream.expect(
                lambda e: domain(e.get("to", "")) == other, "a stanza",
                timeout=3600)
            text = xml.ET.tostring(stanza, encoding="unicode")
            self.passed.append(text)
            bot = self.answers.get(stanza.get("to").partition("@")[0])
            if bot is None:
                self._streams[other].send(text)
            elif stanza.get("type") != "error":
                stream.send(bot())

    def send(self, number, stanza):
        """To one of them, as if it came from the other."""
        self._streams[self.jids[number]].send(stanza)

    async def silence(self):
        """Until nothing comes any more, also from the IRC server."""
        heard = -1
        while len(self.passed) > heard:
            heard = len(self.passed)
            await asyncio.sleep(1)
            await self.settle()

    async def settle(self):
        """Until neither has anything to say."""
        for _ in range(ROUNDS):
            before = len(self.passed)
            for jid, stream in self._streams.items():
                answer = await stream.iq("get", USER, jid, PING)
                assert answer.get("type") == "result"
            if len(self.passed) == before:
                return
        raise AssertionError(self.passed[-4:])

    def close(self):
        self._task.cancel()


def domain(jid):
    return jid.partition("/")[0].rpartition("@")[2]


@pytest.fixture
def wired(scene, own_causeway):
    """Starts both, open to everybody."""
    made = []

    async def start(spares):
        daemons, streams = [], []
        for jid in spares:
            server = await scene.scripted_xmpp()
            daemon = own_causeway(server, access={"register": ["*"]})
            daemon.gateways[0]["jid"] = daemon.jid = jid
            daemon.write_config()
            daemon.spawn()
            stream = await server.accept()
            assert await stream.handshake(SECRET)
            await daemon.until_ready()
            daemons.append(daemon)
            streams.append(stream)
        made.append(Wire(daemons, streams))
        return made[0]
    yield start
    for wire in made:
        wire.close()


NETWORK = "irc.localhost@"
LOCALS = ["", NETWORK, "bob%irc.localhost@", "#loop%irc.localhost@",
          "#loop%irc.localhost@{}/bob"]
SAID = [
    "<message type='chat' {}><body>hello</body></message>",
    "<message {}><body>hello</body></message>",
    "<message type='groupchat' {}><body>hello</body></message>",
    "<message type='headline' {}><body>hello</body></message>",
    "<message type='error' {}><body>hello</body></message>",
    "<message {}><x xmlns='http://jabber.org/protocol/muc#user'>"
    "<invite to='someone@example.test'/></x></message>",
    "<presence {}/>",
    "<presence type='subscribe' {}/>",
    "<presence type='subscribed' {}/>",
    "<presence type='probe' {}/>",
    "<presence type='unavailable' {}/>",
    "<presence type='error' {}/>",
    "<iq type='get' {}><query xmlns='jabber:iq:register'/></iq>",
    "<iq type='get' {}><nonsense xmlns='x'/></iq>",
    "<iq type='result' {}/>",
    "<iq type='error' {}/>",
]


async def test_what_two_gateways_say_to_each_other(scene, wired):
    wire = await wired([f"east.{scene.fake}", f"west.{scene.fake}"])
    one, two = wire.jids
    count = 0
    for said in SAID:
        for sender in LOCALS:
            for receiver in LOCALS:
                # Two IRC servers would complain of each other's complaints
                # at the pace of the flood control, which is off here.
                if sender == receiver == NETWORK and "message" in said:
                    continue
                count += 1
                wire.send(1, said.format(
                    f"id='{count}' from='{at(sender, one)}' "
                    f"to='{at(receiver, two)}'"))
                await wire.settle()
    await wire.silence()
    assert len(wire.passed) <= 2 * count + CHAT, wire.passed[-4:]


async def test_a_conversation_by_chat_ends(scene, wired):
    """People's addresses at both ends, as bots have them."""
    wire = await wired([f"up.{scene.fake}", f"down.{scene.fake}"])
    one, two = wire.jids
    wire.answers["bot"] = lambda: (
        f"<message type='chat' from='bot@{one}' to='{two}'>"
        "<body>I do not understand</body></message>")
    wire.send(1, wire.answers["bot"]())
    await wire.silence()
    assert 10 < len(wire.passed) <= CHAT


async def test_each_others_users_in_a_room(scene, wired):
    """The room of one joins the room of the other, and the reverse."""
    wire = await wired([f"north.{scene.fake}", f"south.{scene.fake}"])
    channels = scene.channel("a"), scene.channel("b")
    rooms = [f"{channel}%irc.localhost@{jid}"
             for channel, jid in zip(channels, wire.jids)]
    bob = await scene.irc("bob", join=channels[0])
    await bob.join(channels[1])
    for here, there in ((0, 1), (1, 0)):
        for resource in ("", "/" + bob.nick):
            nick = scene.nick(f"x{here}{len(resource)}")
            wire.send(here, f"<presence from='{rooms[there]}{resource}' "
                      f"to='{rooms[here]}/{nick}'>"
                      "<x xmlns='http://jabber.org/protocol/muc'/></presence>")
        await bob.expect("JOIN", channels[here])
    before = len(wire.passed)
    for number in range(10):
        for channel in channels:
            bob.say(channel, f"hello {number}")
    await bob.settle()
    await wire.settle()
    assert len(wire.passed) - before <= 100
    assert not bob.unseen("PRIVMSG")


def at(local, jid):
    return local.format(jid) if "{}" in local else local + jid
