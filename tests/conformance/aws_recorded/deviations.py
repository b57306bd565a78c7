"""The deviations that are accepted, with their reasons: deviations.json, the only table of them.

An entry is {"operation": pattern, "kind": pattern, "where": pattern, "reason": text}, and "recorded" or "answered" with
a pattern where the value matters. The pattern of the operation is one of file names, the others are regular
expressions for the whole text.
"""

import collections
import fnmatch
import json
import re

import compare


class Table:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.entries = json.load(file)
        self.counts = collections.Counter()
        for entry in self.entries:
            if not entry.get("reason") or not entry.get("operation"):
                raise ValueError(f"an entry without operation or reason: {entry}")

    def reason(self, operation, difference):
        """The reason why this difference is accepted, or None."""
        for entry in self.entries:
            if fnmatch.fnmatchcase(operation, entry["operation"]) and all(
                    re.fullmatch(entry[name], compare.short(getattr(difference, name)), re.DOTALL)
                    for name in ("kind", "where", "recorded", "answered") if name in entry):
                self.counts[entry["reason"]] += 1
                return entry["reason"]
        return None

    def used(self):
        return self.counts.most_common()
