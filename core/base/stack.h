// The stacks that fibers run on, and the notes that AddressSanitizer needs about switches. Only the loop uses this.
#pragma once

#include <cstddef>
#include <vector>

#include <boost/context/protected_fixedsize_stack.hpp>

namespace fhctl {

// Stacks of one size, each with a guard page below it, so that an overflow is a fault and not silent damage. Used
// stacks are kept for the next fiber, also of another loop: mapping one costs more than the rest of a short fiber, and
// a simulation creates thousands of loops a second.
class StackPool {
 public:
  // One for the process: all loops run on one thread.
  static StackPool& shared();

  StackPool();
  ~StackPool();
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;

  boost::context::stack_context take();
  void give_back(boost::context::stack_context stack);

 private:
  boost::context::protected_fixedsize_stack allocator_;
  std::vector<boost::context::stack_context> free_;
};

struct StackBounds {
  const void* bottom = nullptr;
  std::size_t size = 0;
};

// Right before leaving the running stack for the one at `next`. `fake_stack` keeps what AddressSanitizer knows about
// the running stack; nullptr when it is never entered again. Both functions do nothing in a plain build.
void announce_leaving(void** fake_stack, const StackBounds& next);
// Right after arriving on a stack. `fake_stack` is what announce_leaving kept, nullptr on a new stack; `previous`
// takes the bounds of the stack that was left, unless it is nullptr.
void announce_arrival(void* fake_stack, StackBounds* previous);

}  // namespace fhctl
