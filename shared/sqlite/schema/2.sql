-- What the answers of each model have taught. The version of the column is the one that counts.
CREATE TABLE paces (
    model   TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    doc     TEXT NOT NULL
) STRICT;
