-- What programs prove themselves with, and what is known of those who signed in.

-- Programs that are subjects of access rules. Their names stand beside those of people wherever it
-- is told who did something.
CREATE TABLE applications (
    id         TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    name       TEXT COLLATE "binary" NOT NULL UNIQUE,
    created_by TEXT COLLATE "binary" NOT NULL,
    created_at BIGINT NOT NULL
);

-- Client ids and the hashes of their secrets: an application has one, under its own id; a person may
-- have several.
CREATE TABLE access_keys (
    id             TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    application_id TEXT COLLATE "binary" UNIQUE REFERENCES applications (id) ON DELETE CASCADE,
    person_id      TEXT COLLATE "binary" REFERENCES people (id) ON DELETE CASCADE,
    name           TEXT COLLATE "binary" NOT NULL,
    secret_hash    TEXT COLLATE "binary" NOT NULL,
    secret_number  BIGINT NOT NULL,
    -- 1 or 0.
    is_enabled     BIGINT NOT NULL,
    created_by     TEXT COLLATE "binary" NOT NULL,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    expires_at     BIGINT,
    last_used_at   BIGINT,
    UNIQUE (person_id, name),
    CHECK ((application_id IS NULL) <> (person_id IS NULL))
);

-- What an identity provider vouched for, from one sign-in on: a session lives on it, and so do the
-- access keys of that person. Ending it ends whatever lives on it.
CREATE TABLE sign_ins (
    id               TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    person_id        TEXT COLLATE "binary" NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    provider_key     TEXT COLLATE "binary" NOT NULL,
    -- What the provider calls its session (`sid`), where it has a name for it.
    provider_session TEXT COLLATE "binary",
    -- JSON.
    groups_read      TEXT COLLATE "binary" NOT NULL,
    groups_read_at   BIGINT NOT NULL,
    -- Until when one of the consoles is reading them again; the others wait.
    being_read_until BIGINT,
    -- Sealed: what the groups are read again with.
    tokens           TEXT COLLATE "binary" NOT NULL,
    began_at         BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL
);
CREATE INDEX sign_ins_person_id ON sign_ins (person_id, groups_read_at);
CREATE INDEX sign_ins_expires_at ON sign_ins (expires_at);
