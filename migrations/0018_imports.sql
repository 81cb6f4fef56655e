-- Imports: what data agents pull into data volumes. One that is over without an end is still to be stopped.
CREATE TABLE imports (
    id             TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    data_volume_id TEXT COLLATE "binary" NOT NULL REFERENCES data_volumes (id) ON DELETE CASCADE,
    source         TEXT COLLATE "binary" NOT NULL,
    into_folder    TEXT COLLATE "binary" NOT NULL,
    existing       TEXT COLLATE "binary" NOT NULL,
    -- The name of a credential in the configuration; never the credential.
    credential     TEXT COLLATE "binary",
    asked_by       TEXT COLLATE "binary" NOT NULL,
    asked_at       BIGINT NOT NULL,
    state          TEXT COLLATE "binary" NOT NULL,
    runs           BIGINT NOT NULL,
    progress       TEXT COLLATE "binary" NOT NULL,
    started_at     BIGINT,
    ended_at       BIGINT
);
CREATE INDEX imports_data_volume_id ON imports (data_volume_id, asked_at);
CREATE INDEX imports_unfinished ON imports (asked_at) WHERE ended_at IS NULL;
