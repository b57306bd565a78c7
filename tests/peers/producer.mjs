// A producer with the AWS SDK for JavaScript: node producer.mjs NODE_MODULES BUCKET KEY ACCOUNT COUNT
// reads the manifest from the bucket, spreads COUNT records over its active streams, sends only refused ones again, and
// prints how many each stream took.
import { createRequire } from "node:module";

const [modules, bucket, key, account, count] = process.argv.slice(2);
const require = createRequire(modules + "/");
const { FirehoseClient, PutRecordBatchCommand } = require("@aws-sdk/client-firehose");
const { S3Client, GetObjectCommand } = require("@aws-sdk/client-s3");

const settings = { endpoint: process.env.AWS_ENDPOINT_URL, region: process.env.AWS_REGION };
const s3 = new S3Client({ ...settings, forcePathStyle: true });
const firehose = new FirehoseClient(settings);

const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, ExpectedBucketOwner: account }));
const manifest = JSON.parse(await object.Body.transformToString());
const streams = manifest.streams.filter((stream) => stream.state === "active").map((stream) => stream.name);

const waiting = Object.fromEntries(streams.map((name) => [name, []]));
for (let number = 0; number < Number(count); ++number) {
  waiting[streams[number % streams.length]].push({ Data: Buffer.from(JSON.stringify({ number, text: "é" }) + "\n") });
}
const took = {};
for (let turn = 0; turn < 20; ++turn) {
  for (const [name, records] of Object.entries(waiting)) {
    const batch = records.splice(0, manifest.batch.max_records);
    if (batch.length === 0) continue;
    const answer = await firehose.send(new PutRecordBatchCommand({ DeliveryStreamName: name, Records: batch }));
    const refused = batch.filter((_, index) => answer.RequestResponses[index].ErrorCode);
    took[name] = (took[name] ?? 0) + batch.length - refused.length;
    records.push(...refused);
  }
}
console.log(JSON.stringify(took));
