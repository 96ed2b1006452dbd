-- One wide row an account: every metric of the catalogue. NULL is unknown, never zero.
-- In:  accounts, beginnings, user_metrics, line_metrics, contract_metrics, account_scores, account_trends,
--      account_forecasts, rolled_up
-- Out: account_metrics

CREATE OR REPLACE TEMP TABLE account_metrics AS
WITH contracts AS (
    SELECT
        account_id,
        count(*) AS active_lines,
        CASE WHEN count(DISTINCT coalesce(currency, '')) = 1 THEN min(currency) END AS currency,
        -- Amounts in different currencies have no sum.
        count(DISTINCT coalesce(currency, '')) = 1 AS one_currency,
        sum(arr) FILTER (WHERE kind IS DISTINCT FROM 'service') AS arr,
        count(*) FILTER (WHERE kind IS DISTINCT FROM 'service') AS recurring_lines,
        CASE WHEN count(*) FILTER (WHERE evergreen AND unit_price IS NOT NULL) = 0 THEN sum(value) END AS contract_value,
        -- A step of a ramp that is followed by the next one is no end; nor is one that nobody will live to see.
        min(runs_to) FILTER (WHERE NOT evergreen) AS renewal_date,
        sum(headroom_value) AS headroom_value,
        sum(shelfware_value) AS shelfware_value,
        min(notice_date) FILTER (WHERE notice_date >= $as_of) AS next_notice,
        min(usage_as_of) AS usage_as_of
    FROM line_metrics
    GROUP BY account_id
),

first_to_end AS (
    SELECT account_id, auto_renew
    FROM (
        SELECT account_id, auto_renew, row_number() OVER (PARTITION BY account_id ORDER BY runs_to, line_id) AS place
        FROM line_metrics
    )
    WHERE place = 1
),

-- Users are counted once a meter, however many lines share it; a meter that is not covered makes the sum unknown.
seat_meters AS (
    SELECT account_id, measure_key, any_value(recent) AS recent, sum(greatest(contracted, 0)) AS seats
    FROM line_metrics
    WHERE kind = 'seats'
    GROUP BY account_id, measure_key
),

licences AS (
    SELECT
        account_id,
        sum(seats) AS seats,
        sum(seats) FILTER (WHERE measure_key IS NOT NULL) AS metered_seats,
        CASE WHEN count(recent) = count(measure_key) THEN sum(recent) END AS active_users
    FROM seat_meters
    GROUP BY account_id
),

ranked AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY account_id, kind
            ORDER BY utilization DESC NULLS LAST, line_id
        ) AS place_in_kind,
        row_number() OVER (
            PARTITION BY account_id
            ORDER BY CASE WHEN kind <> 'service' THEN utilization END DESC NULLS LAST, line_id
        ) AS place
    FROM line_metrics
),

tightest AS (
    SELECT
        account_id,
        max(utilization) FILTER (WHERE kind = 'allowance' AND place_in_kind = 1) AS allowance_utilization,
        max(pace) FILTER (WHERE kind = 'allowance' AND place_in_kind = 1) AS allowance_pace,
        max(utilization) FILTER (WHERE kind = 'commit' AND place_in_kind = 1) AS commit_utilization,
        max(pace) FILTER (WHERE kind = 'commit' AND place_in_kind = 1) AS commit_pace,
        min(pace) FILTER (WHERE kind = 'commit') AS lowest_commit_pace,
        max(utilization) FILTER (WHERE kind <> 'service' AND place = 1) AS peak_utilization,
        max(pace) FILTER (WHERE kind <> 'service' AND place = 1) AS peak_pace,
        max(product) FILTER (WHERE kind <> 'service' AND place = 1 AND utilization IS NOT NULL) AS peak_line,
        max(headroom) FILTER (WHERE kind <> 'service' AND place = 1 AND utilization IS NOT NULL) AS headroom,
        max(overage) FILTER (WHERE kind <> 'service' AND place = 1 AND utilization IS NOT NULL) AS overage,
        sum(overage_value) AS overage_value
    FROM ranked
    GROUP BY account_id
),

services AS (
    SELECT
        account_id,
        CASE WHEN count(used) = count(*) THEN sum(used) / nullif(sum(greatest(contracted, 0)), 0) END AS utilization
    FROM line_metrics
    WHERE kind = 'service' AND measure_key IS NOT NULL
    GROUP BY account_id
),

below AS (
    SELECT to_account AS account_id, count(DISTINCT account_id) AS subsidiaries FROM rolled_up GROUP BY to_account
),

