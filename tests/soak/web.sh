# A web server of Go's, asked by itself over TLS and without from many sides.
set -e
test "$($RUN $WEB)" = "200 answers, 200 of them right"
