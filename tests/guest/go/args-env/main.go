// Prints what the program was started with: arguments, environment, directory, input.
package main

import (
	"bufio"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"guest/internal/tell"
)

func main() {
	tell.Line("argc %d", len(os.Args))
	tell.Check("argv[0] names the program", filepath.Base(os.Args[0]) == "args-env", os.Args[0])
	for i, arg := range os.Args[1:] {
		tell.Line("argv[%d] %q", i+1, arg)
	}
	var own []string
	for _, pair := range os.Environ() {
		if strings.HasPrefix(pair, "CASE_") {
			own = append(own, pair)
		}
	}
	sort.Strings(own)
	for _, pair := range own {
		tell.Line("env %q", pair)
	}
	value, found := os.LookupEnv("CASE_EMPTY")
	tell.Line("CASE_EMPTY %q %v", value, found)
	_, found = os.LookupEnv("CASE_MISSING")
	tell.Line("CASE_MISSING %v", found)

	cwd, err := os.Getwd()
	tell.Must(err)
	tell.Check("cwd is HOME", cwd == os.Getenv("HOME"), cwd)
	tell.Must(os.Mkdir("sub", 0o755))
	tell.Must(os.Chdir("sub"))
	os.Unsetenv("PWD")
	deeper, err := os.Getwd()
	tell.Must(err)
	tell.Check("chdir is seen", deeper == filepath.Join(cwd, "sub"), deeper)

	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		tell.Line("stdin %q", input.Text())
	}
}
