-- Who used what at all, up to the as-of day.
-- In:  daily_rows, coverage_rows (with `source`)
-- Out: seen (customer x meter), read_lines (lines that a source attributes use to), reported (how often it does),
--      customers

CREATE OR REPLACE TEMP TABLE seen AS
SELECT
    source,
    customer,
    meter,
    CAST(sum(row_count) AS BIGINT) AS row_count,
    CAST(coalesce(sum(row_count) FILTER (WHERE line_id IS NOT NULL), 0) AS BIGINT) AS of_lines,
    CAST(sum(user_rows) AS BIGINT) AS of_users,
    min(day) FILTER (WHERE in_use) AS first_use,
    max(day) FILTER (WHERE in_use) AS last_use,
    sum(quantity) FILTER (WHERE line_id IS NULL) AS quantity,
    sum(quantity) FILTER (WHERE line_id IS NULL AND day > $as_of - $window_days) AS recent_quantity
FROM daily_rows
WHERE day <= $as_of
GROUP BY source, customer, meter;

CREATE OR REPLACE TEMP TABLE read_lines AS
SELECT source, meter, line_id, max(day) AS last_read
FROM daily_rows
WHERE day <= $as_of AND line_id IS NOT NULL
GROUP BY source, meter, line_id;

-- A source that attributes use to lines may do so in reports months apart: mean distance of its report days.
CREATE OR REPLACE TEMP TABLE reported AS
SELECT
    source,
    meter,
    max(day) AS last_report,
    -- A single report says nothing of their distance: taken for a rare one.
    coalesce(datediff('day', min(day), max(day)) / nullif(count(*) - 1, 0), $report_days + 1) > $report_days AS sparse
FROM (SELECT DISTINCT source, meter, day FROM daily_rows WHERE day <= $as_of AND line_id IS NOT NULL)
GROUP BY source, meter;

-- Every name of a customer that any source uses, with the volume that only this name attributes.
CREATE OR REPLACE TEMP TABLE customers AS
SELECT customer, meter, sum(quantity) AS quantity
FROM seen
WHERE row_count > of_lines
GROUP BY customer, meter
UNION ALL
SELECT customer, CAST(NULL AS VARCHAR) AS meter, 0 AS quantity
FROM (
    SELECT customer FROM seen WHERE of_lines > 0
    UNION
    SELECT customer FROM coverage_rows WHERE customer IS NOT NULL
);
