# A database of some thousand rows: made, changed, searched, dumped, read again, and checked by itself.
S="$RUN $TREE/usr/bin/sqlite3"
set -e
$S one.db > said <<'SQL'
PRAGMA journal_mode=WAL;
CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c REAL);
CREATE INDEX tb ON t(b);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
INSERT INTO t SELECT i, printf('%08x', (i * 2654435761) % 4294967296), i / 7.0 FROM n;
UPDATE t SET c = c * 2 WHERE a % 3 = 0;
DELETE FROM t WHERE a % 5 = 0;
SELECT count(*), sum(a), round(sum(c), 3), min(b), max(b) FROM t;
SELECT count(*) FROM t x JOIN t y ON x.b < y.b AND y.a = x.a + 1;
CREATE VIRTUAL TABLE f USING fts5(x);
INSERT INTO f SELECT 'word' || (a % 100) || ' and ' || b FROM t;
SELECT count(*) FROM f WHERE f MATCH 'word42';
CREATE VIRTUAL TABLE r USING rtree(id, x0, x1);
INSERT INTO r SELECT a, a, a + 10 FROM t;
SELECT count(*) FROM r WHERE x0 < 1000 AND x1 > 900;
SELECT json_extract('{"a":[1,2,{"b":3}]}', '$.a[2].b');
PRAGMA integrity_check;
.selftest --init
.selftest
SQL
$S one.db .dump > dump
$S two.db < dump
$S two.db 'PRAGMA integrity_check; SELECT count(*), sum(a) FROM t;' >> said
cmp said "$FILES/sqlite.txt"
