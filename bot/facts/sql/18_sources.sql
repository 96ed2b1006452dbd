-- How fresh each source is.
-- In:  source_rows (name, stale_after_days, failed, error, rows_total, rows_rejected), snapshot_days, coverage_rows
-- Out: source_metrics

CREATE OR REPLACE TEMP TABLE source_metrics AS
WITH covered AS (
    SELECT source, max(least(last_day, $as_of)) AS complete_to
    FROM coverage_rows
    WHERE first_day <= $as_of
    GROUP BY source
),

looked_at AS (
    -- Before its first snapshot a source is taken as it stood on that day: nothing older is missing.
    SELECT source, coalesce(max(day) FILTER (WHERE day <= $as_of), $as_of) AS complete_to
    FROM snapshot_days
    GROUP BY source
),

joined AS (
    SELECT
        s.*,
        least(coalesce(c.complete_to, l.complete_to), coalesce(l.complete_to, c.complete_to)) AS complete_to
    FROM source_rows AS s
    LEFT JOIN covered AS c ON s.name = c.source
    LEFT JOIN looked_at AS l ON s.name = l.source
)

SELECT
    name AS subject,
    name,
    datediff('day', complete_to, $as_of) AS age_days,
    complete_to,
    stale_after_days,
    failed,
    error,
    rows_total,
    rows_rejected
FROM joined
ORDER BY name;
