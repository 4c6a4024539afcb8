package setting

import "strings"

// definition is what is known of one setting.
type definition struct {
	name        string // in PostgreSQL's spelling
	initial     string
	check       check // nil: it cannot be changed
	description string
}

// definitions by name in lower case.
//
//nolint:gochecknoglobals // a constant table: Go has no constant maps
var definitions = byKey(clientDefinitions(), fixedDefinitions(), planDefinitions())

func byKey(lists ...[]definition) map[string]definition {
	out := map[string]definition{}
	for _, list := range lists {
		for _, d := range list {
			out[strings.ToLower(d.name)] = d
		}
	}
	return out
}

// clientDefinitions are the settings that clients change.
func clientDefinitions() []definition {
	isolation := enum("serializable", "repeatable read", "read committed", "read uncommitted")
	const level = "read committed"
	return []definition{
		{"application_name", "", applicationName, "Sets the application name to be reported in statistics and logs."},
		{"bytea_output", "hex", enum("escape", "hex"), "Sets the output format for bytea."},
		{"check_function_bodies", "on", boolean, "Accepted for clients; there are no function bodies."},
		{"client_encoding", "UTF8", encoding, "Sets the client's character set encoding: UTF8."},
		{"client_min_messages", "notice", messages, "Sets the message levels that are sent to the client."},
		{"DateStyle", "ISO, MDY", dateStyle, "Sets the display format for date and time values: ISO."},
		{"default_table_access_method", "heap", enum("heap"), "Accepted for clients; tables are files."},
		{"default_tablespace", "", enum(""), "Accepted for clients; there are no tablespaces."},
		{"default_toast_compression", "pglz", enum("pglz", "lz4"), "Accepted for clients."},
		{"default_transaction_deferrable", "off", boolean, "Sets the default deferrable status of new transactions."},
		{"default_transaction_isolation", level, isolation, "Sets the transaction isolation level of each new transaction."},
		{"default_transaction_read_only", "off", boolean, "Sets the default read-only status of new transactions."},
		{"extra_float_digits", "1", integer(units{}, -15, 3), "Sets the number of digits displayed for floating-point values."},
		{"idle_in_transaction_session_timeout", "0", duration, "Sets the maximum allowed idle time between queries, when in a transaction."},
		{"idle_session_timeout", "0", duration, "Sets the maximum allowed idle time between queries, when not in a transaction."},
		{"integer_division", "off", boolean, "Makes the division of two integers an integer, as PostgreSQL has it: 5/2 = 2. Off, 5/2 = 2.5. Default: as postgres_semantics."},
		{"IntervalStyle", "postgres", intervalStyle, "Sets the display format for interval values: postgres or iso_8601."},
		{"lock_timeout", "0", duration, "Accepted for clients; no statement waits for a lock."},
		{"postgres_semantics", "off", boolean, "Gives SQL the meaning that PostgreSQL has where DuckDB has another one."},
		{"quote_all_identifiers", "off", boolean, "Accepted for clients."},
		{"role", "none", role, "Sets the current role: none."},
		{"row_security", "on", boolean, "Accepted for clients; there is no row security."},
		{"search_path", `"$user", main`, searchPath, "Sets the schema search order for names that are not schema-qualified."},
		{"session_authorization", "", authorization, "Shows the session user name."},
		{"ssl_renegotiation_limit", "0", integer(units{}, 0, 0), "Accepted for old clients; SSL renegotiation is no longer supported."},
		{"standard_conforming_strings", "on", alwaysOn, "Causes '...' strings to treat backslashes literally: always."},
		{"statement_timeout", "0", duration, "Sets the maximum allowed duration of any statement."},
		{"synchronize_seqscans", "on", boolean, "Accepted for clients."},
		{"TimeZone", "UTC", timeZone, "Sets the time zone for displaying and interpreting time stamps."},
		{"transaction_deferrable", "off", boolean, "Accepted for clients."},
		{"transaction_isolation", level, isolation, "Sets the current transaction's isolation level."},
		{"transaction_read_only", "off", boolean, "Sets the current transaction's read-only status."},
		{"xmloption", "content", enum("content", "document"), "Accepted for clients."},
	}
}

