-- Every text compares by its bytes on both engines: "binary" is SQLite's own collation, and
-- `Store::migrate` makes one of that name in PostgreSQL before the first migration runs.
--
-- Ids are text, times are microseconds since 1970 in UTC, sizes are bytes. What is only ever read
-- and written as a whole (tags, conditions) is JSON in one column.

-- The scope tree. The four columns of the path repeat what `parent_id` says, so that no query has to
-- walk: `cluster_id` is the scope's own id for a cluster and the id above it for what lies beneath.
CREATE TABLE scopes (
    id            TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    parent_id     TEXT COLLATE "binary" REFERENCES scopes (id),
    scope_type    TEXT COLLATE "binary" NOT NULL,
    name          TEXT COLLATE "binary" NOT NULL,
    folder        TEXT COLLATE "binary",
    cluster_kind  TEXT COLLATE "binary",
    tenant_id     TEXT COLLATE "binary" NOT NULL,
    cluster_id    TEXT COLLATE "binary",
    department_id TEXT COLLATE "binary",
    project_id    TEXT COLLATE "binary",
    -- Two projects in one namespace would read each other's volumes.
    UNIQUE (cluster_id, folder)
);
CREATE INDEX scopes_department_id ON scopes (department_id);

-- `issuer` is empty for a group.
CREATE TABLE access_rules (
    id            TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    subject_type  TEXT COLLATE "binary" NOT NULL,
    issuer        TEXT COLLATE "binary" NOT NULL,
    subject       TEXT COLLATE "binary" NOT NULL,
    role          TEXT COLLATE "binary" NOT NULL,
    scope_id      TEXT COLLATE "binary" NOT NULL REFERENCES scopes (id),
    tenant_id     TEXT COLLATE "binary" NOT NULL,
    cluster_id    TEXT COLLATE "binary",
    department_id TEXT COLLATE "binary",
    project_id    TEXT COLLATE "binary",
    UNIQUE (subject_type, subject, issuer, role, scope_id)
);

CREATE TABLE people (
    id           TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    issuer       TEXT COLLATE "binary" NOT NULL,
    subject      TEXT COLLATE "binary" NOT NULL,
    name         TEXT COLLATE "binary" NOT NULL,
    email        TEXT COLLATE "binary",
    first_seen_at BIGINT NOT NULL,
    last_seen_at  BIGINT NOT NULL,
    UNIQUE (issuer, subject)
);

