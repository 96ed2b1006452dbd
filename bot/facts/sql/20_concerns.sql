-- For whom it matters that a source is in doubt: which kinds of table it delivers for which accounts.
-- In:  source_metrics, accounts, contract_lines, lines, measures, feeds, seen, customer_map
-- Out: concerns (account_id, source, kind); empty on a night on which no source is in doubt

CREATE OR REPLACE TEMP TABLE concerns AS
WITH doubted AS (
    SELECT subject AS source, age_days IS NULL AS silent
    FROM source_metrics
    WHERE in_doubt
),

-- A source that never delivered anything may be the one that would have told of what nobody tells: lines of an account
-- without any, and the meter of a line that no source measures.
untold AS (
    SELECT account_id, 'lines' AS kind
    FROM accounts
    WHERE account_id NOT IN (SELECT account_id FROM contract_lines)
    UNION
    SELECT m.account_id, 'usage' AS kind
    FROM measures AS m
    WHERE m.measure_key NOT IN (SELECT measure_key FROM feeds)
)

SELECT a.account_id, a.source, 'accounts' AS kind
FROM accounts AS a
INNER JOIN doubted AS d ON a.source = d.source
UNION
SELECT l.account_id, l.source, 'lines' AS kind
FROM contract_lines AS l
INNER JOIN doubted AS d ON l.source = d.source
UNION
SELECT m.account_id, f.source, 'usage' AS kind
FROM feeds AS f
INNER JOIN doubted AS d ON f.source = d.source
INNER JOIN measures AS m ON f.measure_key = m.measure_key
UNION
SELECT c.account_id, s.source, 'usage' AS kind
FROM seen AS s
INNER JOIN doubted AS d ON s.source = d.source
INNER JOIN customer_map AS c ON s.customer = c.customer
UNION
SELECT u.account_id, d.source, u.kind
FROM untold AS u
CROSS JOIN doubted AS d
WHERE d.silent
ORDER BY account_id, source, kind;
