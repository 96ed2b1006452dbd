-- What was known on the as-of day: the latest snapshot of each source up to it.
-- In:  account_rows, line_rows (the chosen snapshots, with `source` in front), former_rows (former_id, account_id: who an
--      account lives on in that was merged or created again)
-- Out: accounts, contract_lines, products (each product once, with what its lines state themselves)

CREATE OR REPLACE TEMP TABLE accounts AS
SELECT a.* EXCLUDE (copy, parent_id), coalesce(f.account_id, a.parent_id) AS parent_id
FROM (
    -- Two CRMs may hold one account: the first source by name speaks for it.
    SELECT *, row_number() OVER (PARTITION BY account_id ORDER BY source) AS copy
    FROM account_rows
) AS a
LEFT JOIN former_rows AS f ON a.parent_id = f.former_id
WHERE a.copy = 1;

CREATE OR REPLACE TEMP TABLE contract_lines AS
SELECT l.* EXCLUDE (copy, account_id), coalesce(f.account_id, l.account_id) AS account_id
FROM (
    SELECT *, row_number() OVER (PARTITION BY line_id ORDER BY source) AS copy
    FROM line_rows
) AS l
LEFT JOIN former_rows AS f ON l.account_id = f.former_id
WHERE l.copy = 1;

CREATE OR REPLACE TEMP TABLE products AS
SELECT
    product_code,
    product_name,
    product_family,
    kind AS line_kind,
    meter AS line_meter,
    period AS line_period,
    count(*) FILTER (WHERE "start" <= $as_of AND "end" >= $as_of) AS lines_in_force
FROM contract_lines
GROUP BY product_code, product_name, product_family, kind, meter, period
ORDER BY product_code, product_name, product_family, kind, meter, period;
