#include "sandbox/server/persistence.h"

#include <chrono>
#include <optional>
#include <utility>

#include "core/base/atomic_file.h"
#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/system.h"
#include "sandbox/firehose/firehose.h"
#include "sandbox/iam/iam.h"
#include "sandbox/logs/logs.h"
#include "sandbox/metrics/metrics.h"
#include "sandbox/s3/s3.h"
#include "sandbox/ssm/ssm.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{4} << 30;

struct Part {
  const char* file;
  std::string (*save)(const CloudState&);
  bool (*load)(CloudState&, std::string_view);
};

constexpr Part kParts[] = {
    {"firehose.json", save_firehose, load_firehose},
    {"s3.json", save_s3, load_s3},
    {"iam.json", save_iam, load_iam},
    {"logs.json", save_logs, load_logs},
    {"metrics.json", save_metrics, load_metrics},
    {"ssm.json", save_ssm, load_ssm},
};

constexpr const char* kClockFile = "clock.json";

std::string save_clock(const Cloud& cloud) {
  return dump(Json{{"shift_ms", std::chrono::duration_cast<std::chrono::milliseconds>(cloud.clock_shift()).count()}});
}

bool load_clock(Cloud& cloud, std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  const std::optional<std::int64_t> shift = get_integer(json, "shift_ms");
  if (!shift) return false;
  cloud.shift_clock(std::chrono::milliseconds(*shift));
  return true;
}

Error unreadable(const std::string& path) {
  return {.kind = ErrorKind::kFailed,
          .message = path + " is not the state of a sandbox",
          .hint = "move the folder away, or give another one"};
}

}  // namespace

StateFolder::StateFolder(std::string path, FileSystem& files, Entropy& entropy)
    : path_(std::move(path)), files_(files), entropy_(entropy) {}

Result<void> StateFolder::load(Cloud& cloud) {
  if (Result<void> made = files_.make_directories(path_); !made) return made;
  const auto read = [this](const char* file, const auto& use) -> Result<void> {
    const std::string path = path_ + "/" + file;
    Result<std::optional<std::string>> text = files_.read(path, kFileBytesMax);
    if (!text) return text.error();
    if (!*text) return ok();
    if (!use(**text)) return unreadable(path);
    digests_[file] = sha256(**text);
    return ok();
  };
  for (const Part& part : kParts) {
    Result<void> loaded = read(part.file, [&](std::string_view text) { return part.load(cloud.world(), text); });
    if (!loaded) return loaded;
  }
  return read(kClockFile, [&](std::string_view text) { return load_clock(cloud, text); });
}

Result<void> StateFolder::save(const Cloud& cloud) {
  const auto write = [this](const char* file, const std::string& text) -> Result<void> {
    std::string digest = sha256(text);
    if (digests_[file] == digest) return ok();
    if (Result<void> written = replace_file(files_, entropy_, path_ + "/" + file, text); !written) return written;
    digests_[file] = std::move(digest);
    return ok();
  };
  for (const Part& part : kParts) {
    if (Result<void> written = write(part.file, part.save(cloud.world())); !written) return written;
  }
  return write(kClockFile, save_clock(cloud));
}

}  // namespace fhctl::sandbox
