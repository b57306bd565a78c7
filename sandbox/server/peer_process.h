// Finds the process on this machine at the other end of a loopback connection.
#pragma once

namespace fhctl::sandbox {

// Returns the process whose socket connects `peer_port` to `own_port`; 0 if none is visible.
int find_peer_process(int own_port, int peer_port);

}  // namespace fhctl::sandbox