// fixedDefinitions are the settings that only tell something.
func fixedDefinitions() []definition {
	list := []definition{
		{name: "block_size", initial: "8192", description: "Shows the size of a disk block."},
		{name: "array_nulls", initial: "on", description: "Shows whether NULL is read in arrays: always."},
		{name: "backslash_quote", initial: "safe_encoding", description: "Shows a value for clients; strings conform to the standard."},
		{name: "data_checksums", initial: "off", description: "Shows whether data checksums are turned on."},
		{name: "default_text_search_config", initial: "pg_catalog.simple", description: "Shows the configuration of text search."},
		{name: "escape_string_warning", initial: "on", description: "Shows a value for clients."},
		{name: "in_hot_standby", initial: "off", description: "Shows whether hot standby is currently active."},
		{name: "integer_datetimes", initial: "on", description: "Shows whether datetimes are integer based."},
		{name: "is_superuser", initial: "off", description: "Shows whether the current user is a superuser."},
		{name: "max_connections", initial: "100", description: "Shows a number for clients; the server's own limits hold."},
		{name: "max_function_args", initial: "100", description: "Shows the maximum number of function arguments."},
		{name: "max_identifier_length", initial: "63", description: "Shows the maximum identifier length."},
		{name: "max_index_keys", initial: "32", description: "Shows the maximum number of index keys."},
		{name: "max_prepared_transactions", initial: "0", description: "Shows the maximum number of prepared transactions."},
		{name: "password_encryption", initial: "scram-sha-256", description: "Shows how passwords are hashed."},
		{name: "segment_size", initial: "1GB", description: "Shows a number for clients."},
		{name: "server_encoding", initial: "UTF8", description: "Shows the server character set encoding."},
		{name: "server_version", initial: ServerVersion, description: "Shows the version of PostgreSQL that clients can expect."},
		{name: "server_version_num", initial: "150014", description: "Shows the server version as an integer."},
		{name: "ssl", initial: "on", description: "Shows whether connections may be encrypted: always."},
		{name: "wal_level", initial: "replica", description: "Shows a value for clients; there is no WAL."},
	}
	for _, name := range []string{"lc_collate", "lc_ctype", "lc_messages", "lc_monetary", "lc_numeric", "lc_time"} {
		list = append(list, definition{name: name, initial: "C.UTF-8", description: "Shows the locale."})
	}
	return list
}

// planDefinitions are PostgreSQL's advice to its own planner: taken from
// clients, without any effect.
func planDefinitions() []definition {
	const about = "Accepted for clients; has no effect."
	list := []definition{
		{"work_mem", "4MB", integer(memoryUnits, 64, maxInteger), about},
		{"maintenance_work_mem", "64MB", integer(memoryUnits, 1024, maxInteger), about},
		{"plan_cache_mode", "auto", enum("auto", "force_generic_plan", "force_custom_plan"), about},
		{"max_parallel_workers_per_gather", "2", integer(units{}, 0, 1024), about},
	}
	for _, name := range []string{
		"geqo", "jit",
		"enable_async_append", "enable_bitmapscan", "enable_gathermerge", "enable_hashagg", "enable_hashjoin",
		"enable_incremental_sort", "enable_indexonlyscan", "enable_indexscan", "enable_material", "enable_memoize",
		"enable_mergejoin", "enable_nestloop", "enable_parallel_append", "enable_parallel_hash",
		"enable_partition_pruning", "enable_seqscan", "enable_sort", "enable_tidscan",
	} {
		list = append(list, definition{name, "on", boolean, about})
	}
	for _, name := range []string{"enable_partitionwise_aggregate", "enable_partitionwise_join"} {
		list = append(list, definition{name, "off", boolean, about})
	}
	return list
}
