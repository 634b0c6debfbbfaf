"""A whole mail system: Dovecot and Exim, with the same users."""

import asyncio

from servers.dovecot import PASSWORD, Dovecot
from servers.exim import DOMAINS, Exim


class MailSystem:
    """Its certificate is for `host`, and for mail.<domain> of each domain.
    `settings` go to Dovecot, `exim` to Exim."""

    def __init__(self, run, authority, name="", host="mail.home.test",
                 domains=DOMAINS, exim=None, **settings):
        self.run = run
        self.authority = authority
        self.host = host
        hosts = dict.fromkeys([host, *(f"mail.{one}" for one in domains)])
        certificate, key = authority.issue(*hosts)
        self.dovecot = Dovecot(run, certificate, key, name=f"dovecot{name}",
                               **settings)
        self.exim = Exim(run, self.dovecot, certificate, key, host=host,
                         name=f"exim{name}", domains=domains,
                         oauth="oauth" in settings, **(exim or {}))

    async def start(self):
        await asyncio.gather(self.dovecot.start(), self.exim.start())
        return self

    async def stop(self):
        await asyncio.gather(self.dovecot.stop(), self.exim.stop())

    def add_user(self, address, password=PASSWORD, quota=None):
        self.dovecot.add_user(address, password, quota)
