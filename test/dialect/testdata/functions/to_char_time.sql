-- name: t0
SELECT t, to_char(t, 'YYYY-MM-DD HH24:MI:SS.MS') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t1
SELECT t, to_char(t, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t2
SELECT t, to_char(t, 'Day, DD Month YYYY') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t3
SELECT t, to_char(t, 'FMDay, FMDD FMMonth YYYY') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t4
SELECT t, to_char(t, 'DAY Dy dy MON Mon mon') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t5
SELECT t, to_char(t, 'HH12:MI AM p.m.') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t6
SELECT t, to_char(t, 'HH:MI:SS PM') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t7
SELECT t, to_char(t, 'DDDth DDth Dth FMDDDth') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t8
SELECT t, to_char(t, 'IYYY-"W"IW-ID IDDD') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t9
SELECT t, to_char(t, 'YY Y YYY Y,YYY IYY IY I') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t10
SELECT t, to_char(t, 'CC BC ad A.D.') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t11
SELECT t, to_char(t, 'Q WW W J') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t12
SELECT t, to_char(t, 'RM rm FMRM') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t13
SELECT t, to_char(t, 'SSSS SSSSS') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t14
SELECT t, to_char(t, 'FF1 FF2 FF3 FF4 FF5 FF6') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t15
SELECT t, to_char(t, 'TZ tz TZH TZM OF') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t16
SELECT t, to_char(t, 'FMHH24:FMMI:FMSS') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t17
SELECT t, to_char(t, 'YYYYth Month TMMonth TMDay') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t18
SELECT t, to_char(t, '\"YYYY\" "it""s YYYY"') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t19
SELECT t, to_char(t, 'plain text only: xyz') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t20
SELECT t, to_char(t, 'DD/MM/YYYY') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t21
SELECT t, to_char(t, 'FMMM/FMDD/YY') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t22
SELECT t, to_char(t, 'YYYYMMDDHH24MISS') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t23
SELECT t, to_char(t, 'Mon-YY') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t24
SELECT t, to_char(t, '"Q"Q YYYY') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t25
SELECT t, to_char(t, 'YYYY-MM') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t26
SELECT t, to_char(t, 'hh24 mi ss ms us') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t27
SELECT t, to_char(t, 'month MONTH Month') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: t28
SELECT t, to_char(t, '') FROM moments WHERE t IS NULL OR t > '0002-01-01' ORDER BY t
-- name: tz0
SELECT t, to_char(t AT TIME ZONE 'Asia/Tehran', 'YYYY-MM-DD HH24:MI:SS TZ OF'), to_char(t::timestamptz, 'YYYY-MM-DD HH24:MI:SS TZ OF') FROM moments WHERE t > '1990-01-01' ORDER BY t
-- name: tz1
SELECT t, to_char(t AT TIME ZONE 'Asia/Tehran', 'TZH:TZM'), to_char(t::timestamptz, 'TZH:TZM') FROM moments WHERE t > '1990-01-01' ORDER BY t
-- name: date0
SELECT d, to_char(d, 'YYYY-MM-DD') FROM moments WHERE d IS NULL OR d > '0002-01-01' ORDER BY d
-- name: date1
SELECT d, to_char(d, 'Dy DD Mon') FROM moments WHERE d IS NULL OR d > '0002-01-01' ORDER BY d
-- name: date2
SELECT d, to_char(d, 'IYYY/IW') FROM moments WHERE d IS NULL OR d > '0002-01-01' ORDER BY d
-- name: date3
SELECT d, to_char(d, 'HH24:MI TZ') FROM moments WHERE d IS NULL OR d > '0002-01-01' ORDER BY d
-- name: interval0
SELECT to_char(i, 'HH24:MI:SS') FROM (VALUES (interval '15 hours 2 minutes 12.5 seconds'), (interval '1 year 2 months 3 days'), (interval '-5 hours'), (interval '100 hours'), (NULL)) v(i)
-- name: interval1
SELECT to_char(i, 'HH12:MI:SS.MS') FROM (VALUES (interval '15 hours 2 minutes 12.5 seconds'), (interval '1 year 2 months 3 days'), (interval '-5 hours'), (interval '100 hours'), (NULL)) v(i)
-- name: interval2
SELECT to_char(i, 'DD HH24') FROM (VALUES (interval '15 hours 2 minutes 12.5 seconds'), (interval '1 year 2 months 3 days'), (interval '-5 hours'), (interval '100 hours'), (NULL)) v(i)
-- name: interval3
SELECT to_char(i, 'YYYY MM DD') FROM (VALUES (interval '15 hours 2 minutes 12.5 seconds'), (interval '1 year 2 months 3 days'), (interval '-5 hours'), (interval '100 hours'), (NULL)) v(i)
-- name: interval4
SELECT to_char(i, 'FMHH24 FMMI') FROM (VALUES (interval '15 hours 2 minutes 12.5 seconds'), (interval '1 year 2 months 3 days'), (interval '-5 hours'), (interval '100 hours'), (NULL)) v(i)
-- name: zone
SET TimeZone = 'Asia/Tehran'; SELECT to_char(timestamptz '2024-03-01 12:00:00+00', 'YYYY-MM-DD HH24:MI TZ OF TZH:TZM'); 
-- name: zone_date
SELECT to_char(date '2024-03-01', 'HH24:MI OF')
-- name: zone_back
SET TimeZone = 'UTC'; SELECT to_char(timestamptz '2024-03-01 12:00:00+00', 'HH24:MI OF')
