// Which process on this machine holds the other end of a loopback connection.
#pragma once

namespace fhctl::sandbox {

// The process whose socket goes from `peer_port` to `own_port`; 0 when there is none to be seen.
int find_peer_process(int own_port, int peer_port);

}  // namespace fhctl::sandbox
