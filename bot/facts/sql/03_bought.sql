-- What every contract line buys, begun or not: its kind, meter and term, and its value in one currency.
-- In:  contract_lines, product_map, meter_rows, rate_rows (currency, from_day, rate), $report_in (NULL: as contracted)
-- Out: rates (of the as-of day), bought, chains (lines that follow each other without a gap)

CREATE OR REPLACE TEMP TABLE rates AS
SELECT currency, arg_max(rate, from_day) AS rate
FROM rate_rows
WHERE from_day <= $as_of
GROUP BY currency;

CREATE OR REPLACE TEMP TABLE bought AS
WITH named AS (
    SELECT
        row_number() OVER (ORDER BY l.account_id, l.line_id) AS line_key,
        l.* EXCLUDE (kind, meter, period, currency),
        p.kind,
        p.meter,
        p.per,
        p.resets,
        -- Lines of one meter are one thing bought, whatever product holds it; without a meter the product is.
        coalesce(p.kind, '') || CASE
            WHEN p.meter IS NOT NULL THEN ' of meter ' || p.meter
            ELSE ' of product ' || coalesce(l.product_code, l.product_name, l.product_family, '')
        END AS thing,
        coalesce(p.unit_name, m.unit, p.meter, 'units') AS unit,
        -- An allowance resets; the other kinds run over their whole term.
        CASE WHEN p.kind = 'allowance' THEN coalesce(p.period, 'month') ELSE 'term' END AS period,
        CASE
            WHEN p.kind <> 'seats' THEN coalesce(m.aggregation, 'sum')
            WHEN m.aggregation = 'max' THEN 'max'
            ELSE 'unique_users'
        END AS aggregation,
        datediff('day', l."start", l."end") + 1 AS term_days,
        -- Who writes a term of a lifetime means that there is no end.
        datediff('day', l."start", l."end") >= $evergreen_days AS evergreen,
        l."end" + 1 AS after_end,
        l.currency AS contract_currency,
        CASE
            WHEN CAST($report_in AS VARCHAR) IS NULL THEN l.currency
            WHEN r.rate IS NOT NULL THEN CAST($report_in AS VARCHAR)
        END AS currency,
        CASE WHEN CAST($report_in AS VARCHAR) IS NULL THEN 1 ELSE r.rate END AS rate
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
    LEFT JOIN rates AS r ON upper(l.currency) = r.currency
    WHERE l."end" >= l."start"
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
        CASE
            WHEN NOT evergreen
                THEN
                    whole_months
                    + datediff('day', CAST("start" + INTERVAL (whole_months) MONTH AS DATE), after_end)
                    / datediff(
                        'day',
                        CAST("start" + INTERVAL (whole_months) MONTH AS DATE),
                        CAST("start" + INTERVAL (whole_months + 1) MONTH AS DATE)
                    )
        END AS term_months
    FROM counted
),

priced AS (
    SELECT
        *,
        CASE coalesce(price_period, 'term')
            WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 WHEN 'year' THEN 12 WHEN 'term' THEN term_months
        END AS price_months,
        CASE period WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 WHEN 'year' THEN 12 END AS period_months
    FROM measured
)

SELECT
    * EXCLUDE (whole_months),
    -- A reduction booked as a line of its own contracts nothing by itself: see `lines`.
    greatest(quantity * per, 0) AS capacity,
    quantity * unit_price * rate * (term_months / price_months) AS value,
    quantity * unit_price * rate * (12 / price_months) AS arr,
    CASE
        WHEN evergreen THEN quantity * unit_price * rate * (12 / price_months) / 365
        ELSE quantity * unit_price * rate * (term_months / price_months) / term_days
    END AS value_a_day,
    -- What one unit costs for one period of the allowance, or for the whole term.
    unit_price * rate * (coalesce(period_months, term_months) / price_months) AS price_a_period
FROM priced;

-- Steps of a ramp, amendments and renewals under one contract follow each other: together they are one stretch of time
-- over which the thing is contracted. Only such lines are looked at that have another of their kind beside them.
CREATE OR REPLACE TEMP TABLE chains AS
WITH several AS (
    SELECT account_id, contract_id, thing
    FROM bought
    WHERE contract_id IS NOT NULL AND quantity <> 0
    GROUP BY account_id, contract_id, thing
    HAVING count(*) > 1
),

ordered AS (
    SELECT
        b.line_key, b.account_id, b.contract_id, b.thing, b."start", b."end",
        max(b."end") OVER (
            PARTITION BY b.account_id, b.contract_id, b.thing
            ORDER BY b."start", b."end", b.line_key
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS reached
    FROM bought AS b
    INNER JOIN several AS s
        ON b.account_id = s.account_id AND b.contract_id = s.contract_id AND b.thing = s.thing
    WHERE b.quantity <> 0
),

numbered AS (
    SELECT
        *,
        sum(CASE WHEN reached IS NULL OR "start" > reached + 1 THEN 1 ELSE 0 END) OVER (
            PARTITION BY account_id, contract_id, thing
            ORDER BY "start", "end", line_key
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS chain
    FROM ordered
)

SELECT
    line_key,
    min("start") OVER (PARTITION BY account_id, contract_id, thing, chain) AS first_day,
    max("end") OVER (PARTITION BY account_id, contract_id, thing, chain) AS last_day
FROM numbered;
