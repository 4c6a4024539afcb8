-- What the role that reads may do here. As far as the owner of the database may
-- say so, PostgreSQL's own dangerous functions, and what the mirror stands in
-- for, are closed to everybody else: should a statement ever name them, the
-- server refuses it, too.
DO $grants$
DECLARE
  reader CONSTANT text := pg_catalog.current_setting('tavana.reader');
  allowed CONSTANT text[] := pg_catalog.string_to_array(pg_catalog.current_setting('tavana.allowed'), ' ');
  r record;
BEGIN
  EXECUTE pg_catalog.format('GRANT USAGE ON SCHEMA "system " TO %I', reader);
  EXECUTE pg_catalog.format('GRANT SELECT ON ALL TABLES IN SCHEMA "system " TO %I', reader);
  EXECUTE pg_catalog.format('REVOKE ALL ON "system ".pg_authid FROM %I', reader);
  IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    RETURN;
  END IF;
  FOR r IN SELECT oid::regprocedure AS name FROM pg_catalog.pg_proc
    WHERE pronamespace = 'pg_catalog'::regnamespace AND proname <> ALL (allowed)
      AND prorettype NOT IN ('internal'::regtype, 'trigger'::regtype, 'event_trigger'::regtype)
      AND (provolatile = 'v' OR proname ~ '_to_xml' OR proname ~ '^pg_stat_get_(activity|backend|wal|replication|subscription|slru|progress)'
        OR proname IN ('pg_show_all_settings', 'repeat', 'lpad', 'rpad', 'array_fill', 'ts_rewrite', 'ts_stat', 'pg_config', 'to_regrole',
          'pg_relation_filepath', 'pg_tablespace_location', 'pg_tablespace_databases', 'pg_describe_object', 'pg_identify_object'))
  LOOP
    EXECUTE pg_catalog.format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', r.name);
  END LOOP;
  REVOKE ALL ON pg_catalog.pg_database, pg_catalog.pg_roles, pg_catalog.pg_user, pg_catalog.pg_group, pg_catalog.pg_auth_members,
    pg_catalog.pg_settings, pg_catalog.pg_stat_activity, pg_catalog.pg_db_role_setting FROM PUBLIC;
END $grants$;
