-- Numbers that grow with every change, in the transaction of the change: whoever keeps an answer reads the number to
-- know whether it still holds. One row.
CREATE TABLE generations (
    id           TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    -- Of what lists of data volumes and the scope tree show.
    lists        BIGINT NOT NULL,
    -- Of the access rules.
    access_rules BIGINT NOT NULL
);
INSERT INTO generations (id, lists, access_rules) VALUES ('all', 1, 1);
