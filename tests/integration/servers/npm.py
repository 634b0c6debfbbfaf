"""What a folder's package-lock.json names, from npm: installed once, into the
build folder."""

import fcntl
import shutil
import subprocess

from servers.causeway import TOP

LOCK = "package-lock.json"


def installed(source, name, fetching=lambda: None):
    """The folder node_modules of TOP/source, in build/name; None without npm.
    `fetching` is called when that has to be done."""
    if not shutil.which("npm"):
        return None
    source, folder = TOP / source, TOP / "build" / name
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "guard", "w", encoding="ascii") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not _is_installed(source, folder):
            fetching()
            _install(source, folder)
    return folder / "node_modules"


def _is_installed(source, folder):
    done = folder / "node_modules" / LOCK
    return done.exists() and \
        done.read_bytes() == (source / LOCK).read_bytes()


def _install(source, folder):
    for name in ("package.json", LOCK):
        shutil.copy(source / name, folder)
    done = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError("npm failed: " + done.stderr.strip()[-300:])
    shutil.copy(source / LOCK, folder / "node_modules")
