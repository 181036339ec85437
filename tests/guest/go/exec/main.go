// Programs that start programs: itself, the host's, scripts, children of children.
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
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"guest/internal/tell"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "child" {
		child(os.Args[2:])
		return
	}
	self, err := os.Executable()
	tell.Must(err)
	tell.Check("executable", filepath.Base(self) == "exec" && filepath.IsAbs(self), self)
	topics := []struct {
		name string
		run  func(self string)
	}{
		{"itself", itself}, {"tools", tools}, {"ends", ends}, {"errors", failures}, {"scripts", scripts},
		{"depth", depth}, {"files", files}, {"replace", replace}, {"many", many}, {"kill", kill}, {"wait", wait},
	}
	for _, topic := range topics {
		if len(os.Args) < 2 || os.Args[1] == topic.name {
			topic.run(self)
		}
	}
}

func child(args []string) {
	switch args[0] {
	case "echo":
		tell.Line("%s", strings.Join(args[1:], " "))
	case "env":
		tell.Line("%s=%s", args[1], os.Getenv(args[1]))
	case "dir":
		dir, _ := os.Getwd()
		tell.Line("%s", filepath.Base(dir))
	case "upper":
		input, _ := io.ReadAll(os.Stdin)
		os.Stdout.WriteString(strings.ToUpper(string(input)))
	case "exit":
		status, _ := strconv.Atoi(args[1])
		os.Exit(status)
	case "kill":
		number, _ := strconv.Atoi(args[1])
		syscall.Kill(os.Getpid(), syscall.Signal(number))
		time.Sleep(10 * time.Second)
	case "sleep":
		time.Sleep(time.Minute)
	case "panic":
		panic("child")
	case "fd3":
		text, err := io.ReadAll(os.NewFile(3, "three"))
		tell.Line("%s %v", text, err)
	case "depth":
		left, _ := strconv.Atoi(args[1])
		if left == 0 {
			tell.Line("bottom")
			return
		}
		script := fmt.Sprintf("%q child depth %d", os.Args[0], left-1)
		out, err := exec.Command("sh", "-c", script).CombinedOutput()
		fmt.Printf("%d> %s", left, out)
		tell.Must(err)
	case "replace":
		before := os.Getpid()
		err := syscall.Exec(args[1], args[2:], append(os.Environ(), fmt.Sprintf("CASE_PID=%d", before)))
		tell.Line("replace: %s", tell.Errno(err))
	case "samepid":
		tell.Line("same pid: %v, argv[0] %s", os.Getenv("CASE_PID") == strconv.Itoa(os.Getpid()), os.Args[0])
	default:
		tell.Line("child of %d arguments: %q", len(os.Args), args)
	}
}

func itself(self string) {
	out, err := exec.Command(self, "child", "echo", "one", "two words", "").Output()
	tell.Line("echo %q %v", out, err)
	command := exec.Command(self, "child", "env", "CASE_X")
	command.Env = []string{"CASE_X=from the parent"}
	out, err = command.Output()
	tell.Line("env %q %v", out, err)
	tell.Must(os.Mkdir("elsewhere", 0o755))
	command = exec.Command(self, "child", "dir")
	command.Dir = "elsewhere"
	out, err = command.Output()
	tell.Line("dir %q %v", out, err)
	command = exec.Command(self, "child", "upper")
	command.Stdin = strings.NewReader("through a pipe")
	out, err = command.Output()
	tell.Line("upper %q %v", out, err)
	text := bytes.Repeat([]byte("abcdefg "), 40_000)
	command = exec.Command(self, "child", "upper")
	command.Stdin = bytes.NewReader(text)
	out, err = command.Output()
	tell.Line("large %v %v", bytes.Equal(out, bytes.ToUpper(text)), err)
}

func tools(string) {
	out, err := exec.Command("echo", "from", "a tool").Output()
	tell.Line("echo %q %v", out, err)
	command := exec.Command("cat")
	command.Stdin = strings.NewReader("cat in the middle")
	out, err = command.Output()
	tell.Line("cat %q %v", out, err)
	out, err = exec.Command("sh", "-c", "echo a; echo b | tr b c; exit 4").Output()
	tell.Line("sh %q %v", out, err)
	out, err = exec.Command("sh", "-c", "echo to error >&2; echo to output").CombinedOutput()
	tell.Line("both %q %v", out, err)

	first, second := exec.Command("echo", "x y z"), exec.Command("tr", "a-z", "A-Z")
	pipe, err := first.StdoutPipe()
	tell.Must(err)
	second.Stdin = pipe
	tell.Must(first.Start())
	out, err = second.Output()
	tell.Line("joined %q %v %v", out, err, first.Wait())
}

