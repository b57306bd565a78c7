// One parsed request to the simulated IAM, and helpers for its responses.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbox/iam/iam_state.h"
#include "sandbox/state/world.h"
#include "sandbox/wire/xml.h"

namespace fhctl::sandbox {

inline constexpr const char* kIamNamespace = "https://iam.amazonaws.com/doc/2010-05-08/";

struct IamCall {
  CloudState& world;
  const Incoming& incoming;
  std::string action;
  std::map<std::string, std::string> params;  // decoded, without Action and Version
  Role* role = nullptr;                       // set for every operation on a role that must exist

  const std::string& param(const std::string& name) const;  // empty when absent
  bool has(const std::string& name) const { return params.count(name) != 0; }
};

using IamTags = std::vector<std::pair<std::string, std::string>>;

http::Response iam_error(int status, std::string_view code, std::string_view message);
http::Response iam_invalid(std::string_view message);  // ValidationError

// A response that is being built: fill `result`, then finish it. Operations without output do not call `result`.
struct IamAnswer {
  explicit IamAnswer(const IamCall& call);
  pugi::xml_node result();  // creates the element on the first call
  http::Response finish();

 private:
  std::string action_;
  pugi::xml_document document_;
  pugi::xml_node root_;
  pugi::xml_node result_;
};

// Tags.member.N.Key and .Value, N from 1 without gaps. Nullopt and an error response if they break a rule.
std::optional<IamTags> read_iam_tags(const IamCall& call, http::Response& refusal);
// TagKeys.member.N, N from 1 without gaps. Nullopt and an error response if they are missing or numbered differently.
std::optional<std::vector<std::string>> read_iam_tag_keys(const IamCall& call, http::Response& refusal);

// Returns the part of `names` that Marker and MaxItems select. Writes IsTruncated and Marker. Nullopt and an error
// response if one of them is invalid.
std::optional<std::vector<std::string>> read_page(const IamCall& call, const std::vector<std::string>& names,
                                                  pugi::xml_node result, http::Response& refusal);

bool is_iam_name(std::string_view name, std::size_t size_max);  // [\w+=,.@-]+
// Tab, line feed, carriage return and U+0020 to U+00FF: what IAM accepts in policies and descriptions.
bool is_iam_text(std::string_view text);

}  // namespace fhctl::sandbox
