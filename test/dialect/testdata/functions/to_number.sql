-- name: n0
SELECT to_number('12,454.8-', '99G999D9S')
-- name: n1
SELECT to_number('1,234.56', '9,999.99')
-- name: n2
SELECT to_number('-12', 'S99')
-- name: n3
SELECT to_number('  42 ', '999')
-- name: n4
SELECT to_number('$1,000', 'L9,999')
-- name: n5
SELECT to_number('0.5', '9.99')
-- name: n6
SELECT to_number('<123>', '999PR')
-- name: n7
SELECT to_number('12345', '99999')
-- name: n8
SELECT to_number('-0.001', 'S9.999')
-- name: n9
SELECT to_number('1234', '99V99')
-- name: n10
SELECT to_number('1e3', '9999')
-- name: n11
SELECT to_number('12.34', '99')
-- name: n12
SELECT to_number('+7', 'S9')
-- name: n13
SELECT to_number('1 234', '9 999')
