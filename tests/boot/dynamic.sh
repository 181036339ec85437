# What Debian's bash does by itself: no other program is here.
set -u
declare -A count
while read -r word; do count[$word]=$((${count[$word]:-0} + 1)); done <<'END'
one
two
two
END
echo "${count[one]} ${count[two]} ${#count[@]}"
# Pipes between copies of itself, and what they leave behind.
printf '%s\n' c a b | { readarray -t lines; echo "${lines[2]}${lines[0]}"; }
echo "pieces: ${PIPESTATUS[*]}"
(exit 3) | true | (exit 4)
echo "statuses: ${PIPESTATUS[*]}"
# Files, and a program's output as one.
cd /tmp || exit 1
echo first >file
echo second >>file
{ read -r a; read -r b; } <file
echo "$a $b $(<file)"
while read -r line; do echo "from a copy: $line"; done < <(for i in 1 2 3; do echo "$i"; done)
# Copies in the background, signals, traps.
trap 'echo "a signal came"' USR1
(for i in {1..3}; do :; done; kill -USR1 $$) &
wait $!
# A child that ends just when bash begins to wait for it is lost to bash, on Linux too: it is to be gone before.
(exit 9) &
while kill -0 $! 2>/dev/null; do :; done
wait $!
echo "it ended with $?"
coproc { while read -r line; do echo "<$line>"; done; }
echo hello >&"${COPROC[1]}"
read -r answer <&"${COPROC[0]}"
echo "$answer"
eval "exec ${COPROC[1]}>&-"
wait
fib() { if (($1 < 2)); then echo "$1"; else echo $(($(fib $(($1 - 1))) + $(fib $(($1 - 2))))); fi; }
echo "$(fib 8)"
for file in ./f* /proc/self/st[a]t; do [[ -e $file ]] && echo "${file##*/}"; done
printf -v padded '%05d|%-5s|%x' 42 ab 255
echo "$padded ${padded/|*|/-} ${BASH_VERSION%%.*}"
trap 'echo "the end"' EXIT
exit 6