CREATE TABLE sessions (
    key_hash   TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    content    TEXT COLLATE "binary" NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE secrets (
    name  TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    -- Base64.
    value TEXT COLLATE "binary" NOT NULL
);

-- What lists are filtered and sorted by, and no more: a search reads all of it.
-- `created_by` names a person without a foreign key: a person can be forgotten, their volumes stay.
CREATE TABLE data_volumes (
    id                TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    name              TEXT COLLATE "binary" NOT NULL,
    -- Name, description and tags in lower case, made in Rust: the engines agree only on ASCII.
    search_text       TEXT COLLATE "binary" NOT NULL,
    phase             TEXT COLLATE "binary" NOT NULL,
    persistence_class TEXT COLLATE "binary",
    tenant_id         TEXT COLLATE "binary" NOT NULL,
    cluster_id        TEXT COLLATE "binary" NOT NULL REFERENCES scopes (id),
    department_id     TEXT COLLATE "binary" NOT NULL REFERENCES scopes (id),
    project_id        TEXT COLLATE "binary" NOT NULL REFERENCES scopes (id),
    -- Repeats `scopes.name`, to sort by it without a join.
    project_name      TEXT COLLATE "binary" NOT NULL,
    claim_name        TEXT COLLATE "binary" NOT NULL,
    capacity_bytes    BIGINT,
    used_bytes        BIGINT,
    file_count        BIGINT,
    measured_at       BIGINT,
    created_by        TEXT COLLATE "binary" NOT NULL,
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL,
    reconcile_at      BIGINT,
    UNIQUE (cluster_id, name),
    UNIQUE (project_id, claim_name)
);
CREATE INDEX data_volumes_reconcile_at ON data_volumes (reconcile_at, id);
CREATE INDEX data_volumes_department_id ON data_volumes (department_id, project_id);

-- One index for each way to sort, so that a page is read off it; the columns after the id are what
-- lists are filtered by, so that the rows themselves need not be looked at. What can be missing comes
-- last both ways, hence two indexes for it: no engine walks one of them backwards in halves.
CREATE INDEX data_volumes_by_name
    ON data_volumes (name, id, project_id, department_id, phase, persistence_class);
CREATE INDEX data_volumes_by_phase
    ON data_volumes (phase, id, project_id, department_id, persistence_class);
CREATE INDEX data_volumes_by_project
    ON data_volumes (project_name, id, project_id, department_id, phase, persistence_class);
CREATE INDEX data_volumes_by_created_at
    ON data_volumes (created_at, id, project_id, department_id, phase, persistence_class);
CREATE INDEX data_volumes_by_updated_at
    ON data_volumes (updated_at, id, project_id, department_id, phase, persistence_class);
CREATE INDEX data_volumes_by_capacity
    ON data_volumes ((capacity_bytes IS NULL), capacity_bytes, id, project_id, department_id, phase, persistence_class);
CREATE INDEX data_volumes_by_capacity_falling
    ON data_volumes ((capacity_bytes IS NULL), capacity_bytes DESC, id DESC, project_id, department_id, phase, persistence_class);
CREATE INDEX data_volumes_by_used
    ON data_volumes ((used_bytes IS NULL), used_bytes, id, project_id, department_id, phase, persistence_class);
CREATE INDEX data_volumes_by_used_falling
    ON data_volumes ((used_bytes IS NULL), used_bytes DESC, id DESC, project_id, department_id, phase, persistence_class);
CREATE INDEX data_volumes_by_files
    ON data_volumes ((file_count IS NULL), file_count, id, project_id, department_id, phase, persistence_class);
CREATE INDEX data_volumes_by_files_falling
    ON data_volumes ((file_count IS NULL), file_count DESC, id DESC, project_id, department_id, phase, persistence_class);

-- The rest of a data volume, read for one page at a time.
CREATE TABLE data_volume_details (
    data_volume_id     TEXT COLLATE "binary" NOT NULL PRIMARY KEY
                       REFERENCES data_volumes (id) ON DELETE CASCADE,
    description        TEXT COLLATE "binary" NOT NULL,
    tags               TEXT COLLATE "binary" NOT NULL,
    claim_uid          TEXT COLLATE "binary",
    claim_source       TEXT COLLATE "binary" NOT NULL,
    storage_class      TEXT COLLATE "binary" NOT NULL,
    access_modes       TEXT COLLATE "binary" NOT NULL,
    location           TEXT COLLATE "binary" NOT NULL,
    persistence_reason TEXT COLLATE "binary",
    sharing            TEXT COLLATE "binary",
    conditions         TEXT COLLATE "binary" NOT NULL
);

CREATE TABLE shares (
    id               TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    data_volume_id   TEXT COLLATE "binary" NOT NULL REFERENCES data_volumes (id) ON DELETE CASCADE,
    origin_claim_uid TEXT COLLATE "binary" NOT NULL,
    scope_id         TEXT COLLATE "binary" NOT NULL REFERENCES scopes (id),
    tenant_id        TEXT COLLATE "binary" NOT NULL,
    cluster_id       TEXT COLLATE "binary",
    department_id    TEXT COLLATE "binary",
    project_id       TEXT COLLATE "binary",
    -- Where the volume itself is, so that what comes from elsewhere is found without looking it up.
    origin_cluster_id    TEXT COLLATE "binary" NOT NULL,
    origin_department_id TEXT COLLATE "binary" NOT NULL,
    origin_project_id    TEXT COLLATE "binary" NOT NULL,
    mode             TEXT COLLATE "binary" NOT NULL,
    reason           TEXT COLLATE "binary" NOT NULL,
    created_by       TEXT COLLATE "binary" NOT NULL,
    created_at       BIGINT NOT NULL,
    UNIQUE (data_volume_id, scope_id)
);
CREATE INDEX shares_scope_id ON shares (scope_id, data_volume_id);
CREATE INDEX shares_department_id ON shares (department_id, data_volume_id);
CREATE INDEX shares_cluster_id ON shares (cluster_id, data_volume_id);

CREATE TABLE mounts (
    data_volume_id TEXT COLLATE "binary" NOT NULL REFERENCES data_volumes (id) ON DELETE CASCADE,
    project_id     TEXT COLLATE "binary" NOT NULL REFERENCES scopes (id),
    mode           TEXT COLLATE "binary" NOT NULL,
    phase          TEXT COLLATE "binary" NOT NULL,
    location       TEXT COLLATE "binary" NOT NULL,
    message        TEXT COLLATE "binary" NOT NULL,
    updated_at     BIGINT NOT NULL,
    PRIMARY KEY (data_volume_id, project_id)
);

-- Outlives the data volume: no foreign key.
CREATE TABLE events (
    id             TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    data_volume_id TEXT COLLATE "binary" NOT NULL,
    kind           TEXT COLLATE "binary" NOT NULL,
    user_id        TEXT COLLATE "binary",
    subject        TEXT COLLATE "binary" NOT NULL,
    happened_at    BIGINT NOT NULL
);
CREATE INDEX events_data_volume_id ON events (data_volume_id, happened_at, id);
