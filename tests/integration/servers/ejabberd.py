"""ejabberd, private to a run: its Erlang program without ejabberdctl, so
that it needs no user, no node name and no port mapper of its own."""

import os
import pathlib
import shutil

from servers.process import Process
from servers.prosody import DOMAIN, SECRET

CONFIG = """\
hosts: ["{domain}"]
loglevel: info
listen:
  - {{port: {c2s}, ip: "{address}", module: ejabberd_c2s,
      max_stanza_size: 262144}}
{listener}
auth_method: external
extauth_program: "{folder}/accept"
modules: {{mod_disco: {{}}, mod_ping: {{}}, mod_roster: {{}},
  mod_offline: {{}}, mod_mam: {{}}, mod_version: {{}}{modules}}}
acl: {{local: {{user_regexp: ""}}, gateways: {{server: [{gateways}]}}}}
access_rules: {{gateways: {{allow: gateways}}}}
"""

PRIVILEGES = """,
  mod_blocking: {{}}, mod_caps: {{}}, mod_carboncopy: {{}}, mod_privacy: {{}},
  mod_pubsub: {{plugins: [flat, pep]}}, mod_privilege: {{{privileges}}}
"""

LISTENER = """\
  - port: {component}
    ip: "{address}"
    module: ejabberd_service
    global_routes: false
    hosts:
{components}
"""

# Every user exists, with any password.
ACCEPT = """\
#!/usr/bin/python3
import struct
import sys

while head := sys.stdin.buffer.read(2):
    sys.stdin.buffer.read(struct.unpack(">H", head)[0])
    sys.stdout.buffer.write(struct.pack(">HH", 2, 1))
    sys.stdout.buffer.flush()
"""


def available():
    return shutil.which("ejabberdctl") and shutil.which("erl")


class Ejabberd(Process):
    """`components` are the JIDs that gateways may log in as; `listener` is
    the text of an own entry for them instead; `privileges`: what they may do
    in the users' names (XEP-0356), as mod_privilege has it for the rule
    `gateways`, and what clients need to see that."""

    domain = DOMAIN

    def __init__(self, run, name="ejabberd", components=(), listener=None,
                 privileges=None):
        super().__init__(run, name)
        self.c2s = run.port()
        self.component = run.port()
        self.logs = [self.output, self.folder / "ejabberd.log"]
        accept = self.folder / "accept"
        accept.write_text(ACCEPT)
        accept.chmod(0o755)
        modules = PRIVILEGES.format(privileges=privileges) \
            if privileges else ""
        gateways = ", ".join(f'"{jid}"' for jid in components)
        components = "\n".join(f'      "{jid}": {{password: "{SECRET}"}}'
                               for jid in components)
        listener = listener or LISTENER.format(
            component=self.component, address=run.address,
            components=components)
        (self.folder / "ejabberd.yml").write_text(CONFIG.format(
            domain=DOMAIN, address=run.address, c2s=self.c2s,
            folder=self.folder, listener=listener, modules=modules,
            gateways=gateways))

    def command(self):
        return ["erl", "-noinput", "+K", "true", "+S", "1:1",
                "-mnesia", "dir", f'"{self.folder}/spool"', "-s", "ejabberd"]

    def environment(self):
        libraries = next(pathlib.Path("/usr/lib").glob("*/ejabberd-*")).parent
        return {"HOME": str(self.folder),
                "ERL_LIBS": os.environ.get("ERL_LIBS", str(libraries)),
                "EJABBERD_CONFIG_PATH": str(self.folder / "ejabberd.yml"),
                "EJABBERD_LOG_PATH": str(self.folder / "ejabberd.log"),
                "ERL_CRASH_DUMP": str(self.folder / "crash.dump")}

    async def ready(self):
        await self.port_answers(self.c2s)
        await self.port_answers(self.component)

    def add_user(self, name, password, domain=None):
        """Nothing to do: everybody exists."""
