# More than forty of busybox's applets; what they print is in applets.txt, as busybox prints it on a PC but for `uname -m`.
B="$RUN $TREE/bin/busybox"
$B sh -c '
set -e
export LC_ALL=C TZ=UTC
mkdir -p d/e && cd d
seq 1 200 > numbers
printf "%s\n" pear fig apple fig plum apple > words
sort words | uniq -c | awk "{print \$1, \$2}"
head -n 3 numbers; tail -n 2 numbers; wc -l numbers | cut -d " " -f 1
tr a-z A-Z < words | sed -n "2,3p"; grep -c fig words
rev words | tac | nl | head -n 2
paste -d, words words | fold -w 7 | tail -n 2
basename /a/b/c.txt .txt; dirname /a/b/c.txt
expr 6 \* 7; test -f words && echo found
md5sum words; sha1sum words; sha256sum words; sha512sum words | cut -c 1-32; cksum words
base64 words | tee coded; base64 -d coded | cmp - words && echo same
od -An -tx1 -N 8 words; hexdump -n 8 -e "8/1 \"%02x \" \"\n\"" words
tar -cf all.tar numbers words && tar -tf all.tar
gzip -k numbers && gunzip -c numbers.gz | cmp - numbers && echo gzip
bzip2 -k numbers && bunzip2 -c numbers.bz2 | cmp - numbers && echo bzip2
xz -h > /dev/null 2>&1 || true
cp words copy; mv copy moved; ln -s moved link; readlink link; ln moved hard; stat -c %h moved
touch -d "2001-02-03 04:05:06" moved; date -u -r moved +%Y-%m-%dT%H:%M:%S; chmod 640 moved; stat -c %a moved
dd if=numbers of=part bs=16 count=2 2> /dev/null; wc -c < part
find . -name "n*" -type f | sort | xargs ls
split -l 100 numbers piece; ls piece* | wc -l
diff words moved && echo nodiff; comm -12 numbers numbers | wc -l
factor 360; yes | head -n 2; printf "a\tb\n" | expand -t 4
env X=1 sh -c "echo \$X"; false || echo false; true && echo true; which sh > /dev/null; sleep 0
for n in 1 2 3; do (echo $n; exit $n) & wait $! || echo status $?; done
rm -rf e numbers.bz2; rmdir e 2> /dev/null || echo gone
du -k words > /dev/null; id -u > /dev/null; uname -m; cd ..; rm -r d; ls -A | wc -l
' > out 2> err || { cat out err; exit 1; }
cmp out "$FILES/applets.txt"
