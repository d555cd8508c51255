// Package job is the core of Easel: what a job is, which states it passes through, and every decision
// about leases, attempts, paid calls, deadlines, idempotency, waiting and ownership.
//
//	queued ──claim──▶ running ──▶ succeeded
//	  ▲  ▲              │ ├─────▶ failed      (moderated, invalid, out of attempts, past its deadline)
//	  │  └──put back────┘ └─────▶ canceled
//	  └──retry── failed | canceled          queued ──▶ canceled | failed (deadline)
//
// Four concrete types do the work: [Submitter] takes requests and changes jobs, [Worker] makes images,
// [Reader] shows, [Sweeper] finds what was forgotten. Each holds just the ports that it needs, so its
// fields read like the permissions of the function it runs in. The ports are small interfaces;
// adapters translate them to a service and decide nothing.
//
// A job waits in its record, not in the queue. Its field due is the instant at which it is looked at next, and a message
// in the queue is only a hint to look now: losing one delays a job, repeating one changes nothing.
//
// State, counts and money change in one write: a transaction holds the job under its version, a [Difference] of its
// batch's [Counters], and a [Charge] to its owner's day. The claim of a call charges batch and day under their bounds, and
// what was not executed is given back in the write that puts the job back. So a bound limits what is paid, and what a batch
// says of itself is right at every moment, after any crash, and after its jobs were deleted or have expired.
//
// The package never logs, never reads the environment and never talks to a network by itself.
package job
