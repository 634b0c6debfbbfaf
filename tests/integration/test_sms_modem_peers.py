"""The modem of the tests, used by programs that know real ones: what they send
and receive through it shows that it speaks as a modem does."""

import asyncio
import shutil

import pytest

from servers import gsm
from servers.modem import Modem
from servers.process import Process, wait_for

LONG = "The quick brown fox jumps over the lazy dog. " * 5


@pytest.fixture
def modem(run):
    modem = Modem(run.make_folder("modem") / "tty")
    yield modem
    modem.unplug()


def need(program):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


# --- gammu --------------------------------------------------------------------

@pytest.fixture
def gammu(run, modem):
    """Runs one command; what it printed."""
    need("gammu")
    folder = run.make_folder("gammu")
    config = folder / "rc"
    config.write_text("[gammu]\n"
                      f"device = {modem.path}\nconnection = at115200\n"
                      f"logfile = {folder}/log\nlogformat = textalldate\n")

    async def call(*arguments):
        child = await asyncio.create_subprocess_exec(
            "gammu", "-c", str(config), *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
        output, _ = await child.communicate()
        text = output.decode(errors="replace")
        assert child.returncode == 0, text
        return text
    return call


async def sent(modem):
    return await modem.inbox.get(lambda item: isinstance(item, gsm.Submit),
                                 "a text")


async def test_gammu_knows_the_modem(gammu):
    output = await gammu("identify")
    assert "SIMULATED" in output
    assert "490154203237518" in output


async def test_gammu_sends(gammu, modem):
    await gammu("sendsms", "TEXT", "+15557770000", "-text", "Hello [€] é")
    text = await sent(modem)
    assert (text.receiver, text.text) == ("+15557770000", "Hello [€] é")


async def test_gammu_sends_other_alphabets(gammu, modem):
    await gammu("sendsms", "TEXT", "12345", "-unicode", "-text", "Привет 😀")
    text = await sent(modem)
    assert (text.receiver, text.text) == ("12345", "Привет 😀")


async def test_gammu_sends_in_parts(gammu, modem):
    await gammu("sendsms", "TEXT", "+15557770000", "-len", "400",
                "-text", LONG)
    parts = [await sent(modem), await sent(modem)]
    assert [part.header[-2:] for part in parts] == [b"\2\1", b"\2\2"]
    assert "".join(part.text for part in parts) == LONG


async def test_gammu_reads_what_came(gammu, modem):
    modem.text("+15557771111", "Hello {€}")
    modem.text("ACME", "Привет")
    output = await gammu("getallsms")
    assert '"+15557771111"' in output and "Hello {€}" in output
    assert '"ACME"' in output and "Привет" in output


async def test_gammu_joins_parts(gammu, modem):
    for number in (2, 1):
        header = bytes([0, 3, 7, 2, number])
        modem.text("+15557771111", f"part {number} of two ", header=header)
    output = await gammu("geteachsms")
    assert "part 1 of two part 2 of two" in output


async def test_gammu_deletes(gammu, modem):
    modem.text("+15557771111", "one")
    await gammu("deleteallsms", "1")
    assert not modem.memories["SM"]


# --- smstools -----------------------------------------------------------------

CONFIG = """\
devices = GSM1
outgoing = {folder}/outgoing
checked = {folder}/checked
failed = {folder}/failed
incoming = {folder}/incoming
report = {folder}/report
sent = {folder}/sent
infofile = {folder}/info
logfile = {folder}/output.log
loglevel = 7
delaytime = 1
[GSM1]
device = {device}
incoming = yes
report = yes
init = AT+CNMI=2,1,0,2,1
check_memory_method = 1
baudrate = 115200
"""


class Smsd(Process):
    def __init__(self, run, modem):
        super().__init__(run, "smsd")
        for name in ("outgoing", "checked", "failed", "incoming", "report",
                     "sent"):
            (self.folder / name).mkdir()
        self.config = self.folder / "smsd.conf"
        self.config.write_text(CONFIG.format(folder=self.folder,
                                             device=modem.path))

    def command(self):
        return ["smsd", "-n", "MAIN", f"-c{self.config}", "-t"]

    async def ready(self):
        await self.logged("GSM1: Modem handler")

    async def file(self, folder, words=""):
        """The next one in there with these words, which it may get later;
        its text."""
        def look():
            for path in (self.folder / folder).iterdir():
                text = path.read_bytes().decode(errors="replace")
                if words in text:
                    return path, text
            return None
        path, text = await wait_for(look, f"{words!r} in {folder}")
        path.unlink()
        return text


@pytest.fixture
def smsd(run, modem):
    need("smsd")
    return Smsd(run, modem)


async def test_smsd_sends_and_is_told(smsd, modem):
    await smsd.start()
    (smsd.folder / "outgoing" / "1").write_text(
        "To: 15557770000\nReport: yes\n\nHello there")
    text = await sent(modem)
    assert (text.receiver, text.text) == ("+15557770000", "Hello there")
    await smsd.file("sent", "Message_id: 1")
    assert "Status: 0,Ok" in await smsd.file("report")
    await smsd.end()


async def test_smsd_receives(smsd, modem):
    modem.text("+15557771111", "Hello {there}")
    await smsd.start()
    text = await smsd.file("incoming")
    assert "From: 15557771111" in text and "Hello {there}" in text
    await wait_for(lambda: not modem.memories["SM"], "an empty memory")
    await smsd.end()
