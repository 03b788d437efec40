-- The second shape: a prefix of the log can be retired.
--
--     base      one row: the last event that was retired; whatever stands in `events` up to there
--               is of no more meaning, and is taken away piece by piece
--     stood     the books as they stood then: folding the later events onto them gives the books.
--               Rows of another base are of one that never came to be, or that has been replaced

CREATE TABLE base (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    offset INTEGER NOT NULL,
    chain BLOB NOT NULL,            -- its link, which the next event's follows
    received_at INTEGER NOT NULL,
    seal BLOB NOT NULL              -- the digest of the rows of `stood`
);
INSERT INTO base VALUES (1, 0, x'', 0, x'');

CREATE TABLE stood (
    base INTEGER NOT NULL,          -- the offset of the base that the row belongs to
    first INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    type TEXT NOT NULL,
    account_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    data BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    PRIMARY KEY (base, first)
) WITHOUT ROWID;
CREATE INDEX stood_subject ON stood (base, account_id, subject);

CREATE INDEX legs_batch ON legs (account_id, batch_id);
