-- One row a contract line in force: what was bought, what was used, and how fast.
-- In:  lines, line_measures, targets, complete, shares, sums, users, peaks
-- Out: line_metrics

CREATE OR REPLACE TEMP TABLE measured AS
WITH last_shares AS (
    SELECT t.target_key, h.share
    FROM targets AS t
    INNER JOIN shares AS h ON t.line_key = h.line_key AND t.last_day BETWEEN h.first_day AND h.last_day
)

SELECT
    t.*,
    -- A covered window without a row is a measured zero.
    CASE
        WHEN NOT t.known THEN NULL
        WHEN t.aggregation = 'sum' THEN coalesce(s.used, 0) * t.scale
        WHEN t.aggregation = 'max' THEN coalesce(p.peak, 0)
        WHEN coalesce(u.nameless, 0) > 0 THEN NULL
        ELSE coalesce(u.user_count, 0) * coalesce(h.share, 1)
    END AS amount,
    CASE
        WHEN NOT t.known THEN NULL
        WHEN t.aggregation = 'sum' THEN coalesce(s.used, 0) / t.covered_days
        WHEN t.aggregation = 'max' THEN coalesce(p.peak, 0)
        WHEN coalesce(u.uncounted, 0) > 0 THEN NULL
        ELSE coalesce(u.user_days, 0) / t.covered_days
    END AS a_day
FROM targets AS t
LEFT JOIN sums AS s ON t.target_key = s.target_key
LEFT JOIN users AS u ON t.target_key = u.target_key
LEFT JOIN peaks AS p ON t.target_key = p.target_key
LEFT JOIN last_shares AS h ON t.target_key = h.target_key;

CREATE OR REPLACE TEMP TABLE line_metrics AS
WITH months AS (
    SELECT
        m.measure_key,
        m.aggregation,
        CASE WHEN b.a_day > 0 THEN m.a_day / b.a_day - 1 END AS change_month
    FROM measured AS m
    INNER JOIN measured AS b ON m.measure_key = b.measure_key AND m.aggregation = b.aggregation
    WHERE m.purpose = 'month' AND b.purpose = 'month before'
),

joined AS (
    SELECT
        l.*,
        lm.measure_key,
        c.complete_to,
        r.amount AS recent,
        n.change_month,
        d.amount AS to_date,
        CASE WHEN l.kind = 'seats' THEN r.covered_days / r.days ELSE d.covered_days / d.days END AS covered_share,
        -- What all lines of this kind contract of the measure over the recent days; for seats, at any time.
        sum(CASE WHEN l.kind = 'seats' THEN l.capacity ELSE l.day_capacity * $window_days END)
            OVER (PARTITION BY lm.measure_key, l.kind) AS recent_capacity,
        count(*) OVER (PARTITION BY lm.measure_key, l.kind) AS siblings,
        CASE
            WHEN l.kind IN ('allowance', 'commit') AND (l.whole_days IS NOT NULL OR NOT l.evergreen)
                THEN (datediff('day', l.period_start, c.to_date_end) + 1) / l.period_days
        END AS elapsed
    FROM lines AS l
    LEFT JOIN line_measures AS lm ON l.line_key = lm.line_key
    LEFT JOIN complete AS c ON lm.measure_key = c.measure_key
    LEFT JOIN measured AS r
        ON lm.measure_key = r.measure_key AND l.aggregation = r.aggregation AND r.purpose = 'recent'
    LEFT JOIN measured AS d ON l.line_key = d.line_key AND d.purpose = 'to date'
    LEFT JOIN months AS n ON lm.measure_key = n.measure_key AND l.aggregation = n.aggregation
),

used AS (
    SELECT
        *,
        CASE
            WHEN kind <> 'seats' THEN to_date
            WHEN recent_capacity > 0 THEN recent * capacity / recent_capacity
            ELSE recent / siblings
        END AS amount_used,
        CASE
            WHEN capacity <= 0 THEN NULL
            WHEN kind = 'seats' THEN recent / recent_capacity
            ELSE to_date / capacity
        END AS utilization
    FROM joined
),

compared AS (
    SELECT
        *,
        capacity - amount_used AS room,
        CASE
            WHEN kind IN ('seats', 'allowance', 'commit') AND amount_used IS NOT NULL
                THEN greatest(amount_used - capacity, 0)
        END AS over_capacity,
        CASE WHEN kind = 'seats' AND amount_used IS NOT NULL THEN greatest(capacity - amount_used, 0) END AS unused_seats
    FROM used
)

SELECT
    line_id,
    account_id,
    contract_id,
    contract_name,
    coalesce(product_name, product_code, contract_name, line_id) AS product,
    product_code,
    kind,
    meter,
    quantity,
    contracted,
    amount_used AS used,
    utilization,
    CASE WHEN elapsed > 0 THEN utilization / elapsed END AS pace,
    CASE WHEN elapsed > 0 THEN elapsed END AS elapsed,
    unit,
    "start",
    "end",
    runs_to,
    evergreen,
    notice_date,
    auto_renew,
    CASE WHEN kind = 'allowance' THEN period END AS period,
    CASE WHEN kind IN ('allowance', 'commit') THEN period_start END AS period_start,
    CASE WHEN kind IN ('allowance', 'commit') THEN next_period - 1 END AS period_end,
    covered_share,
    complete_to AS usage_as_of,
    change_month,
    unit_price,
    contract_currency,
    rate,
    discount,
    currency,
    value,
    arr,
    value_a_day * $window_days AS recent_value,
    -- Use of the last 28 days against what is contracted for as many.
    CASE
        WHEN capacity > 0 AND (kind = 'seats' OR kind IN ('allowance', 'commit') AND day_capacity > 0)
            THEN recent / nullif(recent_capacity, 0)
    END AS recent_utilization,
    room AS headroom,
    CASE WHEN kind IN ('allowance', 'commit') THEN greatest(room, 0) / per * price_a_period END AS headroom_value,
    unused_seats AS shelfware,
    unused_seats / nullif(capacity, 0) * arr AS shelfware_value,
    over_capacity AS overage,
    CASE WHEN kind IN ('allowance', 'commit') THEN over_capacity / per * price_a_period END AS overage_value,
    status,
    url,
    measure_key,
    recent
FROM compared
ORDER BY account_id, line_id;
