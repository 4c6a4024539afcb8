-- The mirror: a view for each relation of pg_catalog and information_schema that
-- a client may read. Statements are rewritten to name it, so that what belongs
-- to the metadata store's own server (roles, databases, settings, sessions) and
-- the mirror itself stay unseen. Its schema and views have no names but those of
-- PostgreSQL: should one be shown, it tells nothing.
DO $mirror$
DECLARE
  r record;
  body text;
  session CONSTANT text := $${session}$$;
  -- A catalog of Tavana is a database; its OID follows from its name alone.
  database CONSTANT text := $$(16384 + ('x' || pg_catalog.substr(pg_catalog.md5(\1), 1, 7))::bit(28)::int)$$;
  -- Relations whose rows are made here.
  made CONSTANT text[] := '{pg_database,pg_roles,pg_user,pg_stat_activity,pg_settings}';
  -- The rows of a table that tell of the system, and not of what was made here.
  rows_of CONSTANT json := '{"pg_attribute": "attrelid", "pg_rewrite": "ev_class", "pg_depend": "objid", "pg_description": "objoid",
    "pg_attrdef": "adrelid", "pg_index": "indrelid", "pg_trigger": "tgrelid", "pg_init_privs": "objoid", "pg_inherits": "inhrelid",
    "pg_range": "rngtypid", "pg_aggregate": "aggfnoid"}';
  -- Tables that tell of other databases and roles.
  empty CONSTANT text[] := '{pg_auth_members,pg_db_role_setting,pg_shdepend,pg_shdescription,pg_shseclabel,pg_replication_origin,
    pg_parameter_acl,pg_default_acl,pg_largeobject_metadata,pg_subscription_rel,pg_foreign_server,pg_publication}';
  -- Views over the catalog alone, which are made again over the mirror.
  derived CONSTANT text[] := '{pg_tables,pg_views,pg_matviews,pg_indexes,pg_sequences,pg_rules,pg_policies,pg_stat_all_tables,
    pg_stat_sys_tables,pg_stat_user_tables,pg_stat_all_indexes,pg_stat_sys_indexes,pg_stat_user_indexes,pg_timezone_abbrevs,
    pg_timezone_names,pg_publication_tables}';
