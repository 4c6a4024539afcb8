-- name: btrim
SELECT s, btrim(s), btrim(s, 'xh '), ltrim(s), rtrim(s), trim(both 'x' from s), trim(leading from s) FROM words
-- name: initcap
SELECT s, initcap(s) FROM words
-- name: case
SELECT upper(s), lower(s), length(s), char_length(s), octet_length(s), bit_length(s) FROM words
-- name: left
SELECT left(s, 2), left(s, -2), right(s, 2), right(s, -2), left(s, 0) FROM words
-- name: pad
SELECT lpad(s, 5), rpad(s, 5), lpad(s, 12, 'ab'), rpad(s, 0), lpad(s, -1) FROM words
-- name: split
SELECT split_part(s, ',', 1), split_part(s, ',', -1), split_part(s, ',', 9) FROM words
-- name: position
SELECT position('o' in s), strpos(s, 'é'), strpos(s, '') FROM words
-- name: overlay
SELECT overlay(s placing 'ZZ' from 2), overlay(s placing 'Q' from 2 for 3), overlay(s placing '' from 1 for 1) FROM words
-- name: substring
SELECT substring(s from 2), substring(s from 2 for 3), substring(s, 1, 2), substr(s, 3) FROM words
-- name: substring-from-below-one
SELECT substring(s from 0 for 3), substring(s from -1 for 4) FROM words
-- name: substring_pattern
SELECT substring(s from '[0-9]+'), substring(s from 'o(.)') FROM words
-- name: translate
SELECT translate(s, 'lo', 'L'), replace(s, 'o', '0'), reverse(s), repeat(s, 2), repeat(s, -1) FROM words
-- name: quote_ident
SELECT quote_ident(s), quote_literal(s), quote_nullable(s), quote_nullable(NULL), quote_ident('select'), quote_ident('abc') FROM words
-- name: concat
SELECT concat(s, NULL, 1, true), concat_ws('-', s, NULL, 2), s || 'x', s || NULL FROM words
-- name: like
SELECT s LIKE '%o%', s ILIKE '%O%', s NOT LIKE 'h%', s ~~ 'h%', s !~~* 'H%', s LIKE '\%%', s LIKE 'a!%' ESCAPE '!' FROM words
-- name: regex_insensitive
SELECT s ~* 'CASE', s !~* 'O', s ~* '^h.*D$' FROM words
-- name: regex
SELECT s ~ 'o', s !~ 'o' FROM words
-- name: similar
SELECT s SIMILAR TO 'f%r', s SIMILAR TO '%(o|e)%' FROM words
-- name: regexp_replace
SELECT regexp_replace(s, 'o', '0'), regexp_replace(s, '[aeiou]', '*', 'g'), regexp_replace(s, '(O)', '[\1]', 'gi') FROM words
-- name: regexp_match
SELECT array_to_string(regexp_match(s, '([a-z]+)([0-9]+)'), '|'), (regexp_match(s, '[0-9]+'))[1] FROM words
-- name: regexp_count
SELECT regexp_count(s, 'o'), regexp_count(s, 'O', 2, 'i'), regexp_like(s, '^[A-Z]', 'i'), regexp_substr(s, '[a-z]+', 1, 2), regexp_instr(s, 'o', 1, 2) FROM words
-- name: regexp_split
SELECT array_to_string(regexp_split_to_array(s, '[, ]+'), '|') FROM words
-- name: string_to_array
SELECT array_to_string(string_to_array(s, ','), '|'), array_to_string(string_to_array(s, ',', 'b'), '|', '*') FROM words
-- name: ascii
SELECT ascii(s), chr(65), chr(233) FROM words
-- name: md5
SELECT md5(s) FROM words
-- name: encode
SELECT encode(s::bytea, 'hex'), encode(convert_to(s, 'UTF8'), 'base64') FROM words WHERE s = 'hello world'
-- name: encode_hex
SELECT encode('abc'::bytea, 'hex'), encode('abc'::bytea, 'base64'), encode('abc'::bytea, 'escape'), encode(decode('DEADBEEF', 'hex'), 'hex'), encode(decode('YWJj', 'base64'), 'escape')
-- name: starts_with
SELECT starts_with(s, 'h') FROM words
-- name: string_agg
SELECT string_agg(s, ',' ORDER BY s COLLATE "C") FROM words
-- name: to_hex
SELECT to_hex(255), to_hex(16)
-- name: format
SELECT format('%s-%I', s, 'a b') FROM words
-- name: nulls
SELECT btrim(NULL), initcap(NULL), overlay(NULL placing 'a' from 1), lpad(NULL, 3), quote_ident(NULL), substring(NULL::text from 'a')
-- name: sha256
SELECT encode(sha256('abc'::bytea), 'hex')
-- name: substring_start
SELECT substring(s from -1 for 4), substring(s from 0 for 3), substring(s, -2), substr(s, -1, 3), substr(s, 0, 2), substring(s from 2), substring(s, 3, 0), substring(s from length(s) - 1) FROM words
-- name: substring_null
SELECT substring('hello' from NULL::int), substring('hello' from 2 for NULL::int), substring(max(s) from min(length(s))::int for 2) FROM words
-- name: substring_length-fails
SELECT substring('hello' from 2 for -1)
-- name: regexp_longest
SELECT substring('foobar' from 'foo|foobar'), array_to_string(regexp_match('foobar', '(fo|foo)(b|bar)?'), ','), substring('xaab' from 'a*?b')
-- name: regexp_replace_longest
SELECT regexp_replace('foobar', 'foo|foobar', 'x'), regexp_replace('abc', 'b', '[\&]'), regexp_replace('héllo wörld', '\w+', 'X', 'g'), regexp_replace(E'a\nb', 'a.b', 'x'), regexp_replace('abc', '', '-', 'g'), regexp_replace('Hello', 'L', 'x', 'gi'), regexp_replace('a\b', '\\', '/')
-- name: regexp_from
SELECT regexp_instr('aaa', 'aa', 2), regexp_substr('aaa', 'aa', 2), regexp_count('aaa', 'aa', 2), regexp_count('baac', 'a*'), regexp_count('baac', 'a*', 3), regexp_count('aaa', 'a*', 5), regexp_instr('abc', '^b', 2), regexp_count(E'a\nb\nb', '^b', 2, 'n'), regexp_instr('foobar', '\yb', 4), regexp_count('é€é', '')
-- name: regexp_empty
SELECT regexp_replace('baac', 'a*', 'x', 'g') AS r
-- name: regexp_split_class
SELECT array_to_string(regexp_split_to_array('aéb c', '\W'), '|'), array_to_string(regexp_split_to_array('aXbxc', 'x', 'i'), '|')
-- name: format_kinds
SELECT format('Hello %s, %1$s', 'World'), format('%I %L %%', 'a b', 'it''s'), format('%-5s|%5s', 'a', 'b'), format('%s-%s', 1, NULL), format('%2$s %1$s', 'a', 'b'), format('plain')
-- name: format_few-fails
SELECT format('%s %s', 'a')
-- name: to_hex_negative
SELECT to_hex(-1), to_hex((-1)::bigint), to_hex(48879), upper(to_hex(max(n))) FROM numbers
-- name: sha
SELECT encode(sha224('abc'::bytea), 'hex'), encode(sha384('abc'::bytea), 'hex'), encode(sha512('abc'::bytea), 'hex')
-- name: encode_text
SELECT encode('abc', 'base64'), encode('abc', 'hex')
-- name: trims
SELECT trim(both from s), trim(E'\t' from s), ltrim(s, 'h'), rtrim(s, 'd'), trim(s, 'hd') FROM words
-- name: similar_substring
SELECT substring('foobar' similar '%#"o_b#"%' escape '#')
-- name: hashtext
SELECT hashtext('a') IS NOT NULL
-- name: substring_nested
SELECT substring(substring(substring(substring(s, 1, 20), 0, 15), -1, 12), 2, 8), substr(s, length(s) - 2, 10), substring(s, length(s), length(s)) FROM words ORDER BY 1, 2, 3
-- name: text_nested
SELECT ((((((((amount::text || 'a')::text || quantity)::text || 'b')::text || 'c')::text || amount::text)::text || 'd')::text || 'e')::varchar(40) || 'f')::text || '|', (((((quantity::text || '-')::text || '-')::text || '-')::text || '-')::text || '-')::text FROM orders WHERE id < 20 ORDER BY id
