// Result<T>: a value or an Error. Check it, then use `*result`; `error()` gives a copy of the error.
#pragma once

#include <utility>

#include <boost/system/result.hpp>

#include "core/base/error.h"

namespace fhctl {

// Reading the value of a failed result is a mistake of ours; boost asks for this hook to say so.
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
