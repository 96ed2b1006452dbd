-- What the settings leave open, and what a reader of the figures should know.
-- In:  everything before
-- Out: open_products, open_meters, notes

CREATE OR REPLACE TEMP TABLE open_products AS
SELECT p.*, m.kind
FROM products AS p
INNER JOIN product_map AS m
    ON
        p.product_code IS NOT DISTINCT FROM m.product_code
        AND p.product_name IS NOT DISTINCT FROM m.product_name
        AND p.product_family IS NOT DISTINCT FROM m.product_family
        AND p.line_kind IS NOT DISTINCT FROM m.line_kind
        AND p.line_meter IS NOT DISTINCT FROM m.line_meter
        AND p.line_period IS NOT DISTINCT FROM m.line_period
WHERE p.lines_in_force > 0 AND (m.kind IS NULL OR m.meter IS NULL)
ORDER BY p.product_code, p.product_name, p.product_family, p.line_kind, p.line_meter, p.line_period;

CREATE OR REPLACE TEMP TABLE open_meters AS
SELECT DISTINCT meter
FROM seen
WHERE meter NOT IN (SELECT meter FROM lines WHERE meter IS NOT NULL)
ORDER BY meter;

CREATE OR REPLACE TEMP TABLE notes AS
SELECT *
FROM (
    SELECT count(*) || ' contract lines in force name an account that the CRM did not deliver' AS note
    FROM lines
    WHERE account_id NOT IN (SELECT account_id FROM accounts)
    HAVING count(*) > 0
    UNION ALL
    SELECT 'account ' || account_id || ' was delivered ' || count(*) || ' times; the first source by name is used'
    FROM account_rows
    GROUP BY account_id
    HAVING count(*) > 1
    UNION ALL
    SELECT 'contract line ' || line_id || ' was delivered ' || count(*) || ' times; the first source by name is used'
    FROM line_rows
    GROUP BY line_id
    HAVING count(*) > 1
    UNION ALL
    SELECT
        s.source || ': none of its ' || count(DISTINCT s.customer)
        || ' customers is an account; `accounts.match` names the keys that are compared' AS note
    FROM seen AS s
    LEFT JOIN customer_map AS c ON s.customer = c.customer
    WHERE s.row_count > s.of_lines AND s.customer NOT IN (SELECT customer FROM not_ours)
    GROUP BY s.source
    HAVING count(c.account_id) = 0
    UNION ALL
    SELECT
        'subsidiaries whose use counts to an account above them, as that one has the contract line: '
        || count(DISTINCT account_id) AS note
    FROM rolled_up
    HAVING count(*) > 0
    UNION ALL
    SELECT
        source || ': ' || count(*) || ' contract lines were used in the last '
        || CAST($window_days AS INTEGER) || ' days that the CRM did not deliver' AS note
    FROM read_lines
    WHERE
        datediff('day', last_read, $as_of) < $window_days
        AND line_id NOT IN (SELECT line_id FROM contract_lines)
    GROUP BY source
    UNION ALL
    SELECT
        source || ': ' || sum(row_count - of_lines) || ' rows of ' || meter || ' name no contract line; not counted'
    FROM seen
    WHERE meter IN (SELECT meter FROM reported)
    GROUP BY source, meter
    HAVING sum(row_count - of_lines) > 0
)
ORDER BY note;
