#include "sandbox/server/peer_process.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

#include "core/base/text.h"

namespace fhctl::sandbox {
namespace {

// "0100007F:11E4" is an address and a port, both in hex.
int port_in(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return 0;
  int port = 0;
  std::istringstream(address.substr(colon + 1)) >> std::hex >> port;
  return port;
}

// Returns the inode of the socket in one of the kernel's tables; empty if it is not listed.
std::string find_inode(const char* table, int own_port, int peer_port) {
  std::ifstream file(table);
  std::string line;
  std::getline(file, line);  // titles
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
    fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >> timeout >> inode;
    if (port_in(local) == peer_port && port_in(remote) == own_port && inode != "0") return inode;
  }
  return "";
}

bool holds_socket(const std::filesystem::path& process, const std::string& wanted) {
  std::error_code failure;  // processes of other users cannot be inspected
  for (std::filesystem::directory_iterator it(process / "fd", failure), end; !failure && it != end;
       it.increment(failure)) {
    std::error_code unreadable;
    if (std::filesystem::read_symlink(it->path(), unreadable).string() == wanted) return true;
  }
  return false;
}

}  // namespace

int find_peer_process(int own_port, int peer_port) {
  std::string inode = find_inode("/proc/net/tcp", own_port, peer_port);
  if (inode.empty()) inode = find_inode("/proc/net/tcp6", own_port, peer_port);
  if (inode.empty()) return 0;
  const std::string wanted = "socket:[" + inode + "]";
  std::error_code failure;
  for (std::filesystem::directory_iterator it("/proc", failure), end; !failure && it != end; it.increment(failure)) {
    const std::optional<std::int64_t> pid = parse_integer(it->path().filename().string());
    if (pid && holds_socket(it->path(), wanted)) return static_cast<int>(*pid);
  }
  return 0;
}

}  // namespace fhctl::sandbox
