-- How far each source can be believed: how fresh it is, and how complete.
-- In:  source_rows (name, stale_after_days, failed, error, rows_total, rows_rejected), snapshot_days, coverage_rows,
--      gone_rows (source, share: accounts that its latest list no longer has), seen, customer_map, not_ours, lines
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

-- What a meter that nobody bought counts for nobody, no alert rests on; nor on what a person has said is no customer's.
volumes AS (
    SELECT
        s.source,
        s.meter,
        sum(s.recent_quantity) FILTER (WHERE c.account_id IS NULL) AS unmatched,
        sum(s.recent_quantity) AS quantity
    FROM seen AS s
    LEFT JOIN customer_map AS c ON s.customer = c.customer
    WHERE
        s.recent_quantity > 0
        AND s.meter IN (SELECT meter FROM lines)
        AND s.customer NOT IN (SELECT customer FROM not_ours)
    GROUP BY s.source, s.meter
),

attributed AS (
    SELECT source, max(coalesce(unmatched, 0) / quantity) AS unmatched_share
    FROM volumes
    GROUP BY source
),

joined AS (
    SELECT
        s.*,
        least(coalesce(c.complete_to, l.complete_to), coalesce(l.complete_to, c.complete_to)) AS complete_to,
        s.rows_rejected / nullif(s.rows_total, 0) AS rejected_share,
        g.share AS accounts_gone,
        a.unmatched_share
    FROM source_rows AS s
    LEFT JOIN covered AS c ON s.name = c.source
    LEFT JOIN looked_at AS l ON s.name = l.source
    LEFT JOIN gone_rows AS g ON s.name = g.source
    LEFT JOIN attributed AS a ON s.name = a.source
),

appraised AS (
    SELECT
        *,
        datediff('day', complete_to, $as_of) AS age_days,
        coalesce(rejected_share, 0) > $rejected_share
        OR coalesce(accounts_gone, 0) > $accounts_gone
        OR coalesce(unmatched_share, 0) > $unmatched_share AS incomplete
    FROM joined
)

SELECT
    name AS subject,
    name,
    age_days,
    complete_to,
    stale_after_days,
    failed,
    error,
    rows_total,
    rows_rejected,
    rejected_share,
    accounts_gone,
    unmatched_share,
    incomplete,
    failed OR age_days IS NULL OR coalesce(age_days > stale_after_days, FALSE) OR incomplete AS in_doubt
FROM appraised
ORDER BY name;
