"""Limits against a stolen account, and what the operator changes while the
gateway runs."""

import asyncio
import pathlib
import re

from clients import xml
from servers.process import wait_for
from test_mail_register import outcome


async def known(post, alice, *people):
    """They have written, so that answers to them are nothing new."""
    for person in people:
        await person.write(alice.address, "Hello", "Hello from me.")
        await alice.get_message(post.person(person),
                                re.compile("Hello from me"))


async def test_more_mails_in_an_hour(post, own_postman):
    """The user is asked, once more after a crash, and decides."""
    postman = own_postman({"mails_per_hour": 1})
    await postman.start()
    post.gateway = postman.jid
    alice = await post.registered()
    bob, carol = post.correspondent(), post.correspondent("carol")
    await known(post, alice, bob, carol)
    alice.send_message(post.person(bob), "The first.")
    await bob.receive(lambda mail: "The first." in mail.body)
    alice.send_message(post.person(carol), "The second.")
    question = re.compile(r"has sent 1 in this hour(.|\n)*yes or no")
    await alice.get_message(post.gateway, question)
    await postman.kill()
    await postman.start()
    await alice.get_message(post.gateway, question)
    assert await carol.mails() == []
    alice.send_message(post.gateway, "yes")
    await carol.receive(lambda mail: "The second." in mail.body)
    id = alice.send_message(post.person(bob), "The third.")
    await alice.get_message(post.gateway, re.compile("yes or no"))
    alice.send_message(post.gateway, "no")
    error = await alice.get_error(id)
    assert "did not confirm" in xml.error_text(error)


async def test_authorities_are_read_again(post, own_postman, authority):
    postman = own_postman({"ca_file": "/etc/ssl/certs/ca-certificates.crt"})
    await postman.start()
    post.gateway = postman.jid
    alice = await post.xmpp()
    address = post.mailbox()
    _, text = outcome(await post.register(alice, address))
    assert "certificate" in text
    postman.gateways[0]["ca_file"] = str(authority.certificate)
    postman.write_config()
    postman.signal(1)
    for _ in range(60):
        found = outcome(await post.register(alice, address))
        if found is None:
            break
        await asyncio.sleep(0.5)
    assert found is None
    await post.befriend(alice)


async def test_authorities_that_changed_are_read_again(post, own_postman,
                                                       authority):
    """The file is another one, at the same place."""
    postman = own_postman()
    path = postman.folder / "authorities.pem"
    path.write_bytes(
        pathlib.Path("/etc/ssl/certs/ca-certificates.crt").read_bytes())
    postman.gateways[0]["ca_file"] = str(path)
    postman.write_config()
    await postman.start()
    post.gateway = postman.jid
    alice = await post.xmpp()
    alice.address = post.mailbox()
    _, text = outcome(await post.register(alice, alice.address))
    assert "certificate" in text
    path.write_bytes(pathlib.Path(authority.certificate).read_bytes())
    postman.signal(1)
    await postman.logged("configuration reloaded")
    answer = await post.register(alice, alice.address)
    assert outcome(answer) is None
    await post.befriend(alice)
    # What did not change costs nobody his connection.
    workers = postman.workers()
    postman.signal(1)
    await wait_for(lambda: postman.log().count("configuration reloaded") > 1,
                   "the reload")
    bob = post.correspondent()
    await bob.write(alice.address, "Still", "Still here.")
    await alice.get_message(post.person(bob), re.compile("Still here."))
    assert postman.workers() == workers
