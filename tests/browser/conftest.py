"""The servers of the demo, and Chromium with its web client."""

import asyncio
import inspect
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "integration"))

import demo  # noqa: E402
from browser import Browser, Client  # noqa: E402
from clients.irc import IrcClient  # noqa: E402
from servers.process import PATIENCE, Run  # noqa: E402

_loop = asyncio.new_event_loop()
asyncio.set_event_loop(_loop)
_site_key = pytest.StashKey()


def wait(coroutine):
    return _loop.run_until_complete(coroutine)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Runs test functions that are coroutines."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    wait(asyncio.wait_for(pyfuncitem.obj(**arguments), 8 * PATIENCE))
    return True


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Attaches what the pages and the daemon said to a failure."""
    outcome = yield
    report = outcome.get_result()
    site = item.session.stash.get(_site_key, None)
    if not report.failed or site is None:
        return
    report.sections.append(("causeway", site.demo.causeway.tail(60)))
    report.sections.append(("pages", site.log.read_text()[-12000:]))


class Site:
    """The running demo and a browser."""

    def __init__(self):
        self.demo = demo.Demo(with_web=True, run=Run())
        assert self.demo.web, "npm or the web client is missing"
        self.log = self.demo.run.folder / "browser.log"
        self.browser = Browser(demo.node_modules(), self.log)
        self._people = []

    async def start(self):
        await asyncio.gather(self.demo.start(), self.browser.start())
        return self

    async def person(self, name):
        """Somebody new, with the web client open."""
        self.demo.prosody.add_user(name, demo.PASSWORD)
        self.demo.add_page(name)
        client = Client(self.browser, name)
        await client.open(self.demo.address(name))
        return client

    async def irc(self, nick):
        """Somebody with a native IRC client, in the channel."""
        client = IrcClient(nick)
        self._people.append(client)
        await client.connect(self.demo.run.address, self.demo.ircd.port)
        await client.join(demo.CHANNEL)
        return client

    async def close(self):
        for client in self._people:
            await client.close()
        await self.browser.close()
        await self.demo.close()


@pytest.fixture(scope="session")
def site(request):
    site = Site()
    request.session.stash[_site_key] = site
    try:
        yield wait(site.start())
    finally:
        wait(site.close())
