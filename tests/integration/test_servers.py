"""The servers and clients of the tests themselves, without the daemon."""

from clients import files, xml
from conftest import UNATTACHED


async def test_prosody(scene):
    alice = await scene.xmpp("alice")
    bob = await scene.xmpp("bob")
    alice.send_message(bob.bare, "hello & <welcome>")
    message = await bob.get_message(alice.jid)
    assert xml.body(message) == "hello & <welcome>"


async def test_prosody_knows_the_component(scene):
    alice = await scene.xmpp()
    answer = await alice.iq("get", UNATTACHED,
                            "<ping xmlns='urn:xmpp:ping'/>")
    assert xml.condition(answer) == "remote-server-timeout"


async def test_prosody_takes_files(scene, prosody, authority):
    alice = await scene.xmpp()
    url = await files.upload(alice, prosody.upload, scene.run.address,
                             authority, "a b.txt", b"hello", "text/plain")
    assert url.startswith(f"https://{prosody.upload}:")
    assert url.endswith("/a%20b.txt")
    assert await files.download(scene.run.address, authority, url) == \
        b"hello"


async def test_ejabberd(scene, ejabberd):
    alice = await scene.xmpp("alice", server=ejabberd)
    bob = await scene.xmpp("bob", server=ejabberd)
    alice.send_message(bob.bare, "hello")
    await bob.get_message(alice.jid, "hello")


async def test_inspircd(scene):
    bob = await scene.irc("bob", join=scene.channel())
    carol = await scene.irc("carol", join=scene.channel())
    bob.say(scene.channel(), "hello")
    line = await carol.expect("PRIVMSG", scene.channel(), nick=bob.nick)
    assert line.text == "hello"


async def test_inspircd_tls(scene, inspircd, authority):
    bob = await scene.irc("bob", port=inspircd.tls_port,
                          authority=authority.certificate)
    bob.send("WHOIS " + bob.nick)
    await bob.expect("671")


async def test_atheme(scene, atheme):
    bob = await scene.irc("bob")
    bob.say("NickServ", "REGISTER secret bob@example.test")
    await bob.expect("NOTICE", nick="NickServ")


async def test_ngircd(scene, ngircd):
    bob = await scene.irc("bob", server=ngircd)
    bob.send("CAP LS 302")
    line = await bob.expect("CAP", "LS")
    assert line.text.split() == ["multi-prefix"]
