-- The schemas of the scratch database. What is public in a new database is the
-- lake's default schema here: its OID is the same on each server. The mirror's
-- own has a name that no schema of a lake can have: none ends with a blank.
DO $setup$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE oid = 2200 AND nspname = 'public') THEN
    ALTER SCHEMA public RENAME TO main;
  END IF;
END $setup$;
COMMENT ON SCHEMA main IS NULL;
REVOKE ALL ON SCHEMA main FROM PUBLIC;
GRANT USAGE ON SCHEMA main TO PUBLIC;
DROP SCHEMA IF EXISTS tavana_catalog, tavana_information, "system " CASCADE; -- the first two are those of earlier versions
CREATE SCHEMA "system ";
