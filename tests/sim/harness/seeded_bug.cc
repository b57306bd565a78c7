#include "tests/sim/harness/seeded_bug.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "sandbox/wire/error_reply.h"

namespace fhctl::test {
namespace {

using http::Request;
using http::Response;
using sandbox::Route;
using Act = MistakeAct;

bool is(const Route& route, std::string_view operation) { return route.operation == operation; }
std::string key_of(const Route& route) {
  const std::size_t slash = route.resource.find('/');
  return slash == std::string::npos ? "" : route.resource.substr(slash + 1);
}
bool is_own(const Route& route, std::string_view name) {
  return starts_with(key_of(route), "_fhctl/") && ends_with(key_of(route), "/" + std::string(name));
}

Response ok_json(const Json& body) {
  Response response;
  response.status = 200;
  response.headers.set("Content-Type", "application/x-amz-json-1.1");
  response.body = dump(body);
  return response;
}

Response ok_empty(const Route& route) {
  if (route.service != "iam") return ok_json(Json::object());
  Response response;
  response.status = 200;
  response.headers.set("Content-Type", "text/xml");
  response.body = fmt::format(
      "<{0}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ResponseMetadata>"
      "<RequestId>x</RequestId></ResponseMetadata></{0}Response>",
      route.operation);
  return response;
}

// Changes the JSON response of one operation.
Act answer(std::string operation, std::function<void(Json&, Response&)> change) {
  return [=](const Request& request, const Route& route, const Send& send) {
    Response response = send(request);
    if (!is(route, operation)) return response;
    Json json = Json::parse(response.body, nullptr, false);
    if (json.is_discarded()) return response;
    change(json, response);
    if (response.status < 300) response.body = dump(json);
    return response;
  };
}

// The request is never sent, and treated as successful.
Act forgotten(std::string operation) {
  return [=](const Request& request, const Route& route, const Send& send) {
    return is(route, operation) ? ok_empty(route) : send(request);
  };
}

Act replaced_code(std::string from, std::string to, int status) {
  return [=](const Request& request, const Route&, const Send& send) {
    Response response = send(request);
    if (response.status < 400 || !contains(response.body, from)) return response;
    response.status = status;
    response.body = replace_all(response.body, from, to);
    if (const auto type = response.headers.find("x-amzn-errortype")) {
      response.headers.set("x-amzn-errortype", replace_all(*type, from, to));
    }
    return response;
  };
}

Response create_then_tag(const Request& request, const Route& route, const Send& send, std::string_view operation,
                         const char* tags, const std::function<Request(const Request&, const Json&)>& tagging) {
  if (!is(route, operation)) return send(request);
  Json body = Json::parse(request.body);
  const Json wanted = body[tags];
  body.erase(tags);
  Request bare = request;
  bare.body = dump(body);
  Response response = send(bare);
  if (response.status < 300) (void)send(tagging(request, wanted));
  return response;
}

Response stream_then_tag(const Request& request, const Route& route, const Send& send) {
  return create_then_tag(request, route, send, "CreateDeliveryStream", "Tags",
                         [&](const Request& first, const Json& tags) {
                           Request second = first;
                           second.headers.set("X-Amz-Target", "Firehose_20150804.TagDeliveryStream");
                           second.body = dump(Json{{"DeliveryStreamName", route.resource}, {"Tags", tags}});
                           return second;
                         });
}

Response group_then_tag(const Request& request, const Route& route, const Send& send) {
  return create_then_tag(request, route, send, "CreateLogGroup", "tags", [&](const Request& first, const Json& tags) {
    Request second = first;
    second.headers.set("X-Amz-Target", "Logs_20140328.TagLogGroup");
    second.body = dump(Json{{"logGroupName", route.resource}, {"tags", tags}});
    return second;
  });
}

// Moves the fields of a form body that begin with "Tags." into a second call.
Response role_then_tag(const Request& request, const Route& route, const Send& send) {
  if (!is(route, "CreateRole")) return send(request);
  std::vector<std::string> rest;
  std::vector<std::string> tags = {"Action=TagRole", "Version=2010-05-08", "RoleName=" + route.resource};
  for (const std::string& field : split(request.body, '&'))
    (starts_with(field, "Tags.") ? tags : rest).push_back(field);
  Request bare = request;
  bare.body = join(rest, "&");
  Response response = send(bare);
  if (response.status < 300) {
    Request second = request;
    second.body = join(tags, "&");
    (void)send(second);
  }
  return response;
}

// A HEAD or GET that is denied is treated as if the resource did not exist.
Response denied_is_absent(const Request& request, const Route& route, const Send& send) {
  Response response = send(request);
  if (response.status == 403 && route.service == "s3" && !route.mutating)
    return sandbox::wire_error("s3", 404, "NoSuchKey", "");
  if (contains(response.body, "AccessDenied") && !route.mutating) {
    if (route.service == "iam") return sandbox::wire_error("iam", 404, "NoSuchEntity", "");
    return sandbox::wire_error(route.service, 400, "ResourceNotFoundException", "");
  }
  return response;
}

// The lock is acquired and released at once, so that another run can take it.
Response lock_given_back(const Request& request, const Route& route, const Send& send) {
  Response response = send(request);
  if (!is_own(route, "lock") || !is(route, "PutObject") || response.status != 200) return response;
  Request back = request;
  back.method = "DELETE";
  back.body.clear();
  for (const char* name : {"if-match", "if-none-match", "content-type", "content-md5"}) back.headers.remove(name);
  std::erase_if(back.headers.all,
                [](const auto& header) { return starts_with(to_lower(header.name), "x-amz-checksum"); });
  (void)send(back);
  return response;
}

// The lock appears an hour older than it is.
Response lock_looks_old(const Request& request, const Route& route, const Send& send) {
  Response response = send(request);
  if (!is_own(route, "lock") || response.status != 200 || route.mutating) return response;
  if (response.headers.find("last-modified")) {
    response.headers.set("Last-Modified", "Tue, 20 Jan 2026 08:00:00 GMT");
  }
  return response;
}

Response last_object_dropped(const Request& request, const Route& route, const Send& send) {
  Response response = send(request);
  if (!starts_with(route.operation, "ListObject")) return response;
  for (const std::string& element : {std::string("Version"), std::string("Contents")}) {
    const std::size_t from = response.body.rfind("<" + element + ">");
    const std::size_t to = response.body.rfind("</" + element + ">");
    if (from != std::string::npos && to != std::string::npos) response.body.erase(from, to + element.size() + 3 - from);
  }
  return response;
}

// A deleted stream is treated as gone at once.
Response gone_at_once(const Request& request, const Route& route, const Send& send) {
  Response response = send(request);
  if (is(route, "DescribeDeliveryStream") && contains(response.body, "\"DELETING\"")) {
    return sandbox::wire_error("firehose", 400, "ResourceNotFoundException", "gone");
  }
  return response;
}

Response neighbour_deleted(const Request& request, const Route& route, const Send& send) {
  if (!is(route, "DeleteDeliveryStream") || !ends_with(route.resource, "-2")) return send(request);
  Request other = request;
  other.body = replace_all(other.body, route.resource, replace_all(route.resource, "-2", "-1"));
  return send(other);
}

Response lost_is_done(const Request& request, const Route& route, const Send& send) {
  Response response = send(request);
  if (response.status == 500 && route.mutating && route.service != "s3") return ok_empty(route);
  return response;
}

Response throttled_is_done(const Request& request, const Route& route, const Send& send) {
  Response response = send(request);
  const bool throttled = contains(response.body, "Throttl") || contains(response.body, "SlowDown");
  return throttled && route.mutating && response.status >= 400 ? ok_empty(route) : response;
}

Response absent_fails(const Request& request, const Route& route, const Send& send) {
  Response response = send(request);
  const bool absent = contains(response.body, "ResourceNotFoundException") || contains(response.body, "NoSuchEntity");
  if (starts_with(route.operation, "Delete") && absent && response.status >= 400) {
    return sandbox::wire_error(route.service, 400, "InvalidArgumentException", "There is no such thing.");
  }
  return response;
}

Response one_too_many(const Request& request, const Route& route, const Send& send) {
  Response response = send(request);
  if (is(route, "CreateDeliveryStream") && response.status == 200) {
    Request other = request;
    other.body = replace_all(other.body, "\"" + route.resource + "\"", "\"" + route.resource + "0\"");
    (void)send(other);
  }
  return response;
}

Response no_answer_is_done(const Request& request, const Route& route, const Send& send) {
  Response response = send(request);
  return response.status == 0 && route.mutating && route.service != "s3" ? ok_empty(route) : response;
}

void tags_as_wanted(Json& json, const Json& ids) {
  Json tags = Json::array();
  for (const auto& [key, value] : ids.items()) tags.push_back({{"Key", key}, {"Value", value}});
  json["Tags"] = tags;
}

// Every stream of that name is treated as ours: it is given the tags of a stream that fhctl created.
Act name_is_enough(bool only_the_id) {
  auto seen = std::make_shared<Json>();
  return [=](const Request& request, const Route& route, const Send& send) {
    Response response = send(request);
    if (is(route, "CreateDeliveryStream") && response.status == 200) {
      *seen = Json::object();
      const Json body = Json::parse(request.body);
      for (const Json& tag : body["Tags"]) (*seen)[tag["Key"].get<std::string>()] = tag["Value"];
    }
    if (!is(route, "ListTagsForDeliveryStream") || response.status != 200 || !seen->is_object()) return response;
    Json json = Json::parse(response.body, nullptr, false);
    const bool fhctls = contains(response.body, "fhctl:pipeline");
    if (!json.is_object() || (only_the_id && !fhctls)) return response;
    tags_as_wanted(json, *seen);
    response.body = dump(json);
    return response;
  };
}

// A seeded bug without state.
std::function<MistakeAct()> plain(Act act) {
  return [act = std::move(act)] { return act; };
}

std::vector<SeededBug> make() {
  const auto status_is = [](const char* from, const char* to) {
    return answer("DescribeDeliveryStream", [=](Json& json, Response&) {
      Json& status = json["DeliveryStreamDescription"]["DeliveryStreamStatus"];
      if (status == from) status = to;
    });
  };
  const auto never_published = [](const Request& request, const Route& route, const Send& send) {
    if (!is(route, "PutObject") || !is_own(route, "manifest.json")) return send(request);
    Response response;
    response.status = 200;
    response.headers.set("ETag", "\"00000000000000000000000000000000\"");
    return response;
  };
  const auto identity_unasked = [](const Request& request, const Route& route, const Send& send) {
    if (!is(route, "GetCallerIdentity")) return send(request);
    Response response;
    response.status = 200;
    response.headers.set("Content-Type", "text/xml");
    response.body =
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/sandbox</Arn>"
        "<UserId>AIDA</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    return response;
  };
  const auto gives_up_at_once = [](const Request& request, const Route& route, const Send& send) {
    return is(route, "PutRolePolicy") ? replaced_code("NoSuchEntity", "InvalidInput", 400)(request, route, send)
                                      : send(request);
  };
  const auto last_page_dropped = [](Json& json, Response&) {
    Json& names = json["DeliveryStreamNames"];
    if (names.is_array() && names.size() > 1) names.erase(names.size() - 1);
    json["HasMoreDeliveryStreams"] = false;
  };
  return {
      {"create-stream-then-tag", "makes a stream, and tags it in a second call", plain(stream_then_tag)},
      {"create-role-then-tag", "makes the role, and tags it in a second call", plain(role_then_tag)},
      {"create-group-then-tag", "makes the log group, and tags it in a second call", plain(group_then_tag)},
      {"denied-is-absent", "takes 403 for 404", plain(denied_is_absent)},
      {"last-page-dropped", "misses the last page of the streams",
       plain(answer("ListDeliveryStreams", last_page_dropped))},
      {"object-page-dropped", "misses the last page of the objects", plain(last_object_dropped)},
      {"name-is-enough", "takes whatever bears the name for its own", [] { return name_is_enough(false); }},
      {"id-does-not-matter", "asks for the pipeline's name only, not for its id", [] { return name_is_enough(true); }},
      {"quota-is-throttling", "tries again when a quota is full",
       plain(replaced_code("LimitExceededException", "ThrottlingException", 400))},
      {"active-too-early", "publishes streams that are CREATING", plain(status_is("CREATING", "ACTIVE"))},
      {"deleting-is-active", "takes DELETING for ACTIVE", plain(status_is("DELETING", "ACTIVE"))},
      {"gone-at-once", "deletes the role before the streams are gone", plain(gone_at_once)},
      {"lock-given-back", "gives the lock back before it begins", plain(lock_given_back)},
      {"lock-looks-old", "takes a lock for expired that is not", plain(lock_looks_old)},
      {"containers-are-one", "looks up the pid of another container's run among its own processes",
       plain([](const Request& request, const Route&, const Send& send) { return send(request); }), true},
      {"internal-error-is-done", "takes an internal error for done", plain(lost_is_done)},
      {"throttled-is-done", "takes a throttled change for done", plain(throttled_is_done)},
      {"no-answer-is-done", "takes a change without an answer for done", plain(no_answer_is_done)},
      {"absent-is-an-error", "fails when what it deletes is gone already", plain(absent_fails)},
      {"neighbour-deleted", "deletes stream n - 1 instead of n", plain(neighbour_deleted)},
      {"one-too-many", "makes a stream of which it knows nothing", plain(one_too_many)},
      {"never-deletes-streams", "forgets to delete streams", plain(forgotten("DeleteDeliveryStream"))},
      {"never-deletes-role", "forgets to delete the role", plain(forgotten("DeleteRole"))},
      {"never-deletes-group", "forgets to delete the log group", plain(forgotten("DeleteLogGroup"))},
      {"no-role-policy", "forgets the role's policy", plain(forgotten("PutRolePolicy"))},
      {"no-retention", "forgets the retention of the log group", plain(forgotten("PutRetentionPolicy"))},
      {"never-publishes", "publishes no manifest", plain(never_published)},
      {"identity-unasked", "does not ask who it is", plain(identity_unasked)},
      {"gives-up-at-once", "takes a role that is not visible yet for one that does not exist", plain(gives_up_at_once)},
      {"update-forgotten", "sees drift and does not repair it", plain(forgotten("UpdateDestination"))},
  };
}

}  // namespace

const std::vector<SeededBug>& mistakes() {
  static const std::vector<SeededBug> all = make();
  return all;
}

const SeededBug* mistake_named(const std::string& name) {
  for (const SeededBug& seeded_bug : mistakes()) {
    if (seeded_bug.name == name) return &seeded_bug;
  }
  return nullptr;
}

}  // namespace fhctl::test
