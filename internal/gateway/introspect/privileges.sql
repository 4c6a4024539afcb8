-- The functions that ask for privileges. Whichever role they name, the answer is
-- the one for the role that reads, which is every principal's; a principal may
-- connect to each catalog that it sees. What was made in this database does not
-- exist: an OID that no object has stands for it.
DO $privileges$
DECLARE
  r record;
  args text;
BEGIN
  FOR r IN SELECT p.proname, p.pronargs, p.proargtypes::oid[] AS kinds, pg_catalog.oidvectortypes(p.proargtypes) AS types,
      pg_catalog.max(p.pronargs) OVER (PARTITION BY p.proname) AS most
    FROM pg_catalog.pg_proc p
    WHERE p.pronamespace = 'pg_catalog'::regnamespace AND (p.proname ~ '^has_[a-z_]+_privilege$' OR p.proname = 'pg_has_role')
  LOOP
    IF r.proname = 'pg_has_role' THEN
      args := 'true';
    ELSIF r.proname IN ('has_database_privilege', 'has_tablespace_privilege') THEN
      args := pg_catalog.format('pg_catalog.lower($%s) IN (''connect'', ''temp'', ''temporary'') AND %L = ''has_database_privilege''', r.pronargs, r.proname);
    ELSE
      SELECT pg_catalog.format('pg_catalog.%I(%s)', r.proname, pg_catalog.string_agg(
          CASE r.kinds[i - 1] WHEN 'oid'::regtype THEN pg_catalog.format('CASE WHEN $%1$s >= 16384 THEN 4294967295::oid ELSE $%1$s END', i) ELSE '$' || i END,
          ', ' ORDER BY i)) INTO args
      FROM pg_catalog.generate_series(CASE WHEN r.pronargs = r.most THEN 2 ELSE 1 END, r.pronargs) i;
      CONTINUE WHEN r.most = r.pronargs AND r.pronargs < 3; -- there is no form without a role
    END IF;
    EXECUTE pg_catalog.format('CREATE FUNCTION "system ".%I(%s) RETURNS bool LANGUAGE sql STABLE STRICT AS %L', r.proname, r.types, 'SELECT ' || args);
  END LOOP;
END $privileges$;
