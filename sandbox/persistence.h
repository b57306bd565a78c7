// The state folder (--state DIR): one file per service, each replaced in one step.
#pragma once

#include <map>
#include <string>

#include "core/base/result.h"
#include "core/base/seams.h"
#include "sandbox/cloud.h"

namespace fhctl::sandbox {

class StateFolder {
 public:
  StateFolder(std::string path, FileSystem& files, Entropy& entropy);

  // A folder that is not there yet is made; a file that is not there leaves its service empty. The error (kFailed)
  // names the file that cannot be read.
  Result<void> load(Cloud& cloud);
  // Writes the files whose content has changed since the last load or save.
  Result<void> save(const Cloud& cloud);

 private:
  std::string path_;
  FileSystem& files_;
  Entropy& entropy_;
  std::map<std::string, std::string> digests_;  // by file name, of what is on the disk
};

}  // namespace fhctl::sandbox
