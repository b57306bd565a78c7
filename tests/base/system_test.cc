#include "core/base/system.h"
#include "core/base/atomic_file.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/random.h"

namespace fhctl {
namespace system_test {
namespace {

// A temporary directory for each test.
struct SystemFilesTest : testing::Test {
  SystemFilesTest() {
    std::string pattern = testing::TempDir() + "fhctl-files-XXXXXX";
    root = mkdtemp(pattern.data());
  }
  ~SystemFilesTest() override { std::filesystem::remove_all(root); }

  std::string path(const std::string& name) const { return root + "/" + name; }

  std::string root;
  std::unique_ptr<FileSystem> files = make_system_files();
  SeededEntropy entropy{1};
};

TEST_F(SystemFilesTest, DistinguishesKinds) {
  ASSERT_TRUE(files->write_new(path("file"), "x", 0600));
  std::filesystem::create_symlink("file", path("link"));
  EXPECT_EQ(*files->kind(path("absent")), FileKind::kAbsent);
  EXPECT_EQ(*files->kind(path("file")), FileKind::kRegular);
  EXPECT_EQ(*files->kind(root), FileKind::kDirectory);
  EXPECT_EQ(*files->kind(path("link")), FileKind::kSymlink);
  EXPECT_EQ(*files->kind("/dev/null"), FileKind::kOther);
}

TEST_F(SystemFilesTest, ReadsUpToItsLimitAndThroughLinks) {
  const std::string bytes(100'000, 'x');
  ASSERT_TRUE(files->write_new(path("file"), bytes, 0600));
  std::filesystem::create_symlink("file", path("link"));
  EXPECT_EQ(*files->read(path("file"), 100'000), bytes);
  EXPECT_EQ(*files->read(path("link"), 100'000), bytes);
  EXPECT_EQ(*files->read(path("absent"), 10), std::nullopt);
  EXPECT_FALSE(files->read(path("file"), 99'999));
  const auto directory = files->read(root, 10);
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().message, "cannot read '" + root + "': Is a directory");
}

TEST_F(SystemFilesTest, NeverWritesOverOrThroughWhatIsThere) {
  ASSERT_TRUE(files->write_new(path("file"), "old", 0640));
  std::filesystem::create_symlink("elsewhere", path("link"));
  EXPECT_FALSE(files->write_new(path("file"), "new", 0640));
  EXPECT_FALSE(files->write_new(path("link"), "new", 0640));
  EXPECT_EQ(**files->read(path("file"), 10), "old");
  EXPECT_FALSE(std::filesystem::exists(path("elsewhere")));
}

TEST_F(SystemFilesTest, ReplacesAFileAndLeavesNothingBeside) {
  ASSERT_TRUE(files->make_directories(path("a/b")));
  ASSERT_TRUE(replace_file(*files, entropy, path("a/b/f"), "one", 0600));
  ASSERT_TRUE(replace_file(*files, entropy, path("a/b/f"), "two", 0600));
  EXPECT_EQ(**files->read(path("a/b/f"), 10), "two");
  struct stat status = {};
  ASSERT_EQ(stat(path("a/b/f").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  const std::filesystem::directory_iterator entries(path("a/b"));
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
  EXPECT_TRUE(files->remove(path("a/b/f")));
  EXPECT_TRUE(files->remove(path("a/b/f")));
}

TEST_F(SystemFilesTest, AFullDiskLeavesNoTemporaryFile) {
  const Result<void> replaced = replace_file(*files, entropy, path("absent/f"), "x");
  ASSERT_FALSE(replaced);
  EXPECT_NE(describe(replaced.error()).find("No such file or directory"), std::string::npos);
}

TEST(SystemEnvironment, AnEmptyValueIsAValue) {
  setenv("FHCTL_TEST_EMPTY", "", 1);
  unsetenv("FHCTL_TEST_ABSENT");
  const auto environment = make_system_environment();
  EXPECT_EQ(environment->get("FHCTL_TEST_EMPTY"), "");
  EXPECT_EQ(environment->get("FHCTL_TEST_ABSENT"), std::nullopt);
  const std::vector<std::string> names = environment->names();
  EXPECT_EQ(std::count(names.begin(), names.end(), "FHCTL_TEST_EMPTY"), 1);
  EXPECT_EQ(std::count(names.begin(), names.end(), "FHCTL_TEST_ABSENT"), 0);
}

TEST(SystemHost, KnowsTheLivingFromTheDead) {
  const auto host = make_system_host();
  EXPECT_EQ(host->pid(), getpid());
  EXPECT_TRUE(host->process_alive(host->pid()));
  EXPECT_TRUE(host->process_alive(1));
  EXPECT_FALSE(host->process_alive(0));
  EXPECT_FALSE(host->process_alive(-1));
  EXPECT_FALSE(host->name().empty());
}

TEST(SystemHost, ShowsItsPidNamespaceAndWhenProcessesStarted) {
  const auto host = make_system_host();
  EXPECT_EQ("pid:[" + host->pid_namespace() + "]", std::filesystem::read_symlink("/proc/self/ns/pid").string());
  const std::optional<std::int64_t> own = host->process_start(host->pid());
  ASSERT_TRUE(own);
  EXPECT_EQ(own, host->process_start(host->pid()));
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    while (true) pause();
  }
  const std::optional<std::int64_t> start_of_child = host->process_start(child);
  kill(child, SIGKILL);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  ASSERT_TRUE(start_of_child);
  EXPECT_GE(*start_of_child, *own);
  EXPECT_FALSE(host->process_start(child));
  EXPECT_FALSE(host->process_alive(child));
  for (const int none : {0, -1}) EXPECT_FALSE(host->process_start(none)) << none;
}

TEST(SystemHost, FindsTheStartTimeBehindAnyProcessName) {
  const std::string fields = " S 1 2 2 0 -1 4194304 161 0 0 0 0 0 0 0 20 0 1 0 ";
  for (const char* name : {"fhctl", "a b", "x) S 1 2 (y", ")))", "line\nbreak)", ""}) {
    EXPECT_EQ(start_in_stat("4711 (" + std::string(name) + ")" + fields + "987654321 8392704 212\n"), 987654321)
        << name;
  }
  EXPECT_EQ(start_in_stat("4711 (fhctl)" + fields + "0\n"), 0);
  EXPECT_EQ(start_in_stat("4711 (fhctl)" + fields + "9223372036854775807\n"), INT64_MAX);
  for (const std::string text : {"", "4711 (fhctl", "4711 (fhctl) S 1 2", "4711 (fhctl)"}) {
    EXPECT_FALSE(start_in_stat(text)) << text;
  }
  for (const char* value : {"-1", "x", "9223372036854775808", ""}) {
    EXPECT_FALSE(start_in_stat("4711 (fhctl)" + fields + value + " 1\n")) << value;
  }
}

TEST(SystemProcessImage, RunsAnotherProgramInTheSameProcess) {
  const auto image = make_system_process_image();
  EXPECT_EQ(image->path(), std::filesystem::read_symlink("/proc/self/exe").string());
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const std::string script = "test $$ = \"$OWN\" && test \"$0 $1\" = 'name a b' && test -z \"$HOME\" && exit 42";
    (void)image->replace("/bin/sh", {"sh", "-c", script, "name", "a b"}, {"OWN=" + std::to_string(getpid())});
    _exit(1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 42);
}

TEST(SystemProcessImage, SaysWhyItStays) {
  const auto image = make_system_process_image();
  const std::string folder = testing::TempDir();
  const Error absent = image->replace(folder + "/no-such-program", {"x"}, {});
  EXPECT_EQ(absent.kind, ErrorKind::kNotFound);
  EXPECT_EQ(absent.message, "cannot run " + folder + "/no-such-program: No such file or directory");
  EXPECT_EQ(image->replace(folder, {"x"}, {}).kind, ErrorKind::kFailed);
  sigset_t blocked;
  ASSERT_EQ(sigprocmask(SIG_BLOCK, nullptr, &blocked), 0);
  EXPECT_FALSE(sigismember(&blocked, SIGINT));
  EXPECT_FALSE(sigismember(&blocked, SIGTERM));
}

TEST(SystemProcessImageDeathTest, LosesNoStopRequest) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto asked_before = [] {
    const auto signals = make_system_signals();
    std::raise(SIGTERM);
    const Error error = make_system_process_image()->replace("/bin/true", {"true"}, {});
    _exit(error.kind == ErrorKind::kCancelled && signals->stop_count() == 1 ? 42 : 1);
  };
  EXPECT_EXIT(asked_before(), testing::ExitedWithCode(42), "");
  const auto pending_at_start = [] {
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop, nullptr);
    std::raise(SIGTERM);
    const auto signals = make_system_signals();
    _exit(signals->stop_count() == 1 && signals->stop_signal() == SIGTERM ? 42 : 1);
  };
  EXPECT_EXIT(pending_at_start(), testing::ExitedWithCode(42), "");
}

TEST(SystemEntropy, DoesNotRepeat) {
  const auto entropy = make_system_entropy();
  EXPECT_NE(entropy->next(), entropy->next());
}

TEST(SystemSignalsDeathTest, TheFirstRequestIsRememberedAndTheSecondEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto twice = [](int first, int second) {
    const auto signals = make_system_signals();
    std::raise(SIGPIPE);
    if (signals->stop_count() != 0) _exit(1);
    std::raise(first);
    if (signals->stop_count() != 1 || signals->stop_signal() != first) _exit(2);
    std::raise(second);
    _exit(3);
  };
  EXPECT_EXIT(twice(SIGINT, SIGINT), testing::ExitedWithCode(130), "");
  EXPECT_EXIT(twice(SIGINT, SIGTERM), testing::ExitedWithCode(143), "");
}

}  // namespace
}  // namespace system_test
}  // namespace fhctl
