-- Functions that tell of an object by its OID, which anybody may guess: each
-- that the list allows has one of its name here, to which what was made in this
-- database does not exist. Which ones they are follows from the types of their
-- arguments. Views of the mirror were made before, with PostgreSQL's own.
DO $functions$
DECLARE
  r record;
  allowed CONSTANT text[] := pg_catalog.string_to_array(pg_catalog.current_setting('tavana.allowed'), ' ');
  -- An OID that no object has stands for those that are not to be seen.
  seen CONSTANT text := 'CASE WHEN $%1$s%2$s >= 16384 THEN 4294967295::pg_catalog.oid ELSE $%1$s%2$s END';
BEGIN
  FOR r IN
    WITH numbers AS (
      SELECT oid FROM pg_catalog.pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND (typname = 'oid' OR typname ~ '^reg' AND typtype = 'b')
    ), function AS (
      SELECT p.* FROM pg_catalog.pg_proc p
      WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND NOT p.proretset AND p.proname = ANY (allowed)
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_cast WHERE castfunc = p.oid)
    )
    SELECT f.proname, pg_catalog.oidvectortypes(f.proargtypes) AS types, pg_catalog.format_type(f.prorettype, NULL) AS result, f.provolatile AS volatility,
      (SELECT pg_catalog.string_agg(CASE
          WHEN a.type = 'oid'::regtype THEN pg_catalog.format(seen, a.at, '')
          WHEN a.type IN (SELECT oid FROM numbers) THEN '(' || pg_catalog.format(seen, a.at, '::pg_catalog.oid') || ')::' || pg_catalog.format_type(a.type, NULL)
          WHEN a.at = 1 AND a.type = 'text'::regtype AND f.proname = 'pg_get_viewdef'
            THEN '(SELECT ' || pg_catalog.replace(pg_catalog.format(seen, 'o', ''), '$o', 'named.o') || ' FROM (SELECT pg_catalog.to_regclass($1)::pg_catalog.oid) AS named(o))'
          ELSE '$' || a.at END, ', ' ORDER BY a.at)
        FROM pg_catalog.unnest(f.proargtypes::oid[]) WITH ORDINALITY a(type, at)) AS args
    FROM function f
    WHERE f.proname IN (SELECT proname FROM function WHERE proargtypes::oid[] && ARRAY(SELECT oid FROM numbers))
  LOOP
    EXECUTE pg_catalog.format('CREATE FUNCTION "system ".%I(%s) RETURNS %s LANGUAGE sql %s AS %L', r.proname, r.types, r.result,
      CASE r.volatility WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' ELSE 'VOLATILE' END,
      pg_catalog.format('SELECT pg_catalog.%I(%s)', r.proname, r.args));
  END LOOP;
END $functions$;

-- Privileges and comments are of roles and databases of the server.
CREATE FUNCTION "system ".acldefault("char", oid) RETURNS aclitem[] LANGUAGE sql IMMUTABLE RETURN NULL::aclitem[];
CREATE FUNCTION "system ".shobj_description(oid, name) RETURNS text LANGUAGE sql STABLE RETURN NULL::text;
