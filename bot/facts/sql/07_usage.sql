-- Usage of each target: the only statements that read many rows, each with its own first day.
-- In:  usage_rows, pieces, line_pieces; $recent_sums_from, $sums_from, $users_from, $peaks_from (NULL: nothing wanted)
-- Out: sums, users, peaks

CREATE OR REPLACE TEMP TABLE sums AS
SELECT p.target_key, sum(u.quantity * p.share) AS used
FROM usage_rows AS u
INNER JOIN pieces AS p
    ON
        u.source = p.source
        AND u.customer = p.customer
        AND u.meter = p.meter
        AND u.day BETWEEN p.first_day AND p.last_day
WHERE p.aggregation = 'sum' AND p.purpose <> 'to date' AND u.day BETWEEN $recent_sums_from AND $as_of
GROUP BY p.target_key
UNION ALL
SELECT p.target_key, sum(u.quantity * p.share) AS used
FROM usage_rows AS u
INNER JOIN pieces AS p
    ON
        u.source = p.source
        AND u.customer = p.customer
        AND u.meter = p.meter
        AND u.day BETWEEN p.first_day AND p.last_day
WHERE p.aggregation = 'sum' AND p.purpose = 'to date' AND u.day BETWEEN $sums_from AND $as_of
GROUP BY p.target_key
UNION ALL
SELECT p.target_key, sum(u.quantity) AS used
FROM usage_rows AS u
INNER JOIN line_pieces AS p
    ON
        u.source = p.source
        AND u.line_id = p.line_id
        AND u.meter = p.meter
        AND u.day BETWEEN p.first_day AND p.last_day
WHERE p.aggregation = 'sum' AND u.line_id IS NOT NULL AND u.day <= $as_of
GROUP BY p.target_key;

-- Rows of one user and day are one: however a source splits them, a user counts once.
CREATE OR REPLACE TEMP TABLE users AS
WITH rows_by_user AS (
    SELECT
        p.target_key, u.day, u.user_id, u.quantity, u.active_users,
        CASE WHEN u.user_id IS NULL THEN u.customer END AS nameless_of
    FROM usage_rows AS u
    INNER JOIN pieces AS p
        ON
            u.source = p.source
            AND u.customer = p.customer
            AND u.meter = p.meter
            AND u.day BETWEEN p.first_day AND p.last_day
    WHERE p.aggregation = 'unique_users' AND u.day BETWEEN $users_from AND $as_of
    UNION ALL
    SELECT
        p.target_key, u.day, u.user_id, u.quantity, u.active_users,
        CASE WHEN u.user_id IS NULL THEN u.customer END AS nameless_of
    FROM usage_rows AS u
    INNER JOIN line_pieces AS p
        ON
            u.source = p.source
            AND u.line_id = p.line_id
            AND u.meter = p.meter
            AND u.day BETWEEN p.first_day AND p.last_day
    WHERE p.aggregation = 'unique_users' AND u.line_id IS NOT NULL AND u.day <= $as_of
),

user_days AS (
    SELECT target_key, day, user_id, nameless_of, max(quantity) AS quantity, max(active_users) AS active_users
    FROM rows_by_user
    GROUP BY target_key, day, user_id, nameless_of
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
WITH series_days AS (
    SELECT
        p.target_key,
        u.day,
        u.source,
        u.customer,
        max(p.share) * coalesce(max(u.active_users), sum(u.quantity)) AS amount
    FROM usage_rows AS u
    INNER JOIN pieces AS p
        ON
            u.source = p.source
            AND u.customer = p.customer
            AND u.meter = p.meter
            AND u.day BETWEEN p.first_day AND p.last_day
    WHERE p.aggregation = 'max' AND u.day BETWEEN $peaks_from AND $as_of
    GROUP BY p.target_key, u.day, u.source, u.customer
    UNION ALL
    SELECT p.target_key, u.day, u.source, u.customer, coalesce(max(u.active_users), sum(u.quantity)) AS amount
    FROM usage_rows AS u
    INNER JOIN line_pieces AS p
        ON
            u.source = p.source
            AND u.line_id = p.line_id
            AND u.meter = p.meter
            AND u.day BETWEEN p.first_day AND p.last_day
    WHERE p.aggregation = 'max' AND u.line_id IS NOT NULL AND u.day <= $as_of
    GROUP BY p.target_key, u.day, u.source, u.customer
),

days AS (
    SELECT target_key, day, sum(amount) AS amount FROM series_days GROUP BY target_key, day
)

SELECT target_key, max(amount) AS peak FROM days GROUP BY target_key;
