// options: -pie -fPIE
// cpus: arm64
// The same at an address that is chosen when it starts.
#include "dies.c"
