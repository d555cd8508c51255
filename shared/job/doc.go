// Package job is the core of Easel: what a job is, which states it passes through, and every decision
// about leases, attempts, paid calls, deadlines, idempotency, waiting and ownership.
//
//	queued ──claim──▶ running ──▶ succeeded
//	  ▲  ▲              │ ├─────▶ failed      (moderated, invalid, out of attempts, past its deadline)
//	  │  └──put back────┘ └─────▶ canceled
//	  └──retry── failed | canceled          queued ──▶ canceled | failed (deadline)
//
// Four concrete types do the work: [Submitter], here, takes requests and changes jobs and batches; worker.Worker makes
// images, read.Reader shows, and sweep.Sweeper finds what a crash has left. The last three have packages of their own, and
// ask this one for every change of a state, a count or an amount. Each type holds just the ports that it needs, so its fields
// read like the permissions of the function it runs in. The ports are small interfaces; adapters translate them to a
// service and decide nothing.
//
// A job that has not ended is in one of two places: it waits in its flow, or it is in the queue or with a worker. A [Flow]
// is the jobs of one model that take turns one after the other: an owner's single jobs, or what a batch has under one
// cancel number. The flows of a model are its line, and the Sweeper gives them turns: owners in turn, and the flows of each
// owner in turn. A single job may take a direct turn, without the Sweeper. A message in the queue is only a hint to look at
// the job now, and the job's field due only a timer: losing a message delays a job, repeating one changes nothing.
//
// State, counts and money change in one write: a transaction holds the job under its version, a [Difference] of its
// batch's [Counters], and a [Charge] to its owner's day. The claim of a call charges batch and day under their bounds, and
// what was not executed is given back in the write that puts the job back. So a bound limits what is paid, and what a batch
// says of itself is right at every moment, after any crash, and after its jobs were deleted or have expired.
//
// The package never logs, never reads the environment and never talks to a network by itself.
package job
