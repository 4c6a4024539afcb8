-- name: n0
SELECT n, to_char(n, '999') FROM numbers ORDER BY n
-- name: n1
SELECT n, to_char(n, 'FM999') FROM numbers ORDER BY n
-- name: n2
SELECT n, to_char(n, '9999999999999') FROM numbers ORDER BY n
-- name: n3
SELECT n, to_char(n, '000') FROM numbers ORDER BY n
-- name: n4
SELECT n, to_char(n, 'FM000') FROM numbers ORDER BY n
-- name: n5
SELECT n, to_char(n, '9990.99') FROM numbers ORDER BY n
-- name: n6
SELECT n, to_char(n, 'FM9990.99') FROM numbers ORDER BY n
-- name: n7
SELECT n, to_char(n, 'FM9990.00') FROM numbers ORDER BY n
-- name: n8
SELECT n, to_char(n, '9,999,999,999,999.99') FROM numbers ORDER BY n
-- name: n9
SELECT n, to_char(n, 'FM999,999,999,999,990.00') FROM numbers ORDER BY n
-- name: n10
SELECT n, to_char(n, '999G999G999G999D99') FROM numbers ORDER BY n
-- name: n11
SELECT n, to_char(n, 'S9999999999999') FROM numbers ORDER BY n
-- name: n12
SELECT n, to_char(n, '9999999999999S') FROM numbers ORDER BY n
-- name: n13
SELECT n, to_char(n, 'MI9999999999999') FROM numbers ORDER BY n
-- name: n14
SELECT n, to_char(n, '9999999999999MI') FROM numbers ORDER BY n
-- name: n15
SELECT n, to_char(n, 'PL9999999999999') FROM numbers ORDER BY n
-- name: n16
SELECT n, to_char(n, 'SG9999999999999.9') FROM numbers ORDER BY n
-- name: n17
SELECT n, to_char(n, '9999999999999PR') FROM numbers ORDER BY n
-- name: n18
SELECT n, to_char(n, 'FM9999999999999.99PR') FROM numbers ORDER BY n
-- name: n19
SELECT n, to_char(n, '9999999999999th') FROM numbers ORDER BY n
-- name: n20
SELECT n, to_char(n, 'FM9999999999999TH') FROM numbers ORDER BY n
-- name: n21
SELECT n, to_char(n, 'L999G999G999G999') FROM numbers ORDER BY n
-- name: n22
SELECT n, to_char(n, 'FML999,999') FROM numbers ORDER BY n
-- name: n23
SELECT n, to_char(n, '.99') FROM numbers ORDER BY n
-- name: n24
SELECT n, to_char(n, 'FM.99') FROM numbers ORDER BY n
-- name: n25
SELECT n, to_char(n, '0.99') FROM numbers ORDER BY n
-- name: n26
SELECT n, to_char(n, '9.99') FROM numbers ORDER BY n
-- name: n27
SELECT n, to_char(n, 'FM9.99') FROM numbers ORDER BY n
-- name: n28
SELECT n, to_char(n, 'FM0.999') FROM numbers ORDER BY n
-- name: n29
SELECT n, to_char(n, '99V99') FROM numbers ORDER BY n
-- name: n30
SELECT n, to_char(n, 'RN') FROM numbers WHERE abs(n) < 2147483648 ORDER BY n
-- name: n31
SELECT n, to_char(n, 'FMRN') FROM numbers WHERE abs(n) < 2147483648 ORDER BY n
-- name: n32
SELECT n, to_char(n, 'rn') FROM numbers WHERE abs(n) < 2147483648 ORDER BY n
-- name: n33
SELECT n, to_char(n, '9.999EEEE') FROM numbers ORDER BY n
-- name: n34
SELECT n, to_char(n, '"n: "999') FROM numbers ORDER BY n
-- name: n35
SELECT n, to_char(n, '$999,999,999,999.99') FROM numbers ORDER BY n
-- name: n36
SELECT n, to_char(n, 'FM$999,999,999,999,990') FROM numbers ORDER BY n
-- name: n37
SELECT n, to_char(n, '999%') FROM numbers ORDER BY n
-- name: n38
SELECT n, to_char(n, 'B999') FROM numbers ORDER BY n
-- name: n39
SELECT n, to_char(n, 'S999.99') FROM numbers ORDER BY n
-- name: n40
SELECT n, to_char(n, 'FM9999999999999.') FROM numbers ORDER BY n
-- name: n41
SELECT n, to_char(n, '0000000000000.000') FROM numbers ORDER BY n
-- name: n42
SELECT n, to_char(n, '9 9 9 9 9 9 9 9 9 9 9 9 9') FROM numbers ORDER BY n
-- name: n43
SELECT n, to_char(n, 'FM99999999999999999D0999999') FROM numbers ORDER BY n
-- name: n44
SELECT n, to_char(n, 'SG0999999999999') FROM numbers ORDER BY n
-- name: n45
SELECT n, to_char(n, 'FMS0999999999999.9') FROM numbers ORDER BY n
-- name: n46
SELECT n, to_char(n, 'C999') FROM numbers ORDER BY n
-- name: n47
SELECT n, to_char(n, '9999D') FROM numbers ORDER BY n
-- name: n48
SELECT n, to_char(n, '0,000,000,000,000') FROM numbers ORDER BY n
-- name: n49
SELECT n, to_char(n, 'FM0,000,000,000,000') FROM numbers ORDER BY n
-- name: n50
SELECT n, to_char(n, 'FM9999999999999D9S') FROM numbers ORDER BY n
-- name: x0
SELECT x, to_char(x, '999') FROM numbers ORDER BY x
-- name: x1
SELECT x, to_char(x, 'FM999') FROM numbers ORDER BY x
-- name: x2
SELECT x, to_char(x, '9999999999999') FROM numbers ORDER BY x
-- name: x3
SELECT x, to_char(x, '000') FROM numbers ORDER BY x
-- name: x4
SELECT x, to_char(x, 'FM000') FROM numbers ORDER BY x
-- name: x5
SELECT x, to_char(x, '9990.99') FROM numbers ORDER BY x
-- name: x6
SELECT x, to_char(x, 'FM9990.99') FROM numbers ORDER BY x
-- name: x7
SELECT x, to_char(x, 'FM9990.00') FROM numbers ORDER BY x
-- name: x8
SELECT x, to_char(x, '9,999,999,999,999.99') FROM numbers ORDER BY x
-- name: x9
SELECT x, to_char(x, 'FM999,999,999,999,990.00') FROM numbers ORDER BY x
-- name: x10
SELECT x, to_char(x, '999G999G999G999D99') FROM numbers ORDER BY x
-- name: x11
SELECT x, to_char(x, 'S9999999999999') FROM numbers ORDER BY x
-- name: x12
SELECT x, to_char(x, '9999999999999S') FROM numbers ORDER BY x
-- name: x13
SELECT x, to_char(x, 'MI9999999999999') FROM numbers ORDER BY x
-- name: x14
SELECT x, to_char(x, '9999999999999MI') FROM numbers ORDER BY x
-- name: x15
SELECT x, to_char(x, 'PL9999999999999') FROM numbers ORDER BY x
-- name: x16
SELECT x, to_char(x, 'SG9999999999999.9') FROM numbers ORDER BY x
-- name: x17
SELECT x, to_char(x, '9999999999999PR') FROM numbers ORDER BY x
-- name: x18
SELECT x, to_char(x, 'FM9999999999999.99PR') FROM numbers ORDER BY x
-- name: x19
SELECT x, to_char(x, '9999999999999th') FROM numbers ORDER BY x
-- name: x20
SELECT x, to_char(x, 'FM9999999999999TH') FROM numbers ORDER BY x
-- name: x21
SELECT x, to_char(x, 'L999G999G999G999') FROM numbers ORDER BY x
-- name: x22
SELECT x, to_char(x, 'FML999,999') FROM numbers ORDER BY x
-- name: x23
SELECT x, to_char(x, '.99') FROM numbers ORDER BY x
-- name: x24
SELECT x, to_char(x, 'FM.99') FROM numbers ORDER BY x
-- name: x25
SELECT x, to_char(x, '0.99') FROM numbers ORDER BY x
-- name: x26
SELECT x, to_char(x, '9.99') FROM numbers ORDER BY x
-- name: x27
SELECT x, to_char(x, 'FM9.99') FROM numbers ORDER BY x
-- name: x28
SELECT x, to_char(x, 'FM0.999') FROM numbers ORDER BY x
-- name: x29
SELECT x, to_char(x, '99V99') FROM numbers ORDER BY x
-- name: x30
SELECT x, to_char(x, 'RN') FROM numbers ORDER BY x
-- name: x31
SELECT x, to_char(x, 'FMRN') FROM numbers ORDER BY x
-- name: x32
SELECT x, to_char(x, 'rn') FROM numbers ORDER BY x
-- name: x33
SELECT x, to_char(x, '9.999EEEE') FROM numbers ORDER BY x
-- name: x34
SELECT x, to_char(x, '"n: "999') FROM numbers ORDER BY x
-- name: x35
SELECT x, to_char(x, '$999,999,999,999.99') FROM numbers ORDER BY x
-- name: x36
SELECT x, to_char(x, 'FM$999,999,999,999,990') FROM numbers ORDER BY x
-- name: x37
SELECT x, to_char(x, '999%') FROM numbers ORDER BY x
-- name: x38
SELECT x, to_char(x, 'B999') FROM numbers ORDER BY x
-- name: x39
SELECT x, to_char(x, 'S999.99') FROM numbers ORDER BY x
-- name: x40
SELECT x, to_char(x, 'FM9999999999999.') FROM numbers ORDER BY x
-- name: x41
SELECT x, to_char(x, '0000000000000.000') FROM numbers ORDER BY x
-- name: x42
SELECT x, to_char(x, '9 9 9 9 9 9 9 9 9 9 9 9 9') FROM numbers ORDER BY x
-- name: x43
SELECT x, to_char(x, 'FM99999999999999999D0999999') FROM numbers ORDER BY x
-- name: x44
SELECT x, to_char(x, 'SG0999999999999') FROM numbers ORDER BY x
-- name: x45
SELECT x, to_char(x, 'FMS0999999999999.9') FROM numbers ORDER BY x
-- name: x46
SELECT x, to_char(x, 'C999') FROM numbers ORDER BY x
-- name: x47
SELECT x, to_char(x, '9999D') FROM numbers ORDER BY x
-- name: x48
SELECT x, to_char(x, '0,000,000,000,000') FROM numbers ORDER BY x
-- name: x49
SELECT x, to_char(x, 'FM0,000,000,000,000') FROM numbers ORDER BY x
-- name: x50
SELECT x, to_char(x, 'FM9999999999999D9S') FROM numbers ORDER BY x
-- name: d0
SELECT x, to_char(x::numeric(20,4), '999') FROM numbers ORDER BY x
-- name: d1
SELECT x, to_char(x::numeric(20,4), 'FM999') FROM numbers ORDER BY x
-- name: d2
SELECT x, to_char(x::numeric(20,4), '9999999999999') FROM numbers ORDER BY x
-- name: d3
SELECT x, to_char(x::numeric(20,4), '000') FROM numbers ORDER BY x
-- name: d4
SELECT x, to_char(x::numeric(20,4), 'FM000') FROM numbers ORDER BY x
-- name: d5
SELECT x, to_char(x::numeric(20,4), '9990.99') FROM numbers ORDER BY x
-- name: d6
SELECT x, to_char(x::numeric(20,4), 'FM9990.99') FROM numbers ORDER BY x
-- name: d7
SELECT x, to_char(x::numeric(20,4), 'FM9990.00') FROM numbers ORDER BY x
-- name: d8
SELECT x, to_char(x::numeric(20,4), '9,999,999,999,999.99') FROM numbers ORDER BY x
-- name: d9
SELECT x, to_char(x::numeric(20,4), 'FM999,999,999,999,990.00') FROM numbers ORDER BY x
-- name: d10
SELECT x, to_char(x::numeric(20,4), '999G999G999G999D99') FROM numbers ORDER BY x
-- name: d11
SELECT x, to_char(x::numeric(20,4), 'S9999999999999') FROM numbers ORDER BY x
-- name: d12
SELECT x, to_char(x::numeric(20,4), '9999999999999S') FROM numbers ORDER BY x
-- name: d13
SELECT x, to_char(x::numeric(20,4), 'MI9999999999999') FROM numbers ORDER BY x
-- name: d14
SELECT x, to_char(x::numeric(20,4), '9999999999999MI') FROM numbers ORDER BY x
-- name: d15
SELECT x, to_char(x::numeric(20,4), 'PL9999999999999') FROM numbers ORDER BY x
-- name: d16
SELECT x, to_char(x::numeric(20,4), 'SG9999999999999.9') FROM numbers ORDER BY x
-- name: d17
SELECT x, to_char(x::numeric(20,4), '9999999999999PR') FROM numbers ORDER BY x
-- name: d18
SELECT x, to_char(x::numeric(20,4), 'FM9999999999999.99PR') FROM numbers ORDER BY x
-- name: d19
SELECT x, to_char(x::numeric(20,4), '9999999999999th') FROM numbers ORDER BY x
-- name: d20
SELECT x, to_char(x::numeric(20,4), 'FM9999999999999TH') FROM numbers ORDER BY x
-- name: d21
SELECT x, to_char(x::numeric(20,4), 'L999G999G999G999') FROM numbers ORDER BY x
-- name: d22
SELECT x, to_char(x::numeric(20,4), 'FML999,999') FROM numbers ORDER BY x
-- name: d23
SELECT x, to_char(x::numeric(20,4), '.99') FROM numbers ORDER BY x
-- name: d24
SELECT x, to_char(x::numeric(20,4), 'FM.99') FROM numbers ORDER BY x
-- name: d25
SELECT x, to_char(x::numeric(20,4), '0.99') FROM numbers ORDER BY x
-- name: d26
SELECT x, to_char(x::numeric(20,4), '9.99') FROM numbers ORDER BY x
-- name: d27
SELECT x, to_char(x::numeric(20,4), 'FM9.99') FROM numbers ORDER BY x
-- name: d28
SELECT x, to_char(x::numeric(20,4), 'FM0.999') FROM numbers ORDER BY x
-- name: d29
SELECT x, to_char(x::numeric(20,4), '99V99') FROM numbers ORDER BY x
-- name: d30
SELECT x, to_char(x::numeric(20,4), 'RN') FROM numbers ORDER BY x
-- name: d31
SELECT x, to_char(x::numeric(20,4), 'FMRN') FROM numbers ORDER BY x
-- name: d32
SELECT x, to_char(x::numeric(20,4), 'rn') FROM numbers ORDER BY x
-- name: d33
SELECT x, to_char(x::numeric(20,4), '9.999EEEE') FROM numbers ORDER BY x
-- name: d34
SELECT x, to_char(x::numeric(20,4), '"n: "999') FROM numbers ORDER BY x
-- name: d35
SELECT x, to_char(x::numeric(20,4), '$999,999,999,999.99') FROM numbers ORDER BY x
-- name: d36
SELECT x, to_char(x::numeric(20,4), 'FM$999,999,999,999,990') FROM numbers ORDER BY x
-- name: d37
SELECT x, to_char(x::numeric(20,4), '999%') FROM numbers ORDER BY x
-- name: d38
SELECT x, to_char(x::numeric(20,4), 'B999') FROM numbers ORDER BY x
-- name: d39
SELECT x, to_char(x::numeric(20,4), 'S999.99') FROM numbers ORDER BY x
-- name: d40
SELECT x, to_char(x::numeric(20,4), 'FM9999999999999.') FROM numbers ORDER BY x
-- name: d41
SELECT x, to_char(x::numeric(20,4), '0000000000000.000') FROM numbers ORDER BY x
-- name: d42
SELECT x, to_char(x::numeric(20,4), '9 9 9 9 9 9 9 9 9 9 9 9 9') FROM numbers ORDER BY x
-- name: d43
SELECT x, to_char(x::numeric(20,4), 'FM99999999999999999D0999999') FROM numbers ORDER BY x
-- name: d44
SELECT x, to_char(x::numeric(20,4), 'SG0999999999999') FROM numbers ORDER BY x
-- name: d45
SELECT x, to_char(x::numeric(20,4), 'FMS0999999999999.9') FROM numbers ORDER BY x
-- name: d46
SELECT x, to_char(x::numeric(20,4), 'C999') FROM numbers ORDER BY x
-- name: d47
SELECT x, to_char(x::numeric(20,4), '9999D') FROM numbers ORDER BY x
-- name: d48
SELECT x, to_char(x::numeric(20,4), '0,000,000,000,000') FROM numbers ORDER BY x
-- name: d49
SELECT x, to_char(x::numeric(20,4), 'FM0,000,000,000,000') FROM numbers ORDER BY x
-- name: d50
SELECT x, to_char(x::numeric(20,4), 'FM9999999999999D9S') FROM numbers ORDER BY x
