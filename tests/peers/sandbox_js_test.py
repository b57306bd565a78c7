"""A producer with the AWS SDK for JavaScript follows the manifest in the bucket of the sandbox."""

import gzip
import json
import os
import unittest

import harness
from scenario import ACCOUNT, BUCKET, NAME, OWN, Scenario

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "producer.mjs")
CHECKS = "a JavaScript producer that follows the manifest"


class JavaScript(Scenario):
    @classmethod
    def setUpClass(cls):
        for package in "@aws-sdk/client-firehose", "@aws-sdk/client-s3":
            cls.node, cls.modules = harness.need_node_with(package, CHECKS)
        super().setUpClass()

    def produce(self, count):
        result = harness.run([self.node, SCRIPT, self.modules, BUCKET, OWN + "manifest.json", ACCOUNT, count],
                             env=self.sandbox.env(), cwd=self.folder, timeout=120)
        self.assertEqual(result.code, 0, result.stderr)
        return json.loads(result.stdout)

    def test_it_follows_the_manifest_through_a_resize(self):
        self.up(2)
        self.assertEqual(self.produce(1200), {f"{NAME}-1": 600, f"{NAME}-2": 600})
        self.expect(0, "scale", 3, "--yes")
        self.assertEqual(self.produce(300), {f"{NAME}-{n}": 100 for n in (1, 2, 3)})
        self.deliver()
        lines = [line for key in self.aws.keys(BUCKET, "logs/")
                 for line in gzip.decompress(self.aws.s3("GET", BUCKET, key)[1]).decode().splitlines()]
        expected = [json.dumps({"number": n, "text": "é"}, separators=(",", ":"), ensure_ascii=False)
                    for n in [*range(1200), *range(300)]]
        self.assertEqual(sorted(lines), sorted(expected))


if __name__ == "__main__":
    unittest.main()
