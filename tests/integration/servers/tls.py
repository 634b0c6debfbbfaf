"""A certificate authority for one run, made by openssl(1)."""

import itertools
import subprocess


class Authority:
    def __init__(self, folder):
        self.folder = folder
        self._numbers = itertools.count(1)
        self.certificate = folder / "ca.pem"
        self._key = folder / "ca.key"
        self._openssl("req", "-x509", "-subj", "/CN=Test authority",
                      "-days", "30", "-nodes", "-newkey", "ec",
                      "-pkeyopt", "ec_paramgen_curve:prime256v1",
                      "-keyout", self._key, "-out", self.certificate)

    def issue(self, *names):
        """A certificate for these host names: its path and its key's."""
        name = f"{names[0]}-{next(self._numbers)}"
        paths = {end: self.folder / (name + end)
                 for end in (".pem", ".key", ".csr", ".ext")}
        alternatives = ",".join("DNS:" + name for name in names)
        paths[".ext"].write_text(f"subjectAltName={alternatives}\n")
        self._openssl("req", "-new", "-nodes", "-subj", "/CN=" + names[0],
                      "-newkey", "ec",
                      "-pkeyopt", "ec_paramgen_curve:prime256v1",
                      "-keyout", paths[".key"], "-out", paths[".csr"])
        self._openssl("x509", "-req", "-in", paths[".csr"],
                      "-CA", self.certificate, "-CAkey", self._key,
                      "-CAcreateserial", "-days", "30",
                      "-extfile", paths[".ext"], "-out", paths[".pem"])
        paths[".key"].chmod(0o644)
        return paths[".pem"], paths[".key"]

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True,
                       capture_output=True)
