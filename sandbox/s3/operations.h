// The operations of the simulated S3, one function each. Before it calls one, the dispatcher has checked the address,
// the bucket, the headers and parameters, and the checksums.
#pragma once

#include "sandbox/s3/call.h"

namespace fhctl::sandbox::s3 {

// bucket.cc
http::Response list_buckets(S3Call& call);
http::Response create_bucket(S3Call& call);
http::Response head_bucket(S3Call& call);
http::Response get_location(S3Call& call);
http::Response delete_bucket(S3Call& call);

// settings.cc
http::Response put_tagging(S3Call& call);
http::Response get_tagging(S3Call& call);
http::Response delete_tagging(S3Call& call);
http::Response put_public_access_block(S3Call& call);
http::Response get_public_access_block(S3Call& call);
http::Response delete_public_access_block(S3Call& call);
http::Response put_encryption(S3Call& call);
http::Response get_encryption(S3Call& call);
http::Response delete_encryption(S3Call& call);
http::Response put_versioning(S3Call& call);
http::Response get_versioning(S3Call& call);
http::Response put_abac(S3Call& call);
http::Response get_abac(S3Call& call);
http::Response put_policy(S3Call& call);
http::Response get_policy(S3Call& call);
http::Response delete_policy(S3Call& call);
http::Response get_object_lock(S3Call& call);

// control.cc: the tags of buckets in S3 Control, which addresses them by ARN. Nullopt: another request.
std::optional<http::Response> answer_control(CloudState& world, const Incoming& incoming);

// lifecycle.cc
http::Response put_lifecycle(S3Call& call);
http::Response get_lifecycle(S3Call& call);
http::Response delete_lifecycle(S3Call& call);

// list.cc
http::Response list_objects(S3Call& call);
http::Response list_objects_v2(S3Call& call);
http::Response list_versions(S3Call& call);
http::Response list_uploads(S3Call& call);

// object.cc
http::Response put_object(S3Call& call);
http::Response get_object(S3Call& call);
http::Response remove_object(S3Call& call);

// delete_objects.cc
http::Response delete_objects(S3Call& call);

// upload.cc
http::Response create_upload(S3Call& call);
http::Response upload_part(S3Call& call);
http::Response complete_upload(S3Call& call);
http::Response abort_upload(S3Call& call);

// Shared: parses the <Tag> children of a set. Nullopt and an error response if the set breaks a rule of S3.
std::optional<std::map<std::string, std::string>> read_tags(const S3Call& call, const pugi::xml_node& set,
                                                            http::Response& refusal);
// The headers of a put that are stored with the object and returned by GET.
std::vector<http::Header> headers_to_keep(const S3Call& call);
// MFA Delete: whether this request may not delete versions, because it has no code of an MFA device.
bool lacks_mfa(const S3Call& call);
// Checks If-Match and If-None-Match of a put. Returns an error response if the condition does not hold.
std::optional<http::Response> check_write_conditions(const S3Call& call);

}  // namespace fhctl::sandbox::s3
