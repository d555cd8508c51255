-- What the calls of each job cost, beside its state: so that the jobs of a batch are counted from an index alone.
ALTER TABLE jobs ADD COLUMN cost INTEGER NOT NULL DEFAULT 0;
UPDATE jobs SET cost = doc ->> '$.cost_micro_usd' WHERE doc ->> '$.cost_micro_usd' <> 0;

CREATE INDEX jobs_count ON jobs (batch, status, cost) WHERE batch <> '';

-- One row a batch, as the jobs have it. The version of the column is the one that counts.
CREATE TABLE batches (
    id      TEXT PRIMARY KEY,
    owner   TEXT NOT NULL,
    created INTEGER NOT NULL,
    due     INTEGER, -- NULL while nobody has to look at it
    version INTEGER NOT NULL,
    doc     TEXT NOT NULL
) STRICT;

CREATE INDEX batches_owner ON batches (owner, created, id);
CREATE INDEX batches_due ON batches (due, id) WHERE due IS NOT NULL;

-- How the jobs of a batch stood when they were counted last.
CREATE TABLE tallies (
    batch   TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    doc     TEXT NOT NULL
) STRICT;

-- The books: what has been reserved under which name, and what each owner's days have come to, in micro-dollars.
CREATE TABLE entries (
    name TEXT PRIMARY KEY,
    doc  TEXT NOT NULL
) STRICT;

CREATE TABLE days (
    owner TEXT NOT NULL,
    day   TEXT NOT NULL, -- YYYY-MM-DD
    spent INTEGER NOT NULL,
    PRIMARY KEY (owner, day)
) STRICT, WITHOUT ROWID;
