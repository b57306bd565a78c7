// Creates and destroys the states of all services; see sandbox/state/world.h.
#include "sandbox/state/world.h"

#include <memory>
#include <utility>

#include "sandbox/firehose/firehose_state.h"
#include "sandbox/iam/iam_state.h"
#include "sandbox/logs/logs_state.h"
#include "sandbox/metrics/metrics.h"
#include "sandbox/s3/s3_state.h"
#include "sandbox/ssm/ssm_state.h"

namespace fhctl::sandbox {

CloudState::CloudState(Options given)
    : options(std::move(given)),
      entropy(options.seed),
      firehose(std::make_unique<FirehoseState>()),
      s3(std::make_unique<S3State>()),
      iam(std::make_unique<IamState>()),
      logs(std::make_unique<LogsState>()),
      metrics(std::make_unique<MetricsState>()),
      ssm(std::make_unique<SsmState>()) {}

CloudState::~CloudState() = default;

}  // namespace fhctl::sandbox
