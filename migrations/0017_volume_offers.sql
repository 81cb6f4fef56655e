-- Volumes that administrators made by hand on a cluster, and whose projects may make data volumes of them. An
-- offer goes when it is used. The columns of the path repeat what `scopes` says, as everywhere.
CREATE TABLE volume_offers (
    id            TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    volume_name   TEXT COLLATE "binary" NOT NULL,
    volume_uid    TEXT COLLATE "binary" NOT NULL,
    scope_id      TEXT COLLATE "binary" NOT NULL REFERENCES scopes (id) ON DELETE CASCADE,
    tenant_id     TEXT COLLATE "binary" NOT NULL,
    cluster_id    TEXT COLLATE "binary" NOT NULL,
    department_id TEXT COLLATE "binary",
    project_id    TEXT COLLATE "binary",
    offered_by    TEXT COLLATE "binary" NOT NULL,
    offered_at    BIGINT NOT NULL,
    -- One volume is one project's in the end: it is offered once.
    UNIQUE (cluster_id, volume_uid)
);
CREATE INDEX volume_offers_scope_id ON volume_offers (scope_id);
