-- Of who callers are: of sessions, sign-ins, access keys, applications and people.
ALTER TABLE generations ADD COLUMN callers BIGINT NOT NULL DEFAULT 1;
