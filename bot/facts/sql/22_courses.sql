-- What a chart of a contract line reads: which rows of usage tell of it. `bot.facts.courses` lays them out.
-- In:  line_series, series, feeds, draws
-- Out: course_feeds (one row a line and series of usage that tells of it; customer NULL: what covers everybody)

CREATE OR REPLACE TEMP TABLE course_feeds AS
SELECT DISTINCT
    s.account_id,
    k.line_id,
    s.meter,
    s.line_id IS NOT NULL AS by_line,
    s.aggregation,
    s.cadence,
    s.complete_to,
    f.source,
    f.customer,
    f.covered_customer,
    coalesce(d.share, 1) AS share
FROM line_series AS k
INNER JOIN series AS s ON k.series_no = s.series_no
INNER JOIN feeds AS f ON s.measure_key = f.measure_key
LEFT JOIN draws AS d ON k.line_id = d.line_id
ORDER BY s.account_id, k.line_id, f.source, f.customer;
