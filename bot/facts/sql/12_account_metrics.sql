-- One wide row an account: every metric of the catalogue. NULL is unknown, never zero.
-- In:  accounts, contract_lines, line_metrics
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
        sum(value) AS contract_value,
        min("end") AS renewal_date,
        min(notice_date) FILTER (WHERE notice_date >= $as_of) AS next_notice,
        min(usage_as_of) AS usage_as_of
    FROM line_metrics
    GROUP BY account_id
),

first_to_end AS (
    SELECT account_id, auto_renew
    FROM (
        SELECT account_id, auto_renew, row_number() OVER (PARTITION BY account_id ORDER BY "end", line_id) AS place
        FROM line_metrics
    )
    WHERE place = 1
),

beginnings AS (
    SELECT account_id, min(day) AS first_day
    FROM (
        SELECT account_id, "start" AS day FROM contract_lines
        UNION ALL
        SELECT account_id, customer_since AS day FROM accounts
    )
    WHERE day <= $as_of
    GROUP BY account_id
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

scores AS (
    SELECT
        account_id,
        CASE
            WHEN count(DISTINCT coalesce(currency, '')) = 1
                THEN
                    100 * sum(least(recent_utilization, $cap) * recent_value)
                    / nullif(sum(recent_value), 0)
        END AS cus
    FROM line_metrics
    WHERE recent_utilization IS NOT NULL AND recent_value > 0
    GROUP BY account_id
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
    CASE WHEN c.one_currency THEN c.arr END AS arr,
    CASE WHEN c.one_currency THEN c.contract_value END AS contract_value,
    coalesce(c.active_lines, 0) AS active_lines,
    datediff('day', b.first_day, $as_of) AS tenure_days,
    datediff('day', $as_of, c.renewal_date) AS days_to_renewal,
    datediff('day', $as_of, c.next_notice) AS days_to_notice,
    datediff('day', $as_of, least(c.renewal_date, coalesce(c.next_notice, c.renewal_date))) AS days_to_deadline,
    c.renewal_date,
    least(c.renewal_date, coalesce(c.next_notice, c.renewal_date)) AS deadline,
    e.auto_renew,
    l.seats,
    l.active_users,
    l.active_users / nullif(l.metered_seats, 0) AS licence_utilization,
    CASE WHEN l.active_users IS NOT NULL THEN greatest(l.metered_seats - l.active_users, 0) END AS shelfware,
    t.allowance_utilization,
    t.allowance_pace,
    t.commit_utilization,
    t.commit_pace,
    s.utilization AS service_utilization,
    t.peak_utilization,
    t.peak_pace,
    t.peak_line,
    t.lowest_commit_pace,
    CASE WHEN c.one_currency THEN t.overage_value END AS overage_value,
    k.cus,
    h.usage_change_month,
    c.usage_as_of,
    datediff('day', c.usage_as_of, $as_of) AS usage_age_days
FROM accounts AS a
LEFT JOIN contracts AS c ON a.account_id = c.account_id
LEFT JOIN first_to_end AS e ON a.account_id = e.account_id
LEFT JOIN beginnings AS b ON a.account_id = b.account_id
LEFT JOIN licences AS l ON a.account_id = l.account_id
LEFT JOIN tightest AS t ON a.account_id = t.account_id
LEFT JOIN services AS s ON a.account_id = s.account_id
LEFT JOIN scores AS k ON a.account_id = k.account_id
LEFT JOIN changes AS h ON a.account_id = h.account_id
ORDER BY a.account_id;
