"""Prosody, private to a run."""

import os

from servers.process import Process

DOMAIN = "example.test"
# A second host of the same server, not above the gateways' JIDs.
ELSEWHERE = "elsewhere.test"
SECRET = "s3cr3t"

CONFIG = """\
daemonize = false
run_as_root = {as_root}
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
interfaces = {{ "{address}" }}
c2s_ports = {{ {c2s} }}
s2s_ports = {{ }}
component_ports = {{ {component} }}
component_interfaces = {{ "{address}" }}
legacy_ssl_ports = {{ }}
http_interfaces = {{ "{address}" }}
http_ports = {{ {http} }}
modules_enabled = {{ "roster", "saslauth", "disco", "ping", "offline", "mam",
	"carbons", "pep", "bookmarks", "blocklist", "vcard_legacy", "smacks",
	"time", "version", "uptime", "posix", {modules} }}
modules_disabled = {{ "s2s" }}
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
storage = "internal"
log = {{ info = "*console" }}
{extra}
VirtualHost "{domain}"
VirtualHost "{elsewhere}"
{components}
"""

PRIVILEGED = """\
privileged_entities = {{
{entities}
}}
"""

UPLOAD = """\
Component "{jid}" "http_file_share"
	http_external_url = "https://{jid}:{port}/"
	http_file_share_size_limit = {limit}
	http_file_share_daily_quota = 1000000000
"""
UPLOAD_PORT = """\
https_ports = {{ {port} }}
https_interfaces = {{ "{address}" }}
https_ssl = {{ certificate = "{certificate}", key = "{key}" }}
"""


class Prosody(Process):
    """`components` are the JIDs that gateways may log in as; `append` is
    further text of the configuration; `upload`: certificate and key of a
    service (XEP-0363) at upload.<domain>, which takes `upload_limit`
    bytes; `privileges`: what all components may do in the users' names
    (XEP-0356), as mod_privilege has it."""

    domain = DOMAIN

    def __init__(self, run, name="prosody", components=(), modules=(),
                 extra="", domain=DOMAIN, ports=(None, None), append="",
                 upload=None, upload_limit=1000000, privileges=None):
        super().__init__(run, name)
        section = f'\n\tcomponent_secret = "{SECRET}"'
        if privileges:
            section += '\n\tmodules_enabled = { "privilege" }'
            modules = (*modules, "privilege")
            extra += PRIVILEGED.format(entities="\n".join(
                f'\t["{jid}"] = {{ {privileges} }};' for jid in components))
        self.domain = domain
        self.c2s, self.http = map(run.port, ports)
        self.component = run.port()
        self.https = run.port()
        self.upload = f"upload.{domain}"
        port = "https_ports = { }"
        if upload:
            port = UPLOAD_PORT.format(port=self.https, address=run.address,
                                      certificate=upload[0], key=upload[1])
            append += UPLOAD.format(jid=self.upload, port=self.https,
                                    limit=upload_limit)
        self._config = self.folder / "prosody.cfg.lua"
        self._config.write_text(CONFIG.format(
            as_root=str(os.getuid() == 0).lower(), folder=self.folder,
            address=run.address, c2s=self.c2s, component=self.component,
            http=self.http, domain=domain, elsewhere=ELSEWHERE,
            extra=port + "\n" + extra,
            modules=" ".join(f'"{module}",' for module in modules),
            components="\n".join(
                f'Component "{jid}"{section}' for jid in components))
            + append)

    @staticmethod
    def _encode(name):
        return "".join(c if c.isalnum() else "%%%02x" % ord(c) for c in name)

    def command(self):
        return ["prosody", "-F", "--config", str(self._config)]

    async def ready(self):
        await self.port_answers(self.c2s)
        await self.port_answers(self.component)

    def add_user(self, name, password, domain=None):
        """Creates an account by writing the file that Prosody would."""
        folder = self.folder / "data" / self._encode(domain or self.domain)
        folder = folder / "accounts"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / (self._encode(name) + ".dat")
        path.write_text('return {\n\t["password"] = "%s";\n};\n' % password)
