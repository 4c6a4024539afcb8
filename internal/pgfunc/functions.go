package pgfunc

import "slices"

const (
	varchar     = "VARCHAR"
	integer     = "INTEGER"
	bigint      = "BIGINT"
	double      = "DOUBLE"
	timestampTZ = "TIMESTAMP WITH TIME ZONE"
	interval    = "INTERVAL"
	texts       = "VARCHAR[]"
)

// Functions lists the functions in Go. Those whose names begin with tavana_ are
// for macros only: the policy refuses them in a statement.
func Functions() []Function {
	return slices.Concat(formats(), words(), patterns(), spans(), counts(), spellings())
}

func formats() []Function {
	return []Function{
		{Name: "to_char", Parameters: []string{Any, varchar}, Result: varchar, Accepts: charable, Call: toChar},
		{Name: "to_date", Parameters: []string{varchar, varchar}, Result: "DATE", Call: toDate},
		{Name: "to_timestamp", Parameters: []string{varchar, varchar}, Result: timestampTZ, Call: toTimestamp},
		{Name: "tavana_to_number", Parameters: []string{varchar, varchar}, Result: varchar, Call: toNumber},
		{Name: "encode", Parameters: []string{"BLOB", varchar}, Result: varchar, Call: encode},
		{Name: "encode", Parameters: []string{varchar, varchar}, Result: varchar, Call: encode},
		{Name: "sha224", Parameters: []string{"BLOB"}, Result: "BLOB", Call: sha224},
		{Name: "sha384", Parameters: []string{"BLOB"}, Result: "BLOB", Call: sha384},
		{Name: "sha512", Parameters: []string{"BLOB"}, Result: "BLOB", Call: sha512Sum},
		{Name: "decode", Parameters: []string{varchar, varchar}, Result: "BLOB", Call: decode},
	}
}

func words() []Function {
	return []Function{
		{Name: "initcap", Parameters: []string{varchar}, Result: varchar, Call: initcap},
		{Name: "length", Parameters: []string{"BLOB"}, Result: integer, Call: octetLength},
		{Name: "octet_length", Parameters: []string{varchar}, Result: integer, Call: octetLength},
		{Name: "overlay", Parameters: []string{varchar, varchar, integer}, Result: varchar, Call: overlay},
		{Name: "overlay", Parameters: []string{varchar, varchar, integer, integer}, Result: varchar, Call: overlay},
		{Name: "quote_ident", Parameters: []string{varchar}, Result: varchar, Call: quoteIdent},
		{Name: "quote_literal", Parameters: []string{varchar}, Result: varchar, Call: quoteLiteral},
		{Name: "quote_nullable", Parameters: []string{varchar}, Result: varchar, Nulls: true, Call: quoteNullable},
		{Name: "lpad", Parameters: []string{varchar, integer}, Result: varchar, Call: lpad},
		{Name: "rpad", Parameters: []string{varchar, integer}, Result: varchar, Call: rpad},
		{Name: "tavana_array_to_string", Parameters: []string{texts, varchar, varchar}, Result: varchar, Nulls: true, Call: arrayToString},
		{Name: "string_to_array", Parameters: []string{varchar, varchar, varchar}, Result: texts, Nulls: true, Call: stringToArray},
	}
}

func patterns() []Function {
	return []Function{
		{Name: "substring", Parameters: []string{varchar, varchar}, Result: varchar, Call: substring},
		{Name: "regexp_match", Parameters: []string{varchar, varchar}, Result: texts, Call: regexpMatch},
		{Name: "regexp_match", Parameters: []string{varchar, varchar, varchar}, Result: texts, Call: regexpMatch},
		{Name: "regexp_like", Parameters: []string{varchar, varchar}, Result: "BOOLEAN", Call: regexpLike},
		{Name: "regexp_like", Parameters: []string{varchar, varchar, varchar}, Result: "BOOLEAN", Call: regexpLike},
		{Name: "regexp_count", Parameters: []string{varchar, varchar}, Result: integer, Call: regexpCount},
		{Name: "regexp_count", Parameters: []string{varchar, varchar, integer}, Result: integer, Call: regexpCount},
		{Name: "regexp_count", Parameters: []string{varchar, varchar, integer, varchar}, Result: integer, Call: regexpCount},
		{Name: "regexp_substr", Parameters: []string{varchar, varchar}, Result: varchar, Call: regexpSubstr},
		{Name: "regexp_substr", Parameters: []string{varchar, varchar, integer}, Result: varchar, Call: regexpSubstr},
		{Name: "regexp_substr", Parameters: []string{varchar, varchar, integer, integer}, Result: varchar, Call: regexpSubstr},
		{Name: "regexp_instr", Parameters: []string{varchar, varchar}, Result: integer, Call: regexpInstr},
		{Name: "regexp_instr", Parameters: []string{varchar, varchar, integer}, Result: integer, Call: regexpInstr},
		{Name: "regexp_instr", Parameters: []string{varchar, varchar, integer, integer}, Result: integer, Call: regexpInstr},
	}
}

