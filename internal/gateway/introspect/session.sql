-- Functions that answer for the session of Tavana instead of that of the
-- scratch database. What they tell stands in the setting tavana.session, a JSON
-- object that the gateway sets in each transaction: {session} stands for it. None
-- has a name that is not one of PostgreSQL's, so that a name tells nothing.

CREATE FUNCTION "system ".current_database() RETURNS name LANGUAGE sql STABLE RETURN ({session} ->> 'database')::name;
CREATE FUNCTION "system "."current_catalog"() RETURNS name LANGUAGE sql STABLE RETURN ({session} ->> 'database')::name;
CREATE FUNCTION "system "."current_user"() RETURNS name LANGUAGE sql STABLE RETURN ({session} ->> 'user')::name;
CREATE FUNCTION "system "."session_user"() RETURNS name LANGUAGE sql STABLE RETURN ({session} ->> 'user')::name;
CREATE FUNCTION "system "."current_role"() RETURNS name LANGUAGE sql STABLE RETURN ({session} ->> 'user')::name;
CREATE FUNCTION "system "."user"() RETURNS name LANGUAGE sql STABLE RETURN ({session} ->> 'user')::name;
CREATE FUNCTION "system "."current_schema"() RETURNS name LANGUAGE sql STABLE RETURN ({session} #>> '{path,0}')::name;
CREATE FUNCTION "system ".current_schemas(implicit bool) RETURNS name[] LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT CASE WHEN implicit AND 'pg_catalog' <> ALL (p.names) THEN pg_catalog.array_prepend('pg_catalog', p.names) ELSE p.names END::name[]
  FROM (SELECT ARRAY(SELECT * FROM pg_catalog.json_array_elements_text({session} -> 'path'))) AS p(names);
END;

CREATE FUNCTION "system ".version() RETURNS text LANGUAGE sql STABLE RETURN ({session} ->> 'version');
CREATE FUNCTION "system ".pg_backend_pid() RETURNS int LANGUAGE sql STABLE RETURN ({session} ->> 'pid')::int;
CREATE FUNCTION "system ".pg_postmaster_start_time() RETURNS timestamptz LANGUAGE sql STABLE RETURN ({session} ->> 'started')::timestamptz;
CREATE FUNCTION "system ".pg_conf_load_time() RETURNS timestamptz LANGUAGE sql STABLE RETURN ({session} ->> 'started')::timestamptz;
CREATE FUNCTION "system ".inet_client_addr() RETURNS inet LANGUAGE sql STABLE RETURN NULL::inet;
CREATE FUNCTION "system ".inet_client_port() RETURNS int LANGUAGE sql STABLE RETURN NULL::int;
CREATE FUNCTION "system ".inet_server_addr() RETURNS inet LANGUAGE sql STABLE RETURN NULL::inet;
CREATE FUNCTION "system ".inet_server_port() RETURNS int LANGUAGE sql STABLE RETURN NULL::int;
CREATE FUNCTION "system ".txid_current() RETURNS bigint LANGUAGE sql STABLE RETURN pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot());
CREATE FUNCTION "system ".txid_current_if_assigned() RETURNS bigint LANGUAGE sql STABLE RETURN NULL::bigint;
CREATE FUNCTION "system ".pg_advisory_unlock_all() RETURNS void LANGUAGE sql STABLE AS '';
CREATE FUNCTION "system ".pg_blocking_pids(int) RETURNS int[] LANGUAGE sql STABLE RETURN '{}'::int[];
CREATE FUNCTION "system ".pg_jit_available() RETURNS bool LANGUAGE sql STABLE RETURN false;
CREATE FUNCTION "system ".pg_listening_channels() RETURNS SETOF text LANGUAGE sql STABLE AS 'SELECT NULL::text WHERE false';
CREATE FUNCTION "system ".pg_database_size(name) RETURNS bigint LANGUAGE sql STABLE RETURN NULL::bigint;
CREATE FUNCTION "system ".pg_database_size(oid) RETURNS bigint LANGUAGE sql STABLE RETURN NULL::bigint;
CREATE FUNCTION "system ".pg_tablespace_size(name) RETURNS bigint LANGUAGE sql STABLE RETURN NULL::bigint;
CREATE FUNCTION "system ".pg_tablespace_size(oid) RETURNS bigint LANGUAGE sql STABLE RETURN NULL::bigint;
CREATE FUNCTION "system ".pg_tablespace_location(oid) RETURNS text LANGUAGE sql STABLE RETURN ''::text;
CREATE FUNCTION "system ".pg_tablespace_databases(oid) RETURNS SETOF oid LANGUAGE sql STABLE AS 'SELECT NULL::oid WHERE false';

-- Everything of the system belongs to the principal of the session; PostgreSQL's
-- own roles keep their names, and no other role has one.
CREATE FUNCTION "system ".pg_get_userbyid(oid) RETURNS name LANGUAGE sql STABLE AS $$
SELECT CASE WHEN $1 = 10 THEN ({session} ->> 'user')::name
  WHEN $1 < 16384 AND pg_catalog.starts_with(pg_catalog.pg_get_userbyid($1)::text, 'pg_') THEN pg_catalog.pg_get_userbyid($1)
  ELSE ('unknown (OID=' || $1 || ')')::name END $$;

CREATE FUNCTION "system ".current_setting(setting text, missing bool) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  value json := ({session} -> 'settings') -> pg_catalog.lower(setting);
BEGIN
  IF value IS NULL AND NOT missing THEN
    RAISE EXCEPTION USING ERRCODE = '42704', MESSAGE = 'unrecognized configuration parameter "' || setting || '"';
  END IF;
  RETURN value ->> 'setting';
END $$;
CREATE FUNCTION "system ".current_setting(setting text) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN "system ".current_setting(setting, false);
END $$;

-- Those with effects only remember in the setting tavana.effects what the gateway
-- is to do once the statement has succeeded.
CREATE FUNCTION "system ".set_config(setting text, value text, is_local bool) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  PERFORM set_config('tavana.effects', current_setting('tavana.effects')
    || json_build_object('set', setting, 'value', COALESCE(value, ''), 'local', COALESCE(is_local, false))::text || E'\n', true);
  RETURN COALESCE(value, '');
END $$;

-- Sessions that the principal may end are those that pg_stat_activity shows.
CREATE FUNCTION "system ".pg_cancel_backend(pid int) RETURNS bool
LANGUAGE plpgsql VOLATILE STRICT SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM json_array_elements({session} -> 'activity') a WHERE (a ->> 'pid')::int = pid) THEN
    RAISE WARNING USING ERRCODE = '01000', MESSAGE = 'PID ' || pid || ' is not a PostgreSQL server process';
    RETURN false;
  END IF;
  PERFORM set_config('tavana.effects', current_setting('tavana.effects') || json_build_object('cancel', pid)::text || E'\n', true);
  RETURN true;
END $$;
CREATE FUNCTION "system ".pg_terminate_backend(pid int, timeout bigint DEFAULT 0) RETURNS bool
LANGUAGE plpgsql VOLATILE STRICT SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM json_array_elements({session} -> 'activity') a WHERE (a ->> 'pid')::int = pid) THEN
    RAISE WARNING USING ERRCODE = '01000', MESSAGE = 'PID ' || pid || ' is not a PostgreSQL server process';
    RETURN false;
  END IF;
  PERFORM set_config('tavana.effects', current_setting('tavana.effects') || json_build_object('terminate', pid)::text || E'\n', true);
  RETURN true;
END $$;
