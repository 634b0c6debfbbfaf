"""IRC servers that never stop: the daemon's memory stays bounded, and other
users are served meanwhile."""

import asyncio
import itertools

import pytest

from servers.scripted_irc import HOST
from test_register import register

MIB = 1 << 20
CHANNELS = 20  # that the attacked user is in, at most


class Target:
    """What the lines of an attack are made for."""

    def __init__(self, channels):
        self.channels = channels
        self.channel = channels[0]
        self.nick = None


def repeat(line):
    """An attack of one line again and again; {n} is another each time."""
    def lines(t):
        for n in itertools.count():
            yield line.format(n=n, me=t.nick, channel=t.channel, host=HOST,
                              long="x" * 400, tags="t" * 8000)
    return lines


def names(t, channel=None, first=0):
    """NAMES without an end, of nobody twice."""
    for n in itertools.count(first, step=30):
        nicks = " ".join(f"n{i}" for i in range(n, n + 30))
        yield f":{HOST} 353 {t.nick} = {channel or t.channel} :{nicks}"


def hosts(t):
    for n in itertools.count(step=12):
        nicks = " ".join(f"n{i}!u{i}@host{i}.test" for i in range(n, n + 12))
        yield f":{HOST} 353 {t.nick} = {t.channel} :{nicks}"


def forced(t):
    """Into channels that nobody asked for, with a crowd in each."""
    for n in itertools.count():
        yield f":{t.nick}!u@h JOIN #forced{n}"
        crowd = names(t, f"#forced{n}")
        yield from itertools.islice(crowd, 700)


def crowds(t):
    """Different people in each channel of hers."""
    for lines in zip(*[names(t, c, n << 20) for n, c in
                       enumerate(t.channels)]):
        yield from lines


def tokens(t):
    for n in itertools.count(step=12):
        some = " ".join(f"TOKEN{i}=value{i}" for i in range(n, n + 12))
        yield f":{HOST} 005 {t.nick} {some} NETWORK=net{n} :are supported"


def no_newline(t):
    while True:
        yield b"x" * 4096


# When, what, how much, and by how many MiB the daemon's memory may grow: with
# the sanitizers' overhead, more than twice what was measured, and far from what
# it is without a limit.
ATTACKS = {
    "cap-ls": ("greeting", repeat("CAP * LS * :c{n} d{n}={long} sasl={long}"),
               16 * MIB, 10),
    "cap-new": ("online", repeat("CAP {me} NEW :c{n} sasl=X{n},{long}"),
                16 * MIB, 10),
    "greeting": ("greeting", repeat(":{host} NOTICE * :{n} {long}"),
                 16 * MIB, 10),
    "no-newline": ("greeting", no_newline, 32 * MIB, 10),
    "sasl": ("sasl", repeat("AUTHENTICATE {long}"), 16 * MIB, 10),
    "isupport": ("welcome", tokens, 4 * MIB, 10),
    "isupport-later": ("online", tokens, 4 * MIB, 10),
    "no-newline-later": ("online", no_newline, 32 * MIB, 10),
    "tags": ("online", repeat("@{tags} :n{n}!u@h PRIVMSG #no :x"),
             32 * MIB, 10),
    "names": ("online", names, 2 * MIB, 60),
    "names-entering": ("entering", names, 2 * MIB, 60),
    "hosts": ("online", hosts, 4 * MIB, 60),
    "joins": ("online", repeat(":n{n}!u{n}@h{n} JOIN {channel}"),
              4 * MIB, 60),
    "forced": ("online", forced, 2 * MIB, 60),
    "crowds": ("channels", crowds, 8 * MIB, 120),
    "list": ("online", repeat(":{host} 322 {me} nochannel{n} 5 :{long}"),
             16 * MIB, 10),
    "nick": ("online", repeat(":n{n}!u@h NICK :\r\n:{me}!u@h NICK"),
             MIB, 10),
    "nicks": ("online", repeat(":bob!u@h NICK b{n}\r\n:b{n}!u@h NICK bob"),
              MIB, 10),
    "hosts-change": ("online", repeat(":bob!u@h CHGHOST u{n} h{n}.{long}"),
                     8 * MIB, 10),
    "accounts": ("online", repeat(":bob!u@h ACCOUNT a{n}.{long}"),
                 8 * MIB, 10),
    "monitor": ("online", repeat(":{host} 730 {me} :n{n}!u@h,m{n}!u@h"),
                2 * MIB, 10),
    "pings": ("deaf", repeat("PING :{n}{long}"), 8 * MIB, 32),
    "casemapping": ("crowd", repeat(
        ":{host} 005 {me} CASEMAPPING=ascii :are supported\r\n"
        ":{host} 005 {me} CASEMAPPING=rfc1459 :are supported"), 5000, 10),
    "prefixes": ("crowd", repeat(
        ":{host} 005 {me} PREFIX=(ohv)@%+ :are supported\r\n"
        ":{host} 005 {me} PREFIX=(ov)@+ :are supported"), 20000, 10),
    "moderated": ("crowd", repeat(":bob!u@h MODE {channel} +m-m+m\r\n"
                                  ":bob!u@h MODE {channel} -m"), 5000, 10),
}


