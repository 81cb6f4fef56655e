-- Sign-ins of programs without a browser (RFC 8628), from the first request to the answer of a person and the key that
-- the program gets.
CREATE TABLE device_sign_ins (
    -- Of the code that the program keeps to itself.
    device_code_hash TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    -- What the person types.
    user_code        TEXT COLLATE "binary" NOT NULL UNIQUE,
    -- What the program says of itself; anybody can say anything here.
    device_name      TEXT COLLATE "binary" NOT NULL,
    -- From where it came, if that is known.
    address          TEXT COLLATE "binary",
    -- The key that was made for it; NULL until somebody agreed.
    access_key_id    TEXT COLLATE "binary" REFERENCES access_keys (id) ON DELETE CASCADE,
    -- 1 or 0.
    is_refused       BIGINT NOT NULL,
    begun_at         BIGINT NOT NULL,
    -- When the program asked last whether somebody answered.
    asked_at         BIGINT,
    expires_at       BIGINT NOT NULL
);
CREATE INDEX device_sign_ins_access_key_id ON device_sign_ins (access_key_id);
CREATE INDEX device_sign_ins_expires_at ON device_sign_ins (expires_at);
