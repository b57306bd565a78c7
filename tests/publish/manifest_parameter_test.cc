#include "core/publish/manifest_parameter.h"

#include <gmock/gmock.h>

#include "core/base/json.h"
#include "core/manifest/manifest_formats.h"
#include "tests/services/fixture.h"

namespace fhctl::pipeline {
namespace manifest_parameter_test {
namespace {

using test::answer;
using test::json_fault;
using ::testing::HasSubstr;

Manifest example() {
  Manifest manifest;
  manifest.epoch = "5c0e2b7f9a1d4e36";
  manifest.generation = 7;
  manifest.pipeline = "logs";
  manifest.account = "123456789012";
  manifest.region = "eu-central-1";
  ManifestEntry entry;
  entry.name = "logs-1";
  entry.state = EntryState::kActive;
  manifest.streams = {entry};
  return manifest;
}

http::Response parameter(const std::string& value) {
  return answer(200, dump(Json{{"Parameter", {{"Name", "/p"}, {"Value", value}, {"Version", 1}}}}));
}

class ManifestParameterTest : public test::ServiceTest {
 protected:
  std::optional<Note> write(std::deque<Result<http::Response>> answers, const Manifest& manifest = example()) {
    return with_answers(std::move(answers),
                        [&](aws::Client& client) { return write_manifest_parameter(client, "/p", manifest); });
  }
};

TEST_F(ManifestParameterTest, IsWrittenWhereThereIsNoneOrAnOlderOne) {
  EXPECT_FALSE(write({json_fault("ParameterNotFound"), answer(200, "{}")}));
  ASSERT_EQ(requests.size(), 2u);
  const Json put = Json::parse(request(1).body);
  EXPECT_EQ(put["Value"], *format_compact_manifest(example(), 4096));
  EXPECT_EQ(put["Tier"], "Standard");

  Manifest older = example();
  older.generation = 6;
  older.epoch = "another-life";
  EXPECT_FALSE(write({parameter(*format_compact_manifest(older, 4096)), answer(200, "{}")}));
  EXPECT_EQ(requests.size(), 2u);
}

TEST_F(ManifestParameterTest, IsLeftAsItIsWhenItSaysTheSame) {
  EXPECT_FALSE(write({parameter(*format_compact_manifest(example(), 4096))}));
  EXPECT_EQ(requests.size(), 1u);
}

TEST_F(ManifestParameterTest, IsNeverWrittenOverWhatIsNotOurs) {
  Manifest other = example();
  other.pipeline = "metrics";
  for (const std::string& value : {std::string("a password"), *format_compact_manifest(other, 4096)}) {
    const std::optional<Note> note = write({parameter(value)});
    ASSERT_TRUE(note) << value;
    EXPECT_TRUE(note->warning);
    EXPECT_THAT(note->message, HasSubstr("The parameter /p was not written: it holds"));
    EXPECT_THAT(note->hint, HasSubstr("--manifest-parameter"));
    EXPECT_EQ(requests.size(), 1u);
  }
}

TEST_F(ManifestParameterTest, FailuresAreWarnings) {
  for (const auto& answers : {std::deque<Result<http::Response>>{json_fault("AccessDeniedException")},
                              {json_fault("ParameterNotFound"), json_fault("ParameterLimitExceeded")}}) {
    const std::optional<Note> note = write(answers);
    ASSERT_TRUE(note);
    EXPECT_TRUE(note->warning);
    EXPECT_THAT(note->hint, HasSubstr("fhctl manifest publish"));
  }
  Manifest gaps = example();
  for (int number = 3; number < 6000; number += 2) {
    ManifestEntry entry = gaps.streams[0];
    entry.name = stream_name("logs", number);
    gaps.streams.push_back(std::move(entry));
  }
  const std::optional<Note> note = write({json_fault("ParameterNotFound")}, gaps);
  ASSERT_TRUE(note);
  EXPECT_THAT(note->message, HasSubstr("over 4096 bytes"));
  EXPECT_TRUE(requests.empty());
}

}  // namespace
}  // namespace manifest_parameter_test
}  // namespace fhctl::pipeline
