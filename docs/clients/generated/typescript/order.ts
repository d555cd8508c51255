// A program on what openapi-typescript makes of openapi.yaml: it orders a picture, waits for it and saves it, shows what is
// wrong with another order, then orders two pictures at once and asks what a CSV would cost.
import { writeFile } from "node:fs/promises";
import createClient from "openapi-fetch";
import type { paths } from "./easel";

async function main(address: string, key: string, file: string) {
  const easel = createClient<paths>({ baseUrl: address, headers: { Authorization: `Bearer ${key}` } });

  const ordered = await easel.POST("/jobs", {
    params: { header: { "Idempotency-Key": "one fox" } },
    body: { prompt: "a red fox in the snow", seed: 7, output_format: "png", metadata: { project: "atlas" } },
  });
  if (!ordered.data) throw new Error(JSON.stringify(ordered.error));
  let job = ordered.data;
  while (job.status === "queued" || job.status === "running") {
    const seen = await easel.GET("/jobs/{id}", { params: { path: { id: job.id }, query: { wait: 10 } } });
    if (!seen.data) throw new Error(JSON.stringify(seen.error));
    job = seen.data;
  }
  console.log(`${job.status}, seed ${job.sent.seed}, ${job.cost.list_usd} USD`);

  const picture = await easel.GET("/jobs/{id}/image", { params: { path: { id: job.id } }, parseAs: "arrayBuffer" });
  if (!picture.data) throw new Error(JSON.stringify(picture.error));
  await writeFile(file, new Uint8Array(picture.data));

  const refused = await easel.POST("/jobs", { body: { prompt: "a fox", aspect_ratio: "4:3", seed: -1 } });
  if (refused.error && "errors" in refused.error) {
    for (const fault of refused.error.errors ?? []) console.log(`${refused.error.status} at ${fault.pointer}`);
  }

  const batch = await easel.POST("/batches", {
    params: { header: { "Idempotency-Key": "two foxes" } },
    body: { max_cost_usd: 0.5, defaults: { aspect_ratio: "3:2" }, jobs: [{ prompt: "a red fox" }, { prompt: "a white fox", model: "ultra" }] },
  });
  if (batch.data?.object !== "batch") throw new Error(JSON.stringify(batch.error));
  console.log(`batch of ${batch.data.counts.total}, ${batch.data.cost.estimated_usd} USD`);

  const plan = await easel.POST("/batches", {
    params: { query: { dry_run: true } },
    headers: { "Content-Type": "text/csv" },
    body: "prompt,model\na red fox,core\na white fox,ultra\n",
    bodySerializer: (lines: unknown) => lines as string,
  });
  if (plan.data?.object !== "plan") throw new Error(JSON.stringify(plan.error));
  console.log(`plan of ${plan.data.lines}, ${plan.data.cost_usd} USD`);
}

main(process.argv[2], process.argv[3], process.argv[4]).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
