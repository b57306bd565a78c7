// The REST and XML protocol of S3: what every call on a bucket or an object has in common. Only for .cc files.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/aws/client.h"
#include "core/base/tags.h"
#include "core/services/protocols/bucket_ref.h"
#include "core/services/protocols/xml.h"

namespace fhctl::s3 {

// Raw names and values; an empty value goes out as the bare name ("tagging").
using Query = std::map<std::string, std::string>;

// A call on the bucket itself, with the owner's account where it is known.
aws::Call bucket_call(std::string method, std::string operation, const BucketRef& bucket, const Query& query = {});
// A call on an object. Every byte of the key is kept, "." and ".." segments too. An empty key is refused (kUsage): the
// path would be the bucket's, and a delete would delete the bucket.
Result<aws::Call> object_call(std::string method, std::string operation, const BucketRef& bucket,
                              const std::string& key, const Query& query = {});
// Sets the body with its Content-Type and Content-MD5, which S3 demands of nearly every body.
void set_body(aws::Call& call, std::string body, std::string_view content_type = "application/xml");

// <name xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
pugi::xml_node append_root(pugi::xml_document& document, const char* name);
// <Tag><Key/><Value/></Tag> for each, as S3 has it in all its tag sets.
void append_tags(pugi::xml_node parent, const Tags& tags);

// Waits: sends the call and parses the document of its response. kProtocol when it is not one.
Result<XmlDocument> call_for_document(aws::Client& client, const aws::Call& call);
// Waits: sends a call whose response has no content.
Result<void> call_for_nothing(aws::Client& client, const aws::Call& call);
// The error in a response whose status the call took as data.
Error judge_response(const aws::Call& call, const http::Response& response);

bool is_true(const std::optional<std::string>& text);  // "true", "TRUE"

}  // namespace fhctl::s3
