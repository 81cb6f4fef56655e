-- Requests that came with an `Idempotency-Key`, and what was answered: the same request again gets the same answer.
CREATE TABLE idempotency_keys (
    caller_id   TEXT COLLATE "binary" NOT NULL,
    key         TEXT COLLATE "binary" NOT NULL,
    -- Of method, address and body: a key is for one request.
    fingerprint TEXT COLLATE "binary" NOT NULL,
    -- Sealed, because some answers hold secrets. NULL while the request is at work.
    answer      TEXT COLLATE "binary",
    begun_at    BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    PRIMARY KEY (caller_id, key)
);
CREATE INDEX idempotency_keys_expires_at ON idempotency_keys (expires_at);
