-- Where a value is measured, zero or unknown: spans of covered days, by interval arithmetic and not day by day.
-- In:  accounts, lines, seen, read_lines, reported, coverage_rows, customer_map, rolled_up (use of an account that counts
--      to one above it), doubtful, stale_limits
-- Out: measures (what is measured: an account's use of a meter, or a line's), feeds (the series that tell of it),
--      spans (covered days of a feed, disjoint), complete (up to when a measure is complete)

CREATE OR REPLACE TEMP TABLE measures AS
SELECT row_number() OVER (ORDER BY account_id, meter, line_id) AS measure_key, *
FROM (
    SELECT DISTINCT account_id, meter, CASE WHEN by_line THEN line_id END AS line_id
    FROM lines
    WHERE
        meter IS NOT NULL
        AND kind IS NOT NULL
        -- Whose account was not delivered, nobody can be matched to: unknown, not zero.
        AND (by_line OR account_id IN (SELECT account_id FROM accounts))
    UNION
    -- Users of an account without a licence that has a meter: of every meter that tells of them.
    SELECT c.account_id, s.meter, CAST(NULL AS VARCHAR) AS line_id
    FROM seen AS s
    INNER JOIN customer_map AS c ON s.customer = c.customer
    WHERE
        s.of_users > 0
        AND s.meter NOT IN (SELECT meter FROM reported)
        AND c.account_id NOT IN (SELECT account_id FROM lines WHERE kind = 'seats' AND meter IS NOT NULL)
);

CREATE OR REPLACE TEMP TABLE feeds AS
WITH measured_by AS (
    -- A source measures the meters that it delivered at least once or names in its coverage: no other meter is zero.
    SELECT source, meter FROM seen
    UNION
    SELECT source, meter FROM coverage_rows WHERE meter IS NOT NULL
),

-- A meter whose use is attributed to lines is read from the sources that do so.
sources AS (
    SELECT source, meter
    FROM measured_by
    WHERE
        meter NOT IN (SELECT meter FROM reported)
        OR (source, meter) IN (SELECT source, meter FROM reported)
),

series AS (
    SELECT source, customer, meter FROM seen
    UNION
    SELECT c.source, c.customer, s.meter
    FROM coverage_rows AS c
    INNER JOIN sources AS s ON c.source = s.source AND coalesce(c.meter, s.meter) = s.meter
    WHERE c.customer IS NOT NULL
),

named AS (
    SELECT m.measure_key, m.meter, s.source, s.customer
    FROM measures AS m
    INNER JOIN customer_map AS c ON m.account_id = c.account_id
    INNER JOIN series AS s ON c.customer = s.customer AND m.meter = s.meter
    INNER JOIN sources AS k ON s.source = k.source AND s.meter = k.meter
    UNION ALL
    -- A subsidiary without a contract line of its own uses what an account above it has bought.
    SELECT m.measure_key, m.meter, s.source, s.customer
    FROM rolled_up AS r
    INNER JOIN measures AS m ON r.to_account = m.account_id AND r.meter = m.meter AND m.line_id IS NULL
    INNER JOIN customer_map AS c ON r.account_id = c.account_id
    INNER JOIN series AS s ON c.customer = s.customer AND r.meter = s.meter
    INNER JOIN sources AS k ON s.source = k.source AND s.meter = k.meter
),

-- A source of whose customers none is an account is attributed wrongly: who is not named by it is not zero.
recognised AS (
    SELECT source, meter
    FROM sources
    WHERE
        source NOT IN (SELECT source FROM seen)
        OR source IN (SELECT s.source FROM seen AS s INNER JOIN customer_map AS c ON s.customer = c.customer)
        OR meter IN (SELECT meter FROM reported)
),

-- An account that no source has named yet is covered by what covers every customer: then its use is zero.
all_feeds AS (
    SELECT measure_key, meter, source, customer FROM named
    UNION ALL
    SELECT m.measure_key, m.meter, s.source, CAST(NULL AS VARCHAR) AS customer
    FROM measures AS m
    INNER JOIN recognised AS s ON m.meter = s.meter
    WHERE m.measure_key NOT IN (SELECT measure_key FROM named)
),

