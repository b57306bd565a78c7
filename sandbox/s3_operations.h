// The operations of the simulated S3, one function each. The dispatcher has seen to the address, the bucket, known
// headers and parameters, and the checksums before it calls one.
#pragma once

#include "sandbox/s3_call.h"

namespace fhctl::sandbox::s3 {

// s3_bucket.cc
http::Response list_buckets(S3Call& call);
http::Response create_bucket(S3Call& call);
http::Response head_bucket(S3Call& call);
http::Response get_location(S3Call& call);
http::Response delete_bucket(S3Call& call);

// s3_settings.cc
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
http::Response put_policy(S3Call& call);
http::Response get_policy(S3Call& call);
http::Response delete_policy(S3Call& call);
http::Response get_object_lock(S3Call& call);

// s3_lifecycle.cc
http::Response put_lifecycle(S3Call& call);
http::Response get_lifecycle(S3Call& call);
http::Response delete_lifecycle(S3Call& call);

// s3_list.cc
http::Response list_objects(S3Call& call);
http::Response list_objects_v2(S3Call& call);
http::Response list_versions(S3Call& call);
http::Response list_uploads(S3Call& call);

// s3_object.cc
http::Response put_object(S3Call& call);
http::Response get_object(S3Call& call);
http::Response remove_object(S3Call& call);

// s3_delete_objects.cc
http::Response delete_objects(S3Call& call);

// s3_upload.cc
http::Response create_upload(S3Call& call);
http::Response upload_part(S3Call& call);
http::Response complete_upload(S3Call& call);
http::Response abort_upload(S3Call& call);

// Shared: the <Tag> children of a set. Nullopt and an answer when the set breaks a rule of S3.
std::optional<std::map<std::string, std::string>> read_tags(const S3Call& call, const pugi::xml_node& set,
                                                            http::Response& refusal);
// The headers of a put that are kept with the object and come back with a GET.
std::vector<http::Header> headers_to_keep(const S3Call& call);
// If-Match and If-None-Match of a put. An answer means that the condition does not hold.
std::optional<http::Response> check_write_conditions(const S3Call& call);

}  // namespace fhctl::sandbox::s3
