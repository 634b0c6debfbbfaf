"""What an operator does: check the configuration, start, reload, stop."""

import asyncio
import os
import re
import shutil
import stat
import subprocess
import urllib.error
import urllib.request

import pytest

from clients import xml
from conftest import SECOND
from servers import postgres
from servers.causeway import TOP, binary, libconfig, run_once
from servers.ejabberd import Ejabberd
from servers.prosody import SECRET, Prosody
from test_commands import command, words
from test_gateway_protocol import befriend, online_at_irc
from test_register import filled, register, stored

pytestmark = pytest.mark.skipif(not binary().exists(),
                                reason=f"{binary()} is not built")


def http_get(daemon, path):
    url = f"http://{daemon.run.address}:{daemon.http}{path}"
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


async def fetch(daemon, path):
    return await asyncio.to_thread(http_get, daemon, path)


# --- The command line ---------------------------------------------------------

def test_version():
    done = run_once("--version")
    assert done.returncode == 0
    assert re.search(r"(?i)causeway.*\d+\.\d+", done.stdout)


def test_help():
    done = run_once("--help")
    assert done.returncode == 0
    for word in ("-c", "-t", "--version"):
        assert word in done.stdout


@pytest.mark.parametrize("arguments", [["--nonsense"], ["-c"], []])
def test_wrong_arguments(arguments, tmp_path):
    done = run_once(*arguments)
    assert done.returncode not in (0, -6, -11)
    assert done.stderr


def test_example_configuration():
    done = run_once("-t", "-c", TOP / "etc/causeway.conf")
    assert done.returncode == 0, done.stderr


def config(tmp_path, text):
    path = tmp_path / "causeway.conf"
    path.write_text(text)
    return path


GOOD = """storage = "sqlite:/nowhere/causeway.db";
gateways = (
  { type = "irc"; jid = "irc.example.org"; secret = "s" }
);
"""


def test_good_configuration(tmp_path):
    done = run_once("-t", "-c", config(tmp_path, GOOD))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("text, line, words", [
    (GOOD + "nonsense = 1;\n", 5, "nonsense"),
    (GOOD + 'xmpp = { port = "no" };\n', 5, "port"),
    (GOOD + "xmpp = { port = 70000 };\n", 5, "65535"),
    (GOOD + 'log = { level = "loud" };\n', 5, "debug"),
    (GOOD + 'network = { allow = ( "1.2.3.4/99" ) };\n', None, "allow"),
    (GOOD + "this is not a configuration\n", 5, ""),
    (GOOD.replace('jid = "irc.example.org"; ', ""), 3, "jid"),
    (GOOD.replace('secret = "s"', ""), 3, "secret"),
    (GOOD.replace('"irc"', '"pigeon"'), 3, "pigeon"),
    (GOOD.replace("secret", "surprise = 1; secret"), 3, "surprise"),
    ("", None, "gateways"),
], ids=["unknown", "type", "range", "choice", "cidr", "syntax", "jid",
        "secret", "kind", "unknown-in-gateway", "empty"])
def test_configuration_errors(tmp_path, text, line, words):
    path = config(tmp_path, text)
    done = run_once("-t", "-c", path)
    assert done.returncode == 1
    found = re.search(re.escape(str(path)) + r":(\d+): ", done.stderr)
    assert found, done.stderr
    assert line is None or int(found[1]) == line, done.stderr
    assert words in done.stderr


def test_missing_configuration(tmp_path):
    done = run_once("-t", "-c", tmp_path / "none.conf")
    assert done.returncode == 1
    assert "none.conf" in done.stderr


def test_included_file(tmp_path):
    (tmp_path / "more.conf").write_text("nonsense = 1;\n")
    done = run_once("-t", "-c", config(
        tmp_path, GOOD + f'@include "{tmp_path}/more.conf"\n'))
    assert done.returncode == 1
    assert "more.conf:1: " in done.stderr


def test_secret_file(tmp_path):
    (tmp_path / "secret").write_text("s3cr3t\n")
    done = run_once("-t", "-c", config(tmp_path, GOOD.replace(
        'secret = "s"', f'secret_file = "{tmp_path}/secret"')))
    assert done.returncode == 0, done.stderr
    done = run_once("-t", "-c", config(tmp_path, GOOD.replace(
        'secret = "s"', f'secret_file = "{tmp_path}/none"')))
    assert done.returncode == 1


