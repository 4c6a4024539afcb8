-- +goose Up

-- Which server ran an execution: the name of its home, as several servers may
-- share this store. Empty: it ran before servers had names.
ALTER TABLE tavana.executions ADD COLUMN server text NOT NULL DEFAULT '';
CREATE INDEX executions_open ON tavana.executions (server) WHERE ended_at IS NULL;

-- +goose Down
ALTER TABLE tavana.executions DROP COLUMN server;
