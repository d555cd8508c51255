-- What the connection that writes notes of the jobs that change after they were added, until the commit writes their words together: a statement a
-- row makes FTS5 write a piece of its index each time.
CREATE TEMP TABLE changed (
    number INTEGER PRIMARY KEY,
    was    TEXT NOT NULL -- the prompt whose words are in the index
) STRICT;

-- What was noted first is what the index has.
CREATE TEMP TRIGGER words_changed AFTER UPDATE OF wording ON main.jobs
    WHEN new.remembered IS NULL AND old.wording <> new.wording
BEGIN
    INSERT INTO changed (number, was) VALUES (old.number, coalesce(old.doc ->> '$.input.prompt', '')) ON CONFLICT DO NOTHING;
END;
CREATE TEMP TRIGGER words_erased AFTER DELETE ON main.jobs WHEN old.remembered IS NULL BEGIN
    INSERT INTO changed (number, was) VALUES (old.number, coalesce(old.doc ->> '$.input.prompt', '')) ON CONFLICT DO NOTHING;
END;
CREATE TEMP TRIGGER words_forgotten AFTER UPDATE OF remembered ON main.jobs WHEN old.remembered IS NULL BEGIN
    INSERT INTO changed (number, was) VALUES (old.number, coalesce(old.doc ->> '$.input.prompt', '')) ON CONFLICT DO NOTHING;
END;
