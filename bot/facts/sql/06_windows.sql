-- Windows to be measured, and whether enough of their days is covered to know.
-- In:  lines, read_lines, reported, complete, feeds, spans
-- Out: line_measures (which measure a line reads), targets (one window of one measure or line each)

CREATE OR REPLACE TEMP TABLE line_measures AS
SELECT l.line_key, m.measure_key
FROM lines AS l
INNER JOIN measures AS m
    ON
        l.account_id = m.account_id
        AND l.meter = m.meter
        AND CASE WHEN l.by_line THEN l.line_id ELSE '' END = coalesce(m.line_id, '')
WHERE l.kind IS NOT NULL;

CREATE OR REPLACE TEMP TABLE targets AS
WITH ways AS (
    SELECT DISTINCT c.*, l.aggregation, CASE WHEN l.by_line THEN l.line_id END AS line_id, l.meter
    FROM line_measures AS lm
    INNER JOIN lines AS l ON lm.line_key = l.line_key
    INNER JOIN complete AS c ON lm.measure_key = c.measure_key
    -- A line that its source never reported on is unknown: blank readings are left out, zeros are not.
    WHERE NOT l.by_line OR (l.meter, l.line_id) IN (SELECT meter, line_id FROM read_lines)
),

windows AS (
    SELECT
        measure_key, CAST(NULL AS BIGINT) AS line_key, line_id, meter, aggregation, 'recent' AS purpose,
        recent_end - CAST($window_days AS INTEGER) + 1 AS first_day, recent_end AS last_day, FALSE AS as_stated,
        FALSE AS in_time
    FROM ways
    UNION ALL
    SELECT
        measure_key, NULL, line_id, meter, aggregation, 'before',
        recent_end - 2 * CAST($window_days AS INTEGER) + 1, recent_end - CAST($window_days AS INTEGER), FALSE, FALSE
    FROM ways
    UNION ALL
    SELECT
        measure_key, NULL, line_id, meter, aggregation, 'month',
        CAST(date_trunc('month', $as_of) - INTERVAL 1 MONTH AS DATE),
        CAST(date_trunc('month', $as_of) AS DATE) - 1, FALSE, FALSE
    FROM ways
    UNION ALL
    SELECT
        measure_key, NULL, line_id, meter, aggregation, 'month before',
        CAST(date_trunc('month', $as_of) - INTERVAL 2 MONTH AS DATE),
        CAST(date_trunc('month', $as_of) - INTERVAL 1 MONTH AS DATE) - 1, FALSE, FALSE
    FROM ways
    UNION ALL
    -- To date: since the period's or the term's start. A commit read line by line begins with its first reading, which
    -- holds what was used before, wherever the coverage begins: such a window is taken as stated and never scaled.
    SELECT
        w.measure_key, l.line_key, w.line_id, w.meter, w.aggregation, 'to date',
        CASE
            WHEN l.by_line AND l.period = 'term' THEN greatest(l."start", w.first_covered) ELSE l.period_start
        END,
        w.to_date_end, l.by_line AND l.period = 'term', w.in_time
    FROM ways AS w
    INNER JOIN line_measures AS lm ON w.measure_key = lm.measure_key
    INNER JOIN lines AS l ON lm.line_key = l.line_key AND w.aggregation = l.aggregation
    WHERE l.kind <> 'seats'
),

keyed AS (
    SELECT
        row_number() OVER (ORDER BY measure_key, purpose, aggregation, line_key) AS target_key,
        *,
        datediff('day', first_day, last_day) + 1 AS days
    FROM windows
    WHERE last_day >= first_day
),

met AS (
    SELECT
        k.target_key,
        f.feed_key,
        coalesce(
            sum(datediff('day', greatest(k.first_day, s.first_day), least(k.last_day, s.last_day)) + 1)
                FILTER (WHERE s.first_day <= k.last_day AND s.last_day >= k.first_day),
            0
        ) AS covered_days
    FROM keyed AS k
    INNER JOIN feeds AS f ON k.measure_key = f.measure_key
    LEFT JOIN spans AS s ON f.span_key = s.span_key
    GROUP BY k.target_key, f.feed_key
),

covered AS (
    SELECT target_key, min(covered_days) AS covered_days FROM met GROUP BY target_key
),

-- Reports by line that lie weeks apart tell nothing of 28 days or of one month.
sparse AS (
    SELECT meter FROM reported WHERE sparse
)

SELECT
    k.*,
    c.covered_days,
    (c.covered_days >= $covered_share * k.days OR (k.as_stated AND k.in_time))
    AND (k.purpose = 'to date' OR k.line_id IS NULL OR k.meter NOT IN (SELECT meter FROM sparse)) AS known,
    CASE WHEN k.as_stated OR k.aggregation <> 'sum' THEN 1 ELSE k.days / nullif(c.covered_days, 0) END AS scale
FROM keyed AS k
INNER JOIN covered AS c ON k.target_key = c.target_key;
