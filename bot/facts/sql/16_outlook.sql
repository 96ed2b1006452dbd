-- What trend and forecast say, by line and by account.
-- In:  lines, line_scores, line_series, series_trends (by series), line_forecasts (by line)
-- Out: line_outlook (line_scores with both), account_trends, account_forecasts

CREATE OR REPLACE TEMP TABLE line_outlook AS
SELECT
    l.*,
    t.trend_direction,
    t.trend_size,
    t.trend_start,
    t.trend_confidence,
    t.trend_basis,
    t.trend_provisional,
    t.trend_words,
    f.* EXCLUDE (line_id),
    f.overage_expected / b.per * b.price_a_period AS overage_expected_value
FROM line_scores AS l
INNER JOIN lines AS b ON l.line_id = b.line_id
LEFT JOIN line_series AS s ON l.line_id = s.line_id
LEFT JOIN series_trends AS t ON s.series_no = t.series_no
LEFT JOIN line_forecasts AS f ON l.line_id = f.line_id
ORDER BY l.account_id, l.line_id;

CREATE OR REPLACE TEMP TABLE account_trends AS
WITH weighed AS (
    SELECT
        l.account_id,
        s.series_no,
        sum(coalesce(l.recent_value, 0)) AS weight,
        min(l.product) AS product
    FROM line_outlook AS l
    INNER JOIN line_series AS s ON l.line_id = s.line_id
    GROUP BY l.account_id, s.series_no
),

ranked AS (
    SELECT
        w.account_id,
        w.product,
        t.*,
        row_number() OVER (
            PARTITION BY w.account_id
            -- A fall goes before a rise, and either before what stands still: nobody wants to hear of the other first.
            ORDER BY
                CASE t.trend_direction WHEN 'falling' THEN 0 WHEN 'rising' THEN 1 WHEN 'flat' THEN 2 ELSE 3 END,
                w.weight * abs(t.trend_size) DESC NULLS LAST,
                abs(t.trend_size) DESC NULLS LAST,
                w.series_no
        ) AS place
    FROM weighed AS w
    INNER JOIN series_trends AS t ON w.series_no = t.series_no
)

SELECT * EXCLUDE (series_no, place)
FROM ranked
WHERE place = 1;

CREATE OR REPLACE TEMP TABLE account_forecasts AS
WITH ranked AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY account_id
            ORDER BY (run_out_date <= period_end) DESC NULLS LAST, run_out_date, line_id
        ) AS run_out_place,
        row_number() OVER (PARTITION BY account_id ORDER BY end_utilization DESC NULLS LAST, line_id) AS end_place
    FROM line_outlook
    WHERE forecast_basis_days IS NOT NULL
)

SELECT
    account_id,
    max(run_out_date) FILTER (WHERE run_out_place = 1 AND run_out_date <= period_end) AS run_out_date,
    max(run_out_earliest) FILTER (WHERE run_out_place = 1 AND run_out_date <= period_end) AS run_out_earliest,
    max(run_out_latest) FILTER (WHERE run_out_place = 1 AND run_out_date <= period_end) AS run_out_latest,
    max(period_end) FILTER (WHERE run_out_place = 1 AND run_out_date <= period_end) AS run_out_period_end,
    max(product) FILTER (WHERE run_out_place = 1 AND run_out_date <= period_end) AS run_out_line,
    max(end_utilization) FILTER (WHERE end_place = 1) AS end_utilization,
    max(end_utilization_low) FILTER (WHERE end_place = 1) AS end_utilization_low,
    max(end_utilization_high) FILTER (WHERE end_place = 1) AS end_utilization_high,
    max(product) FILTER (WHERE end_place = 1 AND end_utilization IS NOT NULL) AS end_line,
    max(probability_over) AS probability_over,
    CASE
        WHEN count(DISTINCT coalesce(currency, '')) = 1 THEN sum(overage_expected_value)
    END AS overage_expected_value
FROM ranked
GROUP BY account_id;
