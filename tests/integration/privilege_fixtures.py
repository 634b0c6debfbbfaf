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
def favoured(run, granting, mail, own_postman, scripted_certificate):
    """The people of a test at that server; `postman` is their daemon."""
    post = Post(run, granting, mail, scripted_certificate,
                f"f{next(_numbers)}")
    post.postman = own_postman(server=granting)
    post.gateway = post.postman.jid
    wait(post.postman.start())
    yield post
    wait(post.close())


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
def half_favoured(run, old_granting, mail, own_postman,
                  scripted_certificate):
    """The same at ejabberd."""
    post = Post(run, old_granting, mail, scripted_certificate,
                f"e{next(_numbers)}")
    post.postman = own_postman(server=old_granting)
    post.gateway = post.postman.jid
    wait(post.postman.start())
    yield post
    wait(post.close())
