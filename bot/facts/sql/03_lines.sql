-- Contract lines with their kind, meter, value and current period.
-- In:  contract_lines, product_map, meter_rows, reported
-- Out: terms (every line that has begun), lines (those in force), shares (how lines share one meter's use)

CREATE OR REPLACE TEMP TABLE terms AS
WITH named AS (
    SELECT
        row_number() OVER (ORDER BY l.account_id, l.line_id) AS line_key,
        l.* EXCLUDE (kind, meter, period),
        p.kind,
        p.meter,
        p.per,
        coalesce(p.unit_name, m.unit, p.meter, 'units') AS unit,
        -- An allowance resets; the other kinds run over their whole term.
        CASE WHEN p.kind = 'allowance' THEN coalesce(p.period, 'month') ELSE 'term' END AS period,
        CASE
            WHEN p.kind <> 'seats' THEN coalesce(m.aggregation, 'sum')
            WHEN m.aggregation = 'max' THEN 'max'
            ELSE 'unique_users'
        END AS aggregation,
        p.meter IN (SELECT meter FROM reported) AS by_line,
        datediff('day', l."start", l."end") + 1 AS term_days,
        l."end" + 1 AS after_end,
        greatest(l.quantity * p.per, 0) AS capacity  -- a reduction booked as a line of its own contracts nothing
    FROM contract_lines AS l
    INNER JOIN product_map AS p
        ON
            l.product_code IS NOT DISTINCT FROM p.product_code
            AND l.product_name IS NOT DISTINCT FROM p.product_name
            AND l.product_family IS NOT DISTINCT FROM p.product_family
            AND l.kind IS NOT DISTINCT FROM p.line_kind
            AND l.meter IS NOT DISTINCT FROM p.line_meter
            AND l.period IS NOT DISTINCT FROM p.line_period
    LEFT JOIN meter_rows AS m ON p.meter = m.meter
    WHERE l."start" <= $as_of AND l."end" >= l."start"
),

-- Whole months of the term; a month begun on the 31st ends with the month where there is no 31st.
counted AS (
    SELECT
        *,
        datediff('month', "start", after_end)
        - CASE
            WHEN "start" + INTERVAL (datediff('month', "start", after_end)) MONTH > after_end THEN 1 ELSE 0
        END AS whole_months
    FROM named
),

measured AS (
    SELECT
        *,
        whole_months
        + datediff('day', CAST("start" + INTERVAL (whole_months) MONTH AS DATE), after_end)
        / datediff(
            'day',
            CAST("start" + INTERVAL (whole_months) MONTH AS DATE),
            CAST("start" + INTERVAL (whole_months + 1) MONTH AS DATE)
        ) AS term_months
    FROM counted
)

SELECT
    * EXCLUDE (whole_months),
    CASE coalesce(price_period, 'term')
        WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 WHEN 'year' THEN 12 WHEN 'term' THEN term_months
    END AS price_months,
    CASE period WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 WHEN 'year' THEN 12 END AS period_months
FROM measured;

CREATE OR REPLACE TEMP TABLE lines AS
WITH months AS (
    SELECT
        *,
        datediff('month', "start", $as_of)
        - CASE
            WHEN "start" + INTERVAL (datediff('month', "start", $as_of)) MONTH > $as_of THEN 1 ELSE 0
        END AS months_in
    FROM terms
    WHERE "end" >= $as_of
),

periods AS (
    SELECT
        *,
        CASE
            WHEN period_months IS NULL THEN "start"
            ELSE CAST("start" + INTERVAL (months_in // period_months * period_months) MONTH AS DATE)
        END AS period_start,
        CASE
            WHEN period_months IS NULL THEN after_end
            ELSE CAST("start" + INTERVAL ((months_in // period_months + 1) * period_months) MONTH AS DATE)
        END AS next_period
    FROM months
)

SELECT
    * EXCLUDE (months_in),
    datediff('day', period_start, next_period) AS period_days,
    quantity * unit_price * (term_months / price_months) AS value,
    quantity * unit_price * (term_months / price_months) / term_days AS value_a_day,
    -- What one unit costs for one period of the allowance, or for the whole term.
    unit_price * (coalesce(period_months, term_months) / price_months) AS price_a_period
FROM periods;

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
)

SELECT
    line_key,
    first_day,
    last_day,
    CASE WHEN all_weights > 0 THEN weight / all_weights ELSE 1.0 / holders END AS share
FROM held;
