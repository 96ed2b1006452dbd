-- Contract lines in force with their current period and what is contracted for it.
-- In:  bought, chains, reported
-- Out: terms (every line that has begun), periods (of allowances), lines (those in force), shares (how lines share one
--      meter's use)

CREATE OR REPLACE TEMP TABLE terms AS
SELECT *, meter IN (SELECT meter FROM reported) AS by_line
FROM bought
WHERE "start" <= $as_of;

-- The period of each allowance around the as-of day. It runs from the day of the month on which the contract's chain of
-- lines began, or with the calendar. Lines of one meter with the same period are one pool: what is contracted for it is
-- the sum of all of them, of those that ended or begin within it too, each by its share of the period's days.
CREATE OR REPLACE TEMP TABLE periods AS
WITH anchored AS (
    SELECT
        b.line_key,
        b.account_id,
        b.meter,
        b."start",
        b.after_end,
        b.period_months,
        b.quantity * b.per AS amount,
        b."start" <= $as_of AND b."end" >= $as_of AS in_force,
        -- Use that is told by line is no pool's, and a level is not used up: it is held against what is in force.
        b.meter IS NOT NULL AND b.meter NOT IN (SELECT meter FROM reported) AND b.aggregation = 'sum' AS pooled,
        b.aggregation <> 'sum' AS of_level,
        CASE
            WHEN b.resets = 'calendar' THEN CAST(date_trunc('year', $as_of) AS DATE)
            ELSE coalesce(c.first_day, b."start")
        END AS anchor
    FROM bought AS b
    LEFT JOIN chains AS c ON b.line_key = c.line_key
    WHERE b.period_months IS NOT NULL AND b."start" <= $as_of + 366 AND b."end" >= $as_of - 366
),

counted AS (
    SELECT
        *,
        datediff('month', anchor, $as_of)
        - CASE
            WHEN anchor + INTERVAL (datediff('month', anchor, $as_of)) MONTH > $as_of THEN 1 ELSE 0
        END AS months_in
    FROM anchored
    WHERE anchor <= $as_of
),

bounded AS (
    SELECT
        *,
        CAST(anchor + INTERVAL (months_in // period_months * period_months) MONTH AS DATE) AS whole_start,
        CAST(anchor + INTERVAL ((months_in // period_months + 1) * period_months) MONTH AS DATE) AS whole_next
    FROM counted
),

placed AS (
    SELECT
        *,
        greatest("start", whole_start) AS first_day,
        least(after_end, whole_next) AS next_day,
        datediff('day', whole_start, whole_next) AS whole_days,
        CASE
            WHEN of_level THEN amount
            ELSE
                amount * datediff('day', greatest("start", whole_start), least(after_end, whole_next))
                / datediff('day', whole_start, whole_next)
        END AS part,
        dense_rank() OVER (
            ORDER BY account_id, whole_start, whole_next, CASE WHEN pooled THEN meter END, CASE WHEN NOT pooled THEN line_key END
        ) AS pool_key
    FROM bounded
    WHERE "start" < whole_next AND after_end > whole_start
),

summed AS (
    SELECT
        *,
        greatest(sum(part) OVER (PARTITION BY pool_key), 0) AS pool_capacity,
        min(first_day) OVER (PARTITION BY pool_key) AS period_start,
        max(next_day) OVER (PARTITION BY pool_key) AS next_period,
        sum(CASE WHEN in_force THEN greatest(part, 0) ELSE 0 END) OVER (PARTITION BY pool_key) AS held,
        count(*) FILTER (WHERE in_force) OVER (PARTITION BY pool_key) AS holders
    FROM placed
)

SELECT
    *,
    CASE WHEN NOT in_force THEN 0 WHEN held > 0 THEN greatest(part, 0) / held ELSE 1.0 / holders END AS fraction
FROM summed;

CREATE OR REPLACE TEMP TABLE lines AS
WITH reduced AS (
    -- Reductions that are booked as lines of their own take from the lines that they reduce.
    SELECT
        account_id,
        coalesce(contract_id, '') AS contract_id,
        thing,
        greatest(sum(quantity * per), 0) / nullif(sum(capacity), 0) AS kept
    FROM terms
    WHERE "end" >= $as_of
    GROUP BY account_id, coalesce(contract_id, ''), thing
    HAVING min(quantity) < 0
),

in_force AS (
    SELECT
        t.* EXCLUDE (capacity),
        coalesce(c.last_day, t."end") AS runs_to,
        t.capacity * coalesce(r.kept, 1) AS kept_capacity,
        r.kept IS NOT NULL AS is_reduced,
        p.fraction * p.pool_capacity AS period_capacity,
        coalesce(p.period_start, t."start") AS period_start,
        coalesce(p.next_period, t.after_end) AS next_period,
        p.whole_days
    FROM terms AS t
    LEFT JOIN chains AS c ON t.line_key = c.line_key
    LEFT JOIN periods AS p ON t.line_key = p.line_key
    LEFT JOIN reduced AS r
        ON t.account_id = r.account_id AND coalesce(t.contract_id, '') = r.contract_id AND t.thing = r.thing
    WHERE t."end" >= $as_of
)

SELECT
    * EXCLUDE (kept_capacity, period_capacity, is_reduced),
    datediff('day', period_start, next_period) AS period_days,
    coalesce(period_capacity, kept_capacity) AS capacity,
    -- A reduction without anything to reduce is shown as it was booked.
    CASE
        WHEN quantity < 0 AND NOT is_reduced THEN quantity * per ELSE coalesce(period_capacity, kept_capacity)
    END AS contracted,
    -- What is contracted for one day; without an end, nobody can say of a commit.
    CASE WHEN NOT evergreen OR whole_days IS NOT NULL THEN kept_capacity / coalesce(whole_days, term_days) END AS day_capacity
FROM in_force;

-- Allowance, commit and service lines of one kind that run at the same time share their meter's use in proportion
-- to what they buy a day. Each line's term falls into stretches between the starts and ends of its siblings.
CREATE OR REPLACE TEMP TABLE shares AS
WITH rivals AS (
    SELECT
        *,
        capacity / CASE
            WHEN kind <> 'allowance' THEN 1
            WHEN period_months IS NULL THEN term_days
            ELSE period_months * 365.25 / 12
        END AS weight,
        count(*) OVER (PARTITION BY account_id, kind, meter) AS siblings
    FROM terms
    WHERE kind IN ('allowance', 'commit', 'service') AND meter IS NOT NULL AND NOT by_line
),

edges AS (
    SELECT account_id, kind, meter, "start" AS day FROM rivals WHERE siblings > 1
    UNION
    SELECT account_id, kind, meter, after_end AS day FROM rivals WHERE siblings > 1
),

stretches AS (
    SELECT
        account_id,
        kind,
        meter,
        day AS first_day,
        lead(day) OVER (PARTITION BY account_id, kind, meter ORDER BY day) - 1 AS last_day
    FROM edges
),

held AS (
    SELECT
        r.line_key,
        s.first_day,
        s.last_day,
        r.weight,
        sum(r.weight) OVER (PARTITION BY s.account_id, s.kind, s.meter, s.first_day) AS all_weights,
        count(*) OVER (PARTITION BY s.account_id, s.kind, s.meter, s.first_day) AS holders
    FROM stretches AS s
    INNER JOIN rivals AS r
        ON
            s.account_id = r.account_id
            AND s.kind = r.kind
            AND s.meter = r.meter
            AND r."start" <= s.first_day
            AND r."end" >= s.last_day
),

shared AS (
    SELECT
        line_key,
        first_day,
        last_day,
        CASE WHEN all_weights > 0 THEN weight / all_weights ELSE 1.0 / holders END AS share
    FROM held
),

-- Within a pool the period's use is shared out by what each line in force contracts of it.
pool_days AS (
    SELECT p.pool_key, s.first_day, s.last_day, sum(s.share) AS share
    FROM shared AS s
    INNER JOIN periods AS p ON s.line_key = p.line_key
    WHERE p.pooled AND s.last_day >= p.period_start
    GROUP BY p.pool_key, s.first_day, s.last_day
)

SELECT line_key, first_day, last_day, share
FROM shared
WHERE line_key NOT IN (SELECT line_key FROM periods WHERE pooled)
UNION ALL
SELECT p.line_key, d.first_day, d.last_day, d.share * p.fraction AS share
FROM pool_days AS d
INNER JOIN periods AS p ON d.pool_key = p.pool_key
WHERE p.in_force;
