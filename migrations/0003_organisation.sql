-- A project that was removed while data volumes are mounted in it stays until the cluster has taken the
-- mounts away; from this moment on it is in no list and takes nothing new.
ALTER TABLE scopes ADD COLUMN leaving_at BIGINT;

-- The last number that a department or project was given. None is given twice: what a removed project left
-- behind on a cluster must not become another's.
CREATE TABLE scope_numbers (
    id          TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    last_number BIGINT NOT NULL
);

-- What a scope is asked for before it can be removed.
CREATE INDEX scopes_parent_id ON scopes (parent_id);
CREATE INDEX access_rules_scope_id ON access_rules (scope_id);
CREATE INDEX mounts_project_id ON mounts (project_id);