def test_libconfig_writer():
    """The tests' own writer of configurations."""
    assert libconfig({"a": ["x\\y\"", 1, True]}) == \
        '{\n\ta = ( "x\\\\y\\"", 1, true );\n}'


# --- The snippets for XMPP servers --------------------------------------------

SNIPPET = {"jid": "irc.example.org", "secret": "change me"}


async def test_prosody_snippet(run, own_causeway):
    text = (TOP / "etc/prosody.cfg.lua").read_text()
    prosody = Prosody(run, "prosody-snippet", append=text)
    await prosody.start()
    daemon = own_causeway(prosody, gateway=SNIPPET)
    await daemon.start()
    await daemon.stop()
    await prosody.stop()


@pytest.mark.xdist_group("ejabberd")
async def test_ejabberd_snippet(run, own_causeway, ejabberd):
    text = (TOP / "etc/ejabberd.yml").read_text().partition("listen:\n")[2]
    port = run.port()
    server = Ejabberd(run, "ejabberd-snippet", listener=text.replace(
        "5347", str(port)).replace("127.0.0.1", run.address))
    server.component = port
    await server.start()
    daemon = own_causeway(server, gateway=SNIPPET)
    await daemon.start()
    await daemon.stop()
    await server.stop()


# --- Life of the daemon -------------------------------------------------------

@pytest.mark.parametrize("number", [15, 2], ids=["SIGTERM", "SIGINT"])
async def test_stops_in_order(scene, own_causeway, number):
    daemon = own_causeway(scene.prosody)
    await daemon.start()
    scene.gateway = daemon.jid
    channel = scene.channel()
    bob = await scene.irc("bob", join=channel)
    alice = await scene.xmpp()
    room = scene.room(channel)
    nick = scene.nick("alice")
    await alice.join(room, nick)
    daemon.signal(number)
    gone = await alice.get_presence(f"{room}/{nick}", "unavailable")
    assert {110, 332} <= xml.codes(gone)
    await bob.expect("QUIT", nick=nick)
    assert await daemon.exited() == 0


async def test_stops_while_the_server_is_away(own_causeway, scene):
    server = await scene.scripted_xmpp()
    await server.close()
    daemon = own_causeway(server)
    daemon.spawn()
    await daemon.logged(r"(?i)refused|connect")
    assert await daemon.stop() == 0


async def test_restart_keeps_accounts(scene, own_causeway):
    daemon = own_causeway(scene.prosody)
    await daemon.start()
    scene.gateway = daemon.jid
    alice = await scene.xmpp()
    await register(alice, scene, realname="Alice A.", password="s1cret")
    await befriend(alice, scene.gateway)
    assert await daemon.stop() == 0
    await daemon.start()
    values = await stored(alice, scene.network())
    assert values["realname"] == "Alice A."
    assert values["nick"] == scene.nick("alice")


async def test_restart_without_warning_keeps_accounts(scene, own_causeway):
    daemon = own_causeway(scene.prosody)
    await daemon.start()
    scene.gateway = daemon.jid
    alice = await scene.xmpp()
    await register(alice, scene, realname="Alice A.")
    await daemon.kill()
    await daemon.start()
    assert (await stored(alice, scene.network()))["realname"] == "Alice A."


@pytest.mark.skipif(postgres.binaries() is None,
                    reason="PostgreSQL is not installed")
async def test_accounts_in_postgresql(scene, own_causeway, run):
    server = postgres.Postgres(run)
    await server.start()
    daemon = own_causeway(scene.prosody, storage=server.storage)
    await daemon.start()
    scene.gateway = daemon.jid
    channel = scene.channel()
    bob = await scene.irc("bob", join=channel)
    alice = await scene.xmpp()
    await register(alice, scene, realname="Alice A.", password="s1cret")
    room = scene.room(channel)
    await alice.join(room, scene.nick("alice"))
    bob.say(channel, "remember")
    await alice.get_message(f"{room}/{bob.nick}", "remember")
    assert await daemon.stop() == 0
    await daemon.start()
    assert (await stored(alice, scene.network()))["realname"] == "Alice A."
    entered = await alice.join(room, scene.nick("alice"))
    assert [xml.body(m) for m in entered.history] == ["remember"]
    await daemon.stop()
    await server.stop()


