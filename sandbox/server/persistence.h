// The state folder (--state DIR): one file per service, each replaced atomically.
#pragma once

#include <map>
#include <string>

#include "core/base/platform.h"
#include "core/base/result.h"
#include "sandbox/cloud/cloud.h"

namespace fhctl::sandbox {

class StateFolder {
 public:
  StateFolder(std::string path, FileSystem& files, Entropy& entropy);

  // Creates the folder if it does not exist; a service without a file starts empty. The error (kFailed) names the file
  // that cannot be read.
  Result<void> load(Cloud& cloud);
  // Writes the files whose content has changed since the last load or save.
  Result<void> save(const Cloud& cloud);

 private:
  std::string path_;
  FileSystem& files_;
  Entropy& entropy_;
  std::map<std::string, std::string> digests_;  // by file name, of the content on the disk
};

}  // namespace fhctl::sandbox
