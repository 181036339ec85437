# Compiles, links and runs a program.
set -e
printf '#include <stdio.h>\n#include <math.h>\nint main(int n, char **v) { printf("%%.6f %%d\\n", sqrt(n + 1.0), n); return 0; }\n' > hello.c
export PATH="$TREE/usr/bin:$PATH"
$RUN $TREE/usr/bin/aarch64-linux-gnu-gcc-12 -O2 hello.c -o hello -lm
test "$($RUN ./hello)" = "1.414214 1"
