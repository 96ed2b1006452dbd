-- Usage of each target: the only statements that read many rows, each with its own first day.
-- In:  usage_rows, pieces, line_pieces; $recent_sums_from, $sums_from, $users_from, $peaks_from (NULL: nothing wanted)
-- Out: piece_rows, line_piece_rows (views: the rows of each target, by customer and by contract line), sums, users,
--      peaks

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
SELECT target_key, sum(quantity * share) AS used
FROM piece_rows
WHERE aggregation = 'sum' AND purpose <> 'to date' AND day BETWEEN $recent_sums_from AND $as_of
GROUP BY target_key
UNION ALL
SELECT target_key, sum(quantity * share) AS used
FROM piece_rows
WHERE aggregation = 'sum' AND purpose = 'to date' AND day BETWEEN $sums_from AND $as_of
GROUP BY target_key
UNION ALL
SELECT target_key, sum(quantity) AS used
FROM line_piece_rows
WHERE aggregation = 'sum' AND day <= $as_of
GROUP BY target_key;

-- Rows of one user and day are one: however a source splits them, a user counts once.
CREATE OR REPLACE TEMP TABLE users AS
WITH rows_by_user AS (
    SELECT target_key, day, user_id, customer, quantity, active_users
    FROM piece_rows
    WHERE aggregation = 'unique_users' AND day BETWEEN $users_from AND $as_of
    UNION ALL
    SELECT target_key, day, user_id, customer, quantity, active_users
    FROM line_piece_rows
    WHERE aggregation = 'unique_users' AND day <= $as_of
),

user_days AS (
    SELECT target_key, day, user_id, max(quantity) AS quantity, max(active_users) AS active_users
    FROM rows_by_user
    GROUP BY target_key, day, user_id, CASE WHEN user_id IS NULL THEN customer END
)

SELECT
    target_key,
    count(DISTINCT user_id) FILTER (WHERE quantity > 0) AS user_count,
    count(user_id) FILTER (WHERE quantity > 0) + coalesce(sum(active_users) FILTER (WHERE user_id IS NULL), 0)
        AS user_days,
    -- Use without names: how many different users that is over several days, nobody knows.
    count(*) FILTER (WHERE user_id IS NULL AND (quantity > 0 OR active_users > 0)) AS nameless,
    count(*) FILTER (WHERE user_id IS NULL AND active_users IS NULL AND quantity > 0) AS uncounted
FROM user_days
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
