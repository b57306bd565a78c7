// One request to the simulated IAM after its form was read, and the forms of its answers.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbox/iam_state.h"
#include "sandbox/world.h"
#include "sandbox/xml.h"

namespace fhctl::sandbox {

inline constexpr const char* kIamNamespace = "https://iam.amazonaws.com/doc/2010-05-08/";

struct IamCall {
  World& world;
  const Incoming& incoming;
  std::string action;
  std::map<std::string, std::string> params;  // decoded, without Action and Version
  Role* role = nullptr;                       // set for every operation on a role that has to be there

  const std::string& param(const std::string& name) const;  // empty when absent
  bool has(const std::string& name) const { return params.count(name) != 0; }
};

using IamTags = std::vector<std::pair<std::string, std::string>>;

http::Response iam_error(int status, std::string_view code, std::string_view message);
http::Response iam_invalid(std::string_view message);  // ValidationError

// An answer under way: fill `result`, then finish it. Operations without output leave it out.
struct IamAnswer {
  explicit IamAnswer(const IamCall& call);
  pugi::xml_node result();  // makes the element when first asked for
  http::Response finish();

 private:
  std::string action_;
  pugi::xml_document document_;
  pugi::xml_node root_;
  pugi::xml_node result_;
};

// Tags.member.N.Key and .Value, N from 1 without gaps. Nullopt and an answer when they break a rule.
std::optional<IamTags> read_iam_tags(const IamCall& call, http::Response& refusal);
// TagKeys.member.N, N from 1 without gaps. Nullopt and an answer when there are none, or others.
std::optional<std::vector<std::string>> read_iam_tag_keys(const IamCall& call, http::Response& refusal);

// The part of `names` that Marker and MaxItems ask for. Writes IsTruncated and Marker. Nullopt and an answer when one
// of them makes no sense.
std::optional<std::vector<std::string>> read_page(const IamCall& call, const std::vector<std::string>& names,
                                                  pugi::xml_node result, http::Response& refusal);

bool is_iam_name(std::string_view name, std::size_t size_max);  // [\w+=,.@-]+
// Tab, line feed, carriage return and U+0020 to U+00FF: all that IAM takes in policies and descriptions.
bool is_iam_text(std::string_view text);

}  // namespace fhctl::sandbox
