"""The carrier for HTTP providers with Kannel, the real one: what is sent
arrives at its fake SMSC, reports and texts come back."""

import pytest

from conftest import wait
from servers import kannel as kannels, provider as providers

NUMBER, PHONE = "+15551234567", "+15557770000"
GET_URL = "?kind=mo&from=%p&to=%P&text=%b&charset=%C&coding=%c&id=%I&time=%T"

pytestmark = pytest.mark.skipif(
    not kannels.is_there(), reason="Kannel is not installed")


async def start(run, password=kannels.PASSWORD):
    """A backend, and the Kannel behind it."""
    backend = providers.Backend(run)
    server = kannels.Kannel(run, backend.callback + GET_URL)
    backend.configure(provider="kannel", url=server.url, key=kannels.USER,
                      secret=password)
    await server.start()
    await backend.start()
    return backend, server


async def end(backend, server):
    for phone in server.phones:
        await phone.kill()
    status = await backend.stop()
    await server.smsbox.kill()
    await server.bearerbox.kill()
    assert status == 0


@pytest.fixture
def kannel(run):
    if not providers.program().exists():
        pytest.skip("provider-driver is not built")
    pair = wait(start(run))
    yield pair
    wait(end(*pair))


async def test_a_text_is_sent_and_reported(kannel):
    backend, server = kannel
    phone = await server.phone()
    backend.send(1, NUMBER, PHONE, "Gr\u00fc\u00dfe \u20ac [ok] & + %")
    accepted = await backend.logged(r"accepted 1 id=(\S{22})\n")
    await phone.logged(r"Got message 1: <\+15551234567 \+15557770000 text "
                       r"Gr\u00fc\u00dfe \u20ac \[ok\] & \+ %>")
    own = accepted.group(1)
    await backend.logged(
        rf'report id="{own}" to="\+15557770000" state=enroute')
    await backend.logged(
        rf'report id="{own}" to="\+15557770000" state=delivered')


async def test_other_alphabets_are_sent(kannel):
    backend, server = kannel
    phone = await server.phone()
    backend.send(1, NUMBER, PHONE, "\u043f\u0440\u0438 \U0001f600")
    await backend.logged("accepted 1 ")
    await phone.logged(r"ucs-2 %04%3F%04%40%048%00\+%D8%3D%DE%00>")


async def test_a_long_text_is_sent(kannel):
    """Ten segments, of which each character takes six in the URL."""
    backend, server = kannel
    phone = await server.phone()
    backend.send(1, NUMBER, PHONE, "\u043f" * 670)
    await backend.logged("accepted 1 ")
    await phone.logged("Got message 10: ")


async def test_texts_come(kannel):
    backend, server = kannel
    for sent, seen in [
            ("text hi + there", r'text="hi \+ there" time=20'),
            ("ucs2 %04%3f%20%ac", "ucs2=043f20ac time=20"),
            ("data %00%01%ff", "binary=0001ff time=20")]:
        phone = await server.phone(f"15557770000 15551234567 {sent}")
        await backend.logged(r'mo id="\S{36}" from="15557770000" '
                             rf'to="15551234567" {seen}')
        await phone.kill()


async def test_a_wrong_password_takes_the_link_down(run):
    if not providers.program().exists():
        pytest.skip("provider-driver is not built")
    backend, server = await start(run, "letmein")
    backend.send(1, NUMBER, PHONE, "hi")
    await backend.logged("rejected 1 class=8 .*Authorization failed")
    await backend.logged("link 0 Authorization failed")
    await end(backend, server)


async def test_kannel_may_be_away(kannel):
    backend, server = kannel
    await server.smsbox.kill()
    backend.send(1, NUMBER, PHONE, "hi")
    await backend.logged("rejected 1 class=9 ")
    await backend.logged("link 0 ")
    await server.smsbox.start()
    await backend.logged("link 1 ")
    since = backend.sizes()
    phone = await server.phone()
    backend.send(2, NUMBER, PHONE, "hi")
    await backend.logged("accepted 2 ")
    await backend.logged("link 2 ", since)
