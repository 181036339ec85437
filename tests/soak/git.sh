# A repository whose hashes are known: made, cloned, merged, packed and checked.
export HOME="$PWD" GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@b
export GIT_AUTHOR_DATE='2001-02-03T04:05:06Z' GIT_COMMITTER_DATE='2001-02-03T04:05:06Z'
export GIT_EXEC_PATH="$TREE/usr/lib/git-core" GIT_TEMPLATE_DIR=
G="$RUN $TREE/usr/bin/git"
set -e
$G init -q -b main one && cd one
seq 1 3000 > numbers && $G add numbers && $G commit -q -m first
$G checkout -q -b side && seq 2 3000 > numbers && $G commit -q -a -m second
$G checkout -q main && echo new > other && $G add other && $G commit -q -m third
$G merge -q -m merged side > /dev/null
test "$($G rev-parse HEAD^{tree} HEAD | tr '\n' " ")" = "4cf8dfa765d5f2c1863531069ab72d584c82867a 58ee878a210da3968420209bbaf92b179be0d0b0 "
$G gc -q && $G fsck --full --strict > ../fsck 2>&1
cd .. && $G clone -q one two && cmp one/numbers two/numbers
test "$(cd two && $G log --oneline | wc -l)" -eq 4
