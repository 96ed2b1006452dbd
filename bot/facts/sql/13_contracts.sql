-- What an account's contracts are worth, and what it bought more or less of.
-- In:  bought, line_metrics, $purchase_days, $one_change_days, $report_in
-- Out: contract_values (one row a contract with a line in force), purchases (every change of what was bought),
--      contract_metrics (one row an account), contract_notes

CREATE OR REPLACE TEMP TABLE contract_values AS
WITH standing AS (
    -- A line without a contract is one of its own; an id of a line may read like that of a contract.
    SELECT DISTINCT
        account_id,
        coalesce('contract ' || contract_id, 'line ' || line_id) AS contract
    FROM line_metrics
),

-- The whole contract: steps of a ramp that are over or still to come belong to it.
spans AS (
    SELECT
        s.account_id,
        s.contract,
        min(b."start") FILTER (WHERE b.kind IS DISTINCT FROM 'service') AS first_day,
        max(b.after_end) FILTER (WHERE b.kind IS DISTINCT FROM 'service' AND NOT b.evergreen) AS after_end,
        bool_or(b.evergreen AND b.unit_price IS NOT NULL) AS evergreen,
        sum(b.value) AS tcv,
        sum(b.value) FILTER (WHERE b.kind IS DISTINCT FROM 'service') AS recurring_value,
        sum(b.arr) FILTER (
            WHERE b.kind IS DISTINCT FROM 'service' AND b."start" <= $as_of AND b."end" >= $as_of
        ) AS arr,
        count(DISTINCT coalesce(b.currency, '')) = 1 AS one_currency,
        min(b.currency) AS currency
    FROM standing AS s
    INNER JOIN bought AS b
        ON
            s.account_id = b.account_id
            AND s.contract = coalesce('contract ' || b.contract_id, 'line ' || b.line_id)
    GROUP BY s.account_id, s.contract
),

counted AS (
    SELECT
        *,
        datediff('month', first_day, after_end)
        - CASE
            WHEN first_day + INTERVAL (datediff('month', first_day, after_end)) MONTH > after_end THEN 1 ELSE 0
        END AS whole_months
    FROM spans
),

measured AS (
    SELECT
        *,
        whole_months
        + datediff('day', CAST(first_day + INTERVAL (whole_months) MONTH AS DATE), after_end)
        / datediff(
            'day',
            CAST(first_day + INTERVAL (whole_months) MONTH AS DATE),
            CAST(first_day + INTERVAL (whole_months + 1) MONTH AS DATE)
        ) AS months
    FROM counted
)

SELECT
    account_id,
    contract,
    currency,
    one_currency,
    evergreen,
    tcv,
    -- A contract under a year is worth what it is worth: nobody promised the rest of the year.
    CASE WHEN evergreen THEN arr ELSE recurring_value / greatest(months / 12, 1) END AS acv
FROM measured;

-- What an account buys of one thing is a staircase. A step down and a step up less than four weeks apart are one change,
-- so that a renewal signed late, or early, is none; the renewal of the same quantity is none either.
CREATE OR REPLACE TEMP TABLE purchases AS
WITH moving AS (
    SELECT account_id
    FROM bought
    WHERE "start" <= $as_of AND kind IS DISTINCT FROM 'service' AND quantity <> 0
    GROUP BY account_id
    -- One day of buying and no end of it: nothing was ever changed.
    HAVING min("start") < max("start") OR min("end") < $as_of
),

begun AS (
    SELECT b.*
    FROM bought AS b
    INNER JOIN moving AS m ON b.account_id = m.account_id
    WHERE b."start" <= $as_of AND b.kind IS DISTINCT FROM 'service' AND b.quantity <> 0
),

steps AS (
    SELECT
        account_id, thing, product_code, product_name, "start" AS day, quantity * per AS quantity, arr, currency,
        unit_price IS NOT NULL AND arr IS NULL AS unvalued, 1 AS lines
    FROM begun
    UNION ALL
    SELECT
        account_id, thing, product_code, product_name, after_end, -quantity * per, -arr, currency,
        unit_price IS NOT NULL AND arr IS NULL, -1
    FROM begun
    WHERE after_end <= $as_of
),

account_days AS (
    SELECT
        account_id,
        day,
        -- Lines in force on the day before: who had none was no customer then.
        sum(sum(lines)) OVER (PARTITION BY account_id ORDER BY day) - sum(lines) AS lines_before
    FROM steps
    GROUP BY account_id, day
),

thing_days AS (
    SELECT
        account_id,
        thing,
        day,
        CASE WHEN abs(sum(quantity)) > 1e-9 * sum(abs(quantity)) THEN sign(sum(quantity)) ELSE 0 END AS way
    FROM steps
    GROUP BY account_id, thing, day
),

followed AS (
    SELECT
        *,
        lag(day) OVER (PARTITION BY account_id, thing ORDER BY day) AS day_before,
        lag(way) OVER (PARTITION BY account_id, thing ORDER BY day) AS way_before
    FROM thing_days
),

numbered AS (
    SELECT
        account_id,
        thing,
        day,
        sum(
            CASE
                WHEN way * way_before < 0 AND datediff('day', day_before, day) < $one_change_days THEN 0 ELSE 1
            END
        ) OVER (PARTITION BY account_id, thing ORDER BY day) AS change
    FROM followed
),

