"""ngIRCd: the old server, almost without capabilities."""

from servers.process import Process, as_other_user

CONFIG = """\
[Global]
	Name = old.localhost
	AdminInfo1 = nobody
	AdminEMail = nobody@example.test
	Info = Test server
	Listen = {address}
	Ports = {port}
	MotdPhrase = "Welcome"
	Network = OldNet
{password}
[Limits]
	ConnectRetry = 60
	MaxConnections = 500
	MaxConnectionsIP = 0
	MaxJoins = 50
	MaxNickLength = 12
	MaxPenaltyTime = 0
	PingTimeout = 600
[Options]
	DNS = no
	Ident = no
	PAM = no
	SyslogFacility = local1
"""


class Ngircd(Process):
    host = "old.localhost"

    def __init__(self, run, name="ngircd", password=None):
        super().__init__(run, name)
        self.port = run.port()
        self.password = password
        demand = f"\tPassword = {password}\n" if password else ""
        self._config = self.folder / "ngircd.conf"
        self._config.write_text(CONFIG.format(
            address=run.address, port=self.port, password=demand))

    def command(self):
        return [*as_other_user(self.folder), "ngircd", "-n",
                "-f", str(self._config)]

    async def ready(self):
        await self.port_answers(self.port)
