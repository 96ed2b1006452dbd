-- What active customers are worth, by segment and month, and on the days before and after a date.
-- In:  bought, accounts, portfolio_days (purpose: month | before | after, day), $outlier_score, $outlier_customers
-- Out: customer_days (one row an active customer and day), scored_days, portfolio_months, portfolio_outliers,
--      portfolio_change

CREATE OR REPLACE TEMP TABLE customer_days AS
SELECT
    d.purpose,
    d.day,
    b.account_id,
    a.segment,
    min(b.currency) AS currency,
    -- Of several currencies, or of lines without a price, nobody can say what a customer is worth. The least and the
    -- greatest tell that faster than how many there are.
    CASE WHEN min(coalesce(b.currency, '')) = max(coalesce(b.currency, '')) THEN sum(b.arr) END AS arr
FROM portfolio_days AS d
INNER JOIN bought AS b ON b."start" <= d.day AND b."end" >= d.day
LEFT JOIN accounts AS a ON b.account_id = a.account_id
WHERE b.kind IS DISTINCT FROM 'service'
GROUP BY d.purpose, d.day, b.account_id, a.segment;

-- Contract values are spread like their logarithms: outliers are those whose logarithm lies far from the median, in
-- units of the median absolute deviation (the modified z-score of Iglewicz and Hoaglin, 1993).
CREATE OR REPLACE TEMP TABLE scored_days AS
WITH logarithms AS (
    SELECT *, ln(arr) AS log_arr
    FROM customer_days
    WHERE purpose = 'month' AND arr > 0
),

medians AS (
    SELECT day, segment, currency, median(log_arr) AS middle, count(*) AS customers
    FROM logarithms
    GROUP BY day, segment, currency
),

distances AS (
    SELECT l.day, l.account_id, l.segment, l.currency, l.arr, l.log_arr - m.middle AS distance, m.customers
    FROM logarithms AS l
    INNER JOIN medians AS m
        ON
            l.day = m.day
            AND l.segment IS NOT DISTINCT FROM m.segment
            AND l.currency IS NOT DISTINCT FROM m.currency
),

deviations AS (
    SELECT day, segment, currency, median(abs(distance)) AS deviation
    FROM distances
    GROUP BY day, segment, currency
)

SELECT
    d.day,
    d.account_id,
    d.segment,
    d.currency,
    d.arr,
    CASE
        WHEN v.deviation > 0 AND d.customers >= $outlier_customers THEN 0.6745 * d.distance / v.deviation
    END AS score
FROM distances AS d
INNER JOIN deviations AS v
    ON
        d.day = v.day
        AND d.segment IS NOT DISTINCT FROM v.segment
        AND d.currency IS NOT DISTINCT FROM v.currency;

CREATE OR REPLACE TEMP TABLE portfolio_outliers AS
SELECT day, segment, currency, account_id, arr, score
FROM scored_days
WHERE abs(score) > $outlier_score
ORDER BY day, segment NULLS LAST, currency NULLS LAST, account_id;

CREATE OR REPLACE TEMP TABLE portfolio_months AS
WITH counted AS (
    SELECT
        day,
        segment,
        currency,
        count(*) AS active_customers,
        count(arr) AS priced_customers,
        sum(arr) AS arr,
        median(arr) AS median_value
    FROM customer_days
    WHERE purpose = 'month'
    GROUP BY day, segment, currency
),

plain AS (
    SELECT
        day,
        segment,
        currency,
        count(*) FILTER (WHERE abs(score) > $outlier_score) AS outliers,
        avg(arr) FILTER (WHERE coalesce(abs(score), 0) <= $outlier_score) AS value_without_outliers
    FROM scored_days
    GROUP BY day, segment, currency
)

SELECT
    c.day,
    c.segment,
    c.currency,
    c.active_customers,
    c.priced_customers,
    c.arr,
    c.arr / nullif(c.priced_customers, 0) AS value_per_customer,
    c.median_value,
    coalesce(p.outliers, 0) AS outliers,
    p.value_without_outliers
FROM counted AS c
LEFT JOIN plain AS p
    ON
        c.day = p.day
        AND c.segment IS NOT DISTINCT FROM p.segment
        AND c.currency IS NOT DISTINCT FROM p.currency
ORDER BY c.segment NULLS LAST, c.currency NULLS LAST, c.day;

CREATE OR REPLACE TEMP TABLE portfolio_change AS
WITH sides AS (
    SELECT
        coalesce(b.segment, a.segment) AS segment,
        coalesce(b.currency, a.currency) AS currency,
        b.account_id IS NOT NULL AS was_active,
        a.account_id IS NOT NULL AS is_active,
        b.arr AS arr_before,
        a.arr AS arr_after
    FROM (SELECT * FROM customer_days WHERE purpose = 'before') AS b
    FULL OUTER JOIN (SELECT * FROM customer_days WHERE purpose = 'after') AS a
        ON b.account_id = a.account_id AND b.currency IS NOT DISTINCT FROM a.currency
)

SELECT
    segment,
    currency,
    count(*) FILTER (WHERE was_active) AS customers_before,
    count(*) FILTER (WHERE is_active) AS customers_after,
    avg(arr_before) AS value_before,
    avg(arr_after) AS value_after,
    avg(arr_after) / nullif(avg(arr_before), 0) - 1 AS change,
    -- Who was there on both days: what became of them, without those who came and went.
    count(*) FILTER (WHERE arr_before IS NOT NULL AND arr_after IS NOT NULL) AS same_customers,
    avg(arr_before) FILTER (WHERE arr_before IS NOT NULL AND arr_after IS NOT NULL) AS same_value_before,
    avg(arr_after) FILTER (WHERE arr_before IS NOT NULL AND arr_after IS NOT NULL) AS same_value_after,
    sum(arr_after) FILTER (WHERE arr_before IS NOT NULL AND arr_after IS NOT NULL)
    / nullif(sum(arr_before) FILTER (WHERE arr_before IS NOT NULL AND arr_after IS NOT NULL), 0) - 1 AS same_change,
    count(*) FILTER (WHERE is_active AND NOT was_active) AS customers_came,
    avg(arr_after) FILTER (WHERE is_active AND NOT was_active) AS value_came,
    count(*) FILTER (WHERE was_active AND NOT is_active) AS customers_left,
    avg(arr_before) FILTER (WHERE was_active AND NOT is_active) AS value_left
FROM sides
GROUP BY segment, currency
ORDER BY segment NULLS LAST, currency NULLS LAST;
