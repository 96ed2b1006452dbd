-- How an account took up what it licensed, when it first and last used anything, and how use has changed.
-- In:  accounts, beginnings, terms, lines, measures, feeds, spans, seen, complete, measured, line_metrics, user_groups,
--      user_feeds, user_windows, meter_users, nameless_use, account_users
-- Out: adoption, first_and_last_use, usage_changes, user_metrics (one row an account)

CREATE OR REPLACE TEMP TABLE adoption AS
WITH milestones AS (
    SELECT *
    FROM (VALUES ('day 1', 1, 2), ('day 30', 30, 4), ('day 90', 90, 8), ('day 180', 180, 16))
        AS m (purpose, milestone, stage)
),

reached AS (
    SELECT w.group_key, w.purpose, w.last_day, m.milestone
    FROM user_windows AS w
    INNER JOIN milestones AS m ON w.purpose = m.purpose
    LEFT JOIN nameless_use AS n ON w.group_key = n.group_key AND w.purpose = n.purpose
    WHERE w.known AND n.group_key IS NULL AND w.group_key IN (SELECT group_key FROM account_users)
),

-- The licences of that day, of the meters that users are known of; a reduction takes from its contract's lines.
bought_by AS (
    SELECT r.group_key, r.purpose, r.milestone, greatest(sum(t.quantity * t.per), 0) AS seats
    FROM reached AS r
    INNER JOIN (SELECT DISTINCT group_key, account_id, meter FROM user_feeds WHERE of_account) AS f
        ON r.group_key = f.group_key
    INNER JOIN terms AS t ON f.account_id = t.account_id AND f.meter = t.meter
    WHERE t.kind = 'seats' AND r.last_day BETWEEN t."start" AND t."end"
    GROUP BY r.group_key, r.purpose, r.milestone, t.meter, coalesce(t.contract_id, '')
),

licensed AS (
    SELECT group_key, purpose, milestone, sum(seats) AS seats FROM bought_by GROUP BY group_key, purpose, milestone
),

-- As for active users: who uses two meters counts once for each.
took_up AS (
    SELECT u.group_key, m.purpose, count(*) AS users
    FROM meter_users AS u
    CROSS JOIN milestones AS m
    WHERE u.stages > 1 AND (u.stages & m.stage) <> 0
    GROUP BY u.group_key, m.purpose
),

shares AS (
    SELECT
        l.group_key,
        l.milestone,
        datediff('day', g.began, $as_of) // 365 AS years,
        coalesce(u.users, 0) / l.seats AS share,
        row_number() OVER (PARTITION BY l.group_key ORDER BY l.milestone DESC) AS place
    FROM licensed AS l
    INNER JOIN user_groups AS g ON l.group_key = g.group_key
    LEFT JOIN took_up AS u ON l.group_key = u.group_key AND l.purpose = u.purpose
    WHERE l.seats > 0
),

-- Those that came as far and have been customers for as many whole years.
cohorts AS (
    SELECT
        group_key,
        count(*) OVER (PARTITION BY milestone, years) AS cohort_size,
        rank() OVER (PARTITION BY milestone, years ORDER BY share) - 1
        + count(*) OVER (PARTITION BY milestone, years, share) / 2 AS rank_in_middle
    FROM shares
    WHERE place = 1
),

by_day AS (
    SELECT
        group_key,
        max(share) FILTER (WHERE milestone = 1) AS adoption_day_1,
        max(share) FILTER (WHERE milestone = 30) AS adoption_day_30,
        max(share) FILTER (WHERE milestone = 90) AS adoption_day_90,
        max(share) FILTER (WHERE milestone = 180) AS adoption_day_180
    FROM shares
    GROUP BY group_key
)

SELECT
    g.account_id,
    d.* EXCLUDE (group_key),
    c.cohort_size AS adoption_cohort_size,
    CASE
        WHEN c.cohort_size >= $least_cohort
            THEN CAST(floor(4 * c.rank_in_middle / c.cohort_size) + 1 AS BIGINT)
    END AS adoption_cohort_quartile
FROM by_day AS d
INNER JOIN user_groups AS g ON d.group_key = g.group_key
INNER JOIN cohorts AS c ON d.group_key = c.group_key;

