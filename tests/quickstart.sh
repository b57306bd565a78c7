#!/usr/bin/env bash
# Demonstrates the lifecycle of a pipeline against the sandbox: tests/quickstart.sh FHCTL
# Needs only fhctl and what ./dev setup installs. Leaves nothing behind.
set -euo pipefail

fhctl=$(readlink -f "${1:?usage: tests/quickstart.sh FHCTL}")
folder=$(mktemp -d "${TMPDIR:-/tmp}/fhctl-quickstart-XXXXXX")
sandbox=""
began=$SECONDS

finish() {
  if [ -n "$sandbox" ]; then kill "$sandbox" 2>/dev/null || true; fi
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

bold="" plain=""
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\033[1m' plain=$'\033[0m'; fi
say() { printf '\n%s# %s%s\n' "$bold" "$*" "$plain"; }
show() { printf '%s$ %s%s\n' "$bold" "$*" "$plain"; }
run() { # shows the command, runs it
  show "fhctl $*"
  "$fhctl" "$@"
}

# The user's account and settings are not used.
for name in $(compgen -e | grep -E '^(AWS_|FHCTL_)' || true); do unset "$name"; done
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
cd "$folder"

say "A local AWS, in memory. Streams take 2 s to be ACTIVE, a new role 3 s to work;
# CloudWatch has a point for each second, at once. The real one: one a minute, late."
show "fhctl sandbox --port 0 --metric-period 1s --metric-lag 0s &"
"$fhctl" sandbox --port 0 --metric-period 1s --metric-lag 0s >sandbox.out 2>sandbox.err &
sandbox=$!
for _ in $(seq 100); do
  grep -q '^export AWS_ENDPOINT_URL=' sandbox.out && break
  kill -0 "$sandbox" 2>/dev/null || { cat sandbox.err >&2; exit 1; }
  sleep 0.1
done
grep '^export ' sandbox.out >exports.sh
cat exports.sh
# shellcheck disable=SC1091
source ./exports.sh
export AWS_REGION=us-west-2 AWS_DEFAULT_REGION=us-west-2
bucket=scaling-firehose-123456789012-us-west-2

say "Settings: short times, to watch. With the defaults a stream drains for nine minutes."
cat >fhctl.toml <<'TOML'
region = "us-west-2"
[delivery]
buffer_interval = "5s"   # 60s: an object is delivered after 5 s
[manifest]
poll = "2s"              # 30s: producers read the manifest every 2 s
record_ttl = "2s"        # 30s: and give a record up after 2 s
[drain]
period = "1s"            # 60s: the metrics have a point for each second
quiet = "3s"             # 3m: so long without traffic before a stream is deleted
lag = "1s"               # 5m: so late may a metric be
flush_margin = "1s"      # 60s: beyond a buffer interval for the last objects
TOML
show "cat fhctl.toml"
cat fhctl.toml

say "Two streams and all that they need."
run up --count 2 --yes

say "2,000 records, spread over the streams of the manifest just written."
show "seq 2000 | sed 's/.*/{\"n\":&}/' | fhctl put"
seq 2000 | sed 's/.*/{"n":&}/' | "$fhctl" put

say "Firehose buffers, then delivers. What the sandbox says it took and delivered:"
python3 - "$AWS_ENDPOINT_URL" 2000 <<'PYTHON'
import json, sys, time, urllib.request

url, records = sys.argv[1], int(sys.argv[2])
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
for _ in range(300):
    with opener.open(url + "/_sandbox/summary", timeout=10) as answer:
        traffic = json.load(answer)["traffic"]
    if sum(stream["delivered"] for stream in traffic) >= records:
        break
    time.sleep(0.1)
for stream in traffic:
    print("  {stream:<22} {accepted:>5} records taken, {delivered:>5} delivered, objects: {objects}".format(**stream))
took = sum(1 for stream in traffic if stream["accepted"])
arrived = sum(stream["delivered"] for stream in traffic)
print(f"  {took} of {len(traffic)} streams took records; {arrived} of {records} arrived.")
PYTHON
if command -v aws >/dev/null; then
  say "Any AWS client can talk to the sandbox."
  show "aws s3 ls --recursive s3://$bucket/logs/"
  aws --endpoint-url "$AWS_ENDPOINT_URL" s3 ls --recursive "s3://$bucket/logs/"
fi

say "More is coming: four streams. Producers follow the manifest; nobody deploys."
run scale 4 --yes
run describe

say "Does it all arrive? A marked record through every stream, read back from S3."
run verify

say "Less is coming: two streams. Producers get the time to read that; then the metrics
# have to prove that nobody sends to the other two, and that all was delivered."
run scale 2 --yes

say "Run again, up finds nothing to do."
run up --yes

say "Remove everything, the data too. While records come in it would ask for --force."
run destroy --empty-bucket --confirm scaling-firehose

say "What is left: nothing."
run describe
python3 - "$AWS_ENDPOINT_URL" <<'PYTHON'
import json, sys, urllib.request

opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
with opener.open(sys.argv[1] + "/_sandbox/summary", timeout=10) as answer:
    left = json.load(answer)
print("The sandbox holds {} streams, {} buckets, {} roles, {} log groups.".format(
    len(left["streams"]), len(left["buckets"]), left["roles"], left["log_groups"]))
PYTHON

printf '\n%sThe whole life took %s s.%s\n' "$bold" "$((SECONDS - began))" "$plain"
