"""Every check finds what is planted for it and nothing in clean text: none passes because it sees nothing."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import hardening
import layering
import seams
import style
import tree
import words

SUMMARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "summary.py")
HEADER = "// What it is.\n#pragma once\n"
CLEAN = {
    "core/base/text.h": HEADER + '#include <string>\nstd::string name();  // std::cout, "/tmp"\n',
    "core/base/text.cc": '#include "core/base/text.h"\nstd::string name() { return "steady_clock::now() //"; }\n',
    "core/base/system_clock.cc": "#include <ctime>\nlong now() { return std::chrono::system_clock::now(); }\n",
    "core/http/curl_poll.cc": "#include <curl/curl.h>\n#include <poll.h>\n",
    "core/pipeline/run.cc": '#include "core/aws/client.h"\nvoid f(L& l) { l.sleep_for(1); f.unlink(a); s.kill(); }\n',
    "sandbox/server.cc": '#include <zlib.h>\n#include "core/http/message.h"\n#include <thread>\n',
    "cli/main.cc": '#include "sandbox/server.h"\nint main() { try { f(); } catch (const E& e) { return 1; } }\n',
}

PLANTED = [  # check, path, text, what the violation must say
    (layering, "core/base/a.cc", '#include "core/http/url.h"\n', "core/base stands below core/http"),
    (layering, "core/http/a.cc", '#include "core/aws/fault.h"\n', "stands below core/aws"),
    (layering, "core/aws/a.cc", '#include "core/services/s3.h"\n', "stands below core/services"),
    (layering, "core/services/a.cc", '  #  include "core/pipeline/plan.h"\n', "stands below core/pipeline"),
    (layering, "core/pipeline/a.cc", '#include "cli/table.h"\n', "stands below cli"),
    (layering, "core/base/a.cc", '#include "sandbox/world.h"\n', "does not know the sandbox"),
    (layering, "cli/a.cc", '#include "sandbox/world.h"\n', "does not know the sandbox"),
    (layering, "sandbox/a.cc", '#include "core/aws/sigv4.h"\n', "shares only"),
    (layering, "sandbox/a.cc", '#include "core/http/transport.h"\n', "shares only"),
    (layering, "core/base/a.cc", '#include "tests/support/fake.h"\n', "does not include its tests"),
    (layering, "core/base/a.cc", '#include "text.h"\n', "from the project's root"),
    (layering, "core/services/a.cc", "#include <zlib.h>\n", "only core/pipeline, sandbox may use this library"),
    (layering, "core/aws/a.cc", "#include <curl/curl.h>\n", "only core/http may use this library"),
    (seams, "core/aws/a.cc", 'void f() { std::cout << "x"; }\n', "prints: std::cout"),
    (seams, "core/aws/a.cc", 'void f() { fprintf(file, "x"); }\n', "prints: fprintf"),
    (seams, "core/aws/a.cc", "auto t = std::chrono::system_clock::now();\n", "reads a clock"),
    (seams, "core/aws/a.cc", "void f() { ::clock_gettime(0, &t); }\n", "reads a clock: clock_gettime"),
    (seams, "cli/a.cc", "auto t = std::chrono::steady_clock::now();\n", "reads a clock"),
    (seams, "core/aws/a.cc", 'auto e = std::getenv("HOME");\n', "reads the environment"),
    (seams, "core/aws/a.cc", "std::ifstream f(path);\n", "touches files"),
    (seams, "core/aws/a.cc", "std::random_device d;\n", "draws chance"),
    (seams, "core/aws/a.cc", "std::mutex m;\n", "starts threads"),
    (seams, "core/aws/a.cc", "void f() { std::this_thread::sleep_for(x); }\n", "sleeps"),
    (seams, "core/aws/a.cc", "void f() { usleep(5); }\n", "sleeps: usleep"),
    (seams, "core/aws/a.cc", "void f() { ::kill(pid, 9); }\n", "handles signals"),
    (seams, "core/aws/a.cc", "int p = fork();\n", "starts processes"),
    (seams, "core/aws/a.cc", "#include <fstream>\n", "includes a header of the outside"),
    (seams, "sandbox/a.cc", "void f() { try { g(); } catch ( ... ) {} }\n", "catch-all"),
    (seams, "core/aws/a.cc", "void f() { try { g(); } catch (const E& e) { if (e) { loop.sleep_until(t); } } }\n",
     "sleep_until() waits in a catch block"),
    (seams, "core/aws/a.cc", "struct A { ~A() { group->wait_all(); } };\n", "wait_all() waits in a destructor"),
    (seams, "core/aws/a.cc", "void f() noexcept { loop.yield(); }\n", "yield() waits in a noexcept function"),
    (style, "core/base/a.cc", "// " + "x" * 118 + "\n", "121 columns"),
    (style, "core/base/a.cc", "int a; \n", "white space"),
    (style, "core/base/a.cc", "\tint a;\n", "a tab"),
    (style, "core/base/a.cc", "int a;", "no newline at the end"),
    (style, "core/base/a.cc", "int A::f(int b) const {\n" + "  g();\n" * 80 + "}\n", "A::f has 82 lines"),
    (style, "core/base/a.h", "// It.\nint a;\n", "without #pragma once"),
    (style, "core/base/a.h", "#pragma once\nint a;\n", "begins with a comment"),
    (style, "core/base/a.h", HEADER + "using namespace std;\n", "using namespace in a header"),
    (style, "core/base/CamelName.cc", "int a;\n", "snake_case"),
    (words, "README.md", "see /wo" + "rk/main/x\n", "a path of somebody's machine"),
    (words, "README.md", "from https://py" + "pi.org/simple\n", "a registry's host name"),
    (words, "core/base/a.cc", "// as iss" + "ue 12 says\n", "talk about how this was written"),
]


class Checks(unittest.TestCase):
    def test_clean_text_passes(self):
        for check in (layering, seams, style, words):
            self.assertEqual(check.find(CLEAN), [], check.__name__)

    def test_every_planted_violation_is_found(self):
        for check, path, text, expected in PLANTED:
            with self.subTest(check=check.__name__, expected=expected):
                found = check.find({**CLEAN, path: text})
                self.assertTrue(any(path in violation and expected in violation for violation in found), found)

    def test_the_project_itself_is_seen(self):
        files = tree.load()
        for path in ("CMakeLists.txt", "core/base/loop.cc", "core/pipeline/plan.h", "sandbox/world.h"):
            self.assertIn(path, files)

    def test_comments_and_strings_are_left_out(self):
        code = tree.without_comments('a("x // y"); // z\n/* fork( */ R"(getenv()" b = 1\'000; c = \'"\'; d;')
        for gone in ("y", "z", "fork", "getenv"):
            self.assertNotIn(gone, code)
        for kept in ('a("")', "b = 1'000", "d;"):
            self.assertIn(kept, code)

    @unittest.skipUnless(shutil.which("g++"), "no g++ to make a soft binary with")
    def test_a_soft_binary_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            source, binary = os.path.join(folder, "a.cc"), os.path.join(folder, "a")
            with open(source, "w", encoding="utf-8") as file:
                file.write("const char* here = __FILE__;\nint main() { return here[0]; }\n")
            subprocess.run(["g++", "-no-pie", "-fno-stack-protector", "-z", "execstack", "-Wl,-z,lazy,-z,norelro",
                            "-Wl,-rpath," + folder, source, "-o", binary], check=True)
            self.assertEqual(len(hardening.problems(binary, folder)), 8)

    def test_the_summary_says_what_was_told_and_what_failed(self):
        output = "[==========] 3 tests from 1 test suite ran.\nSKIPPED: no peer\nFIGURES 7 seeds\nTRACE x: %016x\n"
        with tempfile.TemporaryDirectory() as folder:
            for preset, status, trace in ("one", "run", 1), ("two", "fail", 2):
                os.mkdir(os.path.join(folder, preset))
                with open(os.path.join(folder, preset, "junit.xml"), "w", encoding="utf-8") as file:
                    file.write(f'<testsuite><testcase name="sim" status="{status}"><system-out>{output % trace}'
                               "</system-out></testcase></testsuite>")
            for presets, code, phrases in (
                    (["one"], 0, ["3 cases in 1 programs, 1 skipped", "SKIPPED: no peer", "7 seeds"]),
                    (["two"], 1, ["two: sim failed"]), (["none"], 1, ["no result"]),
                    (["one", "two"], 1, ["x: NOT the same"])):
                done = subprocess.run([sys.executable, "-B", SUMMARY, folder, *presets], capture_output=True, text=True,
                                      check=False)
                self.assertEqual(done.returncode, code, done.stderr)
                for phrase in phrases:
                    self.assertIn(phrase, done.stdout)


if __name__ == "__main__":
    sys.exit(not unittest.main(exit=False, verbosity=0).result.wasSuccessful())