async def test_watchdog(scene, own_causeway):
    daemon = own_causeway(scene.prosody)
    daemon.variables = {"WATCHDOG_USEC": "500000"}
    await daemon.start()
    for _ in range(2):
        await daemon.notified("WATCHDOG=1")
    daemon.signal(15)
    await daemon.notified("STOPPING=1", must_live=False)
    assert await daemon.exited() == 0


async def test_key_file(scene, own_causeway):
    daemon = own_causeway(scene.prosody)
    await daemon.start()
    key = daemon.folder / "secret.key"
    assert stat.S_IMODE(os.stat(key).st_mode) == 0o600
    scene.gateway = daemon.jid
    alice = await scene.xmpp()
    await register(alice, scene, password="Qz7secret")
    await daemon.stop()
    for path in daemon.folder.glob("causeway.db*"):
        assert b"Qz7secret" not in path.read_bytes()


async def test_reload(scene, own_causeway):
    daemon = own_causeway(scene.prosody, access={"register": ["nobody.test"]})
    await daemon.start()
    scene.gateway = daemon.jid
    alice = await scene.xmpp()
    request = filled({"network": "irc.localhost",
                      "nick": scene.nick("alice")})
    answer = await alice.iq("set", scene.gateway, request)
    assert answer.get("type") == "error"
    daemon.settings["access"] = {"register": ["example.test"]}
    daemon.settings["storage"] = f"sqlite:{daemon.folder}/other.db"
    daemon.write_config()
    daemon.signal(1)
    # What needs a restart is named.
    await daemon.logged("storage")
    while True:
        answer = await alice.iq("set", scene.gateway, request)
        if answer.get("type") == "result":
            break
        await asyncio.sleep(0.05)
    assert not (daemon.folder / "other.db").exists()


async def test_reload_with_an_error_changes_nothing(scene, own_causeway):
    daemon = own_causeway(scene.prosody)
    await daemon.start()
    daemon.config.write_text("nonsense = 1;\n")
    before = daemon.sizes()
    daemon.signal(1)
    await daemon.logged("nonsense", since=before)
    scene.gateway = daemon.jid
    alice = await scene.xmpp()
    await alice.settle(scene.gateway)
    await register(alice, scene)


async def test_reload_before_it_is_ready(scene, own_causeway):
    """What systemd hears about a reload must not say that it is ready."""
    server = await scene.scripted_xmpp()
    daemon = own_causeway(server)
    daemon.spawn()
    stream = await server.accept()
    daemon.signal(1)
    await daemon.logged("configuration reloaded")
    assert not daemon.told()
    assert await stream.handshake(SECRET)
    await daemon.ready()


systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"),
                             reason="there is no systemd")


