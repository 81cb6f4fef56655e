-- One log for everything that can be changed, not only for data volumes. It takes the place of `events`,
-- which stays for consoles of the version before and is read by nobody else.
--
-- Nothing here has a foreign key: an entry outlives the thing, the person and the scope that it names.
CREATE TABLE audit_log (
    id            TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    kind          TEXT COLLATE "binary" NOT NULL,
    object_type   TEXT COLLATE "binary" NOT NULL,
    object_id     TEXT COLLATE "binary" NOT NULL,
    object_name   TEXT COLLATE "binary" NOT NULL,
    subject       TEXT COLLATE "binary" NOT NULL,
    -- Name and subject in lower case, made in Rust: the engines agree only on ASCII.
    object_text   TEXT COLLATE "binary" NOT NULL,
    -- Where the object lived; empty where nobody knows.
    tenant_id     TEXT COLLATE "binary",
    cluster_id    TEXT COLLATE "binary",
    department_id TEXT COLLATE "binary",
    project_id    TEXT COLLATE "binary",
    actor_type    TEXT COLLATE "binary" NOT NULL,
    actor_id      TEXT COLLATE "binary",
    actor_name    TEXT COLLATE "binary" NOT NULL,
    -- The name in lower case.
    actor_text    TEXT COLLATE "binary" NOT NULL,
    address       TEXT COLLATE "binary",
    user_agent    TEXT COLLATE "binary" NOT NULL,
    -- What a refused caller was told; NULL where it was done.
    refusal       TEXT COLLATE "binary",
    happened_at   BIGINT NOT NULL
);
CREATE INDEX audit_log_happened_at ON audit_log (happened_at, id);
CREATE INDEX audit_log_object_id ON audit_log (object_id, happened_at, id);
CREATE INDEX audit_log_actor_id ON audit_log (actor_id, happened_at, id);
CREATE INDEX audit_log_department_id ON audit_log (department_id, happened_at, id);

INSERT INTO audit_log (
    id, kind, object_type, object_id, object_name, subject, object_text,
    tenant_id, cluster_id, department_id, project_id,
    actor_type, actor_id, actor_name, actor_text, address, user_agent, refusal, happened_at)
SELECT events.id, events.kind, 'data-volume', events.data_volume_id,
       COALESCE(data_volumes.name, made.subject, ''), events.subject,
       lower(COALESCE(data_volumes.name, made.subject, '') || '
' || events.subject),
       data_volumes.tenant_id, data_volumes.cluster_id, data_volumes.department_id, data_volumes.project_id,
       CASE WHEN events.user_id IS NULL THEN 'console' ELSE 'person' END, events.user_id,
       COALESCE(people.name, ''), lower(COALESCE(people.name, '')), NULL, '', NULL, events.happened_at
FROM events
LEFT JOIN data_volumes ON data_volumes.id = events.data_volume_id
LEFT JOIN people ON people.id = events.user_id
LEFT JOIN events made ON made.data_volume_id = events.data_volume_id AND made.kind = 'created';
