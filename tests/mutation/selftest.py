"""What mutants.py plants into a small source, and what it leaves alone. It builds nothing."""

import contextlib
import io
import os
import sys
import tempfile
import types
import unittest

import mutants
import mutate
import trial

SOURCE = r'''// a < b && c, return true; 1 + 1
#include <vector>
#define TWICE(x) ((x) + (x))
static_assert(sizeof(int) == 4);
using Map = std::map<int, int>;
namespace {
/* if (!x) stop(); */
template <typename T, int N = 3>
bool fits(const std::vector<int>& all, int limit) {
  if (all.size() >= 10'000 || !ready()) return false;
  const char* text = "a && b < 1";
  error.message = fmt::format("{} of {}", limit + 1, 2);
  log(R"(x == 0)", 'c');
  group->items[0].clear();
  for (int i = 0; i < limit; ++i) {
    if (odd(i)) continue;
    ++count;
  }
  return std::min(all.front(), *all.begin());
}
}  // namespace
'''

EXPECTED = """
10:18 boundary '>=' '>'
10:18 relation '>=' '<'
10:21 constant "10'000" '10001'
10:28 and-or '||' '&&'
10:31 not '!' ''
10:41 jump 'return false' '(void)0'
10:48 bool 'false' 'true'
13:3 call 'log(R"(x == 0)", \\'c\\')' '(void)0'
14:3 call 'group->items[0].clear()' '(void)0'
14:16 constant '0' '1'
15:16 constant '0' '1'
15:21 boundary '<' '<='
15:21 relation '<' '>='
16:8 condition '(odd(i))' '(!(odd(i)))'
16:17 jump 'continue' '(void)0'
17:5 count '++count' '(void)0'
19:10 return 'std::min(all.front(), *all.begin())' '!(std::min(all.front(), *all.begin()))'
19:15 min-max 'min' 'max'
19:23 off-by-one 'front' 'back'
19:33 off-by-one 'all.begin()' 'std::next(all.begin())'
""".strip().splitlines()


class Planting(unittest.TestCase):
    def test_what_is_planted_and_what_is_left_alone(self):
        found = [f"{mutant.line}:{mutant.column} {mutant.operator} {SOURCE[mutant.start:mutant.end]!r} {mutant.now!r}"
                 for mutant in mutants.mutants("a.cc", SOURCE)]
        self.assertEqual(found, EXPECTED)

    def test_one_place_is_changed_and_nothing_else(self):
        first = mutants.mutants("a.cc", SOURCE)[0]
        self.assertEqual(first.id, "a.cc:10:18:boundary")
        self.assertEqual(first.apply(SOURCE), SOURCE.replace("size() >= 10", "size() > 10"))

    def test_ids_are_unique_in_every_source(self):
        core = os.path.join(trial.ROOT, "core")
        for folder, _, names in os.walk(core):
            for name in (name for name in names if name.endswith(".cc")):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    ids = [mutant.id for mutant in mutants.mutants(name, file.read())]
                self.assertEqual(len(ids), len(set(ids)), name)


class Running(unittest.TestCase):
    def chosen(self, **changes):
        copy = types.SimpleNamespace(compilations={"core/aws/a.cc": None, "cli/b.cc": None}, read=lambda path: SOURCE)
        options = {"files": mutate.GLOB, "only": None, "sample": 0, "seed": 1, **changes}
        return mutate.Chosen(copy, types.SimpleNamespace(**options))

    def test_a_sample_is_the_same_each_time_and_part_of_a_larger_one(self):
        small, again, large, other = (self.chosen(sample=number, seed=seed).mutants
                                      for number, seed in ((5, 1), (5, 1), (12, 1), (5, 2)))
        self.assertEqual(small, again)
        self.assertTrue(set(small) < set(large))
        self.assertNotEqual(small, other)

    def test_results_outlive_a_run_that_is_cut_short(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "results.jsonl")
            mutate.Results(path).add({"id": "a", "source": "1", "outcome": "survived"})
            mutate.Results(path).add({"id": "a", "source": "1", "outcome": "killed"})
            with open(path, "a", encoding="utf-8") as file:
                file.write('{"id": "b", "sou')
            mutate.Results(path).add({"id": "c", "source": "1", "outcome": "timeout"})
            found = [entry["outcome"] for entry in mutate.Results(path).all.values()]
            self.assertEqual(found, ["killed", "timeout"])

    def test_the_share_counts_what_compiled(self):
        chosen = self.chosen()
        results = types.SimpleNamespace(all={})
        for mutant, outcome, by in zip(sorted(chosen.mutants, key=mutate.place),
                                       ("killed", "timeout", "survived", "uncompilable"),
                                       ("unit_aws A.B", "sim C.D", "", "")):
            results.all[chosen.key(mutant)] = {"outcome": outcome, "by": by}
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            mutate.report(chosen, results)
        row = next(line for line in out.getvalue().splitlines() if line.startswith("core/aws/a.cc"))
        self.assertEqual(row.split(), ["core/aws/a.cc", "4", "3", "1", "1", "1", "66.7%"])
        self.assertIn("survived core/aws/a.cc:10:21:constant: 10'000 -> 10001", out.getvalue())


if __name__ == "__main__":
    sys.exit(not unittest.main(exit=False, verbosity=0).result.wasSuccessful())