-- Most sources cover all customers at once: only those with rows of their own are looked at one by one.
singled_out AS (
    SELECT DISTINCT source, customer FROM coverage_rows WHERE customer IS NOT NULL
)

SELECT
    row_number() OVER (ORDER BY f.measure_key, f.source, f.customer) AS feed_key,
    f.measure_key,
    f.meter,
    f.source,
    f.customer,
    dense_rank() OVER (ORDER BY f.source, f.meter, o.customer) AS span_key,
    o.customer AS covered_customer
FROM all_feeds AS f
LEFT JOIN singled_out AS o ON f.source = o.source AND f.customer = o.customer;

CREATE OR REPLACE TEMP TABLE spans AS
WITH wanted AS (
    SELECT DISTINCT span_key, source, meter, covered_customer FROM feeds
),

stated AS (
    SELECT w.span_key, c.first_day, least(c.last_day, $as_of) AS last_day
    FROM wanted AS w
    INNER JOIN coverage_rows AS c ON w.source = c.source
    WHERE c.customer IS NULL AND coalesce(c.meter, w.meter) = w.meter AND c.first_day <= $as_of
    UNION ALL
    SELECT w.span_key, c.first_day, least(c.last_day, $as_of) AS last_day
    FROM wanted AS w
    INNER JOIN coverage_rows AS c ON w.source = c.source AND w.covered_customer = c.customer
    WHERE coalesce(c.meter, w.meter) = w.meter AND c.first_day <= $as_of
),

-- Overlapping spans become one: a day is counted once however often it is covered.
reach AS (
    SELECT
        *,
        max(last_day) OVER (
            PARTITION BY span_key
            ORDER BY first_day, last_day
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS reached
    FROM stated
),

islands AS (
    SELECT
        *,
        sum(CASE WHEN reached IS NULL OR first_day > reached + 1 THEN 1 ELSE 0 END) OVER (
            PARTITION BY span_key
            ORDER BY first_day, last_day
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS island
    FROM reach
)

SELECT span_key, min(first_day) AS first_day, max(last_day) AS last_day
FROM islands
GROUP BY span_key, island;

CREATE OR REPLACE TEMP TABLE complete AS
WITH extents AS (
    SELECT span_key, min(first_day) AS first_day, max(last_day) AS last_day
    FROM spans
    GROUP BY span_key
),

worst AS (
    -- Where several feeds tell of one measure, it is as complete as the least complete of them.
    SELECT
        f.measure_key,
        -- What is reported now and then is complete to the last report, though the days since are promised too.
        CASE
            WHEN count(e.last_day) = count(*)
                THEN min(CASE WHEN r.sparse THEN least(e.last_day, r.last_report) ELSE e.last_day END)
        END AS complete_to,
        max(e.first_day) AS first_covered,
        greatest(coalesce(min(l.stale_after_days), $late_days), $late_days) AS limit_days
    FROM feeds AS f
    LEFT JOIN extents AS e ON f.span_key = e.span_key
    LEFT JOIN stale_limits AS l ON f.source = l.source
    LEFT JOIN reported AS r ON f.source = r.source AND f.meter = r.meter
    GROUP BY f.measure_key
),

trusted AS (
    -- Use of an ambiguous customer may be this account's: then what is counted is not all.
    SELECT w.*
    FROM worst AS w
    INNER JOIN measures AS m ON w.measure_key = m.measure_key
    WHERE (m.account_id, m.meter) NOT IN (SELECT account_id, meter FROM doubtful)
)

SELECT
    measure_key,
    complete_to,
    first_covered,
    -- A source that is a little late shifts the window; one that is too late leaves its last days uncovered.
    CASE WHEN datediff('day', complete_to, $as_of) <= $late_days THEN complete_to ELSE $as_of END AS recent_end,
    CASE WHEN datediff('day', complete_to, $as_of) <= limit_days THEN complete_to ELSE $as_of END AS to_date_end,
    datediff('day', complete_to, $as_of) <= limit_days AS in_time
FROM trusted
WHERE complete_to IS NOT NULL;
