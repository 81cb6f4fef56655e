-- Requests for shares, by people who may not share themselves. They go with the data volume or the scope.
-- The four columns of the path repeat what `scopes` says, as everywhere.
CREATE TABLE share_requests (
    id             TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    data_volume_id TEXT COLLATE "binary" NOT NULL REFERENCES data_volumes (id) ON DELETE CASCADE,
    scope_id       TEXT COLLATE "binary" NOT NULL REFERENCES scopes (id) ON DELETE CASCADE,
    tenant_id      TEXT COLLATE "binary" NOT NULL,
    cluster_id     TEXT COLLATE "binary",
    department_id  TEXT COLLATE "binary",
    project_id     TEXT COLLATE "binary",
    mode           TEXT COLLATE "binary" NOT NULL,
    reason         TEXT COLLATE "binary" NOT NULL,
    expires_at     BIGINT,
    requested_by   TEXT COLLATE "binary" NOT NULL,
    requested_at   BIGINT NOT NULL,
    -- NULL while it waits, then 1 or 0.
    is_approved    BIGINT,
    answer         TEXT COLLATE "binary" NOT NULL,
    answered_by    TEXT COLLATE "binary",
    answered_at    BIGINT
);
CREATE INDEX share_requests_data_volume_id ON share_requests (data_volume_id, requested_at);
CREATE INDEX share_requests_scope_id ON share_requests (scope_id);
CREATE INDEX share_requests_requested_by ON share_requests (requested_by, requested_at);
-- Those that wait.
CREATE INDEX share_requests_is_approved ON share_requests (is_approved, requested_at);
