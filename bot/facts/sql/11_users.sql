-- The users of an account: how many, how often, who is new, who is gone, and how use is spread over them.
-- In:  user_groups, user_feeds, user_bits, spans
-- Out: user_windows (is a window of a group known), meter_users, nameless_use, account_users (one source an account)

CREATE OR REPLACE TEMP TABLE user_windows AS
WITH purposes AS (
    SELECT *
    FROM (
        VALUES
        ('week', NULL), ('recent', NULL), ('before', NULL), ('year', NULL),
        ('day 1', 1), ('day 30', 30), ('day 90', 90), ('day 180', 180)
    ) AS p (purpose, milestone)
),

ends AS (
    SELECT
        g.group_key,
        p.purpose,
        g.last_day AS group_end,
        g.began,
        CASE
            WHEN p.purpose IN ('week', 'recent', 'year') THEN g.last_day
            WHEN p.purpose = 'before' THEN g.last_day - CAST($window_days AS INTEGER)
            ELSE g.began + CAST(p.milestone AS INTEGER)
        END AS last_day
    FROM user_groups AS g
    CROSS JOIN purposes AS p
    WHERE g.trusted
),

windows AS (
    SELECT
        group_key,
        purpose,
        CASE
            WHEN purpose = 'week' THEN last_day - 6
            -- Before it became a customer, nothing has to be covered to know its users.
            WHEN purpose = 'year'
                THEN least(
                    greatest(last_day - 364, coalesce(began, last_day - 364)),
                    last_day - CAST($window_days AS INTEGER) + 1
                )
            WHEN purpose IN ('recent', 'before') THEN last_day - CAST($window_days AS INTEGER) + 1
            ELSE greatest(last_day - CAST($window_days AS INTEGER), began) + 1
        END AS first_day,
        last_day
    FROM ends
    WHERE last_day <= group_end
),

-- Many accounts are covered by the same spans over the same days: each is looked up once.
asked AS (
    SELECT DISTINCT w.group_key, w.purpose, f.span_key, w.first_day, w.last_day
    FROM windows AS w
    INNER JOIN user_feeds AS f ON w.group_key = f.group_key AND f.of_account
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
)

SELECT
    a.group_key,
    a.purpose,
    a.first_day,
    a.last_day,
    min(coalesce(m.covered_days, 0)) AS covered_days,
    min(coalesce(m.covered_days, 0)) >= $covered_share * (datediff('day', a.first_day, a.last_day) + 1) AS known
FROM asked AS a
LEFT JOIN met AS m ON a.span_key = m.span_key AND a.first_day = m.first_day AND a.last_day = m.last_day
GROUP BY a.group_key, a.purpose, a.first_day, a.last_day;

-- One row a user and meter; day 0 of `days` is the last one of the window.
CREATE OR REPLACE TEMP TABLE meter_users AS
SELECT
    f.group_key,
    f.measure_key,
    u.user_id,
    bit_or(u.near) >> CAST(any_value(g.late) AS INTEGER) AS days,
    bit_or(u.stages) AS stages,
    greatest(coalesce(sum(u.recent_quantity), 0), 0) AS quantity
FROM user_bits AS u
INNER JOIN user_feeds AS f ON u.feed_key = f.feed_key
INNER JOIN user_groups AS g ON f.group_key = g.group_key
WHERE u.user_id IS NOT NULL AND f.of_account
GROUP BY f.group_key, f.measure_key, u.user_id;

-- Use that no user is named for, in each window: who that was, nobody knows.
CREATE OR REPLACE TEMP TABLE nameless_use AS
SELECT
    f.group_key,
    w.purpose,
    min(f.measure_key) AS first_meter,
    max(f.measure_key) AS last_meter,
    coalesce(sum(u.active_users), 0) AS user_days,
    count(*) FILTER (WHERE u.active_users IS NULL AND u.quantity > 0) AS uncounted
