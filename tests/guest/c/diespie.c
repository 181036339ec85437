// options: -pie -fPIE
// The same at an address that is chosen when it starts.
#include "dies.c"