-- By product, to tell an upgrade of the same quantity from a renewal.
by_product AS (
    SELECT
        s.account_id,
        s.thing,
        n.change,
        min(s.day) AS first_day,
        max(s.day) AS last_day,
        sum(s.quantity) AS quantity,
        sum(abs(s.quantity)) AS moved,
        sum(s.arr) AS arr,
        bool_or(s.unvalued) AS unvalued,
        min(s.currency) AS low_currency,
        max(s.currency) AS high_currency
    FROM steps AS s
    INNER JOIN numbered AS n ON s.account_id = n.account_id AND s.thing = n.thing AND s.day = n.day
    GROUP BY s.account_id, s.thing, n.change, s.product_code, s.product_name
),

changes AS (
    SELECT
        account_id,
        thing,
        min(first_day) AS first_day,
        max(last_day) AS day,
        CASE WHEN abs(sum(quantity)) > 1e-9 * sum(moved) THEN sum(quantity) ELSE 0 END AS quantity,
        bool_or(abs(quantity) > 1e-9 * moved) AS exchanged,
        CASE WHEN NOT bool_or(unvalued) THEN sum(arr) END AS arr,
        min(low_currency) AS low_currency,
        max(high_currency) AS high_currency
    FROM by_product
    GROUP BY account_id, thing, change
)

SELECT
    c.account_id,
    c.thing,
    c.day,
    c.quantity,
    c.arr,
    c.low_currency,
    c.high_currency,
    CASE
        WHEN c.quantity > 0 THEN 1
        WHEN c.quantity < 0 THEN -1
        WHEN c.exchanged THEN sign(c.arr)
        ELSE 0
    END AS direction
FROM changes AS c
INNER JOIN account_days AS d ON c.account_id = d.account_id AND c.first_day = d.day
-- The first purchase ever, or the first after a time without any, is no expansion.
WHERE d.lines_before > 0;

CREATE OR REPLACE TEMP TABLE contract_metrics AS
WITH begun AS (
    SELECT DISTINCT account_id
    FROM bought
    WHERE "start" <= $as_of AND kind IS DISTINCT FROM 'service' AND quantity <> 0
),

worth AS (
    SELECT
        account_id,
        bool_and(one_currency) AND count(DISTINCT coalesce(currency, '')) = 1 AS one_currency,
        -- What has no end has no value over its whole term.
        CASE WHEN NOT bool_or(evergreen) THEN sum(tcv) END AS tcv,
        sum(acv) AS acv
    FROM contract_values
    GROUP BY account_id
),

discounts AS (
    SELECT
        account_id,
        CASE
            WHEN count(DISTINCT coalesce(currency, '')) = 1
                THEN 1 - sum(value) / nullif(sum(value / (1 - discount)), 0)
        END AS discount
    FROM line_metrics
    WHERE discount >= 0 AND discount < 1 AND value > 0
    GROUP BY account_id
),

recent AS (
    SELECT
        account_id,
        count(*) FILTER (WHERE direction > 0) AS expansions,
        count(*) FILTER (WHERE direction < 0) AS contractions,
        sum(arr) FILTER (WHERE direction > 0) AS expansion_arr,
        -sum(arr) FILTER (WHERE direction < 0) AS contraction_arr,
        count(*) FILTER (WHERE direction > 0 AND arr IS NULL) AS unknown_expansions,
        count(*) FILTER (WHERE direction < 0 AND arr IS NULL) AS unknown_contractions,
        coalesce(min(low_currency) = max(high_currency), TRUE) AS one_currency
    FROM purchases
    WHERE day > $as_of - CAST($purchase_days AS INTEGER) AND direction <> 0
    GROUP BY account_id
),

last AS (
    SELECT account_id, max(day) AS day FROM purchases WHERE direction > 0 GROUP BY account_id
)

SELECT
    coalesce(b.account_id, w.account_id) AS account_id,
    CASE WHEN w.one_currency THEN w.acv END AS acv,
    CASE WHEN w.one_currency THEN w.tcv END AS tcv,
    d.discount,
    CASE WHEN b.account_id IS NOT NULL THEN coalesce(r.expansions, 0) END AS expansions,
    CASE WHEN b.account_id IS NOT NULL THEN coalesce(r.contractions, 0) END AS contractions,
    CASE
        WHEN b.account_id IS NULL OR r.unknown_expansions > 0 OR NOT r.one_currency THEN NULL
        ELSE coalesce(r.expansion_arr, 0)
    END AS expansion_arr,
    CASE
        WHEN b.account_id IS NULL OR r.unknown_contractions > 0 OR NOT r.one_currency THEN NULL
        ELSE coalesce(r.contraction_arr, 0)
    END AS contraction_arr,
    l.day AS last_expansion
FROM begun AS b
FULL OUTER JOIN worth AS w ON b.account_id = w.account_id
LEFT JOIN discounts AS d ON coalesce(b.account_id, w.account_id) = d.account_id
LEFT JOIN recent AS r ON b.account_id = r.account_id
LEFT JOIN last AS l ON b.account_id = l.account_id;

CREATE OR REPLACE TEMP TABLE contract_notes AS
SELECT
    count(*) || ' contract lines in force ' || CASE
        WHEN contract_currency IS NULL THEN 'name no currency'
        ELSE 'are in ' || contract_currency || ', without a rate up to ' || CAST($as_of AS DATE)
    END || ': their money in ' || CAST($report_in AS VARCHAR) || ' is unknown' AS note
FROM line_metrics
WHERE CAST($report_in AS VARCHAR) IS NOT NULL AND rate IS NULL AND unit_price IS NOT NULL
GROUP BY contract_currency
ORDER BY note;
