// Orders a picture from an Easel on AWS, waits for it and saves it. Needs Node 20 or later, and what package.json names.
//
//   npm ci
//   EASEL_URL=https://….execute-api.us-west-2.amazonaws.com node easel.mjs 'a red fox in the snow' fox.png
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { Sha256 } from "@aws-crypto/sha256-js";
import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { SignatureV4 } from "@smithy/signature-v4";

const [prompt, file, key = randomUUID()] = process.argv.slice(2);
const base = process.env.EASEL_URL;
const region = /\.execute-api\.([^.]+)\./.exec(base)?.[1] ?? process.env.AWS_REGION;
const signer = new SignatureV4({ service: "execute-api", region, credentials: defaultProvider(), sha256: Sha256 });

// A signature holds for five minutes, so every attempt has its own.
async function call(method, path, headers = {}, body = undefined) {
  const url = new URL(base + path);
  const request = {
    method, protocol: url.protocol, hostname: url.hostname, port: url.port, path: url.pathname,
    query: Object.fromEntries(url.searchParams), headers: { host: url.host, ...headers }, body,
  };
  for (let attempt = 1; ; attempt++) {
    const { headers } = await signer.sign(request);
    const response = await fetch(url, { method, headers, body, redirect: "manual" });
    if (response.ok) return response.json();
    if (attempt === 4 || ![429, 500, 502, 503, 504].includes(response.status)) {
      throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    }
    await pause(500 * 2 ** attempt);
  }
}

// The same key again is the same job: whatever breaks, one picture is made and paid for.
const headers = { "content-type": "application/json", "idempotency-key": key };
let job = await call("POST", "/jobs", headers, JSON.stringify({ prompt }));
while (!["succeeded", "failed", "canceled"].includes(job.status)) {
  job = await call("GET", `/jobs/${job.id}?wait=10`);
}
if (job.status !== "succeeded") throw new Error(`job ${job.id} ${job.status}: ${job.error?.message}`);

const picture = await fetch(job.images.at(-1).url); // signed by itself: it takes no other credential
if (!picture.ok) throw new Error(`the picture: ${picture.status}`);
await writeFile(file, picture.body);
console.log(job.id, file);