// spellings are for macros: what PostgreSQL writes as DuckDB reads it.
func spellings() []Function {
	return []Function{
		{Name: "tavana_regular", Parameters: []string{varchar}, Result: varchar, Call: regularText},
		{Name: "tavana_regular", Parameters: []string{varchar, varchar}, Result: varchar, Call: regularText},
		{Name: "tavana_similar", Parameters: []string{varchar}, Result: varchar, Call: similarText},
		{Name: "tavana_regexp_replace", Parameters: []string{varchar, varchar, varchar}, Result: varchar, Call: regexpReplace},
		{Name: "tavana_regexp_replace", Parameters: []string{varchar, varchar, varchar, varchar}, Result: varchar, Call: regexpReplace},
		{Name: "tavana_regexp_matches", Parameters: []string{varchar, varchar}, Result: varchar, Call: regexpMatches},
		{Name: "tavana_regexp_matches", Parameters: []string{varchar, varchar, varchar}, Result: varchar, Call: regexpMatches},
		{Name: "tavana_spell", Parameters: []string{varchar, varchar}, Result: varchar, Call: spell},
		{Name: "tavana_start", Parameters: []string{varchar}, Result: varchar, Call: same},
		{Name: "tavana_start", Parameters: []string{bigint}, Result: bigint, Call: firstStart},
		{Name: "tavana_operand", Parameters: []string{integer}, Result: integer, Same: true},
		{Name: "tavana_operand", Parameters: []string{bigint}, Result: bigint, Same: true},
		{Name: "tavana_operand", Parameters: []string{double}, Result: double, Same: true},
		{Name: "tavana_operand", Parameters: []string{interval}, Result: interval, Same: true},
		{Name: quotient, Parameters: []string{interval, double}, Result: interval, Call: divideSpan},
		{Name: "tavana_format", Parameters: []string{varchar, texts}, Result: varchar, Nulls: true, Call: format},
		{Name: "tavana_cardinality", Parameters: []string{Any}, Result: integer, Accepts: listed, Call: cardinality},
	}
}

func spans() []Function {
	return []Function{
		{Name: "justify_days", Parameters: []string{interval}, Result: interval, Call: justifyDays},
		{Name: "justify_hours", Parameters: []string{interval}, Result: interval, Call: justifyHours},
		{Name: "justify_interval", Parameters: []string{interval}, Result: interval, Call: justifyInterval},
		{Name: "date_trunc", Parameters: []string{varchar, timestampTZ, varchar}, Result: timestampTZ, Call: truncate},
	}
}

func counts() []Function {
	return []Function{
		{Name: "@>", Parameters: []string{varchar, varchar}, Result: "BOOLEAN", Call: jsonContains},
		{Name: "<@", Parameters: []string{varchar, varchar}, Result: "BOOLEAN", Call: jsonContained},
		{Name: "num_nulls", Parameters: []string{Any}, Variadic: true, Result: integer, Nulls: true, Call: numNulls},
		{Name: "num_nonnulls", Parameters: []string{Any}, Variadic: true, Result: integer, Nulls: true, Call: numNonnulls},
		{Name: "width_bucket", Parameters: []string{Any, Any, Any, integer}, Result: integer, Accepts: numeric, Call: widthBucket},
		{Name: "tavana_div", Parameters: []string{Any, Any}, Result: varchar, Accepts: numeric, Call: div},
	}
}
