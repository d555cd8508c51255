"""A program on what openapi-python-client makes of openapi.yaml: it orders a picture, waits for it and saves it, shows what
is wrong with another order, then orders two pictures at once and asks what a CSV would cost."""

import io
import sys

from easel import AuthenticatedClient
from easel.api.batches import create_batch
from easel.api.jobs import get_image, get_job, submit_job
from easel.models import Batch, BatchRequest, Job, JobRequest, JobSettings, Metadata, OutputFormat, Plan, Problem, Status
from easel.types import File

address, key, file = sys.argv[1:]
client = AuthenticatedClient(address, key, raise_on_unexpected_status=True, follow_redirects=True)

metadata = Metadata.from_dict({"project": "atlas"})
job = submit_job.sync(
    client=client,
    idempotency_key="one fox",
    body=JobRequest("a red fox in the snow", seed=7, output_format=OutputFormat.PNG, metadata=metadata),
)
while isinstance(job, Job) and job.status in (Status.QUEUED, Status.RUNNING):
    job = get_job.sync(str(job.id), client=client, wait=10)
if not isinstance(job, Job):
    sys.exit(job)
print(f"{job.status}, seed {job.sent.seed}, {job.cost.list_usd} USD")

picture = get_image.sync(str(job.id), client=client)
if not isinstance(picture, File):
    sys.exit(picture)
with open(file, "wb") as out:
    out.write(picture.payload.read())

refused = submit_job.sync(client=client, body=JobRequest("a fox", aspect_ratio="4:3", seed=-1))
if isinstance(refused, Problem):
    for fault in refused.errors or []:
        print(f"{refused.status} at {fault.pointer}")

foxes = [JobSettings(prompt="a red fox"), JobSettings(prompt="a white fox", model="ultra")]
batch = create_batch.sync(
    client=client,
    idempotency_key="two foxes",
    body=BatchRequest(max_cost_usd=0.5, defaults=JobSettings(aspect_ratio="3:2"), jobs=foxes),
)
if not isinstance(batch, Batch):
    sys.exit(batch)
print(f"batch of {batch.counts.total}, {batch.cost.estimated_usd} USD")

lines = File(io.BytesIO(b"prompt,model\na red fox,core\na white fox,ultra\n"))
plan = create_batch.sync(client=client, dry_run=True, body=lines)
if not isinstance(plan, Plan):
    sys.exit(plan)
print(f"plan of {plan.lines}, {plan.cost_usd} USD")
