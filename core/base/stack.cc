#include "core/base/stack.h"

#if defined(__SANITIZE_ADDRESS__)
#define FHCTL_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FHCTL_ADDRESS_SANITIZER 1
#endif
#endif

#ifdef FHCTL_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace fhctl {

namespace {

// Pages are only backed by memory once they are touched. Sanitized frames are several times as large.
#ifdef FHCTL_ADDRESS_SANITIZER
constexpr std::size_t kStackBytes = 1u << 20;
#else
constexpr std::size_t kStackBytes = 256u << 10;
#endif

constexpr std::size_t kFreeStacksMax = 256;

}  // namespace

StackPool& StackPool::shared() {
  static StackPool pool;
  return pool;
}

StackPool::StackPool() : allocator_(kStackBytes) {}

StackPool::~StackPool() {
  for (boost::context::stack_context& stack : free_) allocator_.deallocate(stack);
}

boost::context::stack_context StackPool::take() {
  if (free_.empty()) return allocator_.allocate();
  const boost::context::stack_context stack = free_.back();
  free_.pop_back();
  return stack;
}

void StackPool::give_back(boost::context::stack_context stack) {
#ifdef FHCTL_ADDRESS_SANITIZER
  // Functions that were never left by a return would leave their red zones in the reused stack.
  const std::size_t page_bytes = boost::context::stack_traits::page_size();
  __asan_unpoison_memory_region(static_cast<char*>(stack.sp) - stack.size + page_bytes, stack.size - page_bytes);
#endif
  if (free_.size() < kFreeStacksMax) {
    free_.push_back(stack);
  } else {
    allocator_.deallocate(stack);
  }
}

#ifdef FHCTL_ADDRESS_SANITIZER

void announce_leaving(void** fake_stack, const StackBounds& next) {
  __sanitizer_start_switch_fiber(fake_stack, next.bottom, next.size);
}

void announce_arrival(void* fake_stack, StackBounds* previous) {
  const void* bottom = nullptr;
  std::size_t size = 0;
  __sanitizer_finish_switch_fiber(fake_stack, &bottom, &size);
  if (previous != nullptr) *previous = {bottom, size};
}

#else

void announce_leaving(void** /*fake_stack*/, const StackBounds& /*next*/) {}
void announce_arrival(void* /*fake_stack*/, StackBounds* /*previous*/) {}

#endif

}  // namespace fhctl
