-- The division of integers for postgres_semantics, unless integer_division is off.
-- DuckDB's own setting of that name takes a sum of BIGINT for an integer, which is
-- a numeric in PostgreSQL: tavana_operand makes a double of what is wider.
CREATE TEMP MACRO "/"(a, b) AS system.main."//"(tavana_operand(a), tavana_operand(b));
