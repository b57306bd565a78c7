// S3 Control, REST and XML, 2018-08-20: tags of buckets that have attribute-based access control.
#include <utility>

#include "core/base/text.h"
#include "core/services/protocols/rest_xml.h"
#include "core/services/s3.h"

namespace fhctl::s3 {
namespace {

constexpr const char* kControlNamespace = "http://awss3control.amazonaws.com/doc/2018-08-20/";

aws::Call tags_call(const aws::Client& client, std::string method, std::string operation, const BucketRef& bucket) {
  aws::Call call;
  call.service = aws::Service::kS3Control;
  call.operation = std::move(operation);
  call.account = bucket.owner;
  call.request.method = std::move(method);
  call.request.path = "/v20180820/tags/" + percent_encode(bucket_arn(client.partition().id, bucket.name));
  call.request.headers.set("x-amz-account-id", bucket.owner);
  return call;
}

}  // namespace

Result<void> tag_bucket(aws::Client& client, const BucketRef& bucket, const Tags& tags) {
  if (tags.empty()) return ok();
  XmlDocument document = new_xml_document();
  pugi::xml_node root = document->append_child("TagResourceRequest");
  root.append_attribute("xmlns").set_value(kControlNamespace);
  append_tags(root.append_child("Tags"), tags);
  aws::Call call = tags_call(client, "POST", "TagResource", bucket);
  set_body(call, xml_text(*document));
  return call_for_nothing(client, call);
}

Result<void> untag_bucket(aws::Client& client, const BucketRef& bucket, const std::vector<std::string>& keys) {
  if (keys.empty()) return ok();
  aws::Call call = tags_call(client, "DELETE", "UntagResource", bucket);
  std::vector<std::string> parts;
  for (const std::string& key : keys) parts.push_back("tagKeys=" + percent_encode(key));
  call.request.query = join(parts, "&");
  return call_for_nothing(client, call);
}

}  // namespace fhctl::s3
