-- When a share ends by itself; NULL for one that somebody has to take away.
ALTER TABLE shares ADD COLUMN expires_at BIGINT;
