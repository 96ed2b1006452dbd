-- Usage of each target: the only statements that read many rows, each with its own first day.
-- In:  usage_rows, daily_rows, pieces, line_pieces, targets, user_feeds, user_pieces; $recent_sums_from, $sums_from, $users_from,
--      $user_days_from, $peaks_from (NULL: nothing wanted)
-- Out: piece_rows, line_piece_rows (views: the rows of each target, by customer and by contract line), sums,
--      user_bits (the users of each series, with the days on which they used it), users, peaks

CREATE OR REPLACE TEMP VIEW piece_rows AS
SELECT
    p.target_key, p.aggregation, p.purpose, p.share,
    u.source, u.customer, u.day, u.quantity, u.user_id, u.active_users
FROM usage_rows AS u
INNER JOIN pieces AS p
    ON
        u.source = p.source
        AND u.customer = p.customer
        AND u.meter = p.meter
        AND u.day BETWEEN p.first_day AND p.last_day;

CREATE OR REPLACE TEMP VIEW line_piece_rows AS
SELECT p.target_key, p.aggregation, u.source, u.customer, u.day, u.quantity, u.user_id, u.active_users
FROM usage_rows AS u
INNER JOIN line_pieces AS p
    ON
        u.source = p.source
        AND u.line_id = p.line_id
        AND u.meter = p.meter
        AND u.day BETWEEN p.first_day AND p.last_day
WHERE u.line_id IS NOT NULL;

CREATE OR REPLACE TEMP TABLE sums AS
WITH amounts AS (
    SELECT p.target_key, u.quantity * p.share AS quantity
    FROM daily_rows AS u
    INNER JOIN pieces AS p
        ON
            u.source = p.source
            AND u.customer = p.customer
            AND u.meter = p.meter
            AND u.day BETWEEN p.first_day AND p.last_day
    WHERE p.aggregation = 'sum' AND p.purpose <> 'to date' AND u.day BETWEEN $recent_sums_from AND $as_of
    UNION ALL
    SELECT p.target_key, u.quantity * p.share
    FROM daily_rows AS u
    INNER JOIN pieces AS p
        ON
            u.source = p.source
            AND u.customer = p.customer
            AND u.meter = p.meter
            AND u.day BETWEEN p.first_day AND p.last_day
    WHERE p.aggregation = 'sum' AND p.purpose = 'to date' AND u.day BETWEEN $sums_from AND $as_of
    UNION ALL
    SELECT p.target_key, u.quantity
    FROM daily_rows AS u
    INNER JOIN line_pieces AS p
        ON
            u.source = p.source
            AND u.line_id = p.line_id
            AND u.meter = p.meter
            AND u.day BETWEEN p.first_day AND p.last_day
    WHERE p.aggregation = 'sum' AND u.line_id IS NOT NULL AND u.day <= $as_of
)

SELECT target_key, sum(quantity) AS used
FROM amounts
GROUP BY target_key;

-- Each user once, with the days of use as bits: day 0 is as-of, `near` holds 0 to 62, `far` 63 to 125. However a source
-- splits a day, a user counts once. What nobody is named for stays by day: how many users it was is told by day, if at
-- all.
CREATE OR REPLACE TEMP TABLE user_bits AS
WITH user_rows AS (
    SELECT
        p.feed_key, p.late, p.age, u.user_id, u.day, u.quantity, u.active_users,
        CAST(datediff('day', u.day, $as_of) AS INTEGER) AS ago
    FROM usage_rows AS u
    INNER JOIN user_pieces AS p
        ON
            u.source = p.source
            AND u.customer = p.customer
            AND u.meter = p.meter
            AND u.day BETWEEN p.first_day AND p.last_day
    WHERE p.line_id IS NULL AND u.day BETWEEN $user_days_from AND $as_of
    UNION ALL
    SELECT
        p.feed_key, p.late, p.age, u.user_id, u.day, u.quantity, u.active_users,
        CAST(datediff('day', u.day, $as_of) AS INTEGER)
    FROM usage_rows AS u
    INNER JOIN user_pieces AS p
        ON
            u.source = p.source
            AND u.line_id = p.line_id
            AND u.meter = p.meter
            AND u.day BETWEEN p.first_day AND p.last_day
    WHERE u.line_id IS NOT NULL AND u.day BETWEEN $user_days_from AND $as_of
)

SELECT
    feed_key,
    user_id,
    CASE WHEN user_id IS NULL THEN day END AS day,
    max(quantity) AS quantity,
    max(active_users) AS active_users,
    bit_or(CASE WHEN quantity > 0 AND ago < 63 THEN CAST(1 AS BIGINT) << ago ELSE 0 END) AS near,
    bit_or(CASE WHEN quantity > 0 AND ago BETWEEN 63 AND 125 THEN CAST(1 AS BIGINT) << (ago - 63) ELSE 0 END) AS far,
    -- Bit 0: used in the year up to the window, before it. The others: used in the window up to day 1, 30, 90, 180.
    bit_or(
        CASE
            WHEN quantity > 0
                THEN
                    CASE WHEN ago - late BETWEEN $window_days AND 364 THEN 1 ELSE 0 END
                    + CASE
                        WHEN age - ago > 180 OR age - ago < 1 THEN 0
                        WHEN age - ago > 180 - $window_days THEN 16
                        WHEN age - ago <= 90 AND age - ago > 90 - $window_days THEN 8
                        WHEN age - ago <= 30 AND age - ago > 30 - $window_days
                            THEN 4 + CASE WHEN age - ago = 1 THEN 2 ELSE 0 END
                        WHEN age - ago = 1 THEN 2
                        ELSE 0
                    END
            ELSE 0
        END
    ) AS stages,
    sum(quantity) FILTER (WHERE ago >= late AND ago - late < $window_days) AS recent_quantity