async def until(stage, ircd, target):
    """The server's side up to where the attack begins."""
    peer = await ircd.accept()
    target.nick = "*"
    if stage == "greeting":
        return peer
    if stage == "sasl":
        while (await peer.expect("CAP")).params[0] != "LS":
            pass
        peer.send(f":{HOST} CAP * LS :sasl=PLAIN")
        line = await peer.expect("CAP", "REQ")
        peer.send(f":{HOST} CAP * ACK :{line.text}")
        await peer.expect("AUTHENTICATE")
        return peer
    if stage == "welcome":
        await peer.negotiate()
        target.nick = peer.nick
        peer.numeric("001", f"Welcome {peer.nick}")
        return peer
    await peer.welcome(caps=["cap-notify", "account-notify", "chghost"])
    target.nick = peer.nick
    await peer.expect("JOIN")
    for channel in target.channels:
        peer.send(f":{peer.nick}!u@h JOIN {channel}")
    if stage != "entering":
        peer.list_names(target.channel, ["@bob"])
        await peer.expect("MODE")
    if stage == "crowd":
        peer.send(*itertools.islice(names(target), 1000))
        await all_was_read(peer)
    if stage == "deaf":
        peer.pause()
    return peer


async def all_was_read(peer):
    peer.send("", "PING :all")
    await peer.expect("PONG")


async def attack(peer, stage, lines, volume):
    """Sends until it was enough and was read, or the daemon hangs up."""
    try:
        while volume > 0 and not peer.closed.is_set():
            block = b"".join(
                line if isinstance(line, bytes) else line.encode() + b"\r\n"
                for line in itertools.islice(lines, 100))
            volume -= len(block)
            await peer.send_bytes(block)
        if stage != "deaf" and not peer.closed.is_set():
            done, _ = await asyncio.wait(
                {asyncio.ensure_future(all_was_read(peer)),
                 asyncio.ensure_future(peer.closed.wait())},
                return_when=asyncio.FIRST_COMPLETED)
    except ConnectionError:
        pass


def memory(daemon):
    """MiB of the daemon now."""
    with open(f"/proc/{daemon.pid}/status") as status:
        for line in status:
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


async def serve_others(attacked, carol, bob, room, channel, daemon):
    """Messages both ways until the attack is over, and once more; returns
    the most memory seen."""
    most = 0
    for number in itertools.count():
        over = attacked.done()
        bob.say(channel, f"down {number}")
        await carol.get_message(f"{room}/{bob.nick}", f"down {number}")
        carol.say(room, f"up {number}")
        await bob.expect("PRIVMSG", f"up {number}")
        most = max(most, memory(daemon))
        if over:
            return most
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("name", ATTACKS)
async def test_a_server_without_end(scene, own_causeway, name):
    stage, make, volume, growth = ATTACKS[name]
    daemon = own_causeway(scene.prosody)
    # What was freed is not kept for long.
    daemon.variables["ASAN_OPTIONS"] = \
        "detect_leaks=1:abort_on_error=0:quarantine_size_mb=1"
    await daemon.start()
    scene.gateway = daemon.jid
    channel = scene.channel("other")
    room = scene.room(channel)
    bob = await scene.irc("bob", join=channel)
    carol = await scene.xmpp("carol")
    await carol.join(room, scene.nick("carol"))
    ircd = await scene.scripted_ircd()
    alice = await scene.xmpp()
    count = CHANNELS if stage == "channels" else 1
    target = Target([scene.channel(f"c{n}") for n in range(count)])
    account = {"username": "alice", "password": "secret"} \
        if stage == "sasl" else {}
    # The answer comes with the login, which some attacks never let happen.
    registered = asyncio.create_task(register(
        alice, scene, network=scene.fake, stay="1",
        channels="\n".join(target.channels), **account))
    peer = await until(stage, ircd, target)
    if stage in ("greeting", "sasl", "welcome"):
        registered.cancel()
    else:
        await registered
    # The attack is not on what she is told.
    await alice.close()
    before = memory(daemon)
    attacked = asyncio.create_task(
        attack(peer, stage, make(target), volume))
    most = await serve_others(attacked, carol, bob, room, channel, daemon)
    await attacked
    assert most - before < growth, f"{most - before:.0f} MiB more"
    await daemon.stop()
