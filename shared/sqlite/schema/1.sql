-- One row a job. The doc holds the record; the columns repeat what is searched, with instants in
-- microseconds since 1970. The version of the column is the one that counts.
CREATE TABLE jobs (
    id       TEXT PRIMARY KEY,
    owner    TEXT NOT NULL,
    status   TEXT NOT NULL,
    model    TEXT NOT NULL,
    batch    TEXT NOT NULL, -- empty for a single job
    created  INTEGER NOT NULL,
    position INTEGER NOT NULL,
    due      INTEGER,       -- NULL once the job has ended
    out      INTEGER NOT NULL,
    deadline INTEGER,
    version  INTEGER NOT NULL,
    doc      TEXT NOT NULL
) STRICT;

CREATE INDEX jobs_due ON jobs (model, out, due, id) WHERE due IS NOT NULL;
CREATE INDEX jobs_owner ON jobs (owner, created, position, id);
CREATE INDEX jobs_batch ON jobs (batch, position, id) WHERE batch <> '';

-- A receipt is id and receives, so an id must never be given twice: hence AUTOINCREMENT.
CREATE TABLE messages (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    job      TEXT NOT NULL,
    sends    INTEGER NOT NULL,
    body     TEXT NOT NULL,
    sent     INTEGER NOT NULL,
    visible  INTEGER NOT NULL,
    receives INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX messages_visible ON messages (visible, id);
CREATE INDEX messages_job ON messages (job, sends);

CREATE TABLE dead_letters (
    id       INTEGER PRIMARY KEY,
    job      TEXT NOT NULL,
    sends    INTEGER NOT NULL,
    body     TEXT NOT NULL,
    sent     INTEGER NOT NULL,
    died     INTEGER NOT NULL,
    receives INTEGER NOT NULL
) STRICT;

-- The next free slot of each model.
CREATE TABLE pace (
    model TEXT PRIMARY KEY,
    next  INTEGER NOT NULL
) STRICT;
