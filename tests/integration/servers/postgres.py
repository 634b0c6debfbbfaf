"""PostgreSQL, private to a run, reached by a socket in its folder."""

import pathlib
import subprocess

from servers.process import Process, as_other_user


def binaries():
    """The folder of the server's programs, or None."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


class Postgres(Process):
    def __init__(self, run, name="postgres"):
        super().__init__(run, name)
        self._data = self.folder / "data"
        user = as_other_user(self.folder)
        subprocess.run(
            [*user, binaries() / "initdb", "-D", self._data, "-U", "causeway",
             "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True, capture_output=True, cwd=self.folder)

    @property
    def storage(self):
        """The value of the daemon's "storage"."""
        return f"postgresql:host={self.folder} user=causeway dbname=postgres"

    def command(self):
        return [*as_other_user(self.folder), str(binaries() / "postgres"),
                "-D", str(self._data), "-k", str(self.folder),
                "-c", "listen_addresses=", "-c", "fsync=off"]

    async def ready(self):
        await self.logged("ready to accept connections")
