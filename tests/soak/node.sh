# Node with its compiler: what the script prints does not depend on the CPU.
set -e
$RUN $NODE -e 1
$RUN $NODE "$FILES/work.js" > out
cmp out "$FILES/node.txt"
