PRAGMA journal_mode = WAL;
CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, value REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
INSERT INTO t SELECT i, printf('name%05d', i * 7919 % 20011), i / 7.0 FROM n;
CREATE INDEX by_name ON t(name);
SELECT count(*), sum(id), round(avg(value), 6), min(name), max(name) FROM t;
SELECT id, name FROM t WHERE name BETWEEN 'name00100' AND 'name00105' ORDER BY name;
BEGIN;
UPDATE t SET value = value * 2 WHERE id % 3 = 0;
DELETE FROM t WHERE id % 5 = 0;
COMMIT;
SELECT count(*), round(sum(value), 4) FROM t;
SELECT substr(name, 5, 1) AS first, count(*), group_concat(id % 10) FROM t WHERE id < 60 GROUP BY first ORDER BY first;
CREATE VIRTUAL TABLE words USING fts5(text);
INSERT INTO words VALUES ('the quick brown fox'), ('jumps over the lazy dog'), ('a quick dog');
SELECT text FROM words WHERE words MATCH 'quick OR dog' ORDER BY rank, text;
SELECT json_extract('{"a":[1,2,{"b":3}]}', '$.a[2].b'), hex(zeroblob(4)), unicode('é'), round(sqrt(2), 12);
PRAGMA integrity_check;
