"""The real binary over HTTPS: the lifecycle of a pipeline with the right certificate authority, and not one byte to a
server that cannot prove its identity.
"""

import contextlib
import os
import socket
import ssl
import time
import unittest
import warnings

import harness
from certificates import Authority
from fault_proxy import FaultProxy
from scenario import BUCKET, NAME, Scenario, transcript

TLS_HANDSHAKE = b"\x16"


class Encrypted(Scenario):
    def setUp(self):
        super().setUp()
        self.keys = self.enterContext(harness.scratch())
        self.authority = Authority(self.keys)

    def serve(self, context):
        fault_proxy = FaultProxy(self.sandbox, context)
        self.addCleanup(fault_proxy.close)
        return fault_proxy

    def over(self, fault_proxy, bundle, **more):
        return {"AWS_ENDPOINT_URL": fault_proxy.url, "AWS_CA_BUNDLE": bundle, **more}


class Trusted(Encrypted):
    def test_a_whole_life(self):
        fault_proxy = self.serve(self.authority.server("server"))
        env = self.over(fault_proxy, self.authority.bundle)
        self.up(2, env=env)
        self.assert_says(self.expect(0, "describe", env=env).stdout, f"{NAME}-2", "ACTIVE")
        self.expect(0, "scale", "3", "--yes", env=env)
        self.expect(0, "scale", "1", "--no-drain", "--yes", env=env)
        self.sandbox.advance(1)
        self.assertEqual(self.streams(), [f"{NAME}-1"])
        self.expect(0, "put", "-", stdin="x\n", env=env)
        self.expect(0, "destroy", "--empty-bucket", "--confirm", NAME, env=env)
        self.assert_nothing_left()
        self.assertEqual(set(fault_proxy.first_bytes), {TLS_HANDSHAKE})
        self.assertGreater(len(fault_proxy.seen), 50)
        # Connections are used again: a handshake for each request would be slow.
        self.assertLess(len(fault_proxy.first_bytes), len(fault_proxy.seen) / 2)

    def test_the_bundle_by_flag_and_by_profile(self):
        fault_proxy = self.serve(self.authority.server("server"))
        self.expect(0, "plan", "--ca-bundle", self.authority.bundle, env=self.over(fault_proxy, None))
        config = self.write("config", f"[default]\nca_bundle = {self.authority.bundle}\n")
        self.expect(0, "plan", env=self.over(fault_proxy, None, AWS_CONFIG_FILE=config))

    def test_an_address_in_the_certificate_will_do(self):
        fault_proxy = self.serve(self.authority.server("server"))
        fault_proxy.url = f"https://127.0.0.1:{fault_proxy.port}"
        self.expect(0, "plan", env=self.over(fault_proxy, self.authority.bundle))


class Refused(Encrypted):
    """The server's name is in the message, and what to do; nothing was sent; it took no retries."""

    def refused(self, context, bundle, *phrases, code=69):
        fault_proxy = self.serve(context)
        for words in (["up", "--count", "1", "--yes"], ["describe"], ["destroy", "--empty-bucket", "--confirm", NAME]):
            begun = time.monotonic()
            result = self.expect(code, *words, env=self.over(fault_proxy, bundle))
            self.assertLess(time.monotonic() - begun, harness.HANG_S, transcript(result))
            self.assert_says(result.stderr, "GetCallerIdentity", f"localhost:{fault_proxy.port}", "TLS", *phrases)
            self.assertEqual(result.stdout.count("localhost"), 0)
        self.assertEqual(fault_proxy.seen, [])  # no request, no credentials, not even a path
        self.assertEqual(set(fault_proxy.first_bytes), {TLS_HANDSHAKE})
        self.assertEqual(self.requests(), [])
        return fault_proxy

    def once(self, fault_proxy):
        self.assertEqual(len(fault_proxy.first_bytes), 3, "one try for each of three commands")

    def test_an_unknown_authority(self):
        stranger = Authority(self.keys, "stranger")
        self.once(self.refused(self.authority.server("server"), stranger.bundle, "--ca-bundle", "AWS_CA_BUNDLE"))

    def test_without_any_bundle_the_test_authority_is_unknown(self):
        self.once(self.refused(self.authority.server("server"), None, "--ca-bundle"))

    def test_an_expired_certificate(self):
        expired = self.authority.server("expired", dates=("-days", "-1"))
        self.once(self.refused(expired, self.authority.bundle, "expired", "clock"))

    def test_the_certificate_of_another_host(self):
        other = self.authority.server("other", "subjectAltName=DNS:firehose.example.com")
        self.once(self.refused(other, self.authority.bundle, "endpoint", "another host"))

    def test_a_self_signed_certificate(self):
        self.once(self.refused(self.authority.self_signed("self"), self.authority.bundle, "self", "--ca-bundle"))

    def test_a_bundle_that_is_not_there_or_is_none(self):
        server = self.authority.server("server")
        for bundle in self.authority.path("nowhere.pem"), self.authority.path("server.key"):
            fault_proxy = self.serve(server)
            result = self.expect(69, "plan", env=self.over(fault_proxy, bundle))
            self.assert_says(result.stderr, bundle, "AWS_CA_BUNDLE")
            self.assertEqual(fault_proxy.seen, [])

    def test_old_versions_of_tls(self):
        context = self.authority.server("old")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        fault_proxy = self.refused(context, self.authority.bundle)
        # The server is one that an old client can talk to.
        self.assertEqual(self.version_of_an_old_client(fault_proxy.port), "TLSv1.1")

    def version_of_an_old_client(self, port):
        client = ssl.create_default_context(cafile=self.authority.bundle)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            client.minimum_version = ssl.TLSVersion.TLSv1
        client.set_ciphers("ALL:@SECLEVEL=0")
        with contextlib.closing(socket.create_connection(("127.0.0.1", port), 10)) as plain:
            with client.wrap_socket(plain, server_hostname="localhost") as encrypted:
                return encrypted.version()


class Changing(Encrypted):
    def test_another_server_takes_over_in_the_middle(self):
        """From one request on the server has another certificate: nothing more is sent, and the run ends soon."""
        self.up(1)
        undisturbed = self.cloud()
        self.sandbox.call("POST", "reset", b"")
        os.remove(os.path.join(self.folder, "fhctl-manifest.json"))
        fault_proxy = self.serve(self.authority.server("server"))
        imposter = Authority(self.keys, "imposter").server("imposter")

        def change(connection, _):
            fault_proxy.context = imposter
            connection.close()

        fault_proxy.lie, fault_proxy.when = change, lambda seen, n: seen.operation() == "CreateRole"
        begun = time.monotonic()
        result = self.fhctl("up", "--count", "1", "--yes", env=self.over(fault_proxy, self.authority.bundle))
        self.assertIn(result.code, (3, 69), transcript(result))
        self.assertLess(time.monotonic() - begun, harness.HANG_S)
        self.assert_says(result.stderr, "TLS", "--ca-bundle")
        self.assertEqual(self.streams(), [])
        # With the right certificate the same command continues.
        self.up(1)
        self.assertEqual(self.cloud(), undisturbed)
        self.assertIn(BUCKET, undisturbed)


if __name__ == "__main__":
    unittest.main()