func status(err error) string {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return fmt.Sprint(err)
	}
	wait := exit.Sys().(syscall.WaitStatus)
	return fmt.Sprintf("%v exited=%v code=%d signaled=%v", exit.ProcessState, wait.Exited(), exit.ExitCode(), wait.Signaled())
}

func ends(self string) {
	for _, code := range []string{"0", "1", "3", "255"} {
		tell.Line("exit %s: %s", code, status(exec.Command(self, "child", "exit", code).Run()))
	}
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGHUP} {
		err := exec.Command(self, "child", "kill", strconv.Itoa(int(signal))).Run()
		tell.Line("itself killed: %s", status(err))
	}
	for _, row := range []struct {
		name   string
		signal syscall.Signal
	}{
		{"USR1", syscall.SIGUSR1}, {"USR2", syscall.SIGUSR2}, {"ALRM", syscall.SIGALRM}, {"BUS", syscall.SIGBUS},
		{"SYS", syscall.SIGSYS}, {"PIPE", syscall.SIGPIPE}, {"PROF", syscall.SIGPROF}, {"IO", syscall.SIGIO},
	} {
		err := exec.Command("sh", "-c", "ulimit -c 0; kill -"+row.name+" $$; sleep 10").Run()
		var exit *exec.ExitError
		tell.Check("tool killed by "+row.name, errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == row.signal, status(err))
	}
	var stderr bytes.Buffer
	command := exec.Command(self, "child", "panic")
	command.Stderr = &stderr
	tell.Line("panic: %s %v", status(command.Run()), strings.Contains(stderr.String(), "panic: child"))
}

func failures(self string) {
	tell.Line("missing: %s", tell.Errno(exec.Command("/nonexistent/program").Run()))
	_, err := exec.LookPath("no-such-program-anywhere")
	tell.Line("not on PATH: %v", errors.Is(err, exec.ErrNotFound))
	tell.Must(os.WriteFile("plain", []byte("#!/bin/sh\necho no\n"), 0o644))
	tell.Line("not executable: %s", tell.Errno(exec.Command("./plain").Run()))
	tell.Must(os.WriteFile("garbage", []byte("this is not a program\n"), 0o755))
	tell.Line("not a program: %s", tell.Errno(exec.Command("./garbage").Run()))
	tell.Must(os.WriteFile("nobody", []byte("#!/nonexistent/interpreter\n"), 0o755))
	tell.Line("no interpreter: %s", tell.Errno(exec.Command("./nobody").Run()))
	tell.Line("directory: %s", tell.Errno(exec.Command("/").Run()))
	command := exec.Command(self, "child", "exit", "0")
	command.Dir = "/nonexistent"
	tell.Line("no directory: %s", tell.Errno(command.Run()))
	long := make([]string, 0, 3000)
	for i := 0; i < 3000; i++ {
		long = append(long, strings.Repeat("x", 100))
	}
	out, err := exec.Command(self, append([]string{"child", "echo"}, long...)...).Output()
	tell.Line("many arguments: %d %v", len(out), err)
}

func scripts(self string) {
	tell.Must(os.WriteFile("tool.sh", []byte("#!/bin/sh\necho \"script $1 $2\"\n"), 0o755))
	out, err := exec.Command("./tool.sh", "x", "y").Output()
	tell.Line("tool script %q %v", out, err)
	tell.Must(os.WriteFile("flag.sh", []byte("#!/bin/sh -e\nfalse\necho not reached\n"), 0o755))
	tell.Line("script with a flag: %s", status(exec.Command("./flag.sh").Run()))
	// An interpreter line holds one argument: the whole rest of the line.
	wrapper := filepath.Join(filepath.Dir(must(filepath.Abs("x"))), "interp")
	tell.Must(os.Symlink(self, wrapper))
	tell.Must(os.WriteFile("own", []byte("#!"+wrapper+" child\n"), 0o755))
	out, err = exec.Command("./own", "x").Output()
	tell.Line("own script %q %v", out, err)
	out, err = exec.Command(wrapper, "child", "echo", "through a link").Output()
	tell.Line("link %q %v", out, err)
}

func must(text string, err error) string {
	tell.Must(err)
	return text
}

func depth(self string) {
	out, err := exec.Command(self, "child", "depth", "3").CombinedOutput()
	tell.Line("depth %q %v", out, err)
}