-- Lines without a price weigh nothing beside priced ones, and alike where no line has a price.
changes AS (
    SELECT
        account_id,
        CASE
            WHEN sum(recent_value) > 0 AND count(DISTINCT coalesce(currency, '')) = 1
                THEN sum(change_month * coalesce(recent_value, 0)) / sum(recent_value)
            ELSE avg(change_month)
        END AS usage_change_month
    FROM line_metrics
    WHERE change_month IS NOT NULL AND coalesce(recent_value, 0) >= 0
    GROUP BY account_id
)

SELECT
    a.account_id AS subject,
    a.owner_id,
    a.csm_id,
    a.slack_channel,
    a.parent_id,
    a.external_id,
    a.domain,
    a.country,
    a.url,
    a.name,
    a.segment,
    a.region,
    c.currency,
    a.nps,
    a.csat,
    a.open_cases,
    a.urgent_cases,
    CASE WHEN c.one_currency THEN c.arr END AS arr,
    CASE WHEN c.one_currency THEN c.contract_value END AS contract_value,
    m.acv,
    m.tcv,
    m.discount,
    m.expansions,
    m.contractions,
    m.expansion_arr,
    m.contraction_arr,
    m.last_expansion,
    coalesce(c.recurring_lines, 0) AS recurring_lines,
    coalesce(c.active_lines, 0) AS active_lines,
    datediff('day', b.first_day, $as_of) AS tenure_days,
    datediff('day', $as_of, c.renewal_date) AS days_to_renewal,
    datediff('day', $as_of, c.next_notice) AS days_to_notice,
    datediff('day', $as_of, least(coalesce(c.renewal_date, c.next_notice), coalesce(c.next_notice, c.renewal_date))) AS days_to_deadline,
    c.renewal_date,
    least(coalesce(c.renewal_date, c.next_notice), coalesce(c.next_notice, c.renewal_date)) AS deadline,
    e.auto_renew,
    l.seats,
    l.active_users,
    l.active_users / nullif(l.metered_seats, 0) AS licence_utilization,
    CASE WHEN l.active_users IS NOT NULL THEN greatest(l.metered_seats - l.active_users, 0) END AS shelfware,
    l.metered_seats,
    l.metered_seats - l.active_users AS licence_headroom,
    t.allowance_utilization,
    t.allowance_pace,
    t.commit_utilization,
    t.commit_pace,
    s.utilization AS service_utilization,
    t.peak_utilization,
    t.peak_pace,
    t.peak_line,
    t.lowest_commit_pace,
    t.headroom,
    t.overage,
    CASE WHEN c.one_currency THEN t.overage_value END AS overage_value,
    CASE WHEN c.one_currency THEN c.headroom_value END AS headroom_value,
    CASE WHEN c.one_currency THEN c.shelfware_value END AS shelfware_value,
    k.cus,
    h.usage_change_month,
    p.* EXCLUDE (account_id),
    d.trend_direction,
    d.trend_size,
    d.trend_start,
    datediff('day', d.trend_start, $as_of) AS trend_days,
    d.trend_confidence,
    d.trend_provisional,
    CASE WHEN d.trend_direction IS NOT NULL THEN d.product END AS trend_line,
    d.trend_words,
    o.run_out_date,
    datediff('day', $as_of, o.run_out_date) AS days_to_run_out,
    datediff('day', o.run_out_date, o.run_out_period_end) AS run_out_gap_days,
    o.run_out_earliest,
    o.run_out_latest,
    o.run_out_line,
    o.end_utilization,
    o.end_utilization_low,
    o.end_utilization_high,
    o.end_line,
    o.probability_over,
    CASE WHEN c.one_currency THEN o.overage_expected_value END AS overage_expected_value,
    c.usage_as_of,
    datediff('day', c.usage_as_of, $as_of) AS usage_age_days,
    coalesce(w.subsidiaries, 0) AS subsidiaries_included
FROM accounts AS a
LEFT JOIN contracts AS c ON a.account_id = c.account_id
LEFT JOIN first_to_end AS e ON a.account_id = e.account_id
LEFT JOIN contract_metrics AS m ON a.account_id = m.account_id
LEFT JOIN beginnings AS b ON a.account_id = b.account_id
LEFT JOIN licences AS l ON a.account_id = l.account_id
LEFT JOIN tightest AS t ON a.account_id = t.account_id
LEFT JOIN services AS s ON a.account_id = s.account_id
LEFT JOIN account_scores AS k ON a.account_id = k.account_id
LEFT JOIN changes AS h ON a.account_id = h.account_id
LEFT JOIN user_metrics AS p ON a.account_id = p.account_id
LEFT JOIN account_trends AS d ON a.account_id = d.account_id
LEFT JOIN account_forecasts AS o ON a.account_id = o.account_id
LEFT JOIN below AS w ON a.account_id = w.account_id
ORDER BY a.account_id;
