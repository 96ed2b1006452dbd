-- Daily series for trend and forecast: what each measure was used a day. `bot.facts.series` lays the calendar below.
-- In:  measures, line_measures, lines, terms, line_metrics, accounts, complete, feeds, spans, daily_rows; $series_days,
--      $forecast_days, $series_months
-- Out: cadences (how often a source tells of a meter), series (one a measure and aggregation, numbered from 0),
--      series_spans (days that a feed covers), series_use (days with rows), line_series (which series a line reads),
--      draws (what is forecast), series_changes (days on which what is contracted became more or less)
-- Days are counted back from as-of, which is 0.

CREATE OR REPLACE TEMP TABLE cadences AS
WITH counted AS (
    SELECT source, meter, count(DISTINCT day) AS day_count, min(day) AS first_day, max(day) AS last_day
    FROM daily_rows
    WHERE day BETWEEN $as_of - CAST($series_days AS INTEGER) + 1 AND $as_of
    GROUP BY source, meter
),

apart AS (
    SELECT source, meter, datediff('day', first_day, last_day) / nullif(day_count - 1, 0) AS days_apart FROM counted
)

-- Invoices come by the month; what comes more rarely than that has no trend that a year could show.
SELECT
    source,
    meter,
    CASE WHEN coalesce(days_apart, 1) < 15 THEN 'day' WHEN days_apart < 46 THEN 'month' ELSE 'rare' END AS cadence
FROM apart;

CREATE OR REPLACE TEMP TABLE series AS
WITH ways AS (
    SELECT DISTINCT lm.measure_key, l.aggregation
    FROM line_measures AS lm
    INNER JOIN lines AS l ON lm.line_key = l.line_key
),

told AS (
    SELECT measure_key, min(source) AS source, count(DISTINCT span_key) AS feed_count FROM feeds GROUP BY measure_key
)

SELECT
    -- Those of one fleet lie side by side: days of one meter of one source are compared with each other, as what hits
    -- them all is no customer's doing.
    row_number() OVER (ORDER BY t.source, m.meter, w.aggregation, m.account_id, m.line_id) - 1 AS series_no,
    dense_rank() OVER (ORDER BY t.source, m.meter, w.aggregation) - 1 AS fleet,
    w.measure_key,
    w.aggregation,
    m.account_id,
    m.meter,
    m.line_id,
    t.source,
    t.feed_count,
    coalesce(k.cadence, 'day') AS cadence,
    CASE
        WHEN k.cadence = 'month' THEN $series_months * 31
        WHEN w.aggregation = 'sum' THEN $forecast_days
        ELSE $series_days
    END AS days,
    c.complete_to,
    a.country
FROM ways AS w
INNER JOIN measures AS m ON w.measure_key = m.measure_key
INNER JOIN complete AS c ON w.measure_key = c.measure_key
INNER JOIN told AS t ON w.measure_key = t.measure_key
LEFT JOIN cadences AS k ON t.source = k.source AND m.meter = k.meter
LEFT JOIN accounts AS a ON m.account_id = a.account_id;

CREATE OR REPLACE TEMP TABLE series_spans AS
SELECT DISTINCT
    s.series_no,
    f.span_key,
    datediff('day', p.first_day, $as_of) AS first_back,
    datediff('day', least(p.last_day, s.complete_to), $as_of) AS last_back
FROM series AS s
INNER JOIN feeds AS f ON s.measure_key = f.measure_key
INNER JOIN spans AS p ON f.span_key = p.span_key
WHERE datediff('day', p.last_day, $as_of) < s.days AND p.first_day <= s.complete_to;

-- By customer, or by contract line where the source tells: each row belongs to a series in one way only. Rows of one
-- series and day are to be added up. A user who stands under two names of one customer counts twice here.
CREATE OR REPLACE TEMP TABLE series_use AS
WITH recent AS (
    SELECT *, CAST(datediff('day', day, $as_of) AS INTEGER) AS back
    FROM daily_rows
    WHERE day BETWEEN $as_of - 31 * CAST($series_months AS INTEGER) AND $as_of
),

