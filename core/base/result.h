// Result<T>: a value or an Error. Check it, then use `*result`; `error()` gives a copy of the error.
#pragma once

#include <utility>

#include <boost/system/result.hpp>

#include "core/base/error.h"

namespace fhctl {

// Called by boost when the value of a failed result is read, which is a bug.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

// boost::system::result, plus [[nodiscard]] on the type, which 1.81 lacks.
template <class T>
class [[nodiscard]] Result : public boost::system::result<T, Error> {
 public:
  using Base = boost::system::result<T, Error>;
  using Base::Base;
};

template <>
class [[nodiscard]] Result<void> : public boost::system::result<void, Error> {
 public:
  using Base = boost::system::result<void, Error>;
  using Base::Base;
  Result() = default;
};

// Success of a Result<void>.
inline Result<void> ok() { return Result<void>(); }

}  // namespace fhctl

#define FHCTL_JOIN_(a, b) a##b
#define FHCTL_JOIN(a, b) FHCTL_JOIN_(a, b)

// Evaluates an expression that gives a Result, and returns its error from the enclosing function if it failed.
#define RETURN_IF_ERROR(expression)                                                   \
  do {                                                                                \
    if (const auto result_of_ = (expression); !result_of_) return result_of_.error(); \
  } while (false)

// The same, and declares or assigns `target` from the value: ASSIGN_OR_RETURN(const Tags tags, read_tags(client));
#define ASSIGN_OR_RETURN(target, ...)                                               \
  auto FHCTL_JOIN(result_, __LINE__) = (__VA_ARGS__);                               \
  if (!FHCTL_JOIN(result_, __LINE__)) return FHCTL_JOIN(result_, __LINE__).error(); \
  target = std::move(*FHCTL_JOIN(result_, __LINE__))
