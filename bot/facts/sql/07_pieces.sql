-- The stretches of covered days whose usage counts towards a target, and with which share.
-- In:  targets, feeds, spans, shares
-- Out: pieces (by customer), line_pieces (by contract line)

CREATE OR REPLACE TEMP TABLE pieces AS
SELECT
    t.target_key,
    t.aggregation,
    t.purpose,
    f.source,
    f.customer,
    f.meter,
    greatest(t.first_day, s.first_day, coalesce(h.first_day, s.first_day)) AS first_day,
    least(t.last_day, s.last_day, coalesce(h.last_day, s.last_day)) AS last_day,
    coalesce(h.share, 1) AS share
FROM targets AS t
INNER JOIN feeds AS f ON t.measure_key = f.measure_key AND f.customer IS NOT NULL
INNER JOIN spans AS s ON f.span_key = s.span_key AND s.first_day <= t.last_day AND s.last_day >= t.first_day
-- Distinct users cannot be shared out day by day: see `measured`.
LEFT JOIN shares AS h
    ON
        t.line_key = h.line_key
        AND t.aggregation <> 'unique_users'
        AND h.first_day <= least(t.last_day, s.last_day)
        AND h.last_day >= greatest(t.first_day, s.first_day)
WHERE t.known AND t.line_id IS NULL;

CREATE OR REPLACE TEMP TABLE line_pieces AS
WITH told AS (
    -- Rows are found by their line: one feed of a source stands for all, or they would be counted twice.
    SELECT measure_key, source, min(span_key) AS span_key FROM feeds GROUP BY measure_key, source
)

SELECT
    t.target_key,
    t.aggregation,
    f.source,
    t.line_id,
    t.meter,
    CASE WHEN t.as_stated THEN DATE '0001-01-01' ELSE greatest(t.first_day, s.first_day) END AS first_day,
    CASE WHEN t.as_stated THEN t.last_day ELSE least(t.last_day, s.last_day) END AS last_day
FROM targets AS t
INNER JOIN told AS f ON t.measure_key = f.measure_key
LEFT JOIN spans AS s
    ON f.span_key = s.span_key AND NOT t.as_stated AND s.first_day <= t.last_day AND s.last_day >= t.first_day
WHERE t.known AND t.line_id IS NOT NULL AND (t.as_stated OR s.span_key IS NOT NULL);

-- From which day on usage has to be read at all.
CREATE OR REPLACE TEMP TABLE reach AS
SELECT
    min(first_day) FILTER (WHERE aggregation = 'sum' AND purpose <> 'to date') AS recent_sums_from,
    min(first_day) FILTER (WHERE aggregation = 'sum' AND purpose = 'to date') AS sums_from,
    min(first_day) FILTER (WHERE aggregation = 'unique_users' AND purpose = 'to date') AS users_from,
    min(first_day) FILTER (WHERE aggregation = 'max') AS peaks_from
FROM pieces;
