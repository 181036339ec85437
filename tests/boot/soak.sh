# Runs programs by turns for the given number of seconds and tells what memory is free before and after.
free() { grep MemFree /proc/meminfo | tr -dc 0-9; }
round() {
    for program in trees threads signals memory futex; do
        ./$program >/tmp/out 2>&1 || { echo "$program failed with $?"; cat /tmp/out; failed=$((failed + 1)); }
    done
}
failed=0
round
before=$(free)
end=$(($(date +%s) + $1))
rounds=0
while [ $(date +%s) -lt $end ]; do
    round
    rounds=$((rounds + 1))
    [ $((rounds % 20)) = 0 ] && echo "$rounds rounds, $(free) kB of $before kB free"
done
# What ended is collected by then.
sleep 1
echo "end $rounds $failed $before $(free)"