CREATE OR REPLACE TEMP TABLE first_and_last_use AS
WITH uses AS (
    SELECT
        m.account_id,
        any_value(b.first_day) AS began,
        min(s.first_use) AS first_use,
        max(s.last_use) AS last_use,
        count(*) = count(c.measure_key) AS trusted,
        min(c.recent_end) AS last_day
    FROM measures AS m
    INNER JOIN feeds AS f ON m.measure_key = f.measure_key
    LEFT JOIN seen AS s ON f.source = s.source AND f.customer = s.customer AND f.meter = s.meter
    LEFT JOIN complete AS c ON m.measure_key = c.measure_key
    LEFT JOIN beginnings AS b ON m.account_id = b.account_id
    WHERE m.line_id IS NULL
    GROUP BY m.account_id
),

-- Days on which there was nothing, as far as is known.
idle AS (
    SELECT account_id, 'before' AS purpose, began AS first_day, first_use - 1 AS last_day
    FROM uses
    WHERE trusted AND first_use > began
    UNION ALL
    SELECT account_id, 'since' AS purpose, coalesce(last_use + 1, began) AS first_day, last_day
    FROM uses
    WHERE trusted AND last_day >= coalesce(last_use + 1, began)
),

asked AS (
    SELECT DISTINCT i.account_id, i.purpose, i.first_day, i.last_day, f.span_key
    FROM idle AS i
    INNER JOIN measures AS m ON i.account_id = m.account_id AND m.line_id IS NULL
    INNER JOIN feeds AS f ON m.measure_key = f.measure_key
),

met AS (
    SELECT
        a.span_key,
        a.first_day,
        a.last_day,
        sum(datediff('day', greatest(a.first_day, s.first_day), least(a.last_day, s.last_day)) + 1) AS covered_days
    FROM (SELECT DISTINCT span_key, first_day, last_day FROM asked) AS a
    INNER JOIN spans AS s ON a.span_key = s.span_key AND s.first_day <= a.last_day AND s.last_day >= a.first_day
    GROUP BY a.span_key, a.first_day, a.last_day
),

known AS (
    SELECT
        a.account_id,
        a.purpose,
        min(coalesce(m.covered_days, 0)) >= $covered_share * any_value(datediff('day', a.first_day, a.last_day) + 1)
            AS known
    FROM asked AS a
    LEFT JOIN met AS m ON a.span_key = m.span_key AND a.first_day = m.first_day AND a.last_day = m.last_day
    GROUP BY a.account_id, a.purpose
)

SELECT
    u.account_id,
    CASE
        WHEN NOT u.trusted THEN NULL
        WHEN u.first_use <= u.began THEN 0
        WHEN b.known THEN datediff('day', u.began, u.first_use)
    END AS days_to_first_use,
    CASE
        WHEN NOT u.trusted THEN NULL
        WHEN u.last_use >= u.last_day THEN 0
        WHEN s.known THEN datediff('day', coalesce(u.last_use, u.began), u.last_day)
    END AS days_since_last_use
FROM uses AS u
LEFT JOIN known AS b ON u.account_id = b.account_id AND b.purpose = 'before'
LEFT JOIN known AS s ON u.account_id = s.account_id AND s.purpose = 'since';

-- Weighted as the change by calendar months is: by what a line is worth, alike where no line has a price.
CREATE OR REPLACE TEMP TABLE usage_changes AS
WITH changed AS (
    SELECT
        m.account_id,
        m.currency,
        m.recent_value,
        CASE WHEN b.a_day > 0 THEN r.a_day / b.a_day - 1 END AS change
    FROM line_metrics AS m
    INNER JOIN lines AS l ON m.line_id = l.line_id
    INNER JOIN measured AS r
        ON m.measure_key = r.measure_key AND l.aggregation = r.aggregation AND r.purpose = 'recent'
    INNER JOIN measured AS b
        ON m.measure_key = b.measure_key AND l.aggregation = b.aggregation AND b.purpose = 'before'
)

SELECT
    account_id,
    CASE
        WHEN sum(recent_value) > 0 AND count(DISTINCT coalesce(currency, '')) = 1
            THEN sum(change * coalesce(recent_value, 0)) / sum(recent_value)
        ELSE avg(change)
    END AS usage_change_28d
FROM changed
WHERE change IS NOT NULL AND coalesce(recent_value, 0) >= 0
GROUP BY account_id;

CREATE OR REPLACE TEMP TABLE user_metrics AS
SELECT
    a.account_id,
    u.* EXCLUDE (group_key, account_id),
    d.* EXCLUDE (account_id),
    f.* EXCLUDE (account_id),
    c.usage_change_28d
FROM accounts AS a
LEFT JOIN account_users AS u ON a.account_id = u.account_id
LEFT JOIN adoption AS d ON a.account_id = d.account_id
LEFT JOIN first_and_last_use AS f ON a.account_id = f.account_id
LEFT JOIN usage_changes AS c ON a.account_id = c.account_id;
