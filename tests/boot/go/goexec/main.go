// Other processes, as os/exec makes them: output, input, environment, exit statuses, kills.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 {
		os.Exit(child(os.Args[1:]))
	}
	self, err := os.Executable()
	check(err)
	output, err := exec.Command(self, "say", "one", "two").Output()
	check(err)
	fmt.Printf("output: %q\n", output)

	cat := exec.Command(self, "upper")
	cat.Stdin = strings.NewReader("through both pipes")
	var out bytes.Buffer
	cat.Stdout = &out
	check(cat.Run())
	fmt.Println("input:", out.String())

	command := exec.Command(self, "environment")
	command.Env = []string{"ONLY=this"}
	command.Dir = "/tmp"
	output, err = command.Output()
	check(err)
	fmt.Printf("environment: %q\n", output)

	err = exec.Command(self, "exit", "7").Run()
	var exit *exec.ExitError
	fmt.Println("status:", errors.As(err, &exit) && exit.ExitCode() == 7)

	err = exec.Command("/nonexistent").Run()
	fmt.Println("absent:", errors.Is(err, os.ErrNotExist))

	// The time begins when the child is there, which may take long on a busy machine.
	ctx, cancel := context.WithCancel(context.Background())
	sleeper := exec.CommandContext(ctx, self, "sleep")
	check(sleeper.Start())
	time.AfterFunc(100*time.Millisecond, cancel)
	err = sleeper.Wait()
	killed := errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
	fmt.Println("killed:", killed, ctx.Err() == context.Canceled)

	extra := exec.Command(self, "extra")
	reader, writer, err := os.Pipe()
	check(err)
	extra.ExtraFiles = []*os.File{writer}
	check(extra.Start())
	writer.Close()
	text, err := io.ReadAll(reader)
	check(err)
	check(extra.Wait())
	fmt.Println("extra:", string(text))

	done := make(chan bool)
	for n := range 10 {
		go func() {
			output, err := exec.Command(self, "say", fmt.Sprint(n)).Output()
			done <- err == nil && string(output) == fmt.Sprintf("%d\n", n)
		}()
	}
	good := 0
	for range 10 {
		if <-done {
			good++
		}
	}
	fmt.Println("at once:", good)
	files()
}

func files() {
	folder, err := os.MkdirTemp("", "boot")
	check(err)
	defer os.RemoveAll(folder)
	for n := range 20 {
		check(os.WriteFile(filepath.Join(folder, fmt.Sprintf("file%02d", n)), bytes.Repeat([]byte{byte(n)}, n*1000), 0o640))
	}
	entries, err := os.ReadDir(folder)
	check(err)
	info, err := os.Stat(filepath.Join(folder, "file07"))
	check(err)
	fmt.Println("files:", len(entries), entries[7].Name(), info.Size(), info.Mode())
	check(os.Rename(filepath.Join(folder, "file07"), filepath.Join(folder, "moved")))
	check(os.Symlink("moved", filepath.Join(folder, "link")))
	data, err := os.ReadFile(filepath.Join(folder, "link"))
	check(err)
	_, err = os.Stat(filepath.Join(folder, "file07"))
	fmt.Println("moved:", len(data), errors.Is(err, os.ErrNotExist))
}

func child(words []string) int {
	switch words[0] {
	case "say":
		fmt.Println(strings.Join(words[1:], " "))
	case "upper":
		data, _ := io.ReadAll(os.Stdin)
		fmt.Print(strings.ToUpper(string(data)))
	case "environment":
		folder, _ := os.Getwd()
		fmt.Println(os.Environ()[0], len(os.Environ()) >= 1, folder)
	case "exit":
		return 7
	case "sleep":
		time.Sleep(time.Minute)
	case "extra":
		os.NewFile(3, "extra").WriteString("on the fourth")
	}
	return 0
}

func check(err error) {
	if err != nil {
		fmt.Println("FAILED:", err)
		os.Exit(1)
	}
}
