-- The first shape of the store.
--
--     meta      one row: whose log this is, and where it stands
--     events    the log itself: every other table but meta could be made from it again
--     orders, trades, positions, batches
--               the latest event of each thing; `first` is the offset of its first event
--     legs      which batch and order a broker tag of ours stands for
--
-- Times are milliseconds since 1970 in UTC. `ended` is 1 when a thing is of no more interest once
-- its day is over: always for a trade, never for a position.

PRAGMA application_id = 1330791511;  -- "ORDW"

CREATE TABLE meta (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch TEXT NOT NULL,
    last INTEGER NOT NULL,  -- the newest event's offset
    chain BLOB NOT NULL     -- and its link
);

CREATE TABLE events (
    offset INTEGER PRIMARY KEY,
    type TEXT NOT NULL,
    account_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    data BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    chain BLOB NOT NULL     -- the digest of this row and the link before it
);
CREATE INDEX events_subject ON events (account_id, subject);
CREATE INDEX events_message ON events (account_id) WHERE type = 'message';

CREATE TABLE orders (
    first INTEGER PRIMARY KEY,
    offset INTEGER NOT NULL,
    type TEXT NOT NULL,
    account_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    data BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    UNIQUE (account_id, subject)
);
CREATE INDEX orders_by_end ON orders (ended, received_at);

CREATE TABLE trades (
    first INTEGER PRIMARY KEY,
    offset INTEGER NOT NULL,
    type TEXT NOT NULL,
    account_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    data BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    UNIQUE (account_id, subject)
);
CREATE INDEX trades_by_end ON trades (ended, received_at);

CREATE TABLE positions (
    first INTEGER PRIMARY KEY,
    offset INTEGER NOT NULL,
    type TEXT NOT NULL,
    account_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    data BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    UNIQUE (account_id, subject)
);
CREATE INDEX positions_by_end ON positions (ended, received_at);

CREATE TABLE batches (
    first INTEGER PRIMARY KEY,
    offset INTEGER NOT NULL,
    type TEXT NOT NULL,
    account_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    data BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    UNIQUE (account_id, subject)
);
CREATE INDEX batches_by_end ON batches (ended, received_at);

CREATE TABLE legs (
    account_id TEXT NOT NULL,
    broker_tag TEXT NOT NULL,
    batch_id TEXT NOT NULL,
    order_id TEXT,
    PRIMARY KEY (account_id, broker_tag)
) WITHOUT ROWID;

-- Filled and emptied again to try whether writing works.
CREATE TABLE probe (filler BLOB NOT NULL);
