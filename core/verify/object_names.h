// The keys under which Firehose delivers, from the reader's side: where to list, and which keys are a stream's.
//
// A key is the evaluated prefix, then yyyy/MM/dd/HH/ in UTC unless the prefix has a timestamp of its own, then
// {stream}-{version}-{yyyy}-{MM}-{dd}-{HH}-{mm}-{ss}-{uuid}{ext}. Its time is that of the oldest record in the object.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "core/services/firehose.h"

namespace fhctl::pipeline {

// The prefixes that contain every object of the stream whose key has a time in [from, to]; as narrow as the prefix's
// expressions allow. Hours, days, months and years are filled in; a random string, a finer time, or a time zone other
// than UTC ends the prefix before it.
std::vector<std::string> listing_prefixes(const firehose::S3Destination& destination, std::string_view stream,
                                          WallTime from, WallTime to);

// Whether the key is one of this stream's: not of "app-2" when it is of "app-2-1". `prefix` is the destination's.
bool is_object_of(std::string_view key, std::string_view stream, std::string_view prefix);

}  // namespace fhctl::pipeline
