-- name: date_part
SELECT d, date_part('year', t), date_part('month', t), date_part('day', t), date_part('hour', t), date_part('minute', t), date_part('dow', t), date_part('isodow', t), date_part('doy', t), date_part('week', t), date_part('quarter', t), date_part('decade', t), date_part('century', t), date_part('millennium', t), date_part('isoyear', t) FROM moments WHERE t > '0002-01-01' OR t IS NULL
-- name: extract
SELECT extract(year from t), extract(month from d), extract(epoch from t), extract(dow from d), extract(isodow from d), extract(week from d), extract(quarter from d), extract(hour from t) FROM moments WHERE t > '0002-01-01'
-- name: extract_seconds
SELECT extract(second from t), date_part('milliseconds', t), date_part('microseconds', t) FROM moments
-- name: date_trunc
SELECT date_trunc('second', t), date_trunc('minute', t), date_trunc('hour', t), date_trunc('day', t), date_trunc('week', t), date_trunc('month', t), date_trunc('quarter', t), date_trunc('year', t), date_trunc('decade', t), date_trunc('century', t) FROM moments WHERE t > '1000-01-01' OR t IS NULL
-- name: date_trunc_date
SELECT date_trunc('month', d), date_trunc('week', d)::date FROM moments WHERE d > '1000-01-01'
-- name: date_trunc_zone
SELECT date_trunc('hour', timestamptz '2024-03-31 01:30:00+00', 'Europe/Berlin'), date_trunc('day', timestamptz '2024-03-31 01:30:00+00', 'Europe/Berlin'), date_trunc('week', timestamptz '2024-03-31 01:30:00+00', 'Europe/Berlin'), date_trunc('month', timestamptz '2024-03-31 01:30:00+00', 'Europe/Berlin'), date_trunc('quarter', timestamptz '2024-03-31 01:30:00+00', 'Europe/Berlin'), date_trunc('year', timestamptz '2024-03-31 01:30:00+00', 'Europe/Berlin'), date_trunc('decade', timestamptz '2024-03-31 01:30:00+00', 'Europe/Berlin'), date_trunc('century', timestamptz '2024-03-31 01:30:00+00', 'Europe/Berlin'), date_trunc('millennium', timestamptz '2024-03-31 01:30:00+00', 'Europe/Berlin'), date_trunc('minute', timestamptz '2024-03-31 01:30:00+00', 'Europe/Berlin')
-- name: date_trunc_millennium
SELECT date_trunc('millennium', timestamp '2024-01-01'), date_trunc('milliseconds', timestamp '2024-01-01 00:00:00.123456')
-- name: age
SELECT age(timestamp '2024-03-01', timestamp '2023-01-31'), age(timestamp '2000-01-01', timestamp '2001-02-03 04:05:06'), age(date '2024-02-29', date '2020-02-29')
-- name: justify
SELECT justify_days(i), justify_hours(i), justify_interval(i) FROM (VALUES (interval '35 days'), (interval '27 hours'), (interval '1 mon -1 hour'), (interval '-40 days 30 hours'), (interval '400 days 50 hours'), (NULL)) v(i)
-- name: make
SELECT make_date(2024, 2, 29), make_time(8, 15, 23.5), make_timestamp(2024, 7, 15, 8, 15, 23.5), make_interval(days => 10), make_interval(years => 1, months => 2, weeks => 3), make_interval(0, 0, 0, 0, 5, 6, 7.5), make_interval(hours => 25, secs => 90)
-- name: intervals
SELECT interval '1 day' * 2, interval '1 month' + interval '3 days', interval '1 hour' / 2, timestamp '2024-01-31' + interval '1 month', date '2024-03-31' - interval '1 month', interval '1 year 2 mons 3 days 04:05:06', -interval '1 day'
-- name: date_arithmetic
SELECT date '2024-03-01' - date '2024-02-01', date '2024-03-01' + 7, date '2024-03-01' - 1, timestamp '2024-03-01' - timestamp '2024-02-01 12:00', date '2024-01-01' + time '03:00', time '10:00' + interval '90 minutes'
-- name: zone
SELECT timestamp '2024-07-01 12:00' AT TIME ZONE 'America/New_York', timestamptz '2024-07-01 12:00:00+00' AT TIME ZONE 'America/New_York', timezone('Asia/Tokyo', timestamp '2024-01-01 00:00')
-- name: epoch
SELECT to_timestamp(1700000000), to_timestamp(1700000000.5), extract(epoch from timestamp '2024-01-01'), extract(epoch from interval '1 day 2 hours'), extract(day from interval '5 days 3 hours'), 'epoch'::timestamp
-- name: now
SELECT now() = current_timestamp, current_date = now()::date, now() = transaction_timestamp(), clock_timestamp() >= now(), statement_timestamp() <= clock_timestamp()
-- name: series
SELECT * FROM generate_series(timestamp '2024-01-01', timestamp '2024-01-03', interval '12 hours') AS g(t)
-- name: series_date
SELECT d::date FROM generate_series(date '2024-01-30', date '2024-02-02', interval '1 day') AS g(d)
-- name: date_bin
SELECT date_bin('15 minutes', timestamp '2020-02-11 15:44:17', timestamp '2001-01-01'), date_bin('1 hour', timestamp '2020-02-11 15:44:17', timestamp '2001-01-01 00:02:30')
-- name: overlaps
SELECT (date '2024-01-01', date '2024-02-01') OVERLAPS (date '2024-01-15', date '2024-03-01')
-- name: isfinite
SELECT isfinite(timestamp '2024-01-01'), isfinite('infinity'::timestamp), isfinite(date 'infinity')
-- name: date_add
SELECT timestamp '2024-01-01 10:00' + make_interval(mins => 90), current_date - (current_date - 3), (now() - interval '1 day')::date = current_date - 1
-- name: special
SELECT 'today'::date = current_date, 'now'::timestamp IS NOT NULL, 'yesterday'::date = current_date - 1
-- name: year_to_month
SELECT interval '1-2' year to month, interval '3' day, interval '1 2:03:04'
-- name: between
SELECT count(*) FROM moments WHERE d BETWEEN '2020-01-01' AND '2024-12-31'
-- name: to_char_date_trunc
SELECT to_char(date_trunc('month', t), 'YYYY-MM') FROM moments WHERE t > '1000-01-01'
-- name: null
SELECT date_trunc('day', NULL::timestamp), date_part('year', NULL::date), age(NULL::timestamp, NULL::timestamp), justify_days(NULL), to_char(NULL::timestamp, 'YYYY')
-- name: extract_fraction
SELECT extract(second from t), extract(milliseconds from t), extract(microseconds from t), date_part('second', t), extract(epoch from t) FROM moments WHERE t > '0002-01-01'
-- name: extract_interval
SELECT extract(month from interval '14 months'), extract(day from interval '40 days'), extract(hour from interval '30 hours'), extract(second from interval '1.5 seconds'), extract(epoch from interval '1 month'), extract(second from time '10:00:01.25')
-- name: extract_more
SELECT extract(julian from date '2024-01-01'), extract(timezone from timestamptz '2024-01-01 00:00:00+00'), extract(century from date '2000-12-31'), extract(millennium from date '2001-01-01'), extract(decade from date '1999-01-01')
-- name: date_trunc_century
SELECT date_trunc('century', t), date_trunc('millennium', t) FROM moments WHERE t > '0002-01-01'
-- name: date_trunc_interval
SELECT date_trunc('month', interval '1 year 2 months 3 days'), date_trunc('hour', interval '1 day 02:30')
-- name: multiply
SELECT interval '1 month' * 1.5, interval '1 day' * 0.5, interval '1 hour' * 1.5, 2 * interval '1 day', interval '1.5 days', interval '1.5 months'
-- name: differences
SELECT date '2024-03-01' - date '2024-02-01', date '2024-03-01' - timestamp '2024-02-01', timestamptz '2024-03-01 00:00:00+00' - timestamptz '2024-02-01 12:00:00+00', age(timestamp '2024-03-01', timestamp '2024-02-01 12:00'), age(date '2024-02-29') IS NOT NULL
-- name: zone_offset
SELECT timestamp '2024-01-01' AT TIME ZONE '+03'
-- name: zone_interval
SELECT timestamp '2024-01-01' AT TIME ZONE interval '3 hours'
-- name: make_timestamptz
SELECT make_timestamptz(2024, 1, 2, 3, 4, 5.5), make_timestamptz(2024, 1, 2, 3, 4, 5.5, 'Europe/Berlin')
-- name: invalid-fails
SELECT '2024-02-30'::date
