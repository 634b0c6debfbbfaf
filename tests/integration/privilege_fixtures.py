"""XMPP servers that let gateways speak for their users (XEP-0356), and a
daemon with people at each."""

import itertools

import pytest

from conftest import SPARES, wait
from mail_fixtures import Post
from servers import ejabberd
from servers.prosody import Prosody

PUBSUB = "http://jabber.org/protocol/pubsub"
BLOCKING = "urn:xmpp:blocking"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def granting(run):
    """An XMPP server that lets gateways speak for its users."""
    return wait(Prosody(
        run, name="granting", components=SPARES, privileges=(
            'message = "outgoing"; '
            f'iq = {{ ["{PUBSUB}"] = "both"; '
            f'["{BLOCKING}"] = "get" }}')).start())


@pytest.fixture
def people_at(run, mail, own_postman, scripted_certificate):
    """Makes the people of a test at a server; `postman` is their daemon."""
    posts = []

    def make(server):
        post = Post(run, server, mail, scripted_certificate,
                    f"f{next(_numbers)}")
        posts.append(post)
        post.postman = own_postman(server=server)
        post.gateway = post.postman.jid
        wait(post.postman.start())
        return post

    yield make
    for post in posts:
        wait(post.close())


@pytest.fixture
def favoured(people_at, granting):
    """The people of a test at that server."""
    return people_at(granting)


@pytest.fixture(scope="session")
def old_granting(run):
    """ejabberd 23.01, whose module has no requests, and shows nobody the
    messages that it takes."""
    if not ejabberd.available():
        pytest.skip("ejabberd is not installed")
    return wait(ejabberd.Ejabberd(
        run, name="ejabberd-granting", components=SPARES,
        privileges="message: {outgoing: gateways}").start())


@pytest.fixture
def half_favoured(people_at, old_granting):
    """The same at ejabberd."""
    return people_at(old_granting)
