-- Views of the catalogue that people saved, each for themselves.
CREATE TABLE saved_views (
    id         TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    person_id  TEXT COLLATE "binary" NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    name       TEXT COLLATE "binary" NOT NULL,
    -- What stands behind the `?` of the address.
    query      TEXT COLLATE "binary" NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (person_id, name)
);