FROM user_rows
GROUP BY feed_key, user_id, CASE WHEN user_id IS NULL THEN day END;

CREATE OR REPLACE TEMP TABLE users AS
WITH windows AS (
    SELECT
        target_key,
        measure_key,
        first_day,
        last_day,
        CAST(datediff('day', last_day, $as_of) AS INTEGER) AS first_bit,
        CAST(datediff('day', first_day, $as_of) AS INTEGER) AS last_bit
    FROM targets
    WHERE known AND aggregation = 'unique_users' AND purpose <> 'to date' AND line_id IS NULL
),

bits AS (
    SELECT
        target_key,
        measure_key,
        CASE
            WHEN first_bit <= 62 THEN ((CAST(1 AS BIGINT) << (least(last_bit, 62) - first_bit + 1)) - 1) << first_bit
            ELSE 0
        END AS near,
        CASE
            WHEN last_bit >= 63
                THEN
                    ((CAST(1 AS BIGINT) << (last_bit - greatest(first_bit, 63) + 1)) - 1)
                    << (greatest(first_bit, 63) - 63)
            ELSE 0
        END AS far
    FROM windows
),

-- Several sources or names of a customer may tell of one user.
people AS (
    SELECT f.measure_key, u.user_id, bit_or(u.near) AS near, bit_or(u.far) AS far
    FROM user_bits AS u
    INNER JOIN user_feeds AS f ON u.feed_key = f.feed_key
    WHERE u.user_id IS NOT NULL AND f.line_id IS NULL
    GROUP BY f.measure_key, u.user_id
),

named AS (
    SELECT
        b.target_key,
        count(*) FILTER (WHERE (p.near & b.near) <> 0 OR (p.far & b.far) <> 0) AS user_count,
        sum(bit_count(p.near & b.near) + bit_count(p.far & b.far)) AS user_days
    FROM bits AS b
    INNER JOIN people AS p ON b.measure_key = p.measure_key
    GROUP BY b.target_key
),

nameless_days AS (
    SELECT w.target_key, u.day, f.customer, max(u.quantity) AS quantity, max(u.active_users) AS active_users
    FROM user_bits AS u
    INNER JOIN user_feeds AS f ON u.feed_key = f.feed_key
    INNER JOIN windows AS w ON f.measure_key = w.measure_key AND u.day BETWEEN w.first_day AND w.last_day
    WHERE u.user_id IS NULL AND f.line_id IS NULL
    GROUP BY w.target_key, u.day, f.customer
),

-- Windows of any length, and use by contract line: row by row.
rows_by_user AS (
    SELECT target_key, day, user_id, customer, quantity, active_users
    FROM piece_rows
    WHERE aggregation = 'unique_users' AND purpose = 'to date' AND day BETWEEN $users_from AND $as_of
    UNION ALL
    SELECT target_key, day, user_id, customer, quantity, active_users
    FROM line_piece_rows
    WHERE aggregation = 'unique_users' AND day <= $as_of
),

user_days AS (
    SELECT target_key, day, user_id, max(quantity) AS quantity, max(active_users) AS active_users
    FROM rows_by_user
    GROUP BY target_key, day, user_id, CASE WHEN user_id IS NULL THEN customer END
),

counts AS (
    SELECT target_key, user_count, user_days, 0 AS nameless, 0 AS uncounted FROM named
    UNION ALL
    SELECT
        target_key,
        0,
        coalesce(sum(active_users), 0),
        count(*) FILTER (WHERE quantity > 0 OR active_users > 0),
        count(*) FILTER (WHERE active_users IS NULL AND quantity > 0)
    FROM nameless_days
    GROUP BY target_key
    UNION ALL
    SELECT
        target_key,
        count(DISTINCT user_id) FILTER (WHERE quantity > 0),
        count(user_id) FILTER (WHERE quantity > 0) + coalesce(sum(active_users) FILTER (WHERE user_id IS NULL), 0),
        count(*) FILTER (WHERE user_id IS NULL AND (quantity > 0 OR active_users > 0)),
        count(*) FILTER (WHERE user_id IS NULL AND active_users IS NULL AND quantity > 0)
    FROM user_days
    GROUP BY target_key
)

SELECT
    target_key,
    CAST(sum(user_count) AS BIGINT) AS user_count,
    CAST(sum(user_days) AS BIGINT) AS user_days,
    -- Use without names: how many different users that is over several days, nobody knows.
    CAST(sum(nameless) AS BIGINT) AS nameless,
    CAST(sum(uncounted) AS BIGINT) AS uncounted
FROM counts
GROUP BY target_key;

CREATE OR REPLACE TEMP TABLE peaks AS
WITH rows_by_series AS (
    SELECT target_key, day, source, customer, share, quantity, active_users
    FROM piece_rows
    WHERE aggregation = 'max' AND day BETWEEN $peaks_from AND $as_of
    UNION ALL
    SELECT target_key, day, source, customer, 1 AS share, quantity, active_users
    FROM line_piece_rows
    WHERE aggregation = 'max' AND day <= $as_of
),

series_days AS (
    SELECT target_key, day, max(share) * coalesce(max(active_users), sum(quantity)) AS amount
    FROM rows_by_series
    GROUP BY target_key, day, source, customer
),

days AS (
    SELECT target_key, day, sum(amount) AS amount FROM series_days GROUP BY target_key, day
)

SELECT target_key, max(amount) AS peak FROM days GROUP BY target_key;
