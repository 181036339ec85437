# Forty and more applets of busybox, most of them processes of their own.
busybox mkdir -p /tmp/applets/bin && busybox --install -s /tmp/applets/bin
export PATH=/tmp/applets/bin
cd /tmp/applets
echo "begin: $(basename /a/b/script.sh .sh) $(dirname /a/b/c)"
seq 1 20 > numbers
printf '%s %03d %x\n' words 7 255
cat numbers | head -n 3 | tac | tr '\n' ' '; echo
tail -n 2 numbers | paste -s -d + | sed 's/+/ plus /'
awk '{ sum += $1 } END { print "sum", sum }' numbers
grep -c 1 numbers; grep -v 1 numbers | wc -l
sort -r -n numbers | head -n 1
printf 'b\na\nb\nc\na\n' | sort | uniq -c | sed 's/^ *//'
cut -d : -f 2 <<END
one:two:three
END
mkdir -p tree/deep/er; touch tree/a tree/deep/b tree/deep/er/c
find tree -type f | sort | xargs -n 1 echo found
cp -r tree copy; mv copy/a copy/z; ls copy
ln -s ../numbers tree/link; readlink tree/link; wc -l < tree/link
ln numbers hard; stat -c '%h %s %F' hard; chmod 640 hard; stat -c '%a %A' numbers
rm -r copy; test -e copy || echo gone; rmdir tree/deep 2> /dev/null || echo "not empty"
dd if=/dev/zero of=zeros bs=1000 count=100 2> /dev/null; stat -c %s zeros
md5sum zeros; sha256sum < numbers; printf 'hello' | base64; echo aGVsbG8= | base64 -d; echo
gzip -c zeros > zeros.gz; gunzip -c zeros.gz | cmp - zeros && echo "same again"
rm tree/link; tar cf tree.tar tree; mkdir out; tar xf tree.tar -C out; diff -r tree out/tree && echo "no difference"
(cd tree && find . | sort | cpio -o -H newc 2> /dev/null) | cpio -t 2> /dev/null | sort | head -n 2
printf '\001\002\377' | od -An -tx1; printf 'AB' | hexdump -C | head -n 1
expr 6 \* 7; factor 360; echo 'abc def' | rev; nl -b a numbers | head -n 1; echo abcdef | fold -w 3
yes word | head -n 2; seq 1 3 | cmp -n 4 - numbers && echo "as far as that"; du -s tree > /dev/null && echo counted
env -i A=1 B=2 env; id -u; uname -s -m; pwd
mkfifo pipe; (echo through the pipe > pipe &) ; cat pipe
sleep 60 & kill $!; wait $!; echo "status $?"
timeout 1 sleep 30; echo "timeout $?"
true && ! false && echo "true and false"; echo one | tee copy1 copy2 > /dev/null; cat copy1 copy2
name=$(mktemp /tmp/applets/XXXXXX); [ -f "$name" ] && echo "a new file"
i=0; while [ $i -lt 200 ]; do i=$((i + 1)); : $(true); done; echo "forks $i"
trap 'echo trapped' USR1; kill -USR1 $$; echo "arithmetic $((7 * 6 % 5))"
set -- x y z; shift; echo "$# $1 ${UNSET:-default} ${PATH##*/}"
for applet in sh ash; do $applet -c 'echo "$0 says $1"' "$applet" hello; done
false | true; echo "pipeline $?"; (exit 9); echo "subshell $?"
cat /proc/self/stat > /dev/null && ps | grep -q applets && echo processes
echo end; exit 5
