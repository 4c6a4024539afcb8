-- name: d0
SELECT to_date('05 Dec 2000', 'DD Mon YYYY')
-- name: d1
SELECT to_date('2000-12-05', 'YYYY-MM-DD')
-- name: d2
SELECT to_date('20001205', 'YYYYMMDD')
-- name: d3
SELECT to_date('12/5/2000', 'MM/DD/YYYY')
-- name: d4
SELECT to_date('5-12-00', 'DD-MM-YY')
-- name: d5
SELECT to_date('Thursday 05 December 2000', 'Day DD Month YYYY')
-- name: d6
SELECT to_date('2000 340', 'YYYY DDD')
-- name: d7
SELECT to_date('2000-49-2', 'IYYY-IW-ID')
-- name: d8
SELECT to_date('2451885', 'J')
-- name: d9
SELECT to_date('  2000  -  12 - 05', 'YYYY-MM-DD')
-- name: d10
SELECT to_date('2000/12/05', 'YYYY-MM-DD')
-- name: d11
SELECT to_date('XII 2000', 'RM YYYY')
-- name: d12
SELECT to_date('1,999-01-02', 'Y,YYY-MM-DD')
-- name: d13
SELECT to_date('44 BC', 'YYYY BC')
-- name: d14
SELECT to_date('70', 'YY')
-- name: d15
SELECT to_date('69', 'YY')
-- name: d16-fails
SELECT to_date('2000-13-01', 'YYYY-MM-DD')
-- name: d17-fails
SELECT to_date('2000-02-30', 'YYYY-MM-DD')
-- name: d18-fails
SELECT to_date('abc', 'YYYY')
-- name: d19
SELECT to_date('21st Feb 2021', 'DDth Mon YYYY')
-- name: d20
SELECT to_date('2021', 'YYYY')
-- name: d21
SELECT to_date('20211', 'YYYYQ')
-- name: d22
SELECT to_date('2021-07', 'YYYY-MM')
-- name: d23
SELECT to_date('Q3 2021', '"Q"Q YYYY')
-- name: d24
SELECT to_date('2000-12-05 14:30', 'YYYY-MM-DD')
-- name: t0
SELECT to_timestamp('2000-12-05 14:05:06', 'YYYY-MM-DD HH24:MI:SS')
-- name: t1
SELECT to_timestamp('2000-12-05 02:05:06 PM', 'YYYY-MM-DD HH12:MI:SS AM')
-- name: t2
SELECT to_timestamp('2000-12-05 14:05:06.789', 'YYYY-MM-DD HH24:MI:SS.MS')
-- name: t3
SELECT to_timestamp('2000-12-05 14:05:06.789123', 'YYYY-MM-DD HH24:MI:SS.US')
-- name: t4
SELECT to_timestamp('2000-12-05T14:05:06Z', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
-- name: t5
SELECT to_timestamp('20001205140506', 'YYYYMMDDHH24MISS')
-- name: t6
SELECT to_timestamp('2000-12-05 14:05 +03:30', 'YYYY-MM-DD HH24:MI TZH:TZM')
-- name: t7
SELECT to_timestamp('12:00 am', 'HH:MI am')
-- name: t8
SELECT to_timestamp('2000-12-05 50000', 'YYYY-MM-DD SSSS')
-- name: t99-fails
SELECT to_timestamp('2000-12-05 25:00','YYYY-MM-DD HH24:MI')
-- name: null
SELECT to_date(NULL,'YYYY'), to_timestamp('2000', NULL), to_timestamp(1e9), to_timestamp(0.5)