FROM user_bits AS u
INNER JOIN user_feeds AS f ON u.feed_key = f.feed_key
INNER JOIN user_windows AS w ON f.group_key = w.group_key AND u.day BETWEEN w.first_day AND w.last_day
WHERE u.user_id IS NULL AND f.of_account AND (u.quantity > 0 OR u.active_users > 0)
GROUP BY f.group_key, w.purpose;

CREATE OR REPLACE TEMP TABLE account_users AS
WITH bounds AS (
    SELECT (CAST(1 AS BIGINT) << CAST($window_days AS INTEGER)) - 1 AS recent
),

-- Units of different meters have no sum: each meter of an account weighs alike.
shares AS (
    SELECT
        group_key,
        measure_key,
        user_id,
        days,
        stages,
        quantity / nullif(sum(quantity) OVER (PARTITION BY group_key, measure_key), 0) AS share
    FROM meter_users
),

people AS (
    SELECT
        s.group_key,
        min(s.measure_key) FILTER (WHERE (s.days & b.recent) <> 0) AS first_meter,
        max(s.measure_key) FILTER (WHERE (s.days & b.recent) <> 0) AS last_meter,
        bit_or(s.days) & any_value(b.recent) AS recent_days,
        (bit_or(s.days) >> CAST($window_days AS INTEGER)) & any_value(b.recent) AS earlier_days,
        bit_or(s.stages) & 1 AS seen_before,
        -- Sums of fractions depend on their order in the last digits.
        round(coalesce(sum(s.share), 0), 12) AS share
    FROM shares AS s
    CROSS JOIN bounds AS b
    GROUP BY s.group_key, s.user_id
),

placed AS (
    SELECT
        *,
        bit_count(recent_days) AS day_count,
        bit_count(earlier_days) AS earlier_count,
        row_number() OVER (PARTITION BY group_key, recent_days <> 0 ORDER BY share) AS place
    FROM people
),

counted AS (
    SELECT
        group_key,
        min(first_meter) AS first_meter,
        max(last_meter) AS last_meter,
        count(*) FILTER (WHERE recent_days <> 0) AS month_users,
        count(*) FILTER (WHERE (recent_days & 127) <> 0) AS week_users,
        coalesce(sum(day_count), 0) AS user_days,
        count(*) FILTER (WHERE day_count BETWEEN 1 AND $medium_days - 1) AS light_users,
        count(*) FILTER (WHERE day_count BETWEEN $medium_days AND $power_days - 1) AS medium_users,
        count(*) FILTER (WHERE day_count >= $power_days) AS power_users,
        count(*) FILTER (WHERE earlier_days <> 0) AS earlier_users,
        count(*) FILTER (WHERE earlier_days <> 0 AND recent_days = 0) AS users_lost,
        count(*) FILTER (WHERE earlier_count >= $power_days AND recent_days = 0) AS power_users_lost,
        count(*) FILTER (WHERE recent_days <> 0 AND seen_before = 0) AS new_users,
        count(*) FILTER (WHERE recent_days <> 0 OR seen_before = 1) AS year_users,
        max(share) FILTER (WHERE recent_days <> 0) AS top_share,
        sum(share) FILTER (WHERE recent_days <> 0) AS all_shares,
        sum(share * place) FILTER (WHERE recent_days <> 0) AS placed_shares
    FROM placed
    GROUP BY group_key
),

known AS (
    SELECT
        w.group_key,
        max(w.covered_days) FILTER (WHERE w.purpose = 'recent') AS covered_days,
        bool_or(w.known) FILTER (WHERE w.purpose = 'recent') AS recent,
        -- Where somebody is not named, users cannot be told apart.
        bool_or(w.known AND n.group_key IS NULL) FILTER (WHERE w.purpose = 'week') AS week_named,
        bool_or(w.known AND n.group_key IS NULL) FILTER (WHERE w.purpose = 'recent') AS recent_named,
        bool_or(w.known AND n.group_key IS NULL) FILTER (WHERE w.purpose = 'before') AS before_named,
        bool_or(w.known AND n.group_key IS NULL) FILTER (WHERE w.purpose = 'year') AS year_named
    FROM user_windows AS w
    LEFT JOIN nameless_use AS n ON w.group_key = n.group_key AND w.purpose = n.purpose
    GROUP BY w.group_key
),

