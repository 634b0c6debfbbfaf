"""The email gateway as it is installed: the daemon finds its worker, and both
can do their work with what the units of systemd allow."""

import re
import shutil
import subprocess
import sys

import pytest

from servers import confined
from servers.causeway import TOP, binary
from test_mail_out import is_received, RECEIPT

UNITS = ("causeway.service", "causeway@.service")


@pytest.fixture(scope="module")
def installed(run):
    """The tree of `cmake --install`, in a place of its own."""
    place = run.make_folder("installed")
    done = subprocess.run(
        ["cmake", "--install", binary().parent, "--prefix", place],
        text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    return place


def only(place, name):
    found, = (path for path in place.rglob(name) if path.is_file())
    return found


async def talks(post, daemon):
    """A mail in, a mail out."""
    post.gateway = daemon.jid
    alice = await post.registered()
    bob = post.correspondent()
    await bob.write(alice.address, "In", "Hello Alice.")
    await alice.get_message(post.person(bob), re.compile("Hello Alice."))
    id = alice.send_message(post.person(bob), "Hello Bob.", payload=RECEIPT)
    await is_received(alice, id)
    assert (await bob.receive()).body.strip() == "Hello Bob."


async def test_the_worker_is_found(post, own_postman, installed):
    """Not beside the daemon, but in the library's folder of its tree."""
    worker = only(installed, "causeway-mail")
    assert worker.parent.name == "causeway"
    assert "lib" in worker.parts and "bin" not in worker.parts
    daemon = own_postman()
    daemon.program = only(installed, "causeway")
    await daemon.start()
    await talks(post, daemon)
    assert daemon.workers()
    for pid in daemon.workers():
        assert worker.samefile(f"/proc/{pid}/exe")


def test_without_a_worker(run, installed, own_postman):
    """It says so at the start, not when somebody registers."""
    place = run.make_folder("alone")
    shutil.copy2(only(installed, "causeway"), place / "causeway")
    daemon = own_postman()
    done = subprocess.run([place / "causeway", "-c", daemon.config],
                          text=True, capture_output=True, timeout=30)
    assert done.returncode != 0
    assert "causeway-mail" in done.stderr


@pytest.mark.skipif(not shutil.which("systemd-analyze"),
                    reason="there is no systemd")
@pytest.mark.parametrize("name", UNITS)
async def test_with_what_the_unit_allows(post, own_postman, installed, name):
    unit = TOP / "systemd" / name
    calls = confined.allowed_calls(unit)
    # What it is for.
    assert not calls & {"ptrace", "mount", "reboot", "setuid", "bpf"}
    daemon = own_postman()
    daemon.program = only(installed, "causeway")
    daemon.wrapper = [sys.executable, confined.__file__, str(unit)]
    # It would trace the process to find leaks.
    daemon.variables = {"ASAN_OPTIONS": "detect_leaks=0"}
    await daemon.start()
    await talks(post, daemon)
    for pid in daemon.workers():
        status = open(f"/proc/{pid}/status").read()
        # The unit's filter, and its own.
        assert re.search(r"Seccomp:\s+2", status)
        assert int(re.search(r"Seccomp_filters:\s+(\d+)", status)[1]) >= 2
