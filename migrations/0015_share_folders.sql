-- A share may offer one folder of the volume; the empty path is all of it.
ALTER TABLE shares ADD COLUMN sub_path TEXT COLLATE "binary" NOT NULL DEFAULT '';
ALTER TABLE mounts ADD COLUMN sub_path TEXT COLLATE "binary" NOT NULL DEFAULT '';
