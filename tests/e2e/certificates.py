"""Certificates of a test: created with the openssl command when it runs, and deleted with its folder."""

import os
import ssl
import subprocess

import harness

NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1"


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder, name="ca"):
        self.openssl = harness.need_program("openssl", "everything over TLS")
        self.folder, self.name = folder, name
        self.bundle = self.path(f"{name}-authority.pem")
        self.call("req", "-x509", *self.new_key(f"{name}-authority"), "-out", self.bundle, "-subj", f"/CN=test {name}",
                  "-days", "2", "-addext", "basicConstraints=critical,CA:TRUE")

    def path(self, name):
        return os.path.join(self.folder, name)

    def call(self, *arguments):
        done = subprocess.run([self.openssl, *arguments], cwd=self.folder, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {' '.join(arguments)}: {done.stderr.decode()}")

    def new_key(self, name):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                self.path(f"{name}.key"))

    def server(self, name, alternatives=NAMES, dates=("-days", "2")):
        """The context of a server with a certificate of this authority."""
        extensions, request = self.path(f"{name}.ext"), self.path(f"{name}.csr")
        with open(extensions, "w", encoding="ascii") as file:
            file.write(alternatives + "\n")
        self.call("req", *self.new_key(name), "-out", request, "-subj", "/CN=server")
        self.call("x509", "-req", "-in", request, "-CA", self.bundle, "-CAkey", self.path(f"{self.name}-authority.key"),
                  "-CAcreateserial", *dates, "-extfile", extensions, "-out", self.path(f"{name}.pem"))
        return self.context(name)

    def self_signed(self, name):
        self.call("req", "-x509", *self.new_key(name), "-out", self.path(f"{name}.pem"), "-subj", "/CN=localhost",
                  "-addext", NAMES, "-days", "2")
        return self.context(name)

    def context(self, name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path(f"{name}.pem"), self.path(f"{name}.key"))
        return context