named AS (
    SELECT s.series_no, s.aggregation, u.back, u.quantity, u.users, u.active_users
    FROM recent AS u
    INNER JOIN (
        SELECT f.source, f.customer, f.meter, s.series_no, s.aggregation, s.days
        FROM feeds AS f
        INNER JOIN series AS s ON f.measure_key = s.measure_key AND s.line_id IS NULL
    ) AS s
        ON u.source = s.source AND u.customer = s.customer AND u.meter = s.meter
    WHERE u.back < s.days
    UNION ALL
    SELECT s.series_no, s.aggregation, u.back, u.quantity, u.users, u.active_users
    FROM recent AS u
    INNER JOIN (
        SELECT DISTINCT f.source, s.line_id, s.meter, s.series_no, s.aggregation, s.days
        FROM feeds AS f
        INNER JOIN series AS s ON f.measure_key = s.measure_key AND s.line_id IS NOT NULL
    ) AS s
        ON u.source = s.source AND u.line_id = s.line_id AND u.meter = s.meter
    WHERE u.back < s.days
)

SELECT
    series_no,
    back,
    CASE aggregation
        WHEN 'sum' THEN quantity
        WHEN 'max' THEN coalesce(active_users, quantity)
        ELSE users
    END AS amount
FROM named
ORDER BY series_no;

CREATE OR REPLACE TEMP TABLE line_series AS
SELECT l.line_id, s.series_no
FROM lines AS l
INNER JOIN line_measures AS lm ON l.line_key = lm.line_key
INNER JOIN series AS s ON lm.measure_key = s.measure_key AND l.aggregation = s.aggregation;

-- Lines that are drawn down; those that share one measure draw in proportion to what they contract. A maximum is no sum.
CREATE OR REPLACE TEMP TABLE draws AS
SELECT
    m.line_id,
    s.series_no,
    m.contracted / sum(m.contracted) OVER (PARTITION BY s.series_no, m.kind) AS share,
    m.used,
    m.contracted AS capacity,
    CAST(datediff('day', $as_of, m.period_end) AS DOUBLE) AS days_left,
    CAST(datediff('day', m.period_start, $as_of) + 1 AS DOUBLE) AS elapsed,
    CAST(datediff('day', m.usage_as_of, $as_of) AS DOUBLE) AS known_back
FROM line_metrics AS m
INNER JOIN line_series AS k ON m.line_id = k.line_id
INNER JOIN series AS s ON k.series_no = s.series_no AND s.aggregation = 'sum'
WHERE m.kind IN ('allowance', 'commit') AND m.contracted > 0 AND m.period_end IS NOT NULL
ORDER BY s.series_no, m.line_id;

CREATE OR REPLACE TEMP TABLE series_changes AS
WITH bought AS (
    SELECT t.account_id, t.meter, CASE WHEN t.by_line THEN t.line_id END AS line_id, t.kind, t."start" AS day, t.capacity
    FROM terms AS t
    WHERE t.meter IS NOT NULL AND t.kind IN ('seats', 'allowance', 'commit')
    UNION ALL
    SELECT t.account_id, t.meter, CASE WHEN t.by_line THEN t.line_id END, t.kind, t.after_end, -t.capacity
    FROM terms AS t
    WHERE t.meter IS NOT NULL AND t.kind IN ('seats', 'allowance', 'commit') AND t.after_end <= $as_of
),

steps AS (
    SELECT account_id, meter, line_id, kind, day, sum(capacity) AS change
    FROM bought
    GROUP BY account_id, meter, line_id, kind, day
),

levels AS (
    SELECT
        *,
        sum(change) OVER (PARTITION BY account_id, meter, line_id, kind ORDER BY day) AS capacity
    FROM steps
)

SELECT DISTINCT
    s.series_no,
    CAST(datediff('day', v.day, $as_of) AS INTEGER) AS back,
    v.capacity - v.change AS capacity_before,
    v.capacity AS capacity_after
FROM levels AS v
INNER JOIN series AS s
    ON v.account_id = s.account_id AND v.meter = s.meter AND v.line_id IS NOT DISTINCT FROM s.line_id
WHERE v.change <> 0 AND v.day <= $as_of AND datediff('day', v.day, $as_of) < s.days
ORDER BY s.series_no, back DESC;
