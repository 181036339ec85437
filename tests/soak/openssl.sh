# Its own speed test, and what its parts make checked by each other.
export OPENSSL_CONF=/dev/null
O="$RUN $TREE/usr/bin/openssl"
set -e
$O speed -seconds 1 -bytes 1024 -evp sha256 > speed 2>&1
$O speed -seconds 1 -bytes 1024 -evp aes-128-gcm >> speed 2>&1
$O speed -seconds 1 ecdsap256 >> speed 2>&1
printf abc > abc
test "$($O dgst -sha256 -r abc | cut -c 1-64)" = ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
test "$($O dgst -sha3-256 -r abc | cut -c 1-64)" = 3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532
test "$($O dgst -sha512 -r abc | cut -c 1-16)" = ddaf35a193617aba
seq 1 20000 > plain
for cipher in aes-256-cbc aes-256-ctr chacha20; do
    $O enc -$cipher -pass pass:x -pbkdf2 -iter 1000 -in plain -out coded
    $O enc -d -$cipher -pass pass:x -pbkdf2 -iter 1000 -in coded -out again && cmp plain again
done
$O genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out rsa.pem
$O genpkey -quiet -algorithm ED25519 -out ed.pem
$O genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem
for key in rsa ec; do
    $O dgst -sha256 -sign $key.pem -out sign plain
    $O dgst -sha256 -prverify $key.pem -signature sign plain > said
done
$O pkeyutl -sign -rawin -inkey ed.pem -in abc -out sign
$O pkeyutl -verify -rawin -inkey ed.pem -in abc -sigfile sign > said
$O prime 1000003 | grep -q 'is prime'
