-- Whose the use of the last days is: what is nobody's, and which accounts rest on which customers.
-- In:  seen, customer_map, not_ours, lines, measures, feeds, daily_rows, contract_lines
-- Out: volumes_by_meter (recent use of each source and meter, and how much of it is nobody's), nobodys (the customers of
--      that part, the largest by their share of a meter first), attributed (source, customer: NULL for what covers
--      everybody, account_id)

CREATE OR REPLACE TEMP TABLE volumes_by_meter AS
WITH told AS (
    SELECT s.source, s.meter, s.customer, s.recent_quantity AS quantity, c.account_id
    FROM seen AS s
    LEFT JOIN customer_map AS c ON s.customer = c.customer
    WHERE s.recent_quantity > 0 AND s.customer NOT IN (SELECT customer FROM not_ours)
)

SELECT
    source,
    meter,
    sum(quantity) AS quantity,
    coalesce(sum(quantity) FILTER (WHERE account_id IS NULL), 0) AS unmatched,
    coalesce(sum(quantity) FILTER (WHERE account_id IS NULL), 0) / sum(quantity) AS share,
    count(DISTINCT customer) FILTER (WHERE account_id IS NULL) AS customers,
    meter IN (SELECT meter FROM lines WHERE meter IS NOT NULL) AS bought
FROM told
GROUP BY source, meter
ORDER BY source, meter;

CREATE OR REPLACE TEMP TABLE nobodys AS
SELECT
    s.source,
    s.customer,
    s.meter,
    s.recent_quantity AS quantity,
    s.recent_quantity / v.quantity AS share
FROM seen AS s
INNER JOIN volumes_by_meter AS v ON s.source = v.source AND s.meter = v.meter
WHERE
    s.recent_quantity > 0
    AND s.customer NOT IN (SELECT customer FROM customer_map)
    AND s.customer NOT IN (SELECT customer FROM not_ours)
ORDER BY share DESC, source, customer, meter;

CREATE OR REPLACE TEMP TABLE attributed AS
SELECT DISTINCT f.source, f.customer, m.account_id
FROM feeds AS f
INNER JOIN measures AS m ON f.measure_key = m.measure_key
UNION
SELECT s.source, s.customer, c.account_id
FROM seen AS s
INNER JOIN customer_map AS c ON s.customer = c.customer
UNION
SELECT d.source, d.customer, l.account_id
FROM daily_rows AS d
INNER JOIN contract_lines AS l ON d.line_id = l.line_id
WHERE d.line_id IS NOT NULL AND d.day BETWEEN $as_of - 62 AND $as_of;
