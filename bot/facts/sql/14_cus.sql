-- CUS of each account, and what each of its lines adds to it.
-- In:  line_metrics
-- Out: line_scores (line_metrics with cus_contribution), account_scores

CREATE OR REPLACE TEMP TABLE line_scores AS
WITH scored AS (
    SELECT
        account_id,
        line_id,
        coalesce(currency, '') AS currency,
        recent_value,
        least(recent_utilization, $cap) * recent_value AS recent_used
    FROM line_metrics
    WHERE recent_utilization IS NOT NULL AND recent_value > 0
),

totals AS (
    SELECT
        account_id,
        sum(recent_value) AS recent_value,
        -- In steps of 2^-32, which floats add up without error: the parts make up the whole, in any order.
        round(100 * sum(recent_used) / sum(recent_value) * 4294967296) / 4294967296 AS cus
    FROM scored
    GROUP BY account_id
    -- Amounts in different currencies have no sum.
    HAVING count(DISTINCT currency) = 1
),

parts AS (
    SELECT
        s.account_id,
        s.line_id,
        t.cus,
        round(100 * s.recent_used / t.recent_value * 4294967296) / 4294967296 AS part,
        row_number() OVER (PARTITION BY s.account_id ORDER BY s.recent_used DESC, s.line_id) AS place
    FROM scored AS s
    INNER JOIN totals AS t ON s.account_id = t.account_id
),

-- The largest part takes what rounding has left over.
contributions AS (
    SELECT
        account_id,
        line_id,
        part + CASE WHEN place = 1 THEN cus - sum(part) OVER (PARTITION BY account_id) ELSE 0 END AS cus_contribution
    FROM parts
)

SELECT l.*, c.cus_contribution
FROM line_metrics AS l
LEFT JOIN contributions AS c ON l.line_id = c.line_id
ORDER BY l.account_id, l.line_id;

CREATE OR REPLACE TEMP TABLE account_scores AS
SELECT account_id, sum(cus_contribution) AS cus
FROM line_scores
WHERE cus_contribution IS NOT NULL
GROUP BY account_id;
