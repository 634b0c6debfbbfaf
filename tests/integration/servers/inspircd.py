"""InspIRCd with a plain, a TLS and a services port, and Atheme for it."""

import os

from servers.process import Process, as_other_user

MODULES = """cap ircv3 ircv3_accounttag ircv3_batch ircv3_capnotify
ircv3_chghost ircv3_ctctags ircv3_echomessage ircv3_invitenotify
ircv3_labeledresponse ircv3_msgid ircv3_servertime namesx uhnames
monitor setname services_account sasl chanhistory botmode customprefix
spanningtree chghost globops ssl_gnutls sslinfo samode sajoin sakick
svshold redirect banexception inviteexception timedbans""".split()

CONFIG = """\
<config format="xml">
<server name="{host}" description="Test server" network="TestNet" id="001">
<admin name="Nobody" nick="nobody" email="nobody@example.test">
<bind address="{address}" port="{port}" type="clients">
<bind address="{address}" port="{tls_port}" type="clients" sslprofile="own">
<bind address="{address}" port="{services_port}" type="servers">
<sslprofile name="own" provider="gnutls" certfile="{certificate}"
	keyfile="{key}" cafile="">
<connect allow="*" {password} resolvehostnames="no" fakelag="no"
	threshold="1000000" commandrate="1000000" localmax="1000"
	globalmax="1000" maxconnwarn="no" recvq="1M" softsendq="8M"
	hardsendq="8M" useident="no" pingfreq="600">
<class name="root" commands="*" privs="*" usermodes="*" chanmodes="*">
<type name="root" classes="root">
<oper name="root" password="root" host="*@*" type="root">
<channels users="100" opers="100">
<pid file="{folder}/inspircd.pid">
<options prefixquit="" syntaxhints="no" announceinvites="dynamic"
	hostintopic="no" splitwhois="no">
<security allowcoreunload="no" announceinvites="dynamic">
<performance clonesonconnect="no" softlimit="10000" somaxconn="128"
	nouserdns="yes">
<limits maxnick="30" maxchan="60" maxmodes="4" maxident="12" maxquit="255"
	maxtopic="307" maxkick="255" maxreal="128" maxaway="200">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default"
	target="{folder}/inspircd.log">
<sasl target="services.localhost" requiressl="no">
<link name="services.localhost" ipaddr="{address}" port="{services_port}"
	allowmask="*" sendpass="link" recvpass="link">
<uline server="services.localhost" silent="yes">
<customprefix name="founder" letter="q" prefix="~" rank="50000"
	ranktoset="50000">
<customprefix name="admin" letter="a" prefix="&amp;" rank="40000"
	ranktoset="50000">
<customprefix name="halfop" letter="h" prefix="%" rank="20000"
	ranktoset="30000">
<chanhistory maxlines="50" maxduration="1h" prefixmsg="no">
{modules}
{extra}
"""


class Inspircd(Process):
    host = "irc.localhost"

    def __init__(self, run, certificate, key, name="inspircd",
                 password=None, port=None, extra=""):
        super().__init__(run, name)
        self.port = run.port(port)
        self.password = password
        self.tls_port = run.port()
        self.services_port = run.port()
        self.logs = [self.output, self.folder / "inspircd.log"]
        demand = f'password="{password}"' if password else ""
        (self.folder / "inspircd.conf").write_text(CONFIG.format(
            host=self.host, address=run.address, port=self.port,
            tls_port=self.tls_port, services_port=self.services_port,
            certificate=certificate, key=key, folder=self.folder,
            password=demand, extra=extra,
            modules="\n".join(f'<module name="{module}">'
                              for module in MODULES)))

    def command(self):
        root = ["--runasroot"] if os.getuid() == 0 else []
        return ["inspircd", "--config", str(self.folder / "inspircd.conf"),
                "--nofork", *root]

    async def ready(self):
        await self.logged("is now running")


ATHEME = """\
loadmodule "modules/protocol/inspircd";
loadmodule "modules/backend/opensex";
loadmodule "modules/crypto/posix";
loadmodule "modules/nickserv/main";
loadmodule "modules/nickserv/register";
loadmodule "modules/nickserv/identify";
loadmodule "modules/nickserv/logout";
loadmodule "modules/saslserv/main";
loadmodule "modules/saslserv/plain";
serverinfo {{
	name = "services.localhost";
	desc = "Services";
	numeric = "00A";
	recontime = 1;
	netname = "TestNet";
	adminname = "Nobody";
	adminemail = "nobody@example.test";
	registeremail = "nobody@example.test";
	auth = none;
	casemapping = rfc1459;
}};
uplink "irc.localhost" {{
	host = "{address}";
	port = {port};
	send_password = "link";
	receive_password = "link";
}};
nickserv {{
	nick = "NickServ";
	user = "NickServ";
	host = "services.localhost";
	real = "Nickname services";
}};
saslserv {{
	nick = "SaslServ";
	user = "SaslServ";
	host = "services.localhost";
	real = "SASL agent";
}};
database {{ }};
general {{
	commit_interval = 5;
}};
"""


class Atheme(Process):
    """Services for an InspIRCd."""

    def __init__(self, run, inspircd, name="atheme"):
        super().__init__(run, name)
        self._ircd = inspircd
        (self.folder / "atheme.conf").write_text(ATHEME.format(
            address=run.address, port=inspircd.services_port))

    def command(self):
        return [*as_other_user(self.folder), "atheme-services", "-n",
                "-c", str(self.folder / "atheme.conf"),
                "-D", str(self.folder), "-l", str(self.folder / "services.log"),
                "-p", str(self.folder / "atheme.pid")]

    async def ready(self):
        await self.logged("finished synching")
