-- +goose Up

-- One row: the counters and secrets of this installation.
CREATE TABLE tavana.state (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    version bigint NOT NULL DEFAULT 1, -- grows with every change of what is below
    login_secret bytea NOT NULL        -- makes the salts of principals that do not exist
);
INSERT INTO tavana.state (login_secret)
VALUES (decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));

CREATE TABLE tavana.catalogs (
    catalog_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    folded text NOT NULL UNIQUE, -- the name as it is compared
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE tavana.schemas (
    schema_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    catalog_id bigint NOT NULL REFERENCES tavana.catalogs ON DELETE CASCADE,
    name text NOT NULL,
    folded text NOT NULL,
    version bigint NOT NULL, -- of the catalog, when a table in it last changed
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (catalog_id, folded)
);

CREATE TABLE tavana.tables (
    table_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    schema_id bigint NOT NULL REFERENCES tavana.schemas ON DELETE CASCADE,
    name text NOT NULL,
    folded text NOT NULL,
    origin text NOT NULL CHECK (origin IN ('data', 'added')), -- found in a data directory, or added by hand
    format text NOT NULL,
    location text NOT NULL,            -- the file, or the folder that holds all files
    columns jsonb NOT NULL,
    options jsonb NOT NULL,
    partition_columns text[] NOT NULL,
    files jsonb NOT NULL,
    row_count bigint NOT NULL,         -- -1: unknown
    byte_count bigint NOT NULL,
    problem text NOT NULL DEFAULT '',  -- why it cannot be read; empty: it can
    version bigint NOT NULL,           -- of the catalog, when this row last changed
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (schema_id, folded)
);
CREATE INDEX tables_version ON tavana.tables (version);

CREATE TABLE tavana.principals (
    principal_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    salt bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE tavana.keys (
    key_id text PRIMARY KEY,
    principal_id bigint NOT NULL REFERENCES tavana.principals ON DELETE CASCADE,
    owner text NOT NULL,
    description text NOT NULL,
    scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
    hash bytea NOT NULL UNIQUE, -- SHA-256 of the whole key
    stored_key bytea NOT NULL,  -- SCRAM-SHA-256, with the principal's salt
    server_key bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,     -- null: never
    revoked_at timestamptz,
    replaced_by text,
    last_used_at timestamptz
);
CREATE INDEX keys_principal ON tavana.keys (principal_id);

CREATE TABLE tavana.grants (
    principal_id bigint NOT NULL REFERENCES tavana.principals ON DELETE CASCADE,
    schema_id bigint NOT NULL REFERENCES tavana.schemas ON DELETE CASCADE,
    privilege text NOT NULL CHECK (privilege IN ('read')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (principal_id, schema_id, privilege)
);

INSERT INTO tavana.catalogs (name, folded) VALUES ('local', 'local');
INSERT INTO tavana.schemas (catalog_id, name, folded, version)
SELECT catalog_id, 'main', 'main', 1 FROM tavana.catalogs WHERE folded = 'local';

-- +goose Down
DROP TABLE tavana.grants, tavana.keys, tavana.principals, tavana.tables,
    tavana.schemas, tavana.catalogs, tavana.state;
