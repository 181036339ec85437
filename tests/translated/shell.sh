# Loops, pipes, subshells, jobs, traps and the programs that scripts are made of.
set -u
umask 022
export LC_ALL=C
dir=$(mktemp -d)
trap 'rm -rf "$dir"; echo "gone: $?"' EXIT
cd "$dir" || exit 1

sum=0
for ((i = 1; i <= 2000; i++)); do ((sum += i * i % 7)); done
echo "sum $sum"

seq 1 500 | awk '{ s += $1; if ($1 % 100 == 0) print $1, s }' | sed -e 's/ /: /' -e '2q'
printf '%s\n' pear apple fig apple | sort | uniq -c | sort -rn | sed 's/^ *//'

declare -A color=([sky]=blue [grass]=green)
for key in $(printf '%s\n' "${!color[@]}" | sort); do echo "$key is ${color[$key]}"; done

(cd / && x=inner && echo "subshell $x in $(pwd)")
echo "status $( (exit 7); echo $?)"
diff <(printf 'a\nb\n') <(printf 'a\nc\n') > /dev/null 2>&1 || echo "they differ, says $?"

for n in 1 2 3 4; do (sleep 0.0$n; echo "job $n" > "job$n") & done
wait
cat job1 job2 job3 job4

trap 'echo caught' USR1
kill -USR1 $$
trap 'echo child ended' CHLD
/bin/true &
wait $!
trap - CHLD

cat > script <<'END'
#!/usr/bin/env bash
echo "script $0 with $# words: $*"
exit 3
END
chmod +x script
./script "a b" c | sed "s#$dir#DIR#"
./script > /dev/null
echo "it said $?"

mkfifo pipe
(echo through the pipe > pipe) &
read -r line < pipe
wait
echo "$line"

touch one two three
ln -s one link
find . -type f -name 't*' | sort
readlink link
[[ -L link && ! -d link ]] && echo "a link"
ls -l one | cut -d' ' -f1
find . -name 'job*' -print0 | xargs -0 rm
ls | wc -l
seq 1 20000 | sha256sum | cut -c1-16
head -c 300000 /dev/zero | tr '\0' x | wc -c
echo "${BASH_VERSINFO[5]}"
uname -m
bash -c 'kill -SEGV $$'; echo "a signal: $?"
