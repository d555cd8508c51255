// Orders a picture from an Easel server, waits for it and saves it. Needs Node 20 or later.
//
//   EASEL_URL=http://127.0.0.1:8080 node easel.mjs 'a red fox in the snow' fox.png
//
// The credential: EASEL_KEY is sent as a bearer key. Without one, requests to an API Gateway's own address are signed with
// AWS credentials, and requests to any address are with EASEL_SIGN=always (AWS_REGION names the region then). Otherwise
// there is none. A signature needs what package.json names: npm ci
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

const [prompt, file, order = randomUUID()] = process.argv.slice(2);
const { EASEL_URL = "http://127.0.0.1:8080", EASEL_KEY = "", EASEL_SIGN, AWS_REGION } = process.env;
const base = EASEL_URL.replace(/\/$/, "");
const key = EASEL_KEY.trim();
const gateway = /^https:\/\/[^/]*\.execute-api\.([^./]+)\.amazonaws\./.exec(base);

async function bearer(method, url, headers) {
  return key ? { ...headers, authorization: `Bearer ${key}` } : headers;
}

async function signer() {
  const { Sha256 } = await import("@aws-crypto/sha256-js");
  const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
  const { SignatureV4 } = await import("@smithy/signature-v4");
  const region = gateway?.[1] ?? AWS_REGION;
  if (!region) throw new Error("a signature names the region of the API: set AWS_REGION");
  const signature = new SignatureV4({ service: "execute-api", region, credentials: defaultProvider(), sha256: Sha256 });
  return async (method, url, headers, body) => {
    const { protocol, hostname, port, pathname: path, searchParams, host } = url;
    const query = Object.fromEntries(searchParams);
    const request = { method, protocol, hostname, port, path, query, headers: { host, ...headers }, body };
    return (await signature.sign(request)).headers;
  };
}

const authorize = !key && (gateway || EASEL_SIGN === "always") ? await signer() : bearer;

// A signature holds for five minutes, so every attempt has its own.
async function call(method, path, headers = {}, body = undefined) {
  const url = new URL(base + path);
  for (let attempt = 1; ; attempt++) {
    const headed = await authorize(method, url, headers, body);
    const response = await fetch(url, { method, headers: headed, body, redirect: "manual" });
    if (response.ok) return response.json();
    if (attempt === 4 || ![429, 500, 502, 503, 504].includes(response.status)) {
      throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    }
    await pause(500 * 2 ** attempt);
  }
}

// The same key again is the same job: whatever breaks, one picture is made and paid for.
const headers = { "content-type": "application/json", "idempotency-key": order };
let job = await call("POST", "/jobs", headers, JSON.stringify({ prompt }));
while (!["succeeded", "failed", "canceled"].includes(job.status)) {
  job = await call("GET", `/jobs/${job.id}?wait=10`);
}
if (job.status !== "succeeded") throw new Error(`job ${job.id} ${job.status}: ${job.error?.message}`);

const picture = await fetch(job.images.at(-1).url); // signed by itself: it takes no other credential
if (!picture.ok) throw new Error(`the picture: ${picture.status}`);
await writeFile(file, picture.body);
console.log(job.id, file);
