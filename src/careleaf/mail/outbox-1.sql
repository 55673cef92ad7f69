-- The outbox, version 1. Times are UTC text that sorts. What names a patient stands in payload, and in
-- message.record; address and person in message are keyed digests.

CREATE TABLE secret (one INTEGER PRIMARY KEY CHECK (one = 1), value BLOB NOT NULL, sum BLOB NOT NULL) STRICT;

-- Once more, on another page: without it nobody can tell what was sent already.
CREATE TABLE secret_copy (one INTEGER PRIMARY KEY CHECK (one = 1), value BLOB NOT NULL, sum BLOB NOT NULL) STRICT;

-- The latest time at which anything was written. After a rescue that cannot tell what was sent: of treatments
-- up to which day.
CREATE TABLE seen (one INTEGER PRIMARY KEY CHECK (one = 1), at TEXT NOT NULL, forgot TEXT NOT NULL) STRICT;

-- Texts that must all be approved, as JSON: [[topic, lang, digest], ...]
CREATE TABLE wordset (id INTEGER PRIMARY KEY, words TEXT NOT NULL UNIQUE) STRICT;

-- Leases of the last day, for the limits per minute and day, and how each row stood before its lease.
CREATE TABLE attempt (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  clinic TEXT NOT NULL,
  at TEXT NOT NULL,
  until TEXT NOT NULL,
  was_state TEXT NOT NULL,
  was_next_at TEXT NOT NULL,
  was_tried_at TEXT
) STRICT;
CREATE INDEX attempt_at ON attempt (clinic, at);

CREATE TABLE message (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key BLOB NOT NULL UNIQUE CHECK (length(key) = 32),
  message_id TEXT NOT NULL UNIQUE,
  clinic TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN
    ('queued', 'sending', 'sent', 'deferred', 'failed', 'expired', 'held', 'unknown', 'cancelled')),
  kind TEXT NOT NULL CHECK (kind IN ('sheet', 'correction')),
  topic TEXT NOT NULL,
  version INTEGER NOT NULL,
  lang TEXT NOT NULL,
  source TEXT NOT NULL,
  row INTEGER NOT NULL,
  record TEXT NOT NULL,
  words INTEGER NOT NULL REFERENCES wordset (id),
  address BLOB,
  person BLOB,
  visit BLOB, -- the same for all that one person gets of one topic after one treatment
  consented_on TEXT,
  attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  maybe INTEGER NOT NULL DEFAULT 0 CHECK (maybe IN (0, 1)), -- it may have arrived
  reason TEXT NOT NULL DEFAULT '',
  queued_at TEXT NOT NULL,
  tried_at TEXT,
  sent_at TEXT,
  next_at TEXT,
  lease INTEGER, -- of table attempt, while it is being sent
  not_after TEXT NOT NULL,
  changed_at TEXT NOT NULL,
  CHECK ((next_at IS NOT NULL) = (state IN ('queued', 'deferred', 'unknown'))),
  CHECK ((lease IS NOT NULL) = (state = 'sending')),
  CHECK (state <> 'sent' OR sent_at IS NOT NULL)
) STRICT;
CREATE INDEX message_state ON message (clinic, state);
CREATE INDEX message_address ON message (address);
CREATE INDEX message_visit ON message (visit) WHERE visit IS NOT NULL;
CREATE INDEX message_due ON message (clinic, next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX message_over ON message (not_after) WHERE next_at IS NOT NULL;
CREATE INDEX message_lease ON message (lease) WHERE lease IS NOT NULL;

-- Letters, leaflets and calendars, each once. No number is given again: a sender may have what it stood for
-- at hand.
CREATE TABLE blob (id INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL UNIQUE, content BLOB NOT NULL) STRICT;

-- What a message is made of, and to whom it goes: only while it may yet be sent.
CREATE TABLE payload (
  message INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
  letter INTEGER NOT NULL REFERENCES blob (id),
  leaflet INTEGER NOT NULL REFERENCES blob (id),
  calendar INTEGER NOT NULL REFERENCES blob (id),
  seal BLOB NOT NULL, -- over all of it: a damaged sheet or address is not sent
  address TEXT NOT NULL,
  added BLOB NOT NULL
) STRICT;
CREATE INDEX payload_letter ON payload (letter);
CREATE INDEX payload_leaflet ON payload (leaflet);
CREATE INDEX payload_calendar ON payload (calendar);

CREATE TRIGGER message_ended AFTER UPDATE OF state ON message
WHEN NEW.state IN ('sent', 'expired', 'cancelled')
BEGIN
  DELETE FROM payload WHERE message = NEW.id;
END;

CREATE TABLE suppressed (address BLOB PRIMARY KEY, why TEXT NOT NULL, at TEXT NOT NULL) STRICT;

-- To be read in the sqlite3 shell. It names nobody.
CREATE VIEW overview AS
  SELECT id, clinic, state, kind, topic, version, lang, source, row, attempts, reason,
    queued_at, tried_at, sent_at, next_at, not_after FROM message;