BEGIN
  -- Tables, and the views that tell of the server: without rows.
  FOR r IN SELECT c.oid, n.nspname, c.relname, c.relkind,
      pg_catalog.string_agg(CASE a.atttypid WHEN 'aclitem[]'::regtype THEN 'NULL::aclitem[] AS ' || pg_catalog.quote_ident(a.attname)
        WHEN 'anyarray'::regtype THEN 'NULL::text[] AS ' || pg_catalog.quote_ident(a.attname)
        ELSE 't.' || pg_catalog.quote_ident(a.attname) END, ', ' ORDER BY a.attnum) AS columns
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE n.nspname IN ('pg_catalog', 'information_schema') AND c.oid < 16384 AND c.relname <> ALL (made)
      AND (c.relkind = 'r' OR c.relkind = 'v' AND n.nspname = 'pg_catalog' AND c.relname <> ALL (derived))
      AND pg_catalog.has_table_privilege('public', c.oid, 'SELECT')
    GROUP BY 1, 2, 3, 4
  LOOP
    body := pg_catalog.format('SELECT %s FROM %I.%I t', r.columns, r.nspname, r.relname);
    IF r.relkind = 'v' OR r.relname = ANY (empty) THEN
      body := body || ' WHERE false';
    ELSIF rows_of ->> r.relname IS NOT NULL THEN
      body := body || pg_catalog.format(' WHERE t.%I < 16384', rows_of ->> r.relname);
    ELSIF EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = r.oid AND attname = 'oid') THEN
      body := body || ' WHERE t.oid < 16384';
    END IF;
    EXECUTE pg_catalog.format('CREATE VIEW "system ".%I AS %s', r.relname, body);
  END LOOP;

  -- Functions of information_schema that take whole rows.
  CREATE FUNCTION "system "._pg_truetypid(a "system ".pg_attribute, t "system ".pg_type) RETURNS oid
    LANGUAGE sql IMMUTABLE STRICT RETURN CASE WHEN (t).typtype = 'd' THEN (t).typbasetype ELSE (a).atttypid END;
  CREATE FUNCTION "system "._pg_truetypmod(a "system ".pg_attribute, t "system ".pg_type) RETURNS int
    LANGUAGE sql IMMUTABLE STRICT RETURN CASE WHEN (t).typtype = 'd' THEN (t).typtypmod ELSE (a).atttypmod END;

  -- Relations with rows of the session: the columns that are known, and NULL.
  FOR r IN SELECT s.relname, s.source, pg_catalog.string_agg(
      COALESCE(s.known ->> a.attname::text, s.other, 'NULL') || '::' || pg_catalog.format_type(a.atttypid, a.atttypmod)
        || CASE a.attcollation WHEN '"C"'::regcollation THEN ' COLLATE "C"' ELSE '' END
        || ' AS ' || pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns
    FROM (VALUES
      ('pg_database', 'pg_catalog.json_array_elements($session -> ''databases'') e, pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()',
        '{"oid": "$oid(e #>> ''{}'')", "datname": "(e #>> ''{}'')", "datdba": "10", "datistemplate": "false",
          "datallowconn": "true", "datconnlimit": "-1", "datacl": "NULL", "encoding": "6", "datcollate": "''C.UTF-8''", "datctype": "''C.UTF-8''",
          "datlocprovider": "''c''", "datfrozenxid": "d.datfrozenxid", "datminmxid": "d.datminmxid", "dattablespace": "1663",
          "dathasloginevt": "false"}'::json, NULL),
      ('pg_roles', '(SELECT 1) e', '{"oid": "10", "rolname": "($session ->> ''user'')", "rolsuper": "($session ->> ''admin'')",
          "rolcanlogin": "true", "rolinherit": "true", "rolcreaterole": "false", "rolcreatedb": "false", "rolreplication": "false",
          "rolbypassrls": "false", "rolconnlimit": "-1", "rolpassword": "''********''"}', NULL),
      ('pg_user', '(SELECT 1) e', '{"usesysid": "10", "usename": "($session ->> ''user'')", "usesuper": "($session ->> ''admin'')",
          "usecreatedb": "false", "userepl": "false", "usebypassrls": "false", "passwd": "''********''"}', NULL),
      ('pg_stat_activity', 'pg_catalog.json_array_elements($session -> ''activity'') e', '{"pid": "(e ->> ''pid'')", "datname": "(e ->> ''database'')",
          "datid": "$oid(e ->> ''database'')", "usesysid": "CASE WHEN e ->> ''user'' = ($session ->> ''user'') THEN 10 END",
          "usename": "(e ->> ''user'')", "application_name": "(e ->> ''application'')", "backend_start": "(e ->> ''started'')",
          "query_start": "(e ->> ''query_started'')", "state_change": "(e ->> ''changed'')", "state": "(e ->> ''state'')",
          "query": "(e ->> ''query'')", "backend_type": "''client backend''"}', NULL),
      ('pg_settings', 'pg_catalog.json_each($session -> ''settings'') e WHERE e.key !~ ''[.]''',
        '{"name": "(e.value ->> ''name'')", "setting": "(e.value ->> ''setting'')", "category": "''Client Connection Defaults''",
          "short_desc": "(e.value ->> ''description'')", "context": "(e.value ->> ''context'')", "vartype": "''string''", "source": "(e.value ->> ''source'')",
          "boot_val": "(e.value ->> ''boot'')", "reset_val": "(e.value ->> ''reset'')", "pending_restart": "false"}', NULL)
    ) AS s(relname, source, known, other)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = ('pg_catalog.' || s.relname)::regclass AND a.attnum > 0 AND NOT a.attisdropped
    GROUP BY 1, 2
  LOOP
    body := pg_catalog.replace('SELECT ' || r.columns || ' FROM ' || r.source, '$session', session);
    EXECUTE pg_catalog.format('CREATE VIEW "system ".%I AS %s', r.relname, pg_catalog.regexp_replace(body, '\$oid\(([^()]*)\)', database, 'g'));
  END LOOP;
  -- PostgreSQL's own roles, which grants of the system name.
  body := pg_catalog.pg_get_viewdef('"system ".pg_roles'::regclass);
  EXECUTE 'CREATE OR REPLACE VIEW "system ".pg_roles AS ' || pg_catalog.rtrim(body, ';')
    || $$ UNION ALL SELECT * FROM pg_catalog.pg_roles WHERE oid < 16384 AND pg_catalog.starts_with(rolname::text, 'pg_') $$;

  -- What views of the system read of roles; it is granted to nobody.
  CREATE VIEW "system ".pg_authid AS SELECT * FROM "system ".pg_roles;

  -- Views over the catalog, in the order that they were made in.
  FOR r IN SELECT c.oid, n.nspname, c.relname
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'v' AND c.oid < 16384 AND (n.nspname = 'information_schema' OR n.nspname = 'pg_catalog' AND c.relname = ANY (derived))
    ORDER BY c.oid
  LOOP
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, information_schema', true);
    body := pg_catalog.pg_get_viewdef(r.oid);
    body := pg_catalog.regexp_replace(body, $$'(pg_[a-z_]+)'::regclass$$, $$'pg_catalog.\1'::regclass$$, 'g');
    body := pg_catalog.regexp_replace(body, '\m(CURRENT_USER|SESSION_USER)\M', '"system "."current_user"()', 'g');
    PERFORM pg_catalog.set_config('search_path', '"system ", pg_catalog, information_schema', true);
    EXECUTE pg_catalog.format('CREATE VIEW "system ".%I AS %s', r.relname, body);
    PERFORM pg_catalog.set_config('search_path', '', true);
  END LOOP;
END $mirror$;