func files(self string) {
	reader, writer, err := os.Pipe()
	tell.Must(err)
	command := exec.Command(self, "child", "fd3")
	command.ExtraFiles = []*os.File{reader}
	var out bytes.Buffer
	command.Stdout = &out
	tell.Must(command.Start())
	reader.Close()
	writer.WriteString("handed over")
	writer.Close()
	tell.Line("extra file %v %q", command.Wait(), out.String())
	// Everything else is closed on exec: the child sees no end of our pipes.
	pipe, hold, _ := os.Pipe()
	sleeper := exec.Command(self, "child", "sleep")
	tell.Must(sleeper.Start())
	hold.Close()
	pipe.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, err = pipe.Read(make([]byte, 1))
	tell.Line("closed on exec: %v", err)
	sleeper.Process.Kill()
	tell.Line("sleeper: %s", status(sleeper.Wait()))
}

func replace(self string) {
	out, err := exec.Command(self, "child", "replace", self, "renamed", "child", "samepid").Output()
	tell.Line("by itself %q %v", out, err)
	out, err = exec.Command(self, "child", "replace", "/bin/sh", "sh", "-c", "test $CASE_PID = $$ && echo same pid").Output()
	tell.Line("by a tool %q %v", out, err)
	out, err = exec.Command(self, "child", "replace", "/nonexistent", "x").Output()
	tell.Line("by nothing %q %v", out, err)
}

func many(self string) {
	var group sync.WaitGroup
	var mutex sync.Mutex
	right := 0
	for i := 0; i < 16; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			program, args := self, []string{"child", "echo", strconv.Itoa(i)}
			if i%2 == 1 {
				program, args = "echo", args[2:]
			}
			out, err := exec.Command(program, args...).Output()
			mutex.Lock()
			defer mutex.Unlock()
			if err == nil && string(out) == strconv.Itoa(i)+"\n" {
				right++
			} else {
				tell.Line("child %d: %q %v", i, out, err)
			}
		}()
	}
	group.Wait()
	tell.Line("at once: %d right", right)
}

func kill(self string) {
	// The time begins when the child is there, which may take long on a busy machine.
	ctx, cancel := context.WithCancel(context.Background())
	sleeper := exec.CommandContext(ctx, self, "child", "sleep")
	tell.Must(sleeper.Start())
	time.AfterFunc(50*time.Millisecond, cancel)
	tell.Line("context: %s", status(sleeper.Wait()))
	command := exec.Command("sleep", "60")
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	tell.Must(command.Start())
	group, err := syscall.Getpgid(command.Process.Pid)
	tell.Check("own group", group == command.Process.Pid, group, err)
	tell.Must(syscall.Kill(-group, syscall.SIGTERM))
	tell.Line("group: %s", status(command.Wait()))
	tell.Line("gone: %v", errors.Is(command.Process.Signal(syscall.SIGTERM), os.ErrProcessDone))
	tell.Line("nobody: %s", tell.Errno(syscall.Kill(command.Process.Pid, 0)))
}

func wait(self string) {
	command := exec.Command(self, "child", "sleep")
	tell.Must(command.Start())
	pid := command.Process.Pid
	var state syscall.WaitStatus
	got, err := syscall.Wait4(pid, &state, syscall.WNOHANG, nil)
	tell.Line("not yet: %d %s", got, tell.Errno(err))
	tell.Must(syscall.Kill(pid, syscall.SIGSTOP))
	got, err = syscall.Wait4(pid, &state, syscall.WUNTRACED, nil)
	// Not state.Stopped(): on the BSDs Go takes a stop by this signal for a continuation.
	tell.Line("stopped: %v %v %s", got == pid, uint32(state) == uint32(syscall.SIGSTOP)<<8|0x7f, tell.Errno(err))
	tell.Must(syscall.Kill(pid, syscall.SIGCONT))
	tell.Must(syscall.Kill(pid, syscall.SIGKILL))
	var usage syscall.Rusage
	got, err = syscall.Wait4(pid, &state, 0, &usage)
	tell.Line("killed: %v %v %v", got == pid, state.Signaled() && state.Signal() == syscall.SIGKILL, err)
	tell.Line("core: %v", state.CoreDump())
	_, err = syscall.Wait4(pid, &state, 0, nil)
	tell.Line("again: %s", tell.Errno(err))
	ok := exec.Command("sh", "-c", "true")
	tell.Must(ok.Run())
	tell.Check("usage is kept", ok.ProcessState.SysUsage() != nil && ok.ProcessState.UserTime() >= 0)
}
