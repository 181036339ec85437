// Who runs the program, from the files every system has.
package main

import (
	"os"
	"os/user"
	"strconv"

	"guest/internal/tell"
)

func main() {
	root, err := user.LookupId("0")
	tell.Must(err)
	tell.Line("root is %s %s", root.Username, root.Gid)
	current, err := user.Current()
	tell.Must(err)
	tell.Check("current", current.Uid == strconv.Itoa(os.Getuid()) && current.Username != "", *current)
	again, err := user.Lookup(current.Username)
	tell.Check("by name", err == nil && again.Uid == current.Uid, err)
	_, err = user.Lookup("no-such-user-here")
	tell.Line("nobody: %v", err)
	group, err := user.LookupGroupId("0")
	tell.Check("group 0", err == nil && group.Name != "", err)
	_, err = user.LookupGroup("no-such-group-here")
	tell.Line("no group: %v", err)
	home, err := os.UserHomeDir()
	tell.Check("home", err == nil && home == os.Getenv("HOME"), home, err)
}
