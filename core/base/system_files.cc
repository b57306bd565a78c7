#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/system.h"

namespace fhctl {

namespace {

Error failed(std::string_view doing, const std::string& path, int code) {
  return {.kind = ErrorKind::kFailed, .message = fmt::format("cannot {} '{}': {}", doing, path, std::strerror(code))};
}

// An open file that is closed at the end of its block.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  bool is_open() const { return number_ >= 0; }
  int number() const { return number_; }
  // Some file systems report a full disk only here.
  bool close() { return ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

class SystemFiles final : public FileSystem {
 public:
  Result<FileKind> kind(const std::string& path) override {
    struct stat status = {};
    if (::lstat(path.c_str(), &status) != 0) {
      if (errno == ENOENT) return FileKind::kAbsent;
      return failed("look at", path, errno);
    }
    if (S_ISREG(status.st_mode)) return FileKind::kRegular;
    if (S_ISDIR(status.st_mode)) return FileKind::kDirectory;
    return S_ISLNK(status.st_mode) ? FileKind::kSymlink : FileKind::kOther;
  }

  // Follows symlinks: users often link their configuration from another place.
  Result<std::optional<std::string>> read(const std::string& path, std::size_t bytes_max) override {
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) {
      if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::string>();
      return failed("read", path, errno);
    }
    std::string bytes;
    while (true) {
      constexpr std::size_t kChunkBytes = 64u << 10;
      const std::size_t before = bytes.size();
      bytes.resize(before + kChunkBytes);
      const ssize_t got = ::read(file.number(), bytes.data() + before, kChunkBytes);
      const int code = errno;
      bytes.resize(before + (got > 0 ? static_cast<std::size_t>(got) : 0));
      if (got < 0 && code != EINTR) return failed("read", path, code);
      if (got == 0) return std::optional<std::string>(std::move(bytes));
      if (bytes.size() > bytes_max) {
        return Error{.message = fmt::format("'{}' is longer than {} bytes", path, bytes_max)};
      }
    }
  }

  Result<void> write_new(const std::string& path, std::string_view bytes, unsigned mode) override {
    Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!file.is_open()) return failed("create", path, errno);
    if (!write_all(file.number(), bytes)) return failed("write", path, errno);
    if (::fsync(file.number()) != 0) return failed("sync", path, errno);
    if (!file.close()) return failed("write", path, errno);
    return ok();
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return failed("replace", to, errno);
    return ok();
  }

  Result<void> sync_directory(const std::string& path) override {
    Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory.is_open()) return failed("open the directory", path, errno);
    // EINVAL: the file system cannot sync directories, so there is nothing to make durable.
    if (::fsync(directory.number()) != 0 && errno != EINVAL) return failed("sync the directory", path, errno);
    return ok();
  }

  Result<void> remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed("remove", path, errno);
    return ok();
  }

  Result<void> make_directories(const std::string& path) override {
    std::error_code problem;
    std::filesystem::create_directories(path, problem);
    if (problem) return failed("make the directory", path, problem.value());
    return ok();
  }
};

}  // namespace

std::unique_ptr<FileSystem> make_system_files() { return std::make_unique<SystemFiles>(); }

}  // namespace fhctl
