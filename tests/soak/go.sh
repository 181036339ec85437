# Go for arm64 builds a program with a web server to the bytes that Go for this CPU builds; the program asks itself.
set -e
export GO111MODULE=off GOFLAGS= CGO_ENABLED=0 GOTOOLCHAIN=local GOTELEMETRY=off GOPROXY=off GOENV=off HOME="$PWD"
BUILD="build -trimpath -buildvcs=false -p 2"
(export GOROOT=$GO GOCACHE=${GOCACHE_THERE:-$PWD/there}; $RUN $GO/bin/go $BUILD -o there.out "$FILES/web.go")
(export GOROOT=$GO_HERE GOCACHE=${GOCACHE_HERE:-$PWD/here} GOOS=linux GOARCH=arm64; $GO_HERE/bin/go $BUILD -o here.out "$FILES/web.go")
cmp here.out there.out
test "$($RUN ./there.out)" = "200 answers, 200 of them right"