@systemd
def test_units(tmp_path):
    """What is installed under systemd's eyes."""
    units = tmp_path / "units"
    units.mkdir()
    program = tmp_path / "causeway"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for name in ("causeway.service", "causeway@.service"):
        text = (TOP / "systemd" / name).read_text()
        (units / name.replace("@", "@irc")).write_text(
            "".join(line for line in text.replace(
                "/usr/bin/causeway", str(program)).splitlines(True)
                if not line.startswith("Documentation")))
    for unit in units.iterdir():
        done = subprocess.run(["systemd-analyze", "verify", unit], text=True,
                              capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert unit.name not in done.stderr, done.stderr
        done = subprocess.run(
            ["systemd-analyze", "security", "--offline=true",
             "--threshold=20", unit],
            text=True, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stdout[-300:]


@systemd
def test_users_and_directories(tmp_path):
    for folder, name in (("sysusers.d", "causeway.sysusers"),
                         ("tmpfiles.d", "causeway.tmpfiles")):
        place = tmp_path / "usr/lib" / folder
        place.mkdir(parents=True)
        shutil.copy(TOP / "systemd" / name, place / "causeway.conf")
    done = subprocess.run(
        ["systemd-sysusers", "--dry-run", f"--root={tmp_path}"], text=True,
        capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    for name in ("causeway", "causeway-irc"):
        assert f"Creating user '{name}'" in done.stdout + done.stderr
    (tmp_path / "etc").mkdir(exist_ok=True)
    (tmp_path / "etc/group").write_text("causeway:x:900:\n")
    done = subprocess.run(
        ["systemd-tmpfiles", "--create", f"--root={tmp_path}"], text=True,
        capture_output=True, timeout=60)
    assert "causeway.conf:" not in done.stderr, done.stderr
    assert (tmp_path / "etc/causeway").is_dir()


async def test_one_process_for_each_gateway(scene, own_causeway, spare):
    """causeway@NAME.service: a configuration, a store and a key each."""
    first = own_causeway(scene.prosody)
    second = own_causeway(scene.prosody)
    second.gateways[0]["jid"] = second.jid = SECOND
    second.write_config()
    await first.start()
    await second.start()
    alice = await scene.xmpp()
    for daemon in (first, second):
        scene.gateway = daemon.jid
        await register(alice, scene)
        await alice.settle(daemon.jid)
    # One goes down, the other one does not notice.
    await first.stop()
    await alice.settle(second.jid)
    assert not first.news().count(SECOND)


async def test_unusable_storage(scene, own_causeway):
    daemon = own_causeway(scene.prosody,
                          storage="sqlite:/nowhere/at/all.db")
    daemon.spawn()
    assert await daemon.exited() == 1
    assert "/nowhere/at/all.db" in daemon.log()


async def test_http(scene, own_causeway):
    daemon = own_causeway(scene.prosody)
    await daemon.start()
    scene.gateway = daemon.jid
    status, text = await fetch(daemon, "/healthz")
    assert status == 200, text
    status, text = await fetch(daemon, "/metrics")
    assert status == 200
    names = re.findall(r"^(causeway_\w+)(?:\{[^}]*\})? [-+.\deE]+$", text,
                       re.M)
    assert names
    status, _ = await fetch(daemon, "/nothing")
    assert status == 404


async def test_health_without_a_server(scene, own_causeway):
    daemon = own_causeway(scene.prosody, gateway={"secret": "wrong"})
    daemon.spawn()
    await daemon.logged("not-authorized")
    status, _ = await fetch(daemon, "/healthz")
    assert status == 503


async def test_log_lines(scene, own_causeway):
    """Time, level, area, message, key=value pairs."""
    daemon = own_causeway(scene.prosody)
    await daemon.start()
    scene.gateway = daemon.jid
    alice = await scene.xmpp()
    await alice.join(scene.room(scene.channel()), scene.nick("alice"))
    lines = daemon.log().splitlines()
    assert lines
    for line in lines:
        assert re.match(r"\S*\d\d:\d\d:\d\d\S* (error|warning|info|debug) "
                        r"\S+ ", line), line
    assert SECRET not in daemon.log()


async def test_an_administrator_stops_it(scene, own_causeway):
    admin_jid = scene.jid("admin")
    daemon = own_causeway(scene.prosody, admins=[admin_jid])
    await daemon.start()
    scene.gateway = daemon.jid
    admin = await scene.xmpp("admin")
    answer = await command(
        admin, daemon.jid, "http://jabber.org/protocol/admin#shutdown")
    assert answer.get("type") == "result", words(answer)
    assert await daemon.exited() == 0


async def test_online_users_survive_the_signal_at_any_time(scene,
                                                           own_causeway):
    """Stopped in the middle of logins: in order all the same."""
    daemon = own_causeway(scene.prosody)
    await daemon.start()
    scene.gateway = daemon.jid
    clients = [await scene.xmpp(f"user{n}") for n in range(5)]
    for client in clients:
        client.send_presence(
            f"{scene.room(scene.channel())}/x{client.bare.split('@')[0]}",
            payload="<x xmlns='http://jabber.org/protocol/muc'/>")
    daemon.signal(15)
    assert await daemon.exited() == 0


async def test_stay_after_a_restart(scene, own_causeway):
    daemon = own_causeway(scene.prosody)
    await daemon.start()
    scene.gateway = daemon.jid
    bob = await scene.irc("bob")
    alice = await scene.xmpp()
    await register(alice, scene, stay="true")
    await alice.close()
    await daemon.stop()
    await daemon.start()
    await online_at_irc(bob, scene.nick("alice"))