-- Ids of one source are one name of a person; those of another one may not be.
chosen AS (
    SELECT
        g.*,
        row_number() OVER (
            PARTITION BY g.account_id
            ORDER BY g.meter_count DESC, coalesce(c.year_users, 0) DESC, g.source
        ) AS place
    FROM user_groups AS g
    LEFT JOIN counted AS c ON g.group_key = c.group_key
),

-- Users that are counted and not named have a sum over days, but not over meters.
daily AS (
    SELECT
        k.group_key,
        CASE
            WHEN n.group_key IS NULL THEN coalesce(c.user_days, 0)
            WHEN
                n.uncounted = 0
                AND n.first_meter = n.last_meter
                AND coalesce(c.first_meter, n.first_meter) = n.first_meter
                AND coalesce(c.last_meter, n.first_meter) = n.first_meter
                THEN n.user_days + coalesce(c.user_days, 0)
        END / k.covered_days AS day_users
    FROM known AS k
    LEFT JOIN counted AS c ON k.group_key = c.group_key
    LEFT JOIN nameless_use AS n ON k.group_key = n.group_key AND n.purpose = 'recent'
    WHERE k.recent
),

told AS (
    SELECT
        h.group_key,
        h.account_id,
        h.source AS users_source,
        k.recent_named,
        k.before_named,
        k.year_named,
        CASE WHEN k.week_named THEN coalesce(c.week_users, 0) END AS wau,
        CASE WHEN k.recent_named THEN coalesce(c.month_users, 0) END AS mau,
        CASE WHEN k.recent_named THEN coalesce(c.light_users, 0) END AS light_users,
        CASE WHEN k.recent_named THEN coalesce(c.medium_users, 0) END AS medium_users,
        CASE WHEN k.recent_named THEN coalesce(c.power_users, 0) END AS power_users,
        CASE WHEN k.before_named THEN coalesce(c.earlier_users, 0) END AS earlier_users,
        CASE WHEN k.recent_named AND k.before_named THEN coalesce(c.users_lost, 0) END AS users_lost,
        CASE WHEN k.recent_named AND k.before_named THEN coalesce(c.power_users_lost, 0) END AS power_users_lost,
        CASE WHEN k.recent_named AND k.year_named THEN coalesce(c.new_users, 0) END AS new_users,
        CASE WHEN k.recent_named AND k.year_named THEN coalesce(c.year_users, 0) END AS year_users,
        CASE WHEN k.recent_named AND c.all_shares > 0 THEN c.top_share / c.all_shares END AS top_user_share,
        -- The Gini coefficient of values in rising order: 2 sum(i x) / (n sum(x)) - (n + 1) / n.
        CASE
            WHEN k.recent_named AND c.all_shares > 0 AND c.month_users > 1
                THEN
                    2 * c.placed_shares / (c.month_users * c.all_shares)
                    - (c.month_users + 1) / c.month_users
        END AS usage_gini,
        d.day_users AS dau
    FROM chosen AS h
    LEFT JOIN known AS k ON h.group_key = k.group_key
    LEFT JOIN counted AS c ON h.group_key = c.group_key
    LEFT JOIN daily AS d ON h.group_key = d.group_key
    WHERE h.place = 1
)

SELECT
    group_key,
    account_id,
    users_source,
    mau,
    wau,
    dau,
    dau / nullif(mau, 0) AS stickiness,
    mau / nullif(year_users, 0) AS active_user_share,
    new_users,
    users_lost,
    mau / nullif(earlier_users, 0) - 1 AS active_users_change_28d,
    light_users,
    medium_users,
    power_users,
    power_users / nullif(mau, 0) AS power_user_share,
    power_users_lost,
    round(top_user_share, 9) AS top_user_share,
    round(usage_gini, 9) AS usage_gini
FROM told;
