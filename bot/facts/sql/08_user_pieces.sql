-- Whose users are told apart, and which days of their usage have to be read.
-- In:  accounts, contract_lines, lines, line_measures, measures, feeds, spans, seen, complete, reported, read_lines
-- Out: beginnings (when an account became a customer), user_feeds (the series that users are read from),
--      user_groups (an account's users in one source), user_pieces (the covered days to be read of each series),
--      user_reach (from which day on usage has to be read)

CREATE OR REPLACE TEMP TABLE beginnings AS
SELECT account_id, min(day) AS first_day
FROM (
    SELECT account_id, "start" AS day FROM contract_lines
    UNION ALL
    SELECT account_id, customer_since AS day FROM accounts
)
WHERE day <= $as_of
GROUP BY account_id;

CREATE OR REPLACE TEMP TABLE user_feeds AS
WITH licensed AS (
    SELECT DISTINCT m.measure_key, m.account_id
    FROM lines AS l
    INNER JOIN line_measures AS lm ON l.line_key = lm.line_key
    INNER JOIN measures AS m ON lm.measure_key = m.measure_key
    WHERE l.kind = 'seats'
),

-- Without a licence that has a meter, the users are those that any meter names or counts.
told AS (
    SELECT DISTINCT f.measure_key, f.source
    FROM feeds AS f
    INNER JOIN measures AS m ON f.measure_key = m.measure_key
    INNER JOIN seen AS s ON f.source = s.source AND f.customer = s.customer AND f.meter = s.meter
    WHERE s.of_users > 0 AND m.line_id IS NULL AND m.account_id NOT IN (SELECT account_id FROM licensed)
),

counted AS (
    SELECT DISTINCT lm.measure_key
    FROM lines AS l
    INNER JOIN line_measures AS lm ON l.line_key = lm.line_key
    WHERE l.aggregation = 'unique_users'
),

wanted AS (
    SELECT
        f.*,
        m.account_id,
        m.line_id,
        m.measure_key IN (SELECT measure_key FROM licensed)
        OR (f.measure_key, f.source) IN (SELECT measure_key, source FROM told) AS of_account,
        m.measure_key IN (SELECT measure_key FROM counted) AS of_lines,
        row_number() OVER (PARTITION BY f.measure_key, f.source ORDER BY f.feed_key) AS place
    FROM feeds AS f
    INNER JOIN measures AS m ON f.measure_key = m.measure_key
)

SELECT
    feed_key,
    measure_key,
    span_key,
    account_id,
    source,
    customer,
    meter,
    line_id,
    of_account,
    dense_rank() OVER (ORDER BY account_id, source) AS group_key
FROM wanted
-- Rows of a contract line are found by it: one feed of a source stands for all, or they would be counted twice.
WHERE (of_account AND (line_id IS NULL OR place = 1)) OR (of_lines AND line_id IS NULL);

CREATE OR REPLACE TEMP TABLE user_groups AS
SELECT
    f.group_key,
    any_value(f.account_id) AS account_id,
    any_value(f.source) AS source,
    any_value(b.first_day) AS began,
    count(DISTINCT f.measure_key) AS meter_count,
    -- What is not complete, or only reported now and then, leaves the users unknown.
    count(*) = count(c.measure_key) FILTER (
        WHERE f.line_id IS NULL OR (NOT r.sparse AND (f.meter, f.line_id) IN (SELECT meter, line_id FROM read_lines))
    ) AS trusted,
    coalesce(min(c.recent_end), $as_of) AS last_day,
    datediff('day', coalesce(min(c.recent_end), $as_of), $as_of) AS late
FROM user_feeds AS f
LEFT JOIN complete AS c ON f.measure_key = c.measure_key
LEFT JOIN reported AS r ON f.source = r.source AND f.meter = r.meter
LEFT JOIN beginnings AS b ON f.account_id = b.account_id
WHERE f.of_account
GROUP BY f.group_key;

-- The last year, and of an account that is older its first 180 days: each day once, covered days only.
CREATE OR REPLACE TEMP TABLE user_pieces AS
WITH ranges AS (
    SELECT group_key, last_day - 364 AS first_day, $as_of AS last_day FROM user_groups
    UNION ALL
    SELECT group_key, began + 1, least(began + 180, last_day - 365)
    FROM user_groups
    WHERE began + 1 <= last_day - 365
),

asked AS (
    SELECT f.*, r.first_day, r.last_day
    FROM user_feeds AS f
    INNER JOIN ranges AS r ON f.group_key = r.group_key
    WHERE f.of_account
    UNION ALL
    -- Windows of lines reach to the start of the month before the last one.
    SELECT f.*, $as_of - 125 AS first_day, $as_of AS last_day
    FROM user_feeds AS f
    WHERE NOT f.of_account
)

SELECT
    a.feed_key,
    a.source,
    a.customer,
    a.meter,
    a.line_id,
    greatest(a.first_day, s.first_day) AS first_day,
    least(a.last_day, s.last_day) AS last_day,
    -- How many days before as-of the windows end, and the account began.
    CAST(coalesce(g.late, 0) AS INTEGER) AS late,
    CAST(coalesce(datediff('day', g.began, $as_of), -1) AS INTEGER) AS age
FROM asked AS a
INNER JOIN spans AS s ON a.span_key = s.span_key AND s.first_day <= a.last_day AND s.last_day >= a.first_day
LEFT JOIN user_groups AS g ON a.group_key = g.group_key AND a.of_account
WHERE a.customer IS NOT NULL OR a.line_id IS NOT NULL;

CREATE OR REPLACE TEMP TABLE user_reach AS
SELECT min(first_day) AS user_days_from FROM user_pieces;
