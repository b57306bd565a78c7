#include "core/observe/conditional_write.h"

#include <gmock/gmock.h>

#include "tests/services/fixture.h"

namespace fhctl::pipeline {
namespace conditional_write_test {
namespace {

using test::answer;
using test::s3_fault;
using testing::ElementsAre;

const Error kNoAnswer{.kind = ErrorKind::kNetwork, .message = "the connection was closed"};

http::Response object(const std::string& etag, const std::string& body = "") {
  return answer(200, body, {{"ETag", etag}});
}

class WriteIfUnchanged : public test::ServiceTest {
 protected:
  Result<ConditionalPut> write(std::deque<Result<http::Response>> answers, const std::string& etag = "\"1\"") {
    return with_answers(std::move(answers), [&](aws::Client& client) {
      const Instant begun = client.loop().now();
      Result<ConditionalPut> written = put_if_unchanged(client, {"logs", "123456789012"}, "paper", "new", etag);
      took = client.loop().now() - begun;
      return written;
    });
  }
  std::vector<std::string> methods() const {
    std::vector<std::string> all;
    for (const http::Request& one : requests) all.push_back(one.method);
    return all;
  }
  Duration took{};
};

TEST_F(WriteIfUnchanged, AsksForWhatWasReadOrForNothing) {
  const Result<ConditionalPut> replaced = write({object("\"2\"")});
  ASSERT_TRUE(replaced);
  EXPECT_TRUE(replaced->stored);
  EXPECT_EQ(replaced->etag, "\"2\"");
  EXPECT_EQ(header("If-Match"), "\"1\"");
  ASSERT_TRUE(write({object("\"2\"")}, ""));
  EXPECT_EQ(header("If-None-Match"), "*");
  EXPECT_EQ(header("If-Match"), "(none)");
}

TEST_F(WriteIfUnchanged, LooksAfterALostAnswerAndWritesAgainAfterAPause) {
  const Result<ConditionalPut> arrived = write({kNoAnswer, object("\"2\"", "new")});
  ASSERT_TRUE(arrived);
  EXPECT_TRUE(arrived->stored);
  EXPECT_EQ(arrived->etag, "\"2\"");
  EXPECT_THAT(methods(), ElementsAre("PUT", "GET"));

  const Result<ConditionalPut> again = write({kNoAnswer, object("\"1\"", "old"), object("\"2\"")});
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->stored);
  EXPECT_THAT(methods(), ElementsAre("PUT", "GET", "PUT"));
  EXPECT_EQ(header("If-Match", 2), "\"1\"");
  EXPECT_GE(took, std::chrono::seconds(1));
}

TEST_F(WriteIfUnchanged, AFailedConditionIsTheOwnWriteOrAnother) {
  const Result<ConditionalPut> echo =
      write({kNoAnswer, object("\"1\"", "old"), s3_fault("PreconditionFailed", 412), object("\"2\"", "new")});
  ASSERT_TRUE(echo);
  EXPECT_TRUE(echo->stored);
  EXPECT_EQ(echo->etag, "\"2\"");

  const Result<ConditionalPut> other = write({s3_fault("PreconditionFailed", 412), object("\"9\"", "another's")});
  ASSERT_TRUE(other);
  EXPECT_FALSE(other->stored);
  EXPECT_EQ(other->etag, "\"9\"");
  EXPECT_EQ(other->body, "another's");

  const Result<ConditionalPut> gone = write({s3_fault("PreconditionFailed", 412), s3_fault("NoSuchKey", 404)});
  ASSERT_TRUE(gone);
  EXPECT_FALSE(gone->stored);
  EXPECT_EQ(gone->etag, "");
}

TEST_F(WriteIfUnchanged, GivesUpWithWhatHappenedLast) {
  std::deque<Result<http::Response>> answers;
  for (int i = 0; i < 6; ++i) {
    answers.emplace_back(kNoAnswer);
    answers.emplace_back(s3_fault("NoSuchKey", 404));
  }
  const Result<ConditionalPut> lost = write(answers, "");
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, ErrorKind::kNetwork);
  EXPECT_EQ(requests.size(), 10u);
  EXPECT_GE(took, std::chrono::seconds(4));

  const Result<ConditionalPut> denied = write({s3_fault("AccessDenied", 403)});
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().kind, ErrorKind::kDenied);
  EXPECT_EQ(requests.size(), 1u);
}

}  // namespace
}  // namespace conditional_write_test
}  // namespace fhctl::pipeline
