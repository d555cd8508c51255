-- One row a job. The doc holds the record; the columns repeat what is searched, with instants in microseconds since
-- 1970. The version of the column is the one that counts.
-- Of a deleted job whose ID stays taken the row holds version, doc and remembered. Its other columns are empty, so that
-- no index finds it.
CREATE TABLE jobs (
    number     INTEGER PRIMARY KEY, -- by which the words of its prompt are found
    id         TEXT NOT NULL UNIQUE,
    owner      TEXT,             -- NULL in what is remembered
    status     TEXT NOT NULL,
    model      TEXT NOT NULL,
    batch      TEXT NOT NULL,    -- empty for a single job
    created    INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    price      INTEGER NOT NULL, -- micro-dollars
    flow       TEXT,             -- name of the flow in which it waits; NULL: it waits in none
    queued     INTEGER NOT NULL, -- with position and ID its place in the flow
    due        INTEGER,          -- NULL while nothing has to look at it
    enqueued   INTEGER NOT NULL,
    visible    INTEGER NOT NULL, -- when the message that is out can be received
    deadline   INTEGER,
    lease      INTEGER,          -- until when a call may run; NULL: none runs
    starred    INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    remembered INTEGER,          -- until when the ID of a deleted job stays taken; NULL: the job is there
    shape      INTEGER NOT NULL, -- of the doc, if programs with the same attributes alone have written it; otherwise 0
    wording    INTEGER NOT NULL, -- stands for the prompt: where it changes, so do the words in the index
    doc        TEXT NOT NULL
) STRICT;

-- The columns at the end of these three are what is asked for, so that the rows themselves are not read.
CREATE INDEX jobs_due ON jobs (model, due, id, deadline) WHERE due IS NOT NULL;
CREATE INDEX jobs_dispatched ON jobs (model, due, id, owner, batch, price, visible, status) WHERE enqueued = 1 AND due IS NOT NULL;
CREATE INDEX jobs_flow ON jobs (model, flow, queued, position, id, deadline, price) WHERE flow IS NOT NULL;
-- Lists are merged from the states, so that the jobs of each state are found without the others.
CREATE INDEX jobs_owner ON jobs (owner, status, created, position, id) WHERE owner IS NOT NULL;
CREATE INDEX jobs_batch ON jobs (batch, status, position, id) WHERE batch <> '';
CREATE INDEX jobs_starred ON jobs (owner, status, created, position, id) WHERE starred = 1 AND owner IS NOT NULL;
CREATE INDEX jobs_waiting ON jobs (owner, price) WHERE status = 'queued' AND batch = '';
CREATE INDEX jobs_remembered ON jobs (remembered) WHERE remembered IS NOT NULL;

-- The words of the prompts, which themselves are in the jobs alone. They are written by words.sql. With secure-delete the words of a deleted job go at once;
-- otherwise, and in a table without content, they are only marked.
CREATE VIEW prompts AS SELECT number, doc ->> '$.input.prompt' AS prompt FROM jobs WHERE remembered IS NULL;
CREATE VIRTUAL TABLE words USING fts5 (
    prompt, content = prompts, content_rowid = number, columnsize = 0, tokenize = "unicode61 remove_diacritics 2"
);
INSERT INTO words (words, rank) VALUES ('secure-delete', 1);

-- One row a batch, as the jobs have it, but without a version: a batch never changes.
CREATE TABLE batches (
    id         TEXT PRIMARY KEY,
    owner      TEXT,    -- NULL in what is remembered
    created    INTEGER NOT NULL,
    remembered INTEGER, -- as the jobs have it
    doc        TEXT NOT NULL
) STRICT;

CREATE INDEX batches_owner ON batches (owner, created, id) WHERE owner IS NOT NULL;
CREATE INDEX batches_remembered ON batches (remembered) WHERE remembered IS NOT NULL;

-- The figures of each batch that is there.
CREATE TABLE counters (
    batch TEXT PRIMARY KEY,
    due   INTEGER, -- NULL while nothing has to look at the batch
    doc   TEXT NOT NULL
) STRICT;

CREATE INDEX counters_due ON counters (due, batch) WHERE due IS NOT NULL;

-- What is remembered of each request that added jobs to a batch.
CREATE TABLE requests (
    name  TEXT PRIMARY KEY,
    batch TEXT NOT NULL,
    doc   TEXT NOT NULL
) STRICT;

CREATE INDEX requests_batch ON requests (batch);

-- What each owner's days have come to, in micro-dollars.
CREATE TABLE days (
    owner TEXT NOT NULL,
    day   TEXT NOT NULL,
    spent INTEGER NOT NULL,
    PRIMARY KEY (owner, day)
) STRICT, WITHOUT ROWID;

-- The flows in the line of each model. An instant is NULL where it has not come.
CREATE TABLE flows (
    model          TEXT NOT NULL,
    name           TEXT NOT NULL,    -- made of owner, batch and cancel number
    owner          TEXT NOT NULL,
    batch          TEXT NOT NULL,    -- empty for the owner's single jobs
    cancel_no      INTEGER NOT NULL,
    time           INTEGER NOT NULL, -- virtual
    touched        INTEGER,
    looked         INTEGER,
    turns          INTEGER NOT NULL,
    direct         INTEGER,
    waiting        INTEGER NOT NULL,
    first          INTEGER,
    first_position INTEGER NOT NULL,
    PRIMARY KEY (model, name)
) STRICT, WITHOUT ROWID;

-- How the line of each model stood last.
CREATE TABLE standings (
    model TEXT PRIMARY KEY,
    doc   TEXT NOT NULL
) STRICT;

-- A receipt is id and receives, so an id must never be given twice: hence AUTOINCREMENT.
CREATE TABLE messages (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    job        TEXT NOT NULL,
    message_no INTEGER NOT NULL,
    body       TEXT NOT NULL,
    sent       INTEGER NOT NULL,
    visible    INTEGER NOT NULL,
    receives   INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX messages_visible ON messages (visible, id);
CREATE INDEX messages_job ON messages (job, message_no);

CREATE TABLE dead_letters (
    id         INTEGER PRIMARY KEY,
    job        TEXT NOT NULL,
    message_no INTEGER NOT NULL,
    body       TEXT NOT NULL,
    sent       INTEGER NOT NULL,
    died       INTEGER NOT NULL,
    receives   INTEGER NOT NULL
) STRICT;

-- Where the slots of each model begin that were not given out, or some time later.
CREATE TABLE pace (
    model TEXT PRIMARY KEY,
    next  INTEGER NOT NULL
) STRICT;

-- What the answers of each model have taught. The version of the column is the one that counts.
CREATE TABLE paces (
    model   TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    doc     TEXT NOT NULL
) STRICT;
