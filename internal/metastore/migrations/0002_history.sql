-- +goose Up

-- One row per execution (query.Execution): written when it starts, completed
-- when it ends. A row without an end after its server is gone was cut off.
CREATE TABLE tavana.executions (
    execution_id uuid PRIMARY KEY, -- UUIDv7: ordered by start
    principal text NOT NULL,
    key_id text NOT NULL,
    door text NOT NULL,
    session_id integer NOT NULL,
    catalog text NOT NULL,
    schema text NOT NULL,
    text text NOT NULL,
    fingerprint text NOT NULL,
    tables text[] NOT NULL,        -- full dotted names
    started_at timestamptz NOT NULL,
    estimate jsonb NOT NULL,       -- query.Estimate
    queued_us bigint NOT NULL DEFAULT 0,

    ended_at timestamptz,          -- null: runs, or was cut off
    status text,                   -- query.Status
    fault_kind text,
    fault_message text,
    fault_detail text,
    result_rows bigint,
    result_bytes bigint,
    wall_us bigint,
    cpu_us bigint,
    peak_memory_bytes bigint,
    cgroup_peak_bytes bigint,
    spilled_bytes bigint,
    memory_limit_bytes bigint,
    warm boolean,
    claim_us bigint,
    first_row_us bigint
);
CREATE INDEX executions_started ON tavana.executions (started_at);
CREATE INDEX executions_principal ON tavana.executions (principal, started_at);
CREATE INDEX executions_fingerprint ON tavana.executions (fingerprint, started_at);

-- +goose Down
DROP TABLE tavana.executions;
