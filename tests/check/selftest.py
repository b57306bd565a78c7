"""Every check finds its planted violations and reports nothing in clean text: none passes by doing nothing."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import hardening
import layering
import output_format
import seams
import style
import tree
import words

SUMMARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "summary.py")
HEADER = "// What it is.\n#pragma once\n"
MODULES = """# Modules.
fhctl_module(base core/base LIBRARIES OpenSSL::Crypto)
fhctl_module(http core/http USES base)
fhctl_module(transport core/transport USES base http LIBRARIES CURL::libcurl)
fhctl_module(aws core/aws USES base http transport)
fhctl_module(plan core/plan USES base aws)
fhctl_module(sandbox_server sandbox/server USES base http)
fhctl_module(cli cli FOLDERS cli/commands cli/views
  USES base plan sandbox_server)
"""
CLEAN = {
    "CMakeLists.txt": MODULES,
    "core/base/text.h": HEADER + '#include <string>\nstd::string name();  // std::cout, "/tmp"\n',
    "core/base/text.cc": '#include "core/base/text.h"\nstd::string name() { return "steady_clock::now() //"; }\n',
    "core/base/system_clock.cc": "#include <ctime>\nlong now() { return std::chrono::system_clock::now(); }\n",
    "core/transport/curl_poll.cc": "#include <curl/curl.h>\n#include <poll.h>\n",
    "core/plan/run.cc": '#include "core/aws/client.h"\nvoid f(L& l) { l.sleep_for(1); f.unlink(a); s.kill(); }\n',
    "sandbox/server/server.cc": '#include "core/http/message.h"\n#include <thread>\n',
    "cli/commands/up.cc": '#include "core/plan/plan.h"\n',
    "cli/views/output_format.cc": "Row rows[] = {{make_json_renderer}};\n",
    "cli/views/json_renderer.cc": "R make_json_renderer() { return R(); }\n",
    "cli/main.cc": '#include "sandbox/server/server.h"\nint main() { try { f(); } catch (const E& e) { return 1; } }\n',
}
LARGE = "int a;\n" * 1000

PLANTED = [  # check, path, text, what the violation must say
    (layering, "core/base/a.cc", '#include "core/http/url.h"\n', "the module base does not link http"),
    (layering, "core/aws/a.cc", '  #  include "core/plan/plan.h"\n', "the module aws does not link plan"),
    (layering, "core/plan/a.cc", '#include "core/http/url.h"\n', "the module plan does not link http"),
    (layering, "core/plan/a.cc", '#include "cli/table.h"\n', "the module plan does not link cli"),
    (layering, "core/base/a.cc", '#include "sandbox/server/server.h"\n', "does not link sandbox_server"),
    (layering, "sandbox/server/a.cc", '#include "core/transport/transport.h"\n', "does not link transport"),
    (layering, "core/base/a.cc", '#include "tests/support/fake.h"\n', "does not include its tests"),
    (layering, "core/base/a.cc", '#include "text.h"\n', "from the project's root"),
    (layering, "core/plan/deep/a.cc", "int a;\n", "no fhctl_module() in CMakeLists.txt has this folder"),
    (layering, "core/plan/a.cc", "#include <openssl/evp.h>\n", "the module plan does not link OpenSSL::Crypto"),
    (layering, "core/aws/a.cc", "#include <curl/curl.h>\n", "the module aws does not link CURL::libcurl"),
    (layering, "CMakeLists.txt", MODULES.replace("http USES base", "http USES base plan"),
     "the module http links plan, which does not stand above it"),
    (layering, "CMakeLists.txt", MODULES.replace("USES base aws)", "USES base gone)"), "the module plan links gone"),
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
    (output_format, "cli/commands/a.cc", "if (r.format() == Format::kText) f();\n", "asks for the output format"),
    (output_format, "cli/commands/a.cc", "if (chosen_output_format(g).structured) f();\n", "asks for the output"),
    (output_format, "cli/commands/a.cc", "auto r = make_json_renderer(options);\n", "makes a renderer"),
    (output_format, "cli/context.cc", "if (globals_.json) f();\n", "reads --output: globals_.json"),
    (output_format, "cli/views/yaml_renderer.cc", "int a;\n", "no row of cli/views/output_format.cc"),
    (output_format, "cli/views/reporter.cc", "F a() { return chosen_output_format(g); }\n" * 2, "is chosen 2 times"),
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
    (words, "core/base/a.cc", "// It is kept for go" + "od.\n", "a word that is not standard English here"),
]


class Checks(unittest.TestCase):
    def test_clean_text_passes(self):
        for check in (layering, output_format, seams, style, words):
            self.assertEqual(check.find(CLEAN), [], check.__name__)

    def test_every_planted_violation_is_found(self):
        for check, path, text, expected in PLANTED:
            with self.subTest(check=check.__name__, expected=expected):
                found = check.find({**CLEAN, path: text})
                self.assertTrue(any(path in violation and expected in violation for violation in found), found)

    def test_a_large_module_is_found(self):
        modules = "".join(f"fhctl_module({name} core/{name})\n" for name in "abcdef")
        files = {"CMakeLists.txt": modules, **{f"core/{name}/x.cc": LARGE for name in "abcdef"}}
        self.assertEqual(layering.find(files), [])
        files["core/a/x.cc"] += LARGE
        self.assertIn("the module a has 2000 of 7000 lines of core", "".join(layering.find(files)))

    def test_the_project_itself_is_seen(self):
        files = tree.load()
        for path in ("CMakeLists.txt", "core/base/loop.cc", "core/plan/plan.h", "sandbox/state/world.h"):
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
                with open(os.path.join(folder, preset, "junit-all.xml"), "w", encoding="utf-8") as file:
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
