-- Claims of projects that programs know by an id. The claim itself is on the cluster; what is made of it
-- finds it by its name. The three columns of the path repeat what `scopes` says, as everywhere.
CREATE TABLE claim_assets (
    id            TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    name          TEXT COLLATE "binary" NOT NULL,
    description   TEXT COLLATE "binary" NOT NULL,
    tenant_id     TEXT COLLATE "binary" NOT NULL,
    cluster_id    TEXT COLLATE "binary" NOT NULL,
    department_id TEXT COLLATE "binary" NOT NULL,
    project_id    TEXT COLLATE "binary" NOT NULL REFERENCES scopes (id) ON DELETE CASCADE,
    claim_name    TEXT COLLATE "binary" NOT NULL,
    -- Both NULL for a claim that was there before.
    storage_class TEXT COLLATE "binary",
    size_bytes    BIGINT,
    path          TEXT COLLATE "binary" NOT NULL,
    -- 0 or 1: SQLite's driver hands on no BOOLEAN.
    is_read_only  BIGINT NOT NULL,
    created_by    TEXT COLLATE "binary" NOT NULL,
    created_at    BIGINT NOT NULL,
    UNIQUE (project_id, name),
    UNIQUE (project_id, claim_name)
);
CREATE INDEX claim_assets_department_id ON claim_assets (department_id);
CREATE INDEX claim_assets_cluster_id ON claim_assets (cluster_id);
