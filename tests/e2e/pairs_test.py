"""Every pair of up, scale, destroy and describe at once, with starting times drawn from a seed. One more run then
corrects everything, and nothing is left over.

A failure prints its seed: E2E_PAIRS_SEED=4711 repeats it; E2E_PAIRS=20 runs more rounds.
"""

import concurrent.futures
import itertools
import json
import os
import queue
import random
import time
import unittest

import harness
from aws_calls import Aws, snapshot
from scenario import NAME, QUICK_SANDBOX, QUICK_SPEC, SANITIZED, transcript

SEED = int(os.environ.get("E2E_PAIRS_SEED", random.SystemRandom().randrange(1 << 32)))
ROUNDS = int(os.environ.get("E2E_PAIRS", "1"))
SIDE_BY_SIDE = 6 if SANITIZED else 12  # they mostly wait
OFFSET = 0.5  # seconds, at most, between two starts: as long as a run takes

COMMANDS = {
    "up 4": ("up", "--count", "4", "--yes"),
    "up 2": ("up", "--count", "2", "--allow-shrink", "--no-drain", "--yes"),
    "scale 3": ("scale", "3", "--no-drain", "--yes"),
    "scale 1": ("scale", "1", "--no-drain", "--yes"),
    "destroy": ("destroy", "--empty-bucket", "--no-drain", "--confirm", NAME),
    "describe": ("describe",),
}
# Done; the pipeline does not exist (any more); partly done; locked; AWS changed after the confirmation.
CODES = (0, 1, 3, 4, 7)
CRASH = ("terminate called", "Assertion", "Sanitizer", "Segmentation", "core dumped", "runtime error")


class Place:
    def __init__(self, folder):
        self.sandbox = harness.Sandbox(*QUICK_SANDBOX)
        self.aws = Aws.of(self.sandbox)
        self.folder = folder
        with open(os.path.join(folder, "fhctl.toml"), "w", encoding="utf-8") as file:
            file.write(QUICK_SPEC)

    def close(self):
        self.aws.close()
        self.sandbox.stop()

    def expect(self, *words):
        result = self.sandbox.fhctl(*words, cwd=self.folder, timeout=120)
        if result.code != 0:
            raise AssertionError(f"{words}: {transcript(result)}")
        return result

    def start_over(self):
        self.sandbox.call("POST", "reset", b"")
        for name in os.listdir(self.folder):
            if name.endswith(".json"):
                os.remove(os.path.join(self.folder, name))

    def begin(self, words, number):
        """Each run writes its own manifest file; describe writes none."""
        own = () if words[0] in ("describe", "destroy") else ("--manifest-file", f"{number}.json")
        wait = () if words[0] == "describe" else ("--lock-timeout", "60s")
        return harness.start_fhctl(*words, *own, *wait, env=self.sandbox.env(), cwd=self.folder)


class Pairs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print(f"E2E_PAIRS_SEED={SEED}", flush=True)
        cls.places = queue.SimpleQueue()
        cls.pool = concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE)
        cls.addClassCleanup(cls.pool.shutdown)
        for _ in range(SIDE_BY_SIDE):
            place = Place(cls.enterClassContext(harness.scratch()))
            cls.addClassCleanup(place.close)
            cls.places.put(place)

    def run_pair(self, place, names, there_before, offset):
        place.start_over()
        if there_before:
            place.expect("up", "--count", "2", "--yes")
        processes = []
        try:
            for number, name in enumerate(names):
                processes.append(place.begin(COMMANDS[name], number))
                if number == 0:
                    time.sleep(offset)
            ended = [process.communicate(timeout=120) for process in processes]
        finally:
            for process in processes:
                process.kill()
        for name, process, (out, err) in zip(names, processes, ended, strict=True):
            result = harness.Result(process.returncode, out.decode(), err.decode())
            self.assertIn(result.code, CODES, f"{name}: {transcript(result)}")
            for word in CRASH:
                self.assertNotIn(word, result.stderr)
            if result.code != 0:
                self.assertIn("error:", result.stderr, f"{name}: {transcript(result)}")
        self.converges(place)

    def converges(self, place):
        """One more run: what it reports exists, nothing else does, and a second run has nothing to do."""
        place.expect("up", "--count", "3", "--allow-shrink", "--no-drain", "--yes", "--manifest-file", "fhctl.json")
        place.sandbox.advance(2)  # what is DELETING has gone
        cloud = json.loads(snapshot(place.aws))
        self.assertEqual([stream["status"] for stream in cloud["streams"].values()], ["ACTIVE"] * 3)
        self.assertEqual([len(cloud[kind]) for kind in ("buckets", "roles", "groups")], [1, 1, 1])
        own = next(iter(cloud["buckets"].values()))["own"]
        self.assertEqual(sorted(key.rpartition("/")[2] for key in own), ["manifest.json", "pipeline.json"])
        manifest = next(document for key, document in own.items() if key.endswith("/manifest.json"))
        self.assertEqual(sorted(entry["name"] for entry in manifest["streams"]), sorted(cloud["streams"]))
        self.assertEqual({entry["state"] for entry in manifest["streams"]}, {"active"})
        again = place.expect("up", "--count", "3", "--yes", "--manifest-file", "fhctl.json")
        self.assertIn("No changes.", again.stdout)
        place.expect(*COMMANDS["destroy"])
        self.assertEqual(json.loads(snapshot(place.aws)), {"buckets": {}, "roles": {}, "groups": {}, "streams": {}})

    def test_every_pair(self):
        draw = random.Random(SEED)
        cases = []
        for _, names in itertools.product(range(ROUNDS), itertools.combinations_with_replacement(COMMANDS, 2)):
            names = list(names)
            draw.shuffle(names)
            cases.append((names, draw.random() < 0.7, draw.random() * OFFSET))
        if SANITIZED:
            cases = cases[draw.randrange(2)::2]

        def one(case):
            place = self.places.get()
            try:
                self.run_pair(place, *case)
            finally:
                self.places.put(place)

        runs = [(case, self.pool.submit(one, case)) for case in cases]
        for (names, there_before, offset), run in runs:
            with self.subTest(seed=SEED, names=names, there_before=there_before, offset=round(offset, 3)):
                run.result()
        print(f"{len(cases)} pairs" + (", every second one: this binary is sanitized" if SANITIZED else ""), flush=True)


if __name__ == "__main__":
    unittest.main()
