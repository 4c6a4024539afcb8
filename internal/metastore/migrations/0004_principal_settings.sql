-- +goose Up

-- What the sessions of a principal begin with: names and values of settings.
ALTER TABLE tavana.principals ADD COLUMN settings jsonb NOT NULL DEFAULT '{}';

-- +goose Down

ALTER TABLE tavana.principals DROP COLUMN settings;
