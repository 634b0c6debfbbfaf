"""Runs a program with the system calls that a unit of systemd allows, where
no systemd runs:

    /usr/bin/python3 confined.py UNIT PROGRAM [ARGUMENT...]

What is emulated: SystemCallFilter (as this systemd reads its sets; what is not
allowed fails with EPERM), NoNewPrivileges, MemoryDenyWriteExecute where the
kernel has a call for it, and LimitNOFILE."""

import ctypes
import os
import resource
import subprocess
import sys

_ALLOW = 0x7fff0000
_REFUSE = 0x00050001  # EPERM
_PR_SET_MDWE = 65


def settings(unit, key):
    with open(unit, encoding="utf-8") as file:
        for line in file:
            name, _, value = line.strip().partition("=")
            if name == key:
                yield value


def expanded(name):
    """The calls of a set, and of those in it."""
    if not name.startswith("@"):
        return {name}
    text = subprocess.run(["systemd-analyze", "syscall-filter", name],
                          text=True, capture_output=True, check=True).stdout
    found = set()
    for line in text.splitlines()[1:]:
        word = line.strip()
        if word and not word.startswith("#"):
            found |= expanded(word)
    return found


def allowed_calls(unit):
    """The first line says that it is a list of what is allowed; later ones
    add to it, or with ~ take away."""
    calls = expanded("@default")
    for line in settings(unit, "SystemCallFilter"):
        names = set().union(*map(expanded, line.lstrip("~").split()))
        calls = calls - names if line.startswith("~") else calls | names
    return calls


def confine(calls):
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(
        ctypes.c_uint32(_REFUSE)))
    for call in calls:
        number = library.seccomp_syscall_resolve_name(call.encode())
        if number >= 0:
            library.seccomp_rule_add(context, ctypes.c_uint32(_ALLOW),
                                     number, 0)
    if library.seccomp_load(context) != 0:
        sys.exit("the filter can't be loaded")


def main(unit, *command):
    for value in settings(unit, "LimitNOFILE"):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = min(int(value), most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    calls = allowed_calls(unit)
    if "yes" in settings(unit, "MemoryDenyWriteExecute"):
        ctypes.CDLL(None).prctl(_PR_SET_MDWE, 1, 0, 0, 0)
    confine(calls)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
