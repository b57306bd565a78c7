#include "core/services/iam.h"

#include "core/services/sts.h"
#include "tests/services/fixture.h"

namespace fhctl::iam {
namespace iam_test {
namespace {

using test::answer;
using test::query_fault;

class IamTest : public test::ServiceTest {};

std::string role_answer(const std::string& operation, const std::string& policy) {
  return "<" + operation + R"(Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><)" + operation +
         "Result><Role><Path>/team/</Path><RoleName>logs</RoleName><RoleId>AROA1</RoleId>"
         "<Arn>arn:aws:iam::123456789012:role/team/logs</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>"
         "<AssumeRolePolicyDocument>" +
         policy +
         "</AssumeRolePolicyDocument>"
         "<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>"
         "<PermissionsBoundaryArn>arn:b</PermissionsBoundaryArn></PermissionsBoundary>"
         "<Tags><member><Key>k</Key><Value>v</Value></member><member><Key>e</Key><Value/></member></Tags>"
         "</Role></" +
         operation + "Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></" + operation + "Response>";
}
std::string empty_answer(const std::string& operation) {
  return "<" + operation + "Response><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></" + operation +
         "Response>";
}

TEST_F(IamTest, CreatesARole) {
  auto role = with_answer(answer(200, role_answer("CreateRole", "%7B%22a%22%3A%22x%20%2B%20y+z%22%7D")),
                          [](aws::Client& client) {
                            return create_role(client, {.name = "logs",
                                                        .path = "/team/",
                                                        .trust_policy = R"({"a": "x + y"})",
                                                        .description = "made by fhctl & others",
                                                        .permissions_boundary = "arn:b",
                                                        .tags = {{"k:1", "v=\xC3\xA9~"}, {"e", ""}}});
                          });
  ASSERT_TRUE(role);
  EXPECT_EQ(request().host, "iam.amazonaws.com");
  EXPECT_EQ(header("Content-Type"), "application/x-www-form-urlencoded; charset=utf-8");
  EXPECT_EQ(request().body,
            "Action=CreateRole&Version=2010-05-08&RoleName=logs&Path=%2Fteam%2F"
            "&AssumeRolePolicyDocument=%7B%22a%22%3A%20%22x%20%2B%20y%22%7D"
            "&Description=made%20by%20fhctl%20%26%20others&PermissionsBoundary=arn%3Ab"
            "&Tags.member.1.Key=e&Tags.member.1.Value="
            "&Tags.member.2.Key=k%3A1&Tags.member.2.Value=v%3D%C3%A9~");
  EXPECT_EQ(role->id, "AROA1");
  EXPECT_EQ(role->path, "/team/");
  EXPECT_EQ(role->trust_policy, R"({"a":"x + y+z"})");  // '+' does not mean a space here
  EXPECT_EQ(role->permissions_boundary, "arn:b");
  EXPECT_EQ(role->tags, (Tags{{"k", "v"}, {"e", ""}}));
}

TEST_F(IamTest, APolicyThatIsNotEncodedStaysAsItIs) {
  auto role = with_answer(answer(200, role_answer("GetRole", R"({"a":"%41"})")),
                          [](aws::Client& client) { return get_role(client, "logs"); });
  ASSERT_TRUE(role);
  EXPECT_EQ((*role)->trust_policy, R"({"a":"%41"})");
}

TEST_F(IamTest, OnlyNoSuchEntityMeansAbsent) {
  auto get = [](aws::Client& client) { return get_role(client, "logs"); };
  auto absent = with_answer(query_fault("NoSuchEntity", 404), get);
  ASSERT_TRUE(absent);
  EXPECT_FALSE(*absent);
  EXPECT_FALSE(with_answer(answer(404, "<html><body>no</body></html>"), get));
  EXPECT_EQ(with_answer(query_fault("AccessDenied", 403), get).error().kind, ErrorKind::kDenied);
  for (std::string body : {std::string("<GetRoleResponse><GetRoleRes"), std::string("<html></html>"), std::string(),
                           empty_answer("GetRole"), std::string("<!DOCTYPE x><GetRoleResponse/>")}) {
    auto role = with_answer(answer(200, body), get);
    ASSERT_FALSE(role) << body;
    EXPECT_EQ(role.error().kind, ErrorKind::kProtocol) << body;
  }
}

TEST_F(IamTest, Policies) {
  EXPECT_TRUE(with_answer(answer(200, empty_answer("PutRolePolicy")),
                          [](aws::Client& client) { return put_role_policy(client, "r", "delivery", "{}"); }));
  EXPECT_EQ(request().body,
            "Action=PutRolePolicy&Version=2010-05-08&RoleName=r&PolicyName=delivery&PolicyDocument=%7B%7D");
  EXPECT_TRUE(with_answer(answer(200, empty_answer("UpdateAssumeRolePolicy")),
                          [](aws::Client& client) { return update_assume_role_policy(client, "r", "{}"); }));
  EXPECT_EQ(request().body, "Action=UpdateAssumeRolePolicy&Version=2010-05-08&RoleName=r&PolicyDocument=%7B%7D");

  auto get = [](aws::Client& client) { return get_role_policy(client, "r", "p"); };
  auto document = with_answer(answer(200,
                                     "<GetRolePolicyResponse><GetRolePolicyResult><RoleName>r</RoleName>"
                                     "<PolicyDocument>%7B%7D</PolicyDocument></GetRolePolicyResult>"
                                     "</GetRolePolicyResponse>"),
                              get);
  EXPECT_EQ(**document, "{}");
  EXPECT_FALSE(*with_answer(query_fault("NoSuchEntity", 404), get));
}

TEST_F(IamTest, Deletes) {
  auto remove = [](aws::Client& client) { return delete_role(client, "r"); };
  EXPECT_TRUE(*with_answer(answer(200, empty_answer("DeleteRole")), remove));
  EXPECT_FALSE(*with_answer(query_fault("NoSuchEntity", 404), remove));
  EXPECT_EQ(with_answer(query_fault("DeleteConflict", 409), remove).error().aws_code, "DeleteConflict");
  EXPECT_FALSE(*with_answer(query_fault("NoSuchEntity", 404),
                            [](aws::Client& client) { return delete_role_policy(client, "r", "p"); }));
}

TEST_F(IamTest, TagsAndBoundary) {
  EXPECT_TRUE(with_answer(answer(200, empty_answer("TagRole")), [](aws::Client& client) {
    return tag_role(client, "r", {{"k", "v"}});
  }));
  EXPECT_EQ(request().body, "Action=TagRole&Version=2010-05-08&RoleName=r&Tags.member.1.Key=k&Tags.member.1.Value=v");
  EXPECT_TRUE(with_answer(answer(200, empty_answer("UntagRole")), [](aws::Client& client) {
    return untag_role(client, "r", {"a", "b"});
  }));
  EXPECT_EQ(request().body, "Action=UntagRole&Version=2010-05-08&RoleName=r&TagKeys.member.1=a&TagKeys.member.2=b");
  EXPECT_TRUE(with_answer(answer(200, empty_answer("PutRolePermissionsBoundary")),
                          [](aws::Client& client) { return put_permissions_boundary(client, "r", "arn:b"); }));
  EXPECT_EQ(request().body,
            "Action=PutRolePermissionsBoundary&Version=2010-05-08&RoleName=r&PermissionsBoundary=arn%3Ab");
}

std::string policies_page(const std::string& names, const std::string& rest) {
  return "<ListRolePoliciesResponse><ListRolePoliciesResult><PolicyNames>" + names + "</PolicyNames>" + rest +
         "</ListRolePoliciesResult></ListRolePoliciesResponse>";
}

TEST_F(IamTest, ListsFollowTheirMarkers) {
  auto list = [](aws::Client& client) { return list_role_policies(client, "r"); };
  auto names = with_answers(
      {answer(200, policies_page("<member>a</member>", "<IsTruncated>true</IsTruncated><Marker>m 1</Marker>")),
       answer(200, policies_page("<member>b</member>", "<IsTruncated>false</IsTruncated>"))},
      list);
  EXPECT_EQ(*names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(request(1).body, "Action=ListRolePolicies&Version=2010-05-08&RoleName=r&Marker=m%201");

  auto stuck = with_answer(answer(200, policies_page("", "<IsTruncated>true</IsTruncated><Marker>m</Marker>")), list);
  EXPECT_EQ(stuck.error().kind, ErrorKind::kProtocol);
  EXPECT_EQ(requests.size(), 2u);
  // Markers that repeat in a circle are an error too.
  auto circle = with_answers({answer(200, policies_page("", "<IsTruncated>true</IsTruncated><Marker>m</Marker>")),
                              answer(200, policies_page("", "<IsTruncated>true</IsTruncated><Marker>n</Marker>")),
                              answer(200, policies_page("", "<IsTruncated>true</IsTruncated><Marker>m</Marker>")),
                              answer(200, policies_page("", "<IsTruncated>false</IsTruncated>"))},
                             list);
  EXPECT_FALSE(circle);
  EXPECT_TRUE(with_answer(query_fault("NoSuchEntity", 404), list)->empty());
  // A missing list is not an empty list: it must be known what blocks a delete.
  EXPECT_EQ(with_answer(answer(200, "<ListRolePoliciesResponse/>"), list).error().kind, ErrorKind::kProtocol);
}

TEST_F(IamTest, ListsOfStructures) {
  auto attached =
      with_answer(answer(200,
                         "<ListAttachedRolePoliciesResponse><ListAttachedRolePoliciesResult><AttachedPolicies><member>"
                         "<PolicyName>p</PolicyName><PolicyArn>arn:p</PolicyArn></member></AttachedPolicies>"
                         "<IsTruncated>false</IsTruncated></ListAttachedRolePoliciesResult>"
                         "</ListAttachedRolePoliciesResponse>"),
                  [](aws::Client& client) { return list_attached_policies(client, "r"); });
  EXPECT_EQ(*attached, (std::vector<std::string>{"arn:p"}));
  auto profiles = with_answer(
      answer(200,
             "<ListInstanceProfilesForRoleResponse><ListInstanceProfilesForRoleResult><InstanceProfiles><member>"
             "<InstanceProfileName>web</InstanceProfileName></member></InstanceProfiles>"
             "</ListInstanceProfilesForRoleResult></ListInstanceProfilesForRoleResponse>"),
      [](aws::Client& client) { return list_instance_profiles(client, "r"); });
  EXPECT_EQ(*profiles, (std::vector<std::string>{"web"}));
}

class StsTest : public test::ServiceTest {};

std::string identity(const std::string& account, const std::string& arn) {
  return "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
         "<GetCallerIdentityResult><Arn>" +
         arn + "</Arn><UserId>AID</UserId><Account>" + account +
         "</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
}

TEST_F(StsTest, ReturnsTheCaller) {
  auto who = [](aws::Client& client) { return sts::get_caller_identity(client); };
  auto caller = with_answer(answer(200, identity("123456789012", "arn:aws-us-gov:iam::123456789012:user/x")), who);
  ASSERT_TRUE(caller);
  EXPECT_EQ(request().body, "Action=GetCallerIdentity&Version=2011-06-15");
  EXPECT_EQ(caller->account, "123456789012");
  EXPECT_EQ(caller->partition, "aws-us-gov");
  EXPECT_EQ(caller->user_id, "AID");
  EXPECT_FALSE(with_answer(answer(200, identity("12345678901", "arn:aws:iam::1:user/x")), who));
  EXPECT_FALSE(with_answer(answer(200, identity("12345678901x", "arn:aws:iam::1:user/x")), who));
  EXPECT_FALSE(with_answer(answer(200, identity("123456789012", "nobody")), who));
}

}  // namespace
}  // namespace iam_test
}  // namespace fhctl::iam
