"""What machines send to many: apart, quiet, and once a day if one likes."""

import re

from clients import xml
from clients.mail import compose
from test_mail_in import marker

BULK = {"List-Unsubscribe": "<https://shop.test/u>", "Precedence": "bulk"}


def newsletters(post):
    return f"newsletters@{post.gateway}"


async def send(shop, alice, subject, text, headers=BULK):
    await shop.send(compose(f"Shop <{shop.address}>", alice.address, subject,
                            text, headers=headers), alice.address)


async def word(alice, post, *lines):
    for line in lines:
        alice.send_message(post.gateway, line)
    return await alice.get_message(post.gateway, re.compile("Newsletters"))


async def test_apart_and_short(post, postman):
    alice = await post.registered()
    shop = post.correspondent("news")
    await send(shop, alice, "Sale", "Buy\n\nthis\nand that.\n")
    message = await alice.get_message(newsletters(post))
    text = xml.body(message)
    assert f"Shop <{shop.address}>" in text and "*Sale*" in text
    assert "this" in text and "and that." not in text
    alice.send_message(newsletters(post), "/full")
    await alice.get_message(newsletters(post), re.compile("and that\\."))


async def test_a_sender_is_moved_there_and_back(post, postman):
    alice = await post.registered()
    shop = post.correspondent("news")
    await send(shop, alice, "One", "First.")
    await alice.get_message(newsletters(post), re.compile("First"))
    alice.send_message(newsletters(post), "/contact")
    await alice.get_message(newsletters(post), re.compile("own contact"))
    await send(shop, alice, "Two", "Second.")
    await alice.get_message(post.person(shop), re.compile("Second"))
    alice.send_message(post.person(shop), "/newsletter")
    await alice.get_message(post.person(shop), re.compile("newsletters now"))
    await send(shop, alice, "Three", "Third.")
    await alice.get_message(newsletters(post), re.compile("Third"))


async def test_gathered_for_once_a_day(post, postman):
    alice = await post.registered()
    shop = post.correspondent("news")
    await word(alice, post, "digest", "7")
    await send(shop, alice, "One", "First.")
    await send(shop, alice, "Two", "Second.")
    await send(shop, alice, "Your code", "Your code is 482913.")
    code = await alice.get_message(newsletters(post), re.compile("482913"))
    assert xml.body(code).startswith("482913")
    await marker(post, alice, post.correspondent())
    # They would have come before.
    assert not alice.unseen(lambda s: "First." in (xml.body(s) or ""))
    await word(alice, post, "digest", "off")
    digest = await alice.get_message(newsletters(post),
                                     re.compile(r"\*2 newsletters\*"))
    assert "First." in xml.body(digest) and "Second." in xml.body(digest)


async def test_what_waits_outlives_a_crash(post, own_postman):
    postman = own_postman()
    await postman.start()
    post.gateway = postman.jid
    alice = await post.registered()
    shop = post.correspondent("news")
    await word(alice, post, "digest", "7")
    await send(shop, alice, "One", "First.")
    await marker(post, alice, post.correspondent())
    await postman.kill()
    await postman.start()
    await marker(post, alice, post.correspondent("dave"))
    await word(alice, post, "digest", "off")
    digest = await alice.get_message(newsletters(post),
                                     re.compile("newsletter"))
    assert "*1 newsletter*" in xml.body(digest)
    assert "First." in xml.body(digest)
    await marker(post, alice, post.correspondent("carol"))
    assert not alice.unseen(lambda s: "First." in (xml.body(s) or ""))
